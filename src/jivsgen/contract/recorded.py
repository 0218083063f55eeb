"""openapi-core's verdict on exchanges that took place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from jivsgen.contract.referee import PlannedRequest, Referee, reasons_of


class Recorded(Protocol):
    """What is judged of an exchange: header names in lower case, `target` as it was received (path and query), `status`
    0 where there was no answer."""

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


@dataclass(slots=True)
class RecordedResponse:
    """An answer in the protocol of openapi_core.protocols.Response."""

    status_code: int
    headers: dict[str, str]
    data: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


@dataclass(frozen=True)
class Judge:
    """Holds exchanges against one API."""

    referee: Referee

    def violations(self, exchange: Recorded, *, lawful: bool) -> Iterator[str]:
        """What the contract has against the request (not asked where the plan breaks it on purpose: `lawful` is False) and
        against the answer."""
        from openapi_core.exceptions import OpenAPIError

        request = self._request(exchange)
        if lawful:
            try:
                self.referee.openapi.validate_request(request)
            except OpenAPIError as objection:
                yield f"request: {'; '.join(reasons_of(objection))}"
        if not exchange.status:
            return
        headers = dict(exchange.response_headers)
        response = RecordedResponse(exchange.status, headers, exchange.response_body)
        try:
            self.referee.openapi.validate_response(request, response)
        except OpenAPIError as objection:
            yield f"answer {exchange.status}: {'; '.join(reasons_of(objection))}"

    def _request(self, exchange: Recorded) -> PlannedRequest:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        path, _, query = exchange.target.partition("?")
        parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(query, keep_blank_values=True)),
            header=Headers(list(exchange.headers)),
            cookie=ImmutableMultiDict(),
        )
        media_type = dict(exchange.headers).get("content-type", "")
        body = exchange.body or None
        return PlannedRequest(self.referee.host, path, exchange.method.lower(), parameters, media_type, body)
