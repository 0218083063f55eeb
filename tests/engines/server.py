"""A loopback server that plays what a test tells it and records every exchange."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import IO, Any

from msgspec import Struct


@dataclass
class Exchange:
    """One request, as it came: `path` with its query, `time` in seconds, `connection` numbered from 1; `ended` when it was
    answered, 0 before that."""

    time: float
    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    ended: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Answer(Struct, frozen=True):
    """What the server says after `delay_s`; a `status` of 0 closes the connection without a word. `parts` of a body are
    sent one by one, with the same delay before each: the first byte comes that much before the last."""

    status: int = 200
    json: Any = None
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    parts: tuple[bytes, ...] = ()


Play = Callable[[Exchange], Answer]


@dataclass
class Server:
    """`with Server(play) as server:` listens on `server.url`, with `tls` by https; `server.exchanges` are in the order of arrival."""

    play: Play
    tls: ssl.SSLContext | None = None
    exchanges: list[Exchange] = field(default_factory=list)

    def __enter__(self) -> Server:
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        if self.tls:
            self._http.socket = self.tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{self._http.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def of(self, path: str) -> list[Exchange]:
        """The exchanges of a path, whatever the query."""
        return [one for one in self.exchanges if one.path.split("?")[0] == path]


class _Http(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Of a body without a length (RFC 9112 section 7.1): k6 sends an empty file so."""
    size = 1
    while size:
        size = int(file.readline(), 16)
        yield file.read(size)
        file.readline()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    numbers = itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = 30

        def setup(self) -> None:
            super().setup()
            self.number = next(numbers)

        def exchange(self) -> None:
            is_chunked = self.headers.get("Transfer-Encoding") == "chunked"
            size = int(self.headers.get("Content-Length") or 0)
            body = b"".join(_chunks(self.rfile)) if is_chunked else self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            one = Exchange(time.time(), self.number, self.command, self.path, headers, body)
            server.exchanges.append(one)
            self.say(server.play(one))
            one.ended = time.time()

        def say(self, answer: Answer) -> None:
            time.sleep(answer.delay_s)
            if not answer.status:
                self.close_connection = True
                return
            content = (json.dumps(answer.json) if answer.json is not None else answer.text).encode()
            parts = answer.parts or (content,)
            self.send_response(answer.status)
            for name, value in (("Content-Type", "application/json"), *answer.headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(sum(map(len, parts))))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(parts[0])
            for part in parts[1:]:
                self.wfile.flush()
                time.sleep(answer.delay_s)
                self.wfile.write(part)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """The exchanges are the log."""

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = exchange

    return Handler
