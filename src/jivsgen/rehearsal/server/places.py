"""Where an item stands in a body: the envelope around one, the list around many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from jivsgen.plan.model import JsonPath
from jivsgen.plan.samples import read_as
from jivsgen.profile.json_path import at
from jivsgen.rehearsal.server.bodies import Bodies
from jivsgen.rehearsal.server.collections import NATURAL, Collection
from jivsgen.spec import Api, Node, Operation, Parameter

DEEPEST = 3


class Place(Struct, frozen=True):
    """Where the entity of an answer is, its schema, the members that it documents, and those that it requires."""

    path: JsonPath
    schema: Node | None
    members: Mapping[str, Node]
    required: frozenset[str]
    is_open: bool


class Places:
    """What an answer looks like is found out once for each operation."""

    def __init__(self, api: Api, bodies: Bodies) -> None:
        self.api = api
        self.bodies = bodies
        self._places: dict[tuple[str, str, bool], Place | None] = {}
        self._examples: dict[str, tuple[Place | None, dict[str, Any]]] = {}
        self._telling: dict[str, bool] = {}
        self._named: dict[str, frozenset[str]] = {}

    def one(self, operation: Operation, names: tuple[str, ...]) -> Place | None:
        """Where the answer has its entity: the outermost object with an id, else the outermost object."""
        return self._found(operation, names, many=False)

    def many(self, operation: Operation) -> Place | None:
        """Where the answer has its outermost list of objects."""
        return self._found(operation, (), many=True)

    def example(self, collection: Collection) -> tuple[Place | None, dict[str, Any]]:
        """An item of the collection as the document's own examples (or schemas) show it, and where: alone, in a list, or as
        it was created; empty where none does."""
        if collection.path not in self._examples:
            self._examples[collection.path] = next(self._entities(collection), (None, {}))
        return self._examples[collection.path]

    def tells_ids(self, collection: Collection, *, created: bool) -> bool:
        """Whether a client can find out which items there are: the answer of the list, or, where that shows what was
        `created`, of the creation has their ids, of a type that the path takes. Then an unknown id is no item; of other collections every id is one."""
        if collection.path not in self._telling:
            shown = (
                entity[name]
                for _, entity in self._entities(collection, alone=False, created=created)
                if (name := identity_name(entity, collection.names))
            )
            self._telling[collection.path] = any(
                self._is_taken(collection, one) for one in shown
            ) or not self._can_be_shown(collection)
        return self._telling[collection.path]

    def _can_be_shown(self, collection: Collection) -> bool:
        """Whether a lawful answer about an item could be built at all; where none could, there are no items."""
        key = ("GET", collection.item_path)
        operation = self.api.operation(key) if key in self.api.index else None
        response = operation.response(first_success(operation)) if operation else None
        if operation is None or response is None or response.json_schema is None:
            return True
        body, _ = self.bodies.of(operation, first_success(operation))
        return not self.api.schemas.violations(response.json_schema, body, sending=False)

    def named(self, collection: Collection) -> frozenset[str]:
        """The ids that the document gives as examples of the parameter."""
        if collection.path not in self._named:
            self._named[collection.path] = frozenset(
                str(node.value)
                for parameter in self._parameters(collection)
                for owner in (parameter.node, parameter.schema)
                for key in ("example", "default")
                if owner and (node := owner.get(key)) and isinstance(node.value, str | int)
            )
        return self._named[collection.path]

    def _is_taken(self, collection: Collection, identity: str | int) -> bool:
        schemas = [one.schema for one in self._parameters(collection) if one.schema]
        return all(
            not self.api.schemas.violations(schema, read_as(str(identity), self.api.schemas.types(schema)))
            for schema in schemas
        )

    def _parameters(self, collection: Collection) -> list[Parameter]:
        """The parameter of the item's path, as its operations declare it."""
        operations = (self.api.operation(key) for key in self.api.index if key[1] == collection.item_path)
        declared = (one for operation in operations if operation for one in operation.parameters)
        return [one for one in declared if one.place == "path" and one.name == collection.parameter]

    def _entities(
        self, collection: Collection, *, alone: bool = True, created: bool = True
    ) -> Iterator[tuple[Place | None, dict[str, Any]]]:
        """Where the answers show an item: its own first, unless not `alone`, that of its creation last, where `created`."""
        own = [("GET", collection.item_path, False)] if alone else []
        last = [("POST", collection.path, False)] if created else []
        for method, path, many in (*own, ("GET", collection.path, True), *last):
            operation = self.api.operation((method, path)) if (method, path) in self.api.index else None
            if operation is None:
                continue
            place = self._found(operation, collection.names, many=many)
            if place is None:
                continue
            found = at(self.bodies.of(operation, first_success(operation))[0], place.path)
            entity = found[0] if many else found
            if isinstance(entity, dict) and identity_name(entity, collection.names):
                yield place, entity

    def _found(self, operation: Operation, names: tuple[str, ...], *, many: bool) -> Place | None:
        key = (operation.method, operation.path, many)
        if key not in self._places:
            self._places[key] = self._look(operation, names, many=many)
        return self._places[key]

    def _look(self, operation: Operation, names: tuple[str, ...], *, many: bool) -> Place | None:
        body, _ = self.bodies.of(operation, first_success(operation))
        candidates = [path for path, value in _walk(body) if isinstance(value, list) == many and value]
        if not candidates:
            return None
        path = candidates[0] if many else self._entity(body, candidates, names)
        schema = self._schema(operation, (*path, 0) if many else path)
        schemas = self.api.schemas
        required = frozenset(
            name.value
            for part in schemas.parts(schema)
            for name in (part.get("required") or part).elements()
            if isinstance(name.value, str)
        )
        is_open = schema is None or schemas.is_open(schema)
        return Place(path, schema, schemas.members(schema), required, is_open)

    @staticmethod
    def _entity(body: Any, candidates: list[JsonPath], names: tuple[str, ...]) -> JsonPath:
        """The outermost object with an id, a name that is only likely to be one counting less; else what an envelope of
        one member holds."""
        for some in (tuple(name for name in names if name not in NATURAL), names):
            for path in candidates:
                if identity_name(at(body, path), some):
                    return path
        for path in candidates:
            members = list(at(body, path).values())
            if not (len(members) == 1 and isinstance(members[0], dict)):
                return path
        return candidates[0]

    def _schema(self, operation: Operation, path: JsonPath) -> Node | None:
        response = operation.response(first_success(operation))
        root = response.json_schema if response else None
        reach = self.api.schemas.reach(root, path) if root else None
        return self.api.documents.resolve(reach.schemas[0]) if reach and reach.schemas else None


def first_success(operation: Operation) -> int:
    """The status of an answer that nobody says otherwise of."""
    return operation.successes[0] if operation.successes else 200


def _walk(value: Any) -> Iterator[tuple[JsonPath, Any]]:
    """Objects and lists of objects, the outer ones first."""
    level: list[tuple[JsonPath, Any]] = [((), value)]
    for _ in range(DEEPEST):
        for path, found in level:
            if isinstance(found, dict) or (isinstance(found, list) and found and isinstance(found[0], dict)):
                yield path, found
        level = [
            ((*path, name), child)
            for path, found in level
            if isinstance(found, dict)
            for name, child in found.items()
        ]


def identity_name(entity: Any, names: tuple[str, ...]) -> str | None:
    """The member of the entity that holds its id."""
    if not isinstance(entity, dict):
        return None
    return next((name for name in names if isinstance(entity.get(name), str | int)), None)
