"""The request of a call: parameters bound, headers named, body built, all of it held against the operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan import parameters as styles
from jivsgen.plan.gaps import action
from jivsgen.plan.media import BodyReader
from jivsgen.plan.model import Body, Request
from jivsgen.plan.rows import check_rows
from jivsgen.plan.samples import plain, read_as, sample, types_of
from jivsgen.plan.scope import Scope
from jivsgen.plan.texts import PATH, encoded, join, separated
from jivsgen.plan.violations import article, report
from jivsgen.profile.values import Text, constant
from jivsgen.source import Pointer
from jivsgen.spec import Operation, Parameter
from jivsgen.spec.names import HOLE
from jivsgen.spec.schema import Schemas

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = frozenset({"content-type", "accept", "authorization"})
"""OpenAPI 3.0.3, Parameter Object: header parameters of these names are ignored."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the profile says of one request: plain data under the keys of a call. `body` and `added` are `ABSENT` where it
    says nothing; `lawful` is False for a call that expects a 4xx, which may break the contract on purpose."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any
    added: Any
    lawful: bool = True


@dataclass(frozen=True)
class RequestReader:
    """Compiles the request of one call, which stands at `pointer` in the profile."""

    scope: Scope
    schemas: Schemas
    operation: Operation
    given: Given
    pointer: Pointer

    def read(self) -> Request:
        """The request; what the operation forbids or misses is reported."""
        path = self._path()
        query = self._query()
        url = join(path, "?", separated(query, "&")) if query else path
        return Request(
            operation=self.operation.id,
            method=self.operation.method,
            template=self.operation.path,
            url=url,
            headers=tuple(self._headers()),
            body=self._body(),
        )

    # --- parameters -------------------------------------------------------------------------------------------------

    def _declared(self, place: str) -> dict[str, Parameter]:
        return {p.name: p for p in self.operation.parameters if p.place == place}

    def _path(self) -> Text:
        declared = self._declared("path")
        pieces: list[str | Text] = []
        end = 0
        holes = [hole[1] for hole in HOLE.finditer(self.operation.path)]
        for hole in HOLE.finditer(self.operation.path):
            pieces += [encoded(join(self.operation.path[end : hole.start()]), keep=PATH), ()]
            end = hole.end()
            name = hole[1]
            if name not in self.given.path:
                said = f"the path parameter `{name}` of {self.operation.id} is not bound"
                hint = f"add `path: {{{name}: …}}`"
                self._report("unbound-path-parameter", said, (), hint, declared.get(name))
                continue
            parameter = declared.get(name)
            value = self._value(parameter, self.given.path[name], ("path", name), name)
            style, explode = (parameter.style, parameter.explode) if parameter else ("simple", False)
            pieces[-1] = styles.in_path(name, value, style, explode)
        pieces.append(encoded(join(self.operation.path[end:]), keep=PATH))
        self._unknown("path", self.given.path, holes)
        return join(*pieces)

    def _query(self) -> list[Text]:
        declared = self._declared("query")
        given = self._nested(declared)
        self._unknown("query", given, declared)
        if self.given.lawful:
            for name, one in declared.items():
                if one.required and given.get(name) is None:
                    self._lacks("query", one)
        pairs: list[Text] = []
        for name, raw in given.items():
            if raw is None:
                continue
            parameter = declared.get(name)
            value = self._value(parameter, raw, ("query", name), name)
            style, explode = (parameter.style, parameter.explode) if parameter else ("form", True)
            pairs += styles.in_query(name, value, style, explode)
        return pairs

    def _headers(self) -> list[tuple[str, Text]]:
        declared = {p.name.lower(): p for p in self.operation.parameters if p.place == "header"}
        declared = {name: p for name, p in declared.items() if name not in _OWN_HEADERS}
        given = {name.lower() for name in self.given.headers}
        if self.given.lawful:
            for name, parameter in declared.items():
                if parameter.required and name not in given:
                    self._lacks("header", parameter)
        headers = []
        for name, raw in self.given.headers.items():
            if name.lower() == "content-type":
                continue  # of the body, which says it
            if not _HEADER_NAME.fullmatch(name):
                self._report("bad-header", f"`{name}` is not a header name", ("headers", name), key=True)
                continue
            header = declared.get(name.lower())
            value = self._value(header, raw, ("headers", name), name)
            headers.append((name, styles.in_header(value, header.explode if header else False)))
        cookies = self._declared("cookie")
        for cookie in cookies.values():
            if cookie.required and self.given.lawful and "cookie" not in given:
                self._report("unsupported", f"{self.operation.id} needs the cookie `{cookie.name}`", (),
                             "cookies are not part of the profile language; send a `Cookie` header", cookie)  # fmt: skip
        return headers

    def _nested(self, declared: Mapping[str, Parameter]) -> dict[str, Any]:
        """The query, with members of an object that is sent as parameters of their own (`form` with `explode`) under its
        name: a profile may name them as they are sent."""
        given = dict(self.given.query)
        for name, parameter in declared.items():
            members = self.schemas.members(parameter.schema) if parameter.is_spread else {}
            taken = {key: given.pop(key) for key in members if key in given and key not in declared}
            if taken:
                own = given.get(name)
                given[name] = {**(own if isinstance(own, dict) else {}), **taken}
        return given

    def _lacks(self, place: str, parameter: Parameter) -> None:
        said = f"{self.operation.id} lacks the required {place} parameter `{parameter.name}`"
        key = "headers" if place == "header" else place
        self._report("missing-parameter", said, (), f"add `{key}: {{{parameter.name}: …}}`", parameter)

    def _unknown(self, place: str, given: Mapping[str, Any], declared: Any) -> None:
        for name in given:
            if name not in declared:
                what = {"path": "path", "query": "query"}[place]
                known = listing(declared)
                hint = did_you_mean(
                    name, declared, otherwise=f"its {what} parameters are {known}" if known else ""
                )
                said = f"{self.operation.id} has no {what} parameter `{name}`"
                self._report("unknown-parameter", said, (place, name), hint, key=True)

    def _value(self, parameter: Parameter | None, raw: Any, where: Pointer, name: str) -> styles.Value:
        schema = parameter.schema if parameter else None
        if isinstance(raw, dict):
            members = self.schemas.members(schema)
            return styles.Object(
                tuple(
                    (k, self._scalar(members.get(k), v, (*where, k), f"{name}.{k}")) for k, v in raw.items()
                )
            )
        if isinstance(raw, list):
            items = next((found for part in self.schemas.parts(schema) if (found := part.get("items"))), None)
            return styles.Array(
                tuple(self._scalar(items, v, (*where, n), f"{name}[{n}]") for n, v in enumerate(raw))
            )
        if schema is not None and self.schemas.types(schema) == {"array"}:
            items = next((found for part in self.schemas.parts(schema) if (found := part.get("items"))), None)
            return styles.Array((self._scalar(items, raw, where, name),))
        return self._scalar(schema, raw, where, name)

    def _scalar(self, schema: Any, raw: Any, where: Pointer, name: str) -> Text:
        """One scalar as text, held against its schema as the server will read it: `"5"` is an integer there."""
        text = self.scope.text(raw, (*self.pointer, *where)) if isinstance(raw, str) else join(plain(raw))
        if schema is None or not self.given.lawful:
            return text
        wanted = self.schemas.types(schema)
        seen = sample(text, self.scope.captures, self.scope.feeds)
        fixed = constant(text)
        possible = types_of(text, self.scope.captures)
        if fixed is None and len(text) == 1 and possible and wanted and not _fits(possible, wanted):
            said = f"`{name}` of {self.operation.id} would be {article(sorted(possible))}"
            said += f", but the spec wants {article(sorted(wanted))}"
            self._report("wrong-type", said, where, "", node=schema)
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
            if violation.expected == "date-time" and _DATE.fullmatch(str(value)):
                hint = f"if it really takes a date, teach it with an overlay:\n{action(schema, {'format': 'date'})}"
            found = self.scope.diagnostics
            report(found, violation, subject, lambda _path, _key: self._at(where), schema, hint)
        return text

    # --- body -------------------------------------------------------------------------------------------------------

    def _body(self) -> Body | None:
        given = self.given
        asked = next((pair for pair in given.headers.items() if pair[0].lower() == "content-type"), None)
        return BodyReader(
            self.scope,
            self.schemas,
            self.operation,
            given.body,
            given.added,
            asked,
            given.lawful,
            self.pointer,
        ).read()

    # --- reporting --------------------------------------------------------------------------------------------------

    def _at(self, where: Pointer, key: bool = False) -> Any:
        return self.scope.locate((*self.pointer, *where), key)

    def _report(
        self,
        code: str,
        message: str,
        where: Pointer,
        hint: str = "",
        parameter: Parameter | None = None,
        *,
        key: bool = False,
        node: Any = None,
    ) -> None:
        contract = parameter.node if parameter else node or self.operation.node
        related = contract.says_so()
        self.scope.diagnostics.add(code, message, self._at(where, key), hint, related)


def _fits(possible: frozenset[str], wanted: frozenset[str]) -> bool:
    return bool(possible & wanted) or "string" in wanted or ("number" in wanted and "integer" in possible)
