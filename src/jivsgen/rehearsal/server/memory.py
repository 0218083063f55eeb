"""Resources that are remembered: what a POST created, a GET finds; an unknown id is not there; time moves their state."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jivsgen.rehearsal.server.behaviour import Move, Resource
from jivsgen.spec import Api, Node, Operation
from jivsgen.spec.schema import Schemas

MOST_ITEMS = 50_000
MOST_FILTERED = 250


@dataclass(slots=True)
class Item:
    """`fields` are what answers about it show; `since` is when they were last moved (monotonic, s). `rows` keeps how a list
    shows it, until it changes."""

    id: str
    fields: dict[str, Any]
    since: float
    rows: dict[object, dict[str, Any]] = field(default_factory=dict)

    def change(self, fields: Mapping[str, Any], since: float | None = None) -> None:
        self.fields.update(fields)
        self.rows.clear()
        self.since = self.since if since is None else since


@dataclass(frozen=True)
class Collection:
    """A path whose items have paths of their own: `/books` and `/books/{id}`. `names` are those that the id of an item may
    have in a body: `id`, `bookId`."""

    path: str
    parameter: str
    creation: Operation | None
    names: tuple[str, ...]
    behaviour: Resource

    @property
    def item_path(self) -> str:
        return f"{self.path.rstrip('/')}/{{{self.parameter}}}"


@dataclass
class Memory:
    """All items of all collections, by the concrete path of the collection (`/shelves/3/books`)."""

    api: Api
    resources: Mapping[str, Resource]
    seed: int
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    gone: set[tuple[str, str]] = field(default_factory=set)
    numbers: int = 0
    _collections: dict[str, Collection] = field(default_factory=dict)
    _owners: dict[str, tuple[Collection, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - ids of a rehearsal, not of a bank
        paths = {path for _, path in self.api.index}
        for path in sorted(paths):
            above, _, last = path.rstrip("/").rpartition("/")
            if last.startswith("{") and last.endswith("}") and above and not above.endswith("}"):
                creation = self.api.operation(("POST", above)) if ("POST", above) in self.api.index else None
                known = self.resources.get(self.api.base_path + above) or self.resources.get(above)
                names = _id_names(last[1:-1], above)
                self._collections[above] = Collection(above, last[1:-1], creation, names, known or Resource())

    def collection(self, path: str) -> Collection | None:
        """The collection of that very path."""
        return self._collections.get(path)

    def owners(self, path: str) -> tuple[Collection, ...]:
        """The collections whose items the path leads through, the outermost first."""
        if path not in self._owners:
            found = [
                one
                for one in self._collections.values()
                if path == one.item_path or path.startswith(one.item_path + "/")
            ]
            self._owners[path] = tuple(sorted(found, key=lambda one: len(one.path)))
        return self._owners[path]

    # --- items ------------------------------------------------------------------------------------------------------

    def all(self, collection: Collection, bound: Mapping[str, str]) -> dict[str, Item]:
        return self.items.setdefault(_concrete(collection.path, bound), {})

    def find(self, collection: Collection, bound: Mapping[str, str]) -> Item | None:
        """The item that the bound parameters name, as it is by now."""
        item = self.all(collection, bound).get(bound[collection.parameter])
        if item is not None:
            self._pass_time(collection, item)
        return item

    def add(
        self, collection: Collection, bound: Mapping[str, str], item_id: str, fields: dict[str, Any]
    ) -> Item:
        items = self.all(collection, bound)
        item = Item(item_id, {**fields, **collection.behaviour.begin}, time.monotonic())
        items[item_id] = item
        if len(items) > MOST_ITEMS:
            del items[next(iter(items))]
        return item

    def remove(self, collection: Collection, bound: Mapping[str, str]) -> None:
        identity = bound[collection.parameter]
        self.all(collection, bound).pop(identity, None)
        self.gone.add((_concrete(collection.path, bound), identity))

    def is_gone(self, collection: Collection, bound: Mapping[str, str], identity: str) -> bool:
        """Whether there was such an item, and it was removed."""
        return (_concrete(collection.path, bound), identity) in self.gone

    def page(
        self,
        collection: Collection,
        bound: Mapping[str, str],
        wanted: Mapping[str, str],
        start: int,
        size: int,
    ) -> tuple[list[Item], int]:
        """The newest items first, those whose fields are as `wanted`; and how many there are."""
        items = self.all(collection, bound)
        if not wanted:
            found, total = list(islice(reversed(items.values()), start, start + size)), len(items)
        else:
            newest = islice(reversed(items.values()), MOST_FILTERED)
            fitting = [item for item in newest if self._fits(collection, item, wanted)]
            found, total = fitting[start : start + size], len(fitting)
        for item in found:
            self._pass_time(collection, item)
        return found, total

    def _fits(self, collection: Collection, item: Item, wanted: Mapping[str, str]) -> bool:
        self._pass_time(collection, item)
        return all(str(item.fields.get(name)) == value for name, value in wanted.items())

    def new_id(self, schema: Node | None, schemas: Schemas, example: Any) -> Any:
        """A fresh id that the schema allows: a number, a UUID, or the example with a number."""
        number = sum(map(len, self.items.values())) + self.random.randrange(1000, 9000)
        fresh = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        tail = f"{number:x}"
        cut = example[: -len(tail)] + tail if isinstance(example, str) and len(example) >= len(tail) else tail
        candidates: list[Any] = [fresh, str(number), cut, number]
        if isinstance(example, int):
            candidates = [self._next_number, *candidates]
        for one in candidates:
            value = one() if callable(one) else one
            if schema is None or not schemas.violations(schema, value, sending=False):
                return value
        return example

    def _next_number(self) -> int:
        self.numbers += 1
        return self.numbers

    # --- moves ------------------------------------------------------------------------------------------------------

    def move(self, collection: Collection, item: Item, operation: str) -> int | None:
        """What a call of the operation does to the item; a status where the call is refused."""
        moves = [move for move in collection.behaviour.moves if move.on == operation]
        for move in moves:
            if _holds(move, item):
                item.change(move.set, time.monotonic())
                return None
        return next((move.otherwise for move in moves if move.otherwise), None)

    def _pass_time(self, collection: Collection, item: Item) -> None:
        moves = [move for move in collection.behaviour.moves if move.on is None]
        for _ in range(len(moves) + 1):
            for move in moves:
                if _holds(move, item) and (time.monotonic() - item.since) * 1000 >= move.after:
                    item.change(move.set, item.since + move.after / 1000)
                    break
            else:
                return


def _holds(move: Move, item: Item) -> bool:
    return all(
        item.fields.get(name) in value if isinstance(value, list) else item.fields.get(name) == value
        for name, value in move.when.items()
    )


def _concrete(path: str, bound: Mapping[str, str]) -> str:
    for name, value in bound.items():
        path = path.replace("{" + name + "}", value)
    return path


def _id_names(parameter: str, path: str) -> tuple[str, ...]:
    noun = path.rstrip("/").rpartition("/")[2].replace("-", "_")
    singular = noun.removesuffix("ies") + "y" if noun.endswith("ies") else noun.removesuffix("s")
    camel = "".join(word if n == 0 else word.capitalize() for n, word in enumerate(singular.split("_")))
    listed = (
        parameter,
        "id",
        f"{camel}Id",
        f"{singular}_id",
        "uuid",
        "key",
        "slug",
        "name",
        "number",
        "code",
    )
    return tuple(dict.fromkeys(listed))


def id_of(entity: Any, names: tuple[str, ...]) -> Iterator[str]:
    """The members of the entity that may hold its id, the likeliest first."""
    if isinstance(entity, dict):
        yield from (name for name in names if isinstance(entity.get(name), str | int))
