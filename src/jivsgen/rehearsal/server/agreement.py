"""A behaviour file is held against the spec that it is for: a name that means nothing, or a value that no answer may have, is
said before anything is served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean, listing, shown
from jivsgen.profile.json_path import written
from jivsgen.rehearsal.server.behaviour import WORDS, Answer, Behaviour, Move
from jivsgen.rehearsal.server.collections import Collection, Collections
from jivsgen.rehearsal.server.places import first_success
from jivsgen.source import Document, Pointer
from jivsgen.spec import Api, Node, Operation

DEFAULT = "default"
_DEEPEST = 3


def check_agreement(behaviour: Behaviour, document: Document, api: Api, diagnostics: Diagnostics) -> None:
    """Report every operation, collection, role, field, value and status that the spec does not know."""
    ids = {name or " ".join(operation): operation for operation, name in api.index.items()}
    _Agreement(behaviour, document, api, diagnostics, ids).check()


class _Agreement(Struct):
    behaviour: Behaviour
    document: Document
    api: Api
    diagnostics: Diagnostics
    ids: dict[str, tuple[str, str]]

    def check(self) -> None:
        for name, pointer in self._operations():
            if name not in self.ids:
                hint = did_you_mean(name, self.ids, otherwise="an operation is named by its operationId")
                self._say(f"the spec has no operation `{name}`", pointer, hint)
        self._roles()
        self._resources()
        for name, answer in self.behaviour.answers.items():
            if (operation := self._operation(name)) is not None:
                self._answer(operation, answer, ("answers", name))

    def _say(self, message: str, pointer: Pointer, hint: str = "", *, key: bool = False) -> None:
        self.diagnostics.add("bad-behaviour", message, self.document.place(pointer, key), hint)

    def _operation(self, name: str | None) -> Operation | None:
        key = self.ids.get(name or "")
        return self.api.operation(key) if key else None

    def _operations(self) -> Iterator[tuple[str, Pointer]]:
        """Every operation that the file names, and where."""
        one = self.behaviour
        for key in ("operation", "refresh", "logout") if one.login else ():
            if (name := getattr(one.login, key)) is not None:
                yield name, ("login", key)
        yield from ((name, ("answers", name)) for name in one.answers)
        yield from ((name, ("latency", name)) for name in one.latency if name != DEFAULT)
        for section, faults in (("faults", one.faults), ("errors", one.errors)):
            named = ((fault.operation, (section, n, "operation")) for n, fault in enumerate(faults))
            yield from ((name, pointer) for name, pointer in named if name != DEFAULT)
        lists: list[tuple[Pointer, tuple[str, ...]]] = [
            *((("limits", n), limit.operations) for n, limit in enumerate(one.limits)),
            *((("roles", name), role.operations) for name, role in one.roles.items()),
        ]
        for pointer, names in lists:
            yield from ((name, (*pointer, "operations", n)) for n, name in enumerate(names))
        for path, resource in one.resources.items():
            moves = (
                (move.on, ("resources", path, "moves", n, "on")) for n, move in enumerate(resource.moves)
            )
            yield from ((name, place) for name, place in moves if name is not None)

    # --- roles ------------------------------------------------------------------------------------------------------

    def _roles(self) -> None:
        extension = self.behaviour.roles_in
        listed = set(self._listed_roles(extension)) if extension else set()
        known = listed | set(self.behaviour.roles)
        if extension is not None and not listed:
            self._say(f"no operation of the spec has `{extension}`", ("roles_in",))
            return
        for name, user in self.behaviour.users.items():
            if user.role is not None and user.role not in known:
                hint = did_you_mean(
                    user.role, known, otherwise=f"known: {listing(sorted(known))}" if known else ""
                )
                self._say(f"there is no role `{user.role}`", ("users", name, "role"), hint)

    def _listed_roles(self, extension: str) -> Iterator[str]:
        for key in self.api.index:
            operation = self.api.operation(key)
            listed = operation.node.get(extension) if operation else None
            yield from (
                one.value for one in (listed.elements() if listed else ()) if isinstance(one.value, str)
            )

    # --- resources --------------------------------------------------------------------------------------------------

    def _resources(self) -> None:
        collections = {one.path: one for one in Collections(self.api, {})}
        by_name = {self.api.base_path + path: one for path, one in collections.items()} | collections
        for name, resource in self.behaviour.resources.items():
            pointer: Pointer = ("resources", name)
            collection = by_name.get(name)
            if collection is None:
                hint = did_you_mean(
                    name, by_name, otherwise="a collection is a path below which items have paths"
                )
                self._say(f"`{name}` is no collection of the spec", pointer, hint, key=True)
                continue
            self._fields(collection, resource.begin, (*pointer, "begin"))
            for index, move in enumerate(resource.moves):
                self._move(collection, move, (*pointer, "moves", index))

    def _move(self, collection: Collection, move: Move, pointer: Pointer) -> None:
        self._fields(collection, move.set, (*pointer, "set"))
        self._fields(collection, move.when, (*pointer, "when"), alternatives=True)
        operation = self._operation(move.on)
        if operation is not None and not operation.path.startswith(collection.item_path):
            self._say(f"`{move.on}` is not about an item of `{collection.path}`", (*pointer, "on"))
        if move.otherwise is not None and operation is not None:
            self._status(operation, move.otherwise, (*pointer, "otherwise"))

    def _fields(
        self,
        collection: Collection,
        fields: Mapping[str, Any],
        pointer: Pointer,
        *,
        alternatives: bool = False,
    ) -> None:
        """Fields that answers about an item show, with values that they may have."""
        for name, value in fields.items():
            documented = list(self._documented(collection, name))
            if not documented:
                self._say(
                    f"no answer about an item of `{collection.path}` has `{name}`", (*pointer, name), key=True
                )
                continue
            for one in value if alternatives and isinstance(value, list) else [value]:
                self._value(documented, one, (*pointer, name))

    def _documented(self, collection: Collection, name: str) -> Iterator[Node]:
        """The member of that name in what answers show, on the paths of the collection."""
        for key in self.api.index:
            if key[1] == collection.path or key[1].startswith(collection.item_path):
                operation = self.api.operation(key)
                for status in operation.successes if operation else ():
                    response = operation.response(status) if operation else None
                    yield from self._below(response.json_schema if response else None, name, 0)

    def _below(self, schema: Node | None, name: str, depth: int) -> Iterator[Node]:
        for member, node in self.api.schemas.members(schema).items() if depth <= _DEEPEST else ():
            resolved = self.api.documents.resolve(node)
            if member == name and resolved is not None:
                yield resolved
            else:
                yield from self._below(resolved, name, depth + 1)

    def _value(self, schemas: Iterable[Node], value: Any, pointer: Pointer) -> None:
        if value in WORDS:
            return
        found = [self.api.schemas.violations(schema, value, sending=False) for schema in schemas]
        if all(found):
            self._say(f"{shown(value)} is not allowed there: {found[0][0].said}", pointer)

    # --- answers ----------------------------------------------------------------------------------------------------

    def _answer(self, operation: Operation, answer: Answer, pointer: Pointer) -> None:
        if answer.status is not None:
            self._status(operation, answer.status, (*pointer, "status"))
        response = operation.response(answer.status or first_success(operation))
        schema = response.json_schema if response else None
        for path, value in answer.set.items():
            at = (*pointer, "set", written(path))
            reach = self.api.schemas.reach(schema, path)
            if schema is None or not (reach.schemas or reach.free):
                self._say(f"the answer of `{operation.id}` has no `{written(path)}`", at, key=True)
            elif reach.schemas:
                self._value(reach.schemas, value, at)

    def _status(self, operation: Operation, status: int, pointer: Pointer) -> None:
        if operation.response(status) is None:
            documented = listing(sorted(operation.responses))
            self._say(f"`{operation.id}` does not document {status}", pointer, f"documented: {documented}")
