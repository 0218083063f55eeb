"""One concrete request for each call of a plan: what the scripts would send, with a lawful value in place of each part
that is only known at run time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote

from jivsgen.plan.model import (
    Body,
    Call,
    JsonPath,
    JsonText,
    Plan,
    Request,
    StatusCheck,
    calls,
)
from jivsgen.plan.parts import plain_json
from jivsgen.plan.samples import Sample, sample
from jivsgen.plan.synthesis import NoValue, value_of
from jivsgen.plan.texts import in_cookie
from jivsgen.profile.values import Literal, Text, constant
from jivsgen.spec import Api, Node, Operation, Parameter
from jivsgen.spec.names import HOLE
from jivsgen.spec.schema import Schemas


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as a client would send it, and the call it is of. `path` has no query and no base path; `lawful` is
    False where the plan breaks the contract on purpose, because it expects a 4xx."""

    subject: str
    method: str
    template: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    media_type: str | None
    body: bytes | None
    lawful: bool


@dataclass(frozen=True)
class Sampler:
    """Fills the requests of one plan."""

    plan: Plan
    api: Api

    @property
    def schemas(self) -> Schemas:
        return self.api.schemas

    def exchanges(self) -> Iterator[Exchange]:
        """Logins first, then each call in the order of the plan; equal ones once."""
        seen: set[Exchange] = set()
        for exchange in self._all():
            if exchange not in seen:
                seen.add(exchange)
                yield exchange

    def _all(self) -> Iterator[Exchange]:
        for role in self.plan.roles:
            if role.login and not role.login.request.server:
                yield self._exchange(f"login of {role.name}", role.login.request, None, lawful=True)
        for call in calls(self.plan):
            yield self._exchange(call.name, call.request, call.role, lawful=not _refused(call))

    def _exchange(self, subject: str, request: Request, role: str | None, *, lawful: bool) -> Exchange:
        operation = self.api.operation((request.method, request.template))
        assert operation is not None, "the compiler found it"
        path, _, query = self._url(request, operation).partition("?")
        headers = [(name, self._text(text)) for name, text in request.headers]
        for one in self.plan.roles:
            if one.name == role:
                headers += [(name, self._text(text)) for name, text in one.headers]
        if request.cookies:
            sent = (f"{name}={in_cookie(self._text(text))}" for name, text in request.cookies)
            headers.append(("Cookie", "; ".join(sent)))
        body = self._body(request.body, operation) if request.body else None
        return Exchange(
            subject, request.method, request.template, path, tuple(parse_qsl(query, keep_blank_values=True)), tuple(headers),
            request.body.media_type if request.body else None, body, lawful,
        )  # fmt: skip

    def _url(self, request: Request, operation: Operation) -> str:
        """Run-time parts of a URL become a lawful value of the parameter that they stand for."""
        named = {(p.place, p.name): p for p in operation.parameters}
        text, in_query = "", False
        for part in request.url:
            if isinstance(part, Literal):
                text += part.text
                in_query = in_query or "?" in part.text
                continue
            if in_query:
                name = text.rpartition("?")[2].rpartition("&")[2].partition("=")[0]
                parameter = named.get(("query", name))
            else:
                parameter = _hole(request.template, text, named)
            text += quote(self._value(parameter, (part,)), safe="")
        return text

    def _value(self, parameter: Parameter | None, text: Text) -> str:
        seen = self._sample(text)
        if parameter is None or parameter.schema is None or parameter.is_json or seen.exact:
            return seen.text
        try:
            return str(value_of(self.schemas, parameter.schema))
        except NoValue:
            return seen.text

    def _sample(self, text: Text) -> Sample:
        return sample(text, {}, {feed.name: feed for feed in self.plan.feeds})

    def _text(self, text: Text) -> str:
        return self._sample(text).text

    def _body(self, body: Body, operation: Operation) -> bytes:
        if isinstance(body.content, tuple):
            return self._text(body.content).encode()
        media = next((m for m in operation.bodies if m.name == body.media_type or m.is_json), None)
        leaf = partial(self._leaf, media.schema if media else None)
        return json.dumps(plain_json(body.content, leaf)).encode()

    def _leaf(self, schema: Node | None, value: JsonText, path: JsonPath) -> Any:
        seen = self._sample(value.text)
        if value.quoted and (seen.exact or constant(value.text) is not None or len(value.text) > 1):
            return seen.text
        reach = self.schemas.reach(schema, path) if schema else None
        for node in reach.schemas if reach else ():
            try:
                return value_of(self.schemas, node)
            except NoValue:
                continue
        return seen.text if value.quoted else 1


def _hole(template: str, before: str, named: dict[tuple[str, str], Parameter]) -> Parameter | None:
    """The parameter at the place in the template that has as many slashes before it as the text so far."""
    segment = template.split("/")[before.count("/")]
    names = HOLE.findall(segment)
    return named.get(("path", names[0])) if names else None


def _refused(call: Call) -> bool:
    return any(
        isinstance(check, StatusCheck) and all(400 <= status < 500 for status in check.statuses)
        for check in call.checks
    )
