"""Where an item stands in a body: the envelope around one, the list around many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jivsgen.plan.model import JsonPath
from jivsgen.rehearsal.server.bodies import Bodies
from jivsgen.rehearsal.server.memory import Collection, Item, Memory, id_of
from jivsgen.spec import Api, Node, Operation

DEEPEST = 3
_SIZE = ("size", "pageSize", "page_size", "limit", "per_page", "perPage", "count", "max")
_PAGE = ("page", "number", "currentPage", "pageNumber", "page_number", "pageIndex")
_OFFSET = ("offset", "skip", "start")
_TOTAL = ("totalElements", "total", "totalCount", "total_count", "totalItems", "total_items")
_PAGES = ("totalPages", "total_pages", "pageCount", "pages")


@dataclass(frozen=True)
class Place:
    """Where the entity of an answer is, its schema, and the names that it documents."""

    path: JsonPath
    schema: Node | None
    members: Mapping[str, Node]
    open: bool


@dataclass
class Views:
    """Puts items into answers. What an answer looks like is found out once for each operation."""

    api: Api
    bodies: Bodies
    memory: Memory
    _places: dict[tuple[str, str, bool], Place | None] = field(default_factory=dict)
    _examples: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    # --- one item ---------------------------------------------------------------------------------------------------

    def created(
        self, collection: Collection, operation: Operation, bound: Mapping[str, str], sent: Any, body: Any
    ) -> None:
        """Remember a new item: what the answer says of it, what was sent, and an id of its own."""
        place = self._place(operation, body, collection, many=False)
        entity = at(body, place.path) if place else None
        if place is None or not isinstance(entity, dict):
            return
        name = next(id_of(entity, collection.names), None)
        fields = {**entity, **self._taken(place, entity, sent)}
        identity: Any = str(len(self.memory.all(collection, bound)) + 1)
        if name is not None:
            identity = self.memory.new_id(place.members.get(name), self.api.schemas, entity[name])
            if (
                name not in ("id", "uuid")
                and isinstance(sent, dict)
                and isinstance(sent.get(name), str | int)
            ):
                identity = sent[name]
            fields[name] = identity
        item = self.memory.add(collection, bound, str(identity), fields)
        entity.update(
            {key: value for key, value in item.fields.items() if key in entity or key in place.members}
        )

    def shown(self, collection: Collection, item: Item, operation: Operation, body: Any) -> None:
        """Let an answer about an item say what the item is."""
        place = self._place(operation, body, collection, many=False)
        entity = at(body, place.path) if place else None
        if place is None or not isinstance(entity, dict):
            return
        names = set(entity) | set(place.members)
        changed = {key: value for key, value in item.fields.items() if key in names}
        own = next(id_of(item.fields, collection.names), None)
        identity = item.fields[own] if own else _as(item.id, entity)
        for name in collection.names[:4]:
            if name in entity and isinstance(entity[name], str | int):
                changed[name] = (
                    type(entity[name])(identity) if _fits(entity[name], identity) else entity[name]
                )
        entity.update(self._allowed(place, entity, changed))

    def _taken(self, place: Place, entity: dict[str, Any], sent: Any) -> dict[str, Any]:
        if not isinstance(sent, dict):
            return {}
        wanted = {
            name: self._readable(place.members.get(name), value)
            for name, value in sent.items()
            if place.open or name in place.members
        }
        return self._allowed(place, entity, wanted)

    def _readable(self, schema: Node | None, value: Any) -> Any:
        """The value without what is only ever written: passwords."""
        members = self.api.schemas.members(schema) if isinstance(value, dict) and schema else {}
        hidden = {
            n for n, m in members.items() if (one := self.api.documents.resolve(m)) and one.flag("writeOnly")
        }
        return (
            {n: self._readable(members.get(n), v) for n, v in value.items() if n not in hidden}
            if members
            else value
        )

    def _allowed(self, place: Place, entity: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
        """Those of the changes that the entity's schema allows."""
        if place.schema is None:
            return changed
        found = self.api.schemas.violations(place.schema, {**entity, **changed}, sending=False)
        wrong = {one.path[0] for one in found if one.path}
        return {name: value for name, value in changed.items() if name not in wrong}

    # --- many -------------------------------------------------------------------------------------------------------

    def listed(
        self,
        collection: Collection,
        operation: Operation,
        bound: Mapping[str, str],
        pairs: list[tuple[str, str]],
        body: Any,
    ) -> None:
        """The page that was asked for, with numbers that are true."""
        place = self._place(operation, body, collection, many=True)
        if place is None:
            return
        self._begin(collection, bound)
        query = dict(pairs)
        declared = {p.name: p for p in operation.parameters if p.place == "query"}
        size = _number(query, _SIZE, self._default(declared, _SIZE) or 20)
        first = self._first_page(declared)
        page = _number(query, _PAGE, first)
        start = _number(query, _OFFSET, max(page - first, 0) * size)
        wanted = {
            name: value
            for name, value in query.items()
            if name in place.members and name in declared and name not in (*_SIZE, *_PAGE, *_OFFSET)
        }
        items, total = self.memory.page(collection, bound, wanted, start, size)
        template = (at(body, place.path) or [{}])[0]
        key = (operation.method, operation.path)
        rows = [item.rows.get(key) or self._row(place, template, item, key) for item in items]
        if not place.path:
            body[:] = rows
            return
        owner = at(body, place.path[:-1])
        owner[place.path[-1]] = rows
        last = start + len(rows) >= total
        self._count(body, owner, {
            **dict.fromkeys(_SIZE, size), **dict.fromkeys(_PAGE, page), **dict.fromkeys(_TOTAL, total),
            **dict.fromkeys(_PAGES, -(-total // size) if size else 0), "numberOfElements": len(rows), "count": len(rows),
            **dict.fromkeys(_OFFSET, start), "first": start == 0, "last": last, "empty": not rows, "hasNext": not last,
        })  # fmt: skip

    def _row(self, place: Place, template: dict[str, Any], item: Item, key: object) -> dict[str, Any]:
        names = set(template) | set(place.members)
        changed = {key: value for key, value in item.fields.items() if key in names or place.open}
        row = item.rows[key] = {**template, **self._allowed(place, template, changed)}
        return row

    @staticmethod
    def _count(body: Any, owner: Any, numbers: dict[str, Any]) -> None:
        """The numbers beside the list, and in a mapping beside it (`page: {number: 0}`)."""
        near = [owner, *(one for one in owner.values() if isinstance(one, dict))]
        near += (
            [body, *(one for one in body.values() if isinstance(one, dict))] if isinstance(body, dict) else []
        )
        for place in near:
            place.update({n: v for n, v in numbers.items() if n in place and type(place[n]) is type(v)})

    def _default(self, declared: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
        for name in names:
            schema = declared[name].schema if name in declared else None
            value = schema.value.get("default") if schema and isinstance(schema.value, dict) else None
            if isinstance(value, int):
                return value
        return None

    def _first_page(self, declared: Mapping[str, Any]) -> int:
        """0, unless the parameter cannot be less than 1."""
        for name in _PAGE:
            schema = declared[name].schema if name in declared else None
            if schema is not None and isinstance(schema.value, dict):
                least = schema.value.get("minimum", schema.value.get("default", 0))
                return 1 if least == 1 else 0
        return 0

    # --- what the document's own examples know ------------------------------------------------------------------------

    def _begin(self, collection: Collection, bound: Mapping[str, str]) -> None:
        """A collection holds the item of the document's examples from the beginning."""
        wanted = self.example_id(collection)
        gone = wanted and self.memory.is_gone(collection, bound, wanted)
        if wanted and not gone and not self.memory.all(collection, bound):
            self.memory.add(collection, bound, wanted, self.example_fields(collection, wanted))

    def example_id(self, collection: Collection) -> str:
        return self._example(collection)[0]

    def example_fields(self, collection: Collection, identity: str) -> dict[str, Any]:
        """The example's fields, with another id."""
        known, fields = self._example(collection)
        name = next(id_of(fields, collection.names), None)
        if name is None or identity == known:
            return dict(fields)
        return {
            **fields,
            name: type(fields[name])(identity) if _fits(fields[name], identity) else fields[name],
        }

    def _example(self, collection: Collection) -> tuple[str, dict[str, Any]]:
        if collection.path not in self._examples:
            self._examples[collection.path] = next(self._entities(collection), ("", {}))
        return self._examples[collection.path]

    def _entities(self, collection: Collection) -> Iterator[tuple[str, dict[str, Any]]]:
        for method, path, many in (("GET", collection.item_path, False), ("GET", collection.path, True),
                                   ("POST", collection.path, False)):  # fmt: skip
            operation = self.api.operation((method, path)) if (method, path) in self.api.index else None
            if operation is None:
                continue
            body, _ = self.bodies.of(operation, operation.successes[0] if operation.successes else 200)
            place = self._place(operation, body, collection, many=many)
            found = at(body, place.path) if place else None
            entity = found[0] if many and found else found
            if isinstance(entity, dict) and (name := next(id_of(entity, collection.names), None)):
                yield str(entity[name]), entity

    # --- places -----------------------------------------------------------------------------------------------------

    def _place(self, operation: Operation, body: Any, collection: Collection, *, many: bool) -> Place | None:
        key = (operation.method, operation.path, many)
        if key not in self._places:
            self._places[key] = self._found(operation, body, collection, many)
        return self._places[key]

    def _found(self, operation: Operation, body: Any, collection: Collection, many: bool) -> Place | None:
        candidates = [path for path, value in _walk(body) if _is_list(value) == many and (many or value)]
        if not many:
            candidates = [
                p for p in candidates if any(True for _ in id_of(at(body, p), collection.names))
            ] or candidates[:1]
        if not candidates:
            return None
        path = candidates[0]
        schema = self._schema(operation, (*path, 0) if many else path)
        schemas = self.api.schemas
        return Place(path, schema, schemas.members(schema), schema is None or schemas.is_open(schema))

    def _schema(self, operation: Operation, path: JsonPath) -> Node | None:
        status = operation.successes[0] if operation.successes else 200
        response = operation.response(status)
        root = response.json_schema if response else None
        reach = self.api.schemas.reach(root, path) if root else None
        return self.api.documents.resolve(reach.schemas[0]) if reach and reach.schemas else None


def _walk(value: Any, path: JsonPath = ()) -> Iterator[tuple[JsonPath, Any]]:
    """Objects and lists of objects, the outer ones first."""
    level: list[tuple[JsonPath, Any]] = [(path, value)]
    for _ in range(DEEPEST):
        for one, found in level:
            if isinstance(found, dict) or _is_list(found):
                yield one, found
        level = [
            ((*one, name), child)
            for one, found in level
            if isinstance(found, dict)
            for name, child in found.items()
        ]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def at(body: Any, path: JsonPath) -> Any:
    for step in path:
        body = body[step]
    return body


def _number(query: Mapping[str, str], names: tuple[str, ...], otherwise: int) -> int:
    text = next((query[name] for name in names if name in query), "")
    return int(text) if text.isdecimal() and len(text) < 9 else otherwise


def _fits(old: Any, new: Any) -> bool:
    return isinstance(old, str) or str(new).lstrip("-").isdecimal()


def _as(identity: str, entity: dict[str, Any]) -> Any:
    return int(identity) if isinstance(entity.get("id"), int) and identity.isdecimal() else identity
