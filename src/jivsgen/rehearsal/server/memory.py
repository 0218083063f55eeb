"""Resources that are remembered: what a POST created, a GET finds; an unknown id is not there."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from typing import Any

from jivsgen.rehearsal.server.behaviour import Resource, told
from jivsgen.rehearsal.server.collections import Collection, Collections
from jivsgen.rehearsal.server.items import Item, Ledger, Place, Shelf
from jivsgen.rehearsal.server.places import Places, identity_name
from jivsgen.rehearsal.server.recent import Recent
from jivsgen.spec import Api, Node


class Memory:
    """All items of all collections, each on the shelf of its collection, below the item that the path leads through."""

    def __init__(self, api: Api, resources: Mapping[str, Resource], seed: int, places: Places) -> None:
        self.api = api
        self.collections = Collections(api, resources)
        self.places = places
        self._random = random.Random(f"ids {seed}")  # noqa: S311 - ids of a rehearsal, not of a bank
        self._ledger = Ledger()
        self._below: Recent[Place, Any] = Recent()
        self._first: dict[str, tuple[str, ...]] = {}
        self._showing: dict[str, bool] = {}
        self._numbers = 0

    def shelf(self, collection: Collection, bound: Mapping[str, str]) -> Shelf:
        """Its items. In the beginning that is the one of the document's own examples, and those whose ids the behaviour
        file lists; below an item that a client made, nothing."""
        key = (collection.path, *(bound[name] for name in collection.owners if name in bound))
        parent = self._owner(collection.path, bound)
        below = parent.inside() if parent else self._below
        if key not in below:
            shelf = below[key] = Shelf(collection.behaviour.moves, self._ledger)
            for identity in self._first_ids(collection) if parent is None or not parent.is_made else ():
                shelf.put(self._example(collection, identity))
        found: Shelf = below[key]
        return found

    def _owner(self, path: str, bound: Mapping[str, str]) -> Item | None:
        """The item that the path leads through last."""
        above = self.collections.through(path)
        return self.shelf(above[-1], bound).items.get(bound[above[-1].parameter]) if above else None

    def shows_owner(self, collection: Collection) -> bool:
        """Whether the answer to an addition shows the item that it was added to: then there is no id of a new one in it."""
        if collection.path not in self._showing:
            above = self.collections.through(collection.path)
            own = self.places.one(collection.creation, collection.names) if collection.creation else None
            theirs = self.places.example(above[-1])[0] if above else None
            schemas = [place.schema for place in (own, theirs) if place and place.schema]
            is_same = len(schemas) == 2 and schemas[0].identity == schemas[1].identity
            self._showing[collection.path] = is_same
        return self._showing[collection.path]

    def _tells_ids(self, collection: Collection) -> bool:
        return self.places.tells_ids(collection, created=not self.shows_owner(collection))

    def find(self, collection: Collection, bound: Mapping[str, str]) -> Item | None:
        """The item that the bound parameters name, as it is by now; of a collection of which nobody can know the items, any
        that was not removed, else the one that the document itself gives as an example of the parameter."""
        shelf, identity = self.shelf(collection, bound), bound[collection.parameter]
        found = shelf.get(identity)
        is_one = not self._tells_ids(collection) or identity in self.places.named(collection)
        if found is None and is_one and identity not in shelf.gone:
            found = self._example(collection, identity)
            shelf.put(found)
        return found

    def add(
        self,
        collection: Collection,
        bound: Mapping[str, str],
        identity: str,
        fields: dict[str, Any],
        user: str | None,
    ) -> Item:
        """Remember what a client made."""
        begin = {name: told(value, user) for name, value in collection.behaviour.begin.items()}
        item = Item(identity, {**fields, **begin}, time.monotonic(), is_made=True, told=set(begin))
        self.shelf(collection, bound).put(item)
        return item

    def put(self, collection: Collection, bound: Mapping[str, str], user: str | None) -> Item:
        """Remember what a client makes by a PUT to a path of its own choice."""
        identity = bound[collection.parameter]
        return self.add(collection, bound, identity, self._example(collection, identity).fields, user)

    def single(self, path: str, bound: Mapping[str, str], user: str | None) -> dict[str, Any]:
        """What was last put to a path that holds one thing, by the user; to be added to."""
        owner = self._owner(path, bound)
        below, key = owner.inside() if owner else self._below, (path, *bound.values(), user)
        if key not in below:
            below[key] = {}
        known: dict[str, Any] = below[key]
        return known

    def new_id(self, shelf: Shelf, schema: Node | None, example: Any) -> Any:
        """A fresh id that the schema allows: a number, a UUID, or the example with another end."""
        for _ in range(len(shelf.items) + 1):
            self._numbers += 1
            tail = f"{self._numbers:x}"
            fresh = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            likely: list[Any] = [fresh, str(self._numbers)]
            if isinstance(example, int):
                likely = [self._numbers]
            elif isinstance(example, str):
                likely.insert(1, example[: max(len(example) - len(tail), 0)] + tail)
            for one in likely:
                if str(one) not in shelf.items and self._allows(schema, one):
                    return one
        return example

    def _allows(self, schema: Node | None, value: Any) -> bool:
        return schema is None or not self.api.schemas.violations(schema, value, sending=False)

    # --- what the document's own examples know ------------------------------------------------------------------------

    def _first_ids(self, collection: Collection) -> tuple[str, ...]:
        if collection.path not in self._first:
            _, fields = self.places.example(collection)
            name = identity_name(fields, collection.names)
            own = [str(fields[name])] if name and self._tells_ids(collection) else []
            ids = [*own, *map(str, collection.behaviour.ids)]
            self._first[collection.path] = tuple(dict.fromkeys(ids))
        return self._first[collection.path]

    def _example(self, collection: Collection, identity: str) -> Item:
        """An item as the examples show one, with that id."""
        _, fields = self.places.example(collection)
        name = identity_name(fields, collection.names)
        if name is not None:
            as_number = int(identity) if isinstance(fields[name], int) and identity.isdecimal() else identity
            fields = {**fields, name: as_number if isinstance(fields[name], int) else identity}
        return Item(identity, dict(fields), time.monotonic())
