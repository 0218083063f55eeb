"""One concrete request for each call of a plan: what the scripts would send, with a lawful value in place of each part
that is only known at run time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote

from msgspec import Struct

from jivsgen.contract.multipart import BOUNDARY, SentPart, written
from jivsgen.plan.model import (
    Body,
    Call,
    File,
    FormPart,
    JsonPath,
    JsonText,
    JsonValue,
    Multipart,
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


class Exchange(Struct, frozen=True):
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


class Sampler(Struct, frozen=True):
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
        kind, body = self._body(request.body, operation) if request.body else (None, None)
        return Exchange(
            subject, request.method, request.template, path, tuple(parse_qsl(query, keep_blank_values=True)), tuple(headers),
            kind, body, lawful,
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
            schema = parameter.schema if parameter and not parameter.is_json else None
            text += quote(self._value(schema, (part,)), safe="")
        return text

    def _value(self, schema: Node | None, text: Text) -> str:
        seen = self._sample(text)
        if schema is None or seen.exact:
            return seen.text
        try:
            return str(value_of(self.schemas, schema))
        except NoValue:
            return seen.text

    def _sample(self, text: Text) -> Sample:
        return sample(text, {}, {feed.name: feed for feed in self.plan.feeds})

    def _text(self, text: Text) -> str:
        return self._sample(text).text

    def _body(self, body: Body, operation: Operation) -> tuple[str, bytes]:
        """Its Content-Type and its bytes."""
        if isinstance(body.content, Multipart):
            media = next((m for m in operation.bodies if m.essence.startswith("multipart/")), None)
            members = self.schemas.members(media.schema) if media else {}
            parts = (self._part(part, self._element(members.get(part.name))) for part in body.content.parts)
            return f"{body.media_type}; boundary={BOUNDARY}", written(parts)
        media = next((m for m in operation.bodies if m.name == body.media_type or m.is_json), None)
        is_json = not isinstance(body.content, tuple | File)
        return body.media_type, self._content(body.content, media.schema if media and is_json else None)

    def _element(self, schema: Node | None) -> Node | None:
        """What a part of the member is: of an array, each item has one."""
        return self.schemas.items(schema) or schema

    def _part(self, part: FormPart, schema: Node | None) -> SentPart:
        file = part.content.name if isinstance(part.content, File) else None
        return SentPart(part.name, part.media_type, self._content(part.content, schema), file, part.headers)

    def _content(self, content: JsonValue | Text | File, schema: Node | None) -> bytes:
        if isinstance(content, File):
            return content.content
        if isinstance(content, tuple):
            return self._value(schema, content).encode("utf-8", "replace")
        return json.dumps(plain_json(content, partial(self._leaf, schema))).encode()

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
