"""Puts items into answers, and takes what clients send into items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jivsgen.profile.json_path import at
from jivsgen.rehearsal.server.collections import Collection
from jivsgen.rehearsal.server.exchange import Call
from jivsgen.rehearsal.server.items import Item, Ledger, Shelf
from jivsgen.rehearsal.server.memory import Memory
from jivsgen.rehearsal.server.pages import Page
from jivsgen.rehearsal.server.places import Place, Places, identity_name
from jivsgen.spec import Api, Node, Operation

Pairs = list[tuple[str, str]]


class Views:
    """What an answer shows of the memory. Nothing is shown that the answer's schema does not allow."""

    def __init__(self, api: Api, places: Places, memory: Memory) -> None:
        self.api = api
        self.places = places
        self.memory = memory

    # --- one item ---------------------------------------------------------------------------------------------------

    def created(self, collection: Collection, call: Call, body: Any) -> Item | None:
        """Remember a new item: what the answer says of it, what was sent, and an id of its own. None where an item of that
        name is there already, and the document says that it may not be."""
        operation, bound, sent = call.operation, call.bound, call.sent
        kin, example = self.places.example(collection)
        place = self.places.one(operation, collection.names) or kin
        entity = at(body, place.path) if place else None
        if not isinstance(entity, dict):  # an answer without a body, or without an object in it
            place, entity = kin, dict(example)
        fields = dict(entity) if place is None else entity | self._laid(place, operation, entity, sent)
        if kin is not None and isinstance(sent, dict):
            more = {name: value for name, value in self._taken(kin, sent).items() if name not in fields}
            fields |= self._allowed(kin, example, more)
        shelf = self.memory.shelf(collection, bound)
        name = identity_name(entity, collection.names)
        chosen = sent.get(name) if name and name not in ("id", "uuid") and isinstance(sent, dict) else None
        schema = place.members.get(name) if place and name else None
        if not isinstance(chosen, str | int):
            chosen = self.memory.new_id(shelf, schema, entity[name] if name else 1)
        elif str(chosen) in shelf.items and operation.response(409) is not None:
            return None
        if name is not None:
            fields[name] = chosen
        item = self.memory.add(collection, bound, str(chosen), fields, call.user)
        names = set(entity) | set(place.members if place else ())
        entity.clear()
        entity.update({name: value for name, value in item.fields.items() if name in names})
        return item

    def shown(self, collection: Collection, item: Item, operation: Operation, body: Any) -> None:
        """Let an answer about an item say what the item is: all of it where it is the item that the answer shows, else its
        id and what means the same in both."""
        place = self.places.one(operation, collection.names)
        entity = at(body, place.path) if place else None
        if place is None or not isinstance(entity, dict):
            return
        own = identity_name(item.fields, collection.names)
        identity = item.fields[own] if own else item.id
        if self._is_item(collection, operation, place):
            names = set(entity) | set(place.members)
            kept = _kept(item, place, entity)
            changed = {name: value for name, value in item.fields.items() if name in names}
            if own not in names:
                changed.update({n: _like(entity[n], identity) for n in collection.names[:2] if n in entity})
            self._put(place, entity, kept | changed, entity | changed)
            return
        changed = {n: _like(entity[n], identity) for n in collection.references if n in entity}
        changed |= {
            n: v for n, v in item.fields.items() if n != own and self._means_it(collection, item, place, n)
        }
        self._put(place, entity, entity | changed, {})

    def changed(
        self, collection: Collection, item: Item, shelf: Shelf, operation: Operation, sent: Any
    ) -> None:
        """Take a change of an item: a PUT replaces what can be sent, anything else is merged (RFC 7396)."""
        place = self.places.one(operation, collection.names) or self.places.example(collection)[0]
        if place is None or not isinstance(sent, dict):
            return
        name = identity_name(item.fields, collection.names)
        if operation.method == "PUT":
            fields = self._laid(place, operation, item.fields, sent)
        else:
            fields = self._merged(place, item.fields, sent)
        if name is not None:
            fields[name] = item.fields[name]
        item.lacks |= set(item.fields) | set(self._sendable(operation))
        item.lacks -= set(fields)
        shelf.replace(item, fields)

    def single(self, operation: Operation, known: dict[str, Any], sent: Any, body: Any) -> None:
        """An answer about what a path holds; `known` is what was sent there so far."""
        place = self.places.one(operation, ())
        entity = at(body, place.path) if place else None
        if place is None or not isinstance(entity, dict):
            if isinstance(sent, dict):
                known.update(sent)
            return
        if operation.method in ("PUT", "PATCH") and isinstance(sent, dict):
            fields = {**entity, **known}
            put = operation.method == "PUT"
            fields = self._laid(place, operation, fields, sent) if put else self._merged(place, fields, sent)
            known.clear()
            known.update(fields)
        if known:
            self._put(place, entity, {n: v for n, v in known.items() if n in place.members}, entity | known)

    # --- many -------------------------------------------------------------------------------------------------------

    def listed(
        self, collection: Collection, operation: Operation, bound: Mapping[str, str], pairs: Pairs, body: Any
    ) -> None:
        """The page of the collection that was asked for, with numbers that are true."""
        place = self.places.many(operation)
        if place is None:
            return
        template = at(body, place.path)[0]
        page = Page.asked(operation, pairs, place.members)
        items, total = self.memory.shelf(collection, bound).page(page.wanted, page.start, page.size)
        key = (operation.method, operation.path)
        rows = [item.rows.get(key) or self._row(collection, place, template, item, key) for item in items]
        self._fill(place, page, rows, total, body)

    def paged(self, operation: Operation, pairs: Pairs, body: Any) -> None:
        """The page that was asked for, of a list that nobody can add to: what the example lists."""
        place = self.places.many(operation)
        if place is None or operation.method != "GET" or not Page.is_asked_of(operation, place.members):
            return
        page = Page.asked(operation, pairs, place.members)
        shelf = Shelf((), Ledger())
        for number, row in enumerate(reversed(at(body, place.path))):
            shelf.put(Item(str(number), row, 0.0))
        items, total = shelf.page(page.wanted, page.start, page.size)
        self._fill(place, page, [item.fields for item in items], total, body)

    @staticmethod
    def _fill(place: Place, page: Page, rows: list[dict[str, Any]], total: int, body: Any) -> None:
        if not place.path:
            body[:] = rows
            return
        owner = at(body, place.path[:-1])
        owner[place.path[-1]] = rows
        page.count(body, owner, len(rows), total)

    def _row(
        self, collection: Collection, place: Place, template: dict[str, Any], item: Item, key: object
    ) -> dict[str, Any]:
        names = set(template) | set(place.members)
        row = dict(template)
        changed = {name: value for name, value in item.fields.items() if name in names or place.is_open}
        if identity_name(item.fields, collection.names) is None:
            changed |= {n: _like(template[n], item.id) for n in collection.names[:2] if n in template}
        self._put(place, row, _kept(item, place, template) | changed, template | changed)
        item.rows[key] = row
        return row

    # --- what may stand where ---------------------------------------------------------------------------------------

    def _is_item(self, collection: Collection, operation: Operation, place: Place) -> bool:
        """Whether the entity of the answer is the item: by its path, its schema, or the names of its members."""
        if operation.path in (collection.item_path, collection.path):
            return True
        kin, example = self.places.example(collection)
        if kin is None or kin.schema is None or place.schema is None:
            return False
        if kin.schema.identity == place.schema.identity:
            return True
        ours, theirs = set(kin.members) | set(example), set(place.members)
        return len(theirs) > 1 and "id" in theirs and (theirs <= ours or ours <= theirs)

    def _means_it(self, collection: Collection, item: Item, place: Place, name: str) -> bool:
        if name not in place.members:
            return False
        kin, _ = self.places.example(collection)
        ours = self.api.documents.resolve(kin.members.get(name)) if kin else None
        theirs = self.api.documents.resolve(place.members[name])
        return name in item.told or bool(ours and theirs and ours.identity == theirs.identity)

    def _laid(self, place: Place, operation: Operation, base: Mapping[str, Any], sent: Any) -> dict[str, Any]:
        """`base` with what was sent in place of all that can be sent."""
        if not isinstance(sent, dict):
            return dict(base)
        sendable = self._sendable(operation)
        rest = {name: value for name, value in base.items() if name not in sendable or name in place.required}
        defaults = {
            name: node.value["default"]
            for name, member in sendable.items()
            if name in place.members
            and (node := self.api.documents.resolve(member)) is not None
            and isinstance(node.value, dict)
            and "default" in node.value
        }
        return rest | self._allowed(place, rest, {**defaults, **self._taken(place, sent)})

    def _merged(self, place: Place, base: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
        wanted = merge_patch(base, self._taken(place, sent))
        changed = {name: wanted.get(name) for name in sent if name in place.members or name in wanted}
        allowed = self._allowed(place, dict(base), changed)
        removed = {
            name for name, value in sent.items() if value is None and name not in allowed
        } - place.required
        return {name: value for name, value in {**base, **allowed}.items() if name not in removed}

    def _sendable(self, operation: Operation) -> Mapping[str, Node]:
        return {
            name: member
            for media in operation.bodies[:1]
            for name, member in self.api.schemas.members(media.schema).items()
        }

    def _taken(self, place: Place, sent: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._readable(place.members.get(name), value)
            for name, value in sent.items()
            if (place.is_open or name in place.members) and not self._is_hidden(place.members.get(name))
        }

    def _is_hidden(self, schema: Node | None) -> bool:
        node = self.api.documents.resolve(schema)
        return node is not None and node.flag("writeOnly")

    def _readable(self, schema: Node | None, value: Any) -> Any:
        """The value without what is only ever written: passwords."""
        if isinstance(value, list):
            items = self.api.schemas.items(schema)
            return [self._readable(items, one) for one in value]
        members = self.api.schemas.members(schema) if isinstance(value, dict) and schema else {}
        if not members:
            return value
        return {
            name: self._readable(members.get(name), one)
            for name, one in value.items()
            if not self._is_hidden(members.get(name))
        }

    def _allowed(self, place: Place, rest: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
        """Those of the changes that the entity's schema allows beside the rest."""
        if place.schema is None:
            return changed
        found = self.api.schemas.violations(place.schema, {**rest, **changed}, sending=False)
        wrong = {one.path[0] for one in found if one.path}
        return {name: value for name, value in changed.items() if name not in wrong}

    def _put(
        self, place: Place, entity: dict[str, Any], wanted: dict[str, Any], otherwise: dict[str, Any]
    ) -> None:
        """Let the entity be what is wanted; where its schema does not allow that, what it allows of `otherwise`."""
        if place.schema is not None and self.api.schemas.violations(place.schema, wanted, sending=False):
            wanted = entity | self._allowed(place, entity, otherwise)
            if self.api.schemas.violations(place.schema, wanted, sending=False):
                return
        entity.clear()
        entity.update(wanted)


def _kept(item: Item, place: Place, entity: Mapping[str, Any]) -> dict[str, Any]:
    """What an example says of an item that nobody has said otherwise of."""
    return {name: value for name, value in entity.items() if name in place.required or name not in item.lacks}


def merge_patch(base: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(base) if isinstance(base, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def _like(old: Any, identity: Any) -> Any:
    """The id as the type that stands there."""
    if isinstance(old, int) and not isinstance(old, bool):
        return int(identity) if str(identity).isdecimal() else old
    return str(identity)
