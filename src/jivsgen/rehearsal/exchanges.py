"""A recording, read: what an engine sent, what it was answered, in the order of arrival."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct


class BrokenRecording(Exception):
    """A line of a recording is none; says which."""


class Exchange(Struct, frozen=True):
    """One request and its answer. Times are in ms since the server listens; `connection` numbers the TCP connections;
    `iteration` is the number in the cookie that the server gives to a client that has none; `status` is 0 where the
    connection was closed without an answer. Header names are in lower case."""

    at_ms: float
    took_ms: float
    connection: int
    iteration: int | None
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    operation: str | None
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def ended_ms(self) -> float:
        return self.at_ms + self.took_ms

    @property
    def answer(self) -> Any:
        """The answer's JSON; None where it is none."""
        try:
            return json.loads(self.response_body)
        except ValueError:
            return None

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


def read_recording(file: Path) -> list[Exchange]:
    """The exchanges of a file of JSON lines, by time of arrival. Raises BrokenRecording, OSError."""
    found = []
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found.append(exchange_of(json.loads(line)))
            except (ValueError, KeyError, TypeError) as problem:
                raise BrokenRecording(f"{file.name}:{number}: no exchange: {problem!r}") from problem
    return sorted(found, key=lambda one: one.at_ms)


def exchange_of(line: Mapping[str, Any]) -> Exchange:
    """One line of a recording. Raises KeyError, TypeError, ValueError."""
    iteration = line["iteration"]
    return Exchange(
        at_ms=float(line["at_ms"]),
        took_ms=float(line["took_ms"]),
        connection=int(line["connection"]),
        iteration=None if iteration is None else int(iteration),
        method=str(line["method"]),
        target=str(line["target"]),
        headers=_headers(line["headers"]),
        body=_body(line, "body"),
        operation=line["operation"],
        status=int(line["status"]),
        response_headers=_headers(line["response_headers"]),
        response_body=_body(line, "response_body"),
    )


def _headers(pairs: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name).lower(), str(value)) for name, value in pairs)


def _body(line: Mapping[str, Any], key: str) -> bytes:
    if encoded := line.get(f"{key}_base64"):
        return base64.b64decode(encoded, validate=True)
    return str(line[key] or "").encode()
