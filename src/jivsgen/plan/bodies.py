"""A body of the profile, or of the spec, becomes a JSON value with its run-time parts in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan.model import JsonArray, JsonLiteral, JsonObject, JsonText, JsonValue
from jivsgen.plan.rows import check_rows
from jivsgen.plan.samples import read_as, sample, types_of
from jivsgen.plan.scope import Scope
from jivsgen.plan.synthesis import NoValue, value_of
from jivsgen.plan.violations import article, dotted, report
from jivsgen.profile.text import source_of
from jivsgen.profile.values import Text, constant
from jivsgen.source import Pointer
from jivsgen.spec import Node, Operation
from jivsgen.spec.schema import Schemas, Violation

_BARE = frozenset({"integer", "number", "boolean"})
_COMPOSED = frozenset({"oneOf", "anyOf", "not", "if", "then", "else", "uniqueItems", "contains", "allOf"})


class _Leaf(Struct):
    """A run-time value: its place in the body, and whether its sample speaks for all of them."""

    exact: bool


class JsonBody(Struct):
    """Reads one body. `pointer` is where it stands in the profile; `schema` what it must be, if the spec says."""

    scope: Scope
    schemas: Schemas
    schema: Node | None
    operation: Operation
    subject: str
    pointer: Pointer
    leaves: dict[Pointer, _Leaf] = field(default_factory=dict)
    lawful: bool = True

    def read(self, raw: Any, written: Any, *, lawful: bool) -> JsonValue:
        """The value; with `lawful`, what the spec forbids is reported. `written` is what of `raw` the profile says itself
        (None: nothing): the spec's own examples may have members that it does not document."""
        self.lawful = lawful
        value, stand_in = self._read(raw, ())
        if lawful and isinstance(raw, dict) and raw and self.schemas.is_untyped_map(self.schema):
            assert self.schema is not None
            self.scope.gaps.body(self.operation, self.schema, self.locate((), False), raw)
        if lawful and self.schema is not None:
            self._unknown(written, self.schema, ())
            for violation in self.schemas.violations(self.schema, stand_in):
                if self._counts(violation):
                    report(self.scope.diagnostics, violation, self.subject, self.locate, self.schema)
        return value

    def locate(self, path: Pointer, key: bool) -> Any:
        """The place of a member in the profile."""
        return self.scope.locate((*self.pointer, *path), key)

    def _read(self, raw: Any, path: Pointer) -> tuple[JsonValue, Any]:
        if isinstance(raw, dict):
            members = [(name, *self._read(value, (*path, name))) for name, value in raw.items()]
            return JsonObject(tuple((n, v) for n, v, _ in members)), {n: s for n, _, s in members}
        if isinstance(raw, list):
            items = [self._read(value, (*path, index)) for index, value in enumerate(raw)]
            return JsonArray(tuple(value for value, _ in items)), [stand_in for _, stand_in in items]
        if isinstance(raw, str):
            return self._text(self.scope.text(raw, (*self.pointer, *path)), path)
        return JsonLiteral(raw), raw

    def _text(self, text: Text, path: Pointer) -> tuple[JsonValue, Any]:
        if (fixed := constant(text)) is not None:
            return JsonLiteral(fixed), fixed
        reach = self.schemas.reach(self.schema, path) if self.schema else None
        wanted = (
            frozenset[str]().union(*(self.schemas.types(node) for node in reach.schemas))
            if reach
            else frozenset()
        )
        possible = types_of(text, self.scope.captures)
        if self._mismatch(possible, wanted):
            place = self.scope.locate((*self.pointer, *path), False)
            said = f"`{dotted(path)}` in {self.subject} would be {article(sorted(possible - {'null'}))}"
            contract = reach.schemas[0] if reach and reach.schemas else None
            related = contract.says_so() if contract else ()
            wants = article(sorted(wanted))
            self.scope.diagnostics.add(
                "wrong-type", f"{said}, but the spec wants {wants}", place, related=related
            )
        self._rows(text, path, reach.schemas if reach else (), wanted)
        seen = sample(text, self.scope.captures, self.scope.feeds)
        if len(text) == 1 and wanted & _BARE and "string" not in wanted:
            self.leaves[path] = _Leaf(exact=False)
            return JsonText(text, quoted=False), self._bare(reach.schemas[0] if reach else None)
        if not wanted and len(text) == 1 and possible and "string" not in possible:
            self.leaves[path] = _Leaf(exact=False)
            return JsonText(text, quoted=False), 1
        self.leaves[path] = _Leaf(seen.exact)
        return JsonText(text), seen.text

    def _rows(self, text: Text, path: Pointer, nodes: tuple[Node, ...], wanted: frozenset[str]) -> None:
        if not self.lawful or len(nodes) > 1:
            return  # of several alternatives one has to fit
        subject = f"`{dotted(path)}` in {self.subject}"
        feeds, found = self.scope.feeds, self.scope.diagnostics
        check_rows(text, feeds, nodes, self.schemas, subject, found, lambda value: read_as(value, wanted))

    @staticmethod
    def _mismatch(possible: frozenset[str], wanted: frozenset[str]) -> bool:
        if not possible or not wanted:
            return False
        allowed = wanted | ({"integer"} if "number" in wanted else set())
        return not possible & allowed

    def _bare(self, node: Node | None) -> Any:
        try:
            return value_of(self.schemas, node) if node else 1
        except NoValue:
            return 1

    def _counts(self, violation: Violation) -> bool:
        """A run-time value that nobody knows yet breaks nothing; nor does what is composed of one."""
        if violation.keyword == "additionalProperties":
            return False  # `_unknown` has said it, with a suggestion
        leaf = self.leaves.get(violation.path)
        if leaf is not None:
            return leaf.exact
        inside = any(path[: len(violation.path)] == violation.path for path in self.leaves)
        return not (inside and violation.keyword in _COMPOSED)

    def _unknown(self, raw: Any, schema: Node, path: Pointer) -> None:
        """A member that the spec does not document is a misspelling, unless the schema lets others in by name."""
        if isinstance(raw, dict):
            members = self.schemas.members(schema)
            closed = not self.schemas.is_open(schema)
            for name, value in raw.items():
                if name in members:
                    self._unknown(value, members[name], (*path, name))
                elif closed and "object" in (self.schemas.types(schema) or {"object"}):
                    hint = did_you_mean(name, members, otherwise=f"the spec knows {listing(members)}")
                    related = (schema.get("properties") or schema).says_so()
                    said = f"{self.subject} has no field `{dotted((*path, name))}`"
                    place = self.scope.locate((*self.pointer, *path, name), True)
                    self.scope.diagnostics.add("unknown-field", said, place, hint, related)
        elif isinstance(raw, list):
            for index, value in enumerate(raw):
                if element := self.schemas.element(schema, index):
                    self._unknown(value, element, (*path, index))


def merged(base: Any, over: Any) -> Any:
    """`with` laid over a built body: mappings key by key, everything else replaced."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{name: merged(base.get(name), value) for name, value in over.items()}}
    return over


def escaped(value: Any) -> Any:
    """Data of the spec as a profile would write it: `${` is text, not the beginning of a value."""
    if isinstance(value, str):
        return source_of(value)
    if isinstance(value, dict):
        return {name: escaped(member) for name, member in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list) else value
