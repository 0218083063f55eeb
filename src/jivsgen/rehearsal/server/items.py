"""Items on a shelf: found by id, paged and filtered, moved by calls and by time."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jivsgen.rehearsal.server.behaviour import Move, told

MOST_ITEMS = 50_000
"""A shelf forgets its oldest items beyond this: a server that runs for days stays small."""


@dataclass(slots=True, eq=False)
class Item:
    """`fields` are what answers about it show; `since` is when they were last moved (monotonic, s); `told` are the names
    that the behaviour file has set. `is_made`: by a client. `rows` keeps how a list shows it, until it changes."""

    id: str
    fields: dict[str, Any]
    since: float
    is_made: bool = False
    told: set[str] = field(default_factory=set)
    calls: dict[str, int] = field(default_factory=dict)
    rows: dict[object, dict[str, Any]] = field(default_factory=dict)


class Shelf:
    """The items of one collection (of one parent). What time does to an item is done when somebody looks."""

    def __init__(self, moves: tuple[Move, ...]) -> None:
        self.items: dict[str, Item] = {}
        self.gone: set[str] = set()
        self._timed = tuple(move for move in moves if move.on is None)
        self._called = tuple(move for move in moves if move.on is not None)
        self._due: list[tuple[float, int, Item]] = []
        self._order = itertools.count()
        self._index: dict[str, dict[str, dict[str, None]]] = {}

    def put(self, item: Item) -> None:
        self.items[item.id] = item
        self.gone.discard(item.id)
        self._file(item)
        self._schedule(item)
        if len(self.items) > MOST_ITEMS:
            self._take(next(iter(self.items)))

    def get(self, identity: str) -> Item | None:
        """The item as it is by now."""
        item = self.items.get(identity)
        if item is not None:
            self._pass_time(item)
        return item

    def remove(self, identity: str) -> None:
        self._take(identity)
        self.gone.add(identity)

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
                by_value.get(value, {}).pop(item.id, None)

    def _take(self, identity: str) -> None:
        item = self.items.pop(identity, None)
        if item is not None:
            self._unfile(item)


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
