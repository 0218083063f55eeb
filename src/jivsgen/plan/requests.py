"""The request of a call: parameters bound, headers named, body built, all of it held against the operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan import parameters as styles
from jivsgen.plan.arguments import Arguments
from jivsgen.plan.credentials import Credential
from jivsgen.plan.media import BodyReader
from jivsgen.plan.model import Body, Request
from jivsgen.plan.scope import Scope
from jivsgen.plan.texts import as_url, cookie_encoded, dots, encoded, join, separated
from jivsgen.profile.values import Literal, Text
from jivsgen.source import Pointer
from jivsgen.spec import Operation, Parameter
from jivsgen.spec.api import FIELD_NAME
from jivsgen.spec.names import HOLE
from jivsgen.spec.schema import Schemas

_OWN_HEADERS = frozenset({"content-type", "accept", "authorization"})
"""OpenAPI 3.0.3, Parameter Object: header parameters of these names are ignored."""


class Given(Struct, frozen=True):
    """What the profile says of one request: plain data under the keys of a call. `body` and `added` are `ABSENT`
    where it says nothing; `lawful` is False for a call that expects a 4xx, which may break the contract on purpose. `shown` is what the role
    shows in the query and in cookies; what the profile gives under the same name goes before it."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    cookies: Mapping[str, Any]
    body: Any
    added: Any
    lawful: bool = True
    shown: tuple[Credential, ...] = ()


class RequestReader(Struct, frozen=True):
    """Compiles the request of one call, which stands at `pointer` in the profile."""

    scope: Scope
    schemas: Schemas
    operation: Operation
    given: Given
    pointer: Pointer

    def read(self) -> Request:
        """The request; what the operation forbids or misses is reported."""
        self._check_server()
        path = self._path()
        query = self._query()
        keys = [one for one in self.given.shown if one.place == "query" and one.name not in self.given.query]
        query += [styles.pair(one.name, encoded(one.text)) for one in keys]
        url = join(path, "?", separated(query, "&")) if query else path
        return Request(
            operation=self.operation.id,
            method=self.operation.method,
            template=self.operation.path,
            url=url,
            headers=tuple(self._headers()),
            body=self._body(),
            cookies=tuple(self._cookies()),
            keyed=bool(keys),
        )

    def _check_server(self) -> None:
        """A load has one base URL. Whether it serves what has a server of its own, only people know."""
        if self.operation.server:
            said = f"{self.operation.id} has a server of its own, `{self.operation.server}`, and a load goes to one base URL"
            owner = self.operation.node.get("servers") or self.operation.node
            hint = "where the base URL serves it too, remove its `servers` with an overlay; else load it by a profile of its own"
            self._report("own-server", said, (), hint, node=owner)

    # --- parameters -------------------------------------------------------------------------------------------------

    def _declared(self, place: str) -> dict[str, Parameter]:
        return {p.name: p for p in self.operation.parameters if p.place == place}

    def _path(self) -> Text:
        declared = self._declared("path")
        pieces: list[str | Text] = []
        end = 0
        holes = [hole[1] for hole in HOLE.finditer(self.operation.path)]
        for hole in HOLE.finditer(self.operation.path):
            pieces += [as_url(self.operation.path[end : hole.start()]), ()]
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
        pieces.append(as_url(self.operation.path[end:]))
        self._unknown("path", self.given.path, holes)
        path = join(*pieces)
        shape = "".join(part.text if isinstance(part, Literal) else "{}" for part in path)
        if found := dots(shape):
            said = f"`{found}` as a segment of the path of {self.operation.id} is another path (RFC 3986 section 5.2.4)"
            self._report("unprintable-text", said, ())
        return path

    def _query(self) -> list[Text]:
        declared = self._declared("query")
        given = self._nested(declared, self.given.query)
        self._unknown("query", given, declared)
        if self.given.lawful:
            for name, one in declared.items():
                if one.required and given.get(name) is None and not self._is_shown(one):
                    self._lacks("query", one)
        pairs: list[Text] = []
        for name, raw in given.items():
            if raw is None:
                continue
            parameter = declared.get(name)
            value = self._value(parameter, raw, ("query", name), name)
            style, explode = (parameter.style, parameter.explode) if parameter else ("form", True)
            keep = styles.RESERVED if parameter and parameter.is_reserved else ""
            pairs += styles.in_query(name, value, style, explode, keep)
        return pairs

    def _headers(self) -> list[tuple[str, Text]]:
        declared = {p.name.lower(): p for p in self.operation.parameters if p.place == "header"}
        declared = {name: p for name, p in declared.items() if name not in _OWN_HEADERS}
        given = {name.lower() for name in self.given.headers}
        if self.given.lawful:
            for name, parameter in declared.items():
                if parameter.required and name not in given and not self._is_shown(parameter):
                    self._lacks("header", parameter)
        headers = []
        for name, raw in self.given.headers.items():
            if name.lower() == "content-type":
                continue  # of the body, which says it
            if not re.fullmatch(FIELD_NAME, name):
                self._report("bad-header", f"`{name}` is not a header name", ("headers", name), key=True)
                continue
            if name.lower() == "cookie":
                hint = "write `cookies: {NAME: …}`: what the server has set in this iteration goes along"
                self._report(
                    "bad-header", "cookies are not written as a header", ("headers", name), hint, key=True
                )
                continue
            header = declared.get(name.lower())
            value = self._value(header, raw, ("headers", name), name)
            headers.append((name, styles.in_header(value, header.explode if header else False)))
        return headers

    def _cookies(self) -> Iterator[tuple[str, Text]]:
        """The step's, then those that the role shows. A name that the document does not know is the step's own affair: servers
        have cookies that no document describes."""
        declared = self._declared("cookie")
        given = self._nested(declared, self.given.cookies)
        for name, one in declared.items():
            if one.required and self.given.lawful and given.get(name) is None and not self._is_shown(one):
                self._lacks("cookie", one)
        for name, raw in given.items():
            parameter = declared.get(name)
            if not re.fullmatch(FIELD_NAME, name):
                self._report(
                    "bad-header", f"`{name}` is not the name of a cookie", ("cookies", name), key=True
                )
            elif raw is not None:
                value = self._value(parameter, raw, ("cookies", name), name)
                yield from styles.in_cookie(name, value, parameter.explode if parameter else True)
        for shown in self.given.shown:
            if shown.place == "cookie" and shown.name not in given:
                yield shown.name, cookie_encoded(shown.text)

    def _is_shown(self, parameter: Parameter) -> bool:
        """Whether the role sends it: documents describe a key as a parameter, too."""
        return any((one.place, one.name) == (parameter.place, parameter.name) for one in self.given.shown)

    def _nested(self, declared: Mapping[str, Parameter], said: Mapping[str, Any]) -> dict[str, Any]:
        """What is said, with members of an object that is sent as parameters of their own (`form` with `explode`) under its
        name: a profile may name them as they are sent."""
        given = dict(said)
        for name, parameter in declared.items():
            members = self.schemas.members(parameter.schema) if parameter.is_spread else {}
            taken = {key: given.pop(key) for key in members if key in given and key not in declared}
            if taken:
                own = given.get(name)
                given[name] = {**(own if isinstance(own, dict) else {}), **taken}
        return given

    def _lacks(self, place: str, parameter: Parameter) -> None:
        said = f"{self.operation.id} lacks the required {place} parameter `{parameter.name}`"
        key = {"header": "headers", "cookie": "cookies"}.get(place, place)
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
        arguments = Arguments(self.scope, self.schemas, self.operation, self.pointer, self.given.lawful)
        return arguments.read(parameter, raw, where, name)

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
