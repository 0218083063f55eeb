"""Every exchange as one JSON line, for who judges them afterwards."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, TextIO

from jivsgen.rehearsal.server.exchange import Answered


class Recording:
    """Appends to a file; nothing is judged here, so that the server is not slowed down by it.

    One line: `number`, `at_ms` (of the request, since the server listens), `took_ms`, `connection`, `iteration`, `method`,
    `target` (raw), `headers` (pairs, lower case), `body` (or `body_base64`), `operation`, `role`, `status` (0: dropped),
    `response_headers`, `response_body`, `fault`.
    """

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", buffering=1 << 16)
        self._number = 0

    def add(
        self,
        moment: tuple[float, float],
        connection: int,
        iteration: int,
        request: tuple[str, str, list[tuple[str, str]], bytes],
        answered: Answered,
        headers: list[tuple[str, str]],
    ) -> None:
        """One exchange: when it came and how long it took (ms), its request (method, target, headers, body), its answer."""
        self._number += 1
        method, target, asked, body = request
        line: dict[str, Any] = {
            "number": self._number,
            "at_ms": round(moment[0], 3),
            "took_ms": round(moment[1], 3),
            "connection": connection,
            "iteration": iteration,
            "method": method,
            "target": target,
            "headers": asked,
            **_text("body", body),
            "operation": answered.operation,
            "role": answered.role,
            "status": answered.status,
            "response_headers": headers,
            **_text("response_body", answered.body),
            "fault": answered.fault,
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


def _text(name: str, content: bytes) -> dict[str, str | None]:
    if not content:
        return {name: None}
    try:
        return {name: content.decode()}
    except UnicodeDecodeError:
        return {name: None, f"{name}_base64": base64.b64encode(content).decode()}
