"""openapi-core's verdict on exchanges that took place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import parse_qsl

from msgspec import Struct

from jivsgen.contract.referee import PlannedRequest, Referee, cookies


class Recorded(Protocol):
    """What is judged of an exchange: header names in lower case, `target` as it was received (path and query), `status`
    0 where there was no answer; `operation` as a profile names it, if there is one."""

    @property
    def operation(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def status(self) -> int: ...
    @property
    def response_headers(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def response_body(self) -> bytes: ...


class RecordedResponse(Struct):
    """An answer in the protocol of openapi_core.protocols.Response; `headers` are found by any spelling of their names."""

    status_code: int
    headers: Any
    data: bytes
    content_type: str


class Violation(Struct, frozen=True):
    """`where`: in the request or the answer, and the JSON path in its body where that is known; `what` is against it."""

    where: str
    what: str


class Judge(Struct, frozen=True):
    """Holds exchanges against one API."""

    referee: Referee

    def violations(self, exchange: Recorded, *, lawful: bool) -> Iterator[Violation]:
        """What the contract has against the request (not asked where the plan breaks it on purpose: `lawful` is False) and
        against the answer. An answer that no validator could tell of in bounded time is not judged."""
        from openapi_core.exceptions import OpenAPIError
        from werkzeug.datastructures import Headers

        request = self._request(exchange)
        if lawful and (objection := self.referee.request_objection(request)):
            yield _violation("request", objection)
        if not exchange.status or not self._is_told(exchange):
            return
        media_type = dict(exchange.response_headers).get("content-type", "")
        headers = Headers(list(exchange.response_headers))
        response = RecordedResponse(exchange.status, headers, exchange.response_body, media_type)
        try:
            self.referee.openapi.validate_response(request, response)
        except OpenAPIError as objection:
            yield _violation(f"answer {exchange.status}", objection)

    def _is_told(self, exchange: Recorded) -> bool:
        api = self.referee.api
        operation = next(
            (found for key in api.find(exchange.operation or "") if (found := api.operation(key))), None
        )
        response = operation.response(exchange.status) if operation else None
        schema = response.json_schema if response else None
        try:
            return schema is None or api.schemas.is_told(schema, json.loads(exchange.response_body))
        except ValueError:
            return True

    def _request(self, exchange: Recorded) -> PlannedRequest:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        path, _, query = exchange.target.partition("?")
        parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(query, keep_blank_values=True)),
            header=Headers(list(exchange.headers)),
            cookie=ImmutableMultiDict(cookies(exchange.headers)),
        )
        media_type = dict(exchange.headers).get("content-type", "")
        body = exchange.body or None
        return PlannedRequest(self.referee.host, path, exchange.method.lower(), parameters, media_type, body)


def _violation(side: str, objection: BaseException) -> Violation:
    """The innermost cause: what is around it repeats the whole body."""
    current = objection
    while current.__cause__ is not None and not getattr(current, "schema_errors", ()):
        current = current.__cause__
    for detail in getattr(current, "schema_errors", ()):
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail.absolute_path)
        return Violation(f"{side} at ${path}", _line(detail.message))
    return Violation(side, _line(str(objection)))


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
