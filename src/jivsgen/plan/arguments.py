"""The value of one parameter, held against its schema as the server will read it: `"5"` is an integer there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan import parameters as styles
from jivsgen.plan.bodies import JsonBody
from jivsgen.plan.gaps import action
from jivsgen.plan.rows import check_rows
from jivsgen.plan.samples import plain, read_as, sample, types_of
from jivsgen.plan.scope import Scope
from jivsgen.plan.texts import join
from jivsgen.plan.violations import article, report
from jivsgen.profile.text import parse_text
from jivsgen.profile.values import Text, constant
from jivsgen.source import Pointer
from jivsgen.spec import Node, Operation, Parameter
from jivsgen.spec.schema import Schemas


class Arguments(Struct, frozen=True):
    """Reads the parameters of one call, which stands at `pointer` in the profile. `lawful` is False for a call that may break
    the contract on purpose."""

    scope: Scope
    schemas: Schemas
    operation: Operation
    pointer: Pointer
    lawful: bool

    def read(self, parameter: Parameter | None, raw: Any, where: Pointer, name: str) -> styles.Value:
        """The value, its parts parsed; `where` it stands in the call."""
        schema = parameter.schema if parameter else None
        if (
            parameter
            and parameter.place == "query"
            and raw == ""
            and self.lawful
            and not parameter.may_be_empty
        ):
            said = f"the query parameter `{name}` of {self.operation.id} is sent without a value"
            hint = "leave it out; or say `allowEmptyValue: true` in an overlay, where the server takes it"
            self._say("empty-parameter", said, where, hint, parameter.node)
        if parameter and parameter.is_json:
            return self._json_text(parameter, raw, where)
        nested = next((at for at, member in _inside(raw, where) if isinstance(member, dict | list)), None)
        if nested:
            said = (
                f"`{name}` holds lists or objects inside of lists or objects, for which OpenAPI has no style"
            )
            self._say("unsupported", said, nested, "write it as text, as the server reads it")
            return ()
        if (
            not isinstance(raw, dict | list)
            and schema is not None
            and self.schemas.types(schema) == {"array"}
        ):
            raw, where = [raw], where[:-1]
        if not isinstance(raw, dict | list):
            return self._scalar(schema, raw, where, name)
        if schema is not None and self.lawful:
            self._whole(schema, raw, where, name)
        if isinstance(raw, dict):
            members = self.schemas.members(schema)
            read = (
                (key, self._scalar(members.get(key), one, (*where, key), f"{name}.{key}"))
                for key, one in raw.items()
            )
            return styles.Object(tuple(read))
        element = self.schemas.element
        return styles.Array(
            tuple(
                self._scalar(element(schema, n), one, (*where, n), f"{name}[{n}]")
                for n, one in enumerate(raw)
            )
        )

    def _whole(self, schema: Node, raw: Any, where: Pointer, name: str) -> None:
        """What a list or an object breaks as a whole; what its members break is said of each of them."""
        subject = f"the parameter `{name}` of {self.operation.id}"
        members = self.schemas.members(schema)
        if isinstance(raw, dict):
            for key in raw if not self.schemas.is_open(schema) else ():
                if key not in members:
                    hint = did_you_mean(key, members, otherwise=f"the spec knows {listing(members)}")
                    said = f"{subject} has no field `{key}`"
                    self._say("unknown-field", said, (*where, key), hint, schema, key=True)
            stand_in: Any = {key: self._stand_in(members.get(key), one) for key, one in raw.items()}
        else:
            stand_in = [self._stand_in(self.schemas.element(schema, n), one) for n, one in enumerate(raw)]
        is_known = all(_is_constant(one) for _, one in _inside(raw, where))
        for violation in self.schemas.violations(schema, stand_in):
            known = violation.keyword not in (
                "additionalProperties",
                "uniqueItems",
                "oneOf",
                "anyOf",
                "not",
                "contains",
            )
            if not violation.path and (known or is_known) and violation.keyword != "additionalProperties":
                report(
                    self.scope.diagnostics, violation, subject, lambda _path, _key: self._at(where), schema
                )

    def _stand_in(self, schema: Node | None, raw: Any) -> Any:
        """A member as the server may read it."""
        if not isinstance(raw, str):
            return raw
        seen = sample(self._text(raw), self.scope.captures, self.scope.feeds).text
        return read_as(seen, self.schemas.types(schema))

    def _text(self, source: str) -> Text:
        parsed = parse_text(source)
        return parsed if isinstance(parsed, tuple) else ()

    def _scalar(self, schema: Any, raw: Any, where: Pointer, name: str) -> Text:
        """One scalar as text."""
        text = self.scope.text(raw, (*self.pointer, *where)) if isinstance(raw, str) else join(plain(raw))
        if schema is None or not self.lawful:
            return text
        wanted = self.schemas.types(schema)
        seen = sample(text, self.scope.captures, self.scope.feeds)
        fixed = constant(text)
        possible = types_of(text, self.scope.captures)
        if fixed is None and len(text) == 1 and possible and wanted and not _fits(possible, wanted):
            said = f"`{name}` of {self.operation.id} would be {article(sorted(possible))}"
            said += f", but the spec wants {article(sorted(wanted))}"
            self._say("wrong-type", said, where, "", schema)
        subject = f"the parameter `{name}` of {self.operation.id}"
        if fixed is None and not seen.exact:
            feeds, found = self.scope.feeds, self.scope.diagnostics
            check_rows(
                text, feeds, (schema,), self.schemas, subject, found, lambda value: read_as(value, wanted)
            )
            return text
        value = read_as(raw if fixed is not None and not isinstance(raw, str) else seen.text, wanted)
        for violation in self.schemas.violations(schema, value):
            hint = ""
            if violation.expected == "date-time" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
                hint = f"if it really takes a date, teach it with an overlay:\n{action(schema, {'format': 'date'})}"
            found = self.scope.diagnostics
            report(found, violation, subject, lambda _path, _key: self._at(where), schema, hint)
        return text

    def _json_text(self, parameter: Parameter, raw: Any, where: Pointer) -> Text:
        """A parameter with `content`: JSON as text (OpenAPI 3.0.3, Parameter Object, `content`)."""
        subject = f"the parameter `{parameter.name}` of {self.operation.id}"
        pointer = (*self.pointer, *where)
        reader = JsonBody(self.scope, self.schemas, parameter.schema, self.operation, subject, pointer)
        return styles.json_text(reader.read(raw, raw, lawful=self.lawful))

    def _at(self, where: Pointer, key: bool = False) -> Any:
        return self.scope.locate((*self.pointer, *where), key)

    def _say(
        self, code: str, said: str, where: Pointer, hint: str, node: Node | None = None, *, key: bool = False
    ) -> None:
        contract = (node or self.operation.node).says_so()
        self.scope.diagnostics.add(code, said, self._at(where, key), hint, contract)


def _is_constant(raw: Any) -> bool:
    parsed = parse_text(raw) if isinstance(raw, str) else ()
    return isinstance(parsed, tuple) and constant(parsed) is not None


def _inside(raw: Any, where: Pointer) -> Iterator[tuple[Pointer, Any]]:
    """The members of a mapping or a list, and where they stand."""
    members = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    yield from (((*where, name), value) for name, value in members)


def _fits(possible: frozenset[str], wanted: frozenset[str]) -> bool:
    return bool(possible & wanted) or "string" in wanted or ("number" in wanted and "integer" in possible)
