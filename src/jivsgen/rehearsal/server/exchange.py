"""What comes in and what goes out, without any protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from msgspec import Struct, field

from jivsgen.spec import Operation


class Asked(Struct):
    """A request: header names in lower case, the path raw as received (percent-encoded), without the query."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def pairs(self) -> list[tuple[str, str]]:
        """The query's parameters, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def cookies(self) -> list[tuple[str, str]]:
        """The pairs of the `Cookie` header, decoded as the query is."""
        listed = (one.partition("=") for one in self.headers.get("cookie", "").split(";"))
        return [(name.strip(), unquote(value.strip())) for name, _, value in listed if name.strip()]


class Answered(Struct):
    """A response, and what the recording says of the exchange. `json` is kept beside `body` until it is sent, so that a
    fault can change it; a status of 0 closes the connection without an answer. `handed_s` is when it was handed over
    (monotonic)."""

    status: int
    json: Any = None
    body: bytes = b""
    media_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    operation: str | None = None
    role: str | None = None
    delay_ms: float = 0
    fault: bool = False
    handed_s: float = 0


class Call(Struct, frozen=True):
    """A request that the contract allows, and who makes it. `sent` is its body as a JSON value, if it has one."""

    asked: Asked
    operation: Operation
    bound: Mapping[str, str]
    sent: Any
    user: str | None
