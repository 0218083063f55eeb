"""Items on a shelf: found by id, paged and filtered, moved by calls and by time."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import OrderedDict
from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeAlias

from msgspec import Struct, field

from jivsgen.rehearsal.server.behaviour import Move, told
from jivsgen.rehearsal.server.recent import MOST, Recent

FEW = 64
Place: TypeAlias = tuple[str | None, ...]
"""A path of the document, and what stands for the parameters in it."""


class Item(Struct, eq=False):
    """`fields` are what answers about it show; `since` is when they were last moved (monotonic, s); `told` are the names
    that the behaviour file has set, `lacks` those that a client has left out of it. `is_made`: by a client. `rows` keeps
    how a list shows it, until it changes. `below` is what the API has below it, shelves and single things: it goes when
    the item goes."""

    id: str
    fields: dict[str, Any]
    since: float
    is_made: bool = False
    told: set[str] = field(default_factory=set)
    lacks: set[str] = field(default_factory=set)
    calls: dict[str, int] = field(default_factory=dict)
    rows: dict[object, dict[str, Any]] = field(default_factory=dict)
    below: Recent[Place, Any] | None = None

    def inside(self) -> Recent[Place, Any]:
        """What is below it, to be added to; few items ever have anything there."""
        if self.below is None:
            self.below = Recent()
        return self.below


class Ledger:
    """All items of one API in the order in which they came; the oldest is taken off its shelf where they are more than
    `most`."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._items: OrderedDict[int, tuple[Shelf, Item]] = OrderedDict()

    def put(self, shelf: Shelf, item: Item) -> None:
        self._items[id(item)] = (shelf, item)
        if len(self._items) > self.most:
            _, (owner, oldest) = self._items.popitem(last=False)
            owner.forget(oldest)

    def take(self, item: Item) -> None:
        self._items.pop(id(item), None)


class Shelf:
    """The items of one collection (of one parent). What time does to an item is done when somebody looks."""

    def __init__(self, moves: tuple[Move, ...], ledger: Ledger) -> None:
        self.items: dict[str, Item] = {}
        self.gone: Recent[str, None] = Recent()
        self._ledger = ledger
        self._timed = tuple(move for move in moves if move.on is None)
        self._called = tuple(move for move in moves if move.on is not None)
        self._due: list[tuple[float, int, Item]] = []
        self._order = itertools.count()
        self._index: dict[str, dict[str, dict[str, None]]] = {}

    def put(self, item: Item) -> None:
        self._take(item.id)
        self.items[item.id] = item
        self.gone.pop(item.id, None)
        self._file(item)
        self._schedule(item)
        self._ledger.put(self, item)

    def get(self, identity: str) -> Item | None:
        """The item as it is by now."""
        item = self.items.get(identity)
        if item is not None:
            self._pass_time(item)
        return item

    def remove(self, identity: str) -> None:
        self._take(identity)
        self.gone[identity] = None

    def forget(self, item: Item) -> None:
        """The item is too old to be remembered."""
        if self.items.get(item.id) is item:
            self._take(item.id)

    def clear(self) -> None:
        """Nothing is on the shelf any more, nor below it."""
        for identity in list(self.items):
            self._take(identity)

    def replace(self, item: Item, fields: dict[str, Any]) -> None:
        """Give the item these fields in place of its own."""
        self._unfile(item)
        item.fields = fields
        item.rows.clear()
        self._file(item)
        self._schedule(item)

    # --- moves ------------------------------------------------------------------------------------------------------

    def call(self, item: Item, operation: str) -> int | None:
        """What a call of the operation does to the item; a status where the call is refused."""
        moves = [move for move in self._called if move.on == operation]
        for move in moves:
            if _holds(move, item):
                item.calls[operation] = item.calls.get(operation, 0) + 1
                if item.calls[operation] >= move.calls:
                    self._move(item, move, time.monotonic())
                return None
        return next((move.otherwise for move in moves if move.otherwise), None)

    def _move(self, item: Item, move: Move, since: float) -> None:
        item.since = since
        item.calls.clear()
        item.told.update(move.set)
        self.replace(item, {**item.fields, **{name: told(value) for name, value in move.set.items()}})

    def _pass_time(self, item: Item) -> None:
        for _ in range(len(self._timed) + 1):
            for move in self._timed:
                if _holds(move, item) and (time.monotonic() - item.since) * 1000 >= move.after:
                    self._move(item, move, item.since + move.after / 1000)
                    break
            else:
                return

    def _schedule(self, item: Item) -> None:
        due = [item.since + move.after / 1000 for move in self._timed if _holds(move, item)]
        if due:
            heapq.heappush(self._due, (min(due), next(self._order), item))
        if len(self._due) > 2 * len(self.items) + FEW:  # most are of items that are gone or have moved since
            last = {id(entry[2]): entry for entry in sorted(self._due, key=lambda entry: entry[1])}
            self._due = [entry for entry in last.values() if self.items.get(entry[2].id) is entry[2]]
            heapq.heapify(self._due)

    # --- pages ------------------------------------------------------------------------------------------------------

    def page(self, wanted: Mapping[str, str], start: int, size: int) -> tuple[list[Item], int]:
        """The items whose fields are as `wanted`, from `start`, and how many there are: those that were last created
        (of a filtered list, last changed) first."""
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, item = heapq.heappop(self._due)
            if self.items.get(item.id) is item:
                self._pass_time(item)
        if not wanted:
            return list(islice(reversed(self.items.values()), start, start + size)), len(self.items)
        sets = [self._filed(name).get(value, {}) for name, value in wanted.items()]
        few = min(sets, key=len)
        if len(sets) == 1:
            found, total = islice(reversed(few), start, start + size), len(few)
        else:
            fitting = [one for one in reversed(few) if all(one in others for others in sets)]
            found, total = islice(fitting, start, start + size), len(fitting)
        return [self.items[one] for one in found], total

    def _filed(self, name: str) -> dict[str, dict[str, None]]:
        """The ids by the values of a field: made when a list is first filtered by it, kept from then on."""
        if name not in self._index:
            by_value = self._index[name] = {}
            for item in self.items.values():
                for value in _values(item.fields.get(name)):
                    by_value.setdefault(value, {})[item.id] = None
        return self._index[name]

    def _file(self, item: Item) -> None:
        for name, by_value in self._index.items():
            for value in _values(item.fields.get(name)):
                by_value.setdefault(value, {})[item.id] = None

    def _unfile(self, item: Item) -> None:
        for name, by_value in self._index.items():
            for value in _values(item.fields.get(name)):
                ids = by_value.get(value, {})
                ids.pop(item.id, None)
                if not ids:
                    by_value.pop(value, None)

    def _take(self, identity: str) -> None:
        item = self.items.pop(identity, None)
        if item is not None:
            self._unfile(item)
            self._ledger.take(item)
            for below in item.below.values() if item.below else ():
                if isinstance(below, Shelf):
                    below.clear()


def _values(value: Any) -> tuple[str, ...]:
    """What a filter may say to mean the value; of a list, any of its elements."""
    if isinstance(value, list):
        return tuple(text for one in value if not isinstance(one, list) for text in _values(one))
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (str(value),) if isinstance(value, str | int | float) else ()


def _holds(move: Move, item: Item) -> bool:
    return all(
        item.fields.get(name) in value if isinstance(value, list) else item.fields.get(name) == value
        for name, value in move.when.items()
    )
