"""The ASGI application (ASGI 3.0, HTTP only), and the server that runs it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from jivsgen.rehearsal.server.exchange import Answered, Asked
from jivsgen.rehearsal.server.player import Player
from jivsgen.rehearsal.server.recording import Recording

COOKIE = "rehearsal"
LARGEST_BODY = 64 * 1024 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, field-name. Documents of others may hold anything there."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Log = Callable[[Asked, Answered, float], None]


def _counting_protocol() -> type[HttpToolsProtocol]:
    """A protocol that numbers its connections from 1, and lets the application close one without an answer."""
    made = itertools.count(1)

    class Counting(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            self.number = next(made)
            super().connection_made(transport)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.scope["connection"] = (self.number, self.transport)  # type: ignore[typeddict-unknown-key]

    return Counting


class QuietServer(uvicorn.Server):
    """Says when it takes connections, and ends on SIGINT and SIGTERM as if it had been asked to: uvicorn would raise the
    signal again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ending: asyncio.Event) -> None:
        super().__init__(config)
        self.ready = ready
        self.ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.ending.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for one in signals:
            loop.add_signal_handler(one, self.handle_exit, one, None)
        yield
        for one in signals:
            loop.remove_signal_handler(one)


class App:
    """Turns ASGI events into questions to the player, and records what was said."""

    def __init__(self, player: Player, recording: Recording | None, log: Log | None) -> None:
        self.player = player
        self.recording = recording
        self.log = log
        self.began = time.monotonic()
        self.iterations = 0
        self.ending = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = time.monotonic()
        asked, headers = _asked(scope, await _body(receive))
        iteration, is_new = self._iteration(asked)
        answered = self.player.answer(asked)
        given = await self._say(asked, answered, iteration if is_new else None, scope, send)
        self._keep((asked, headers), answered, given, (scope["connection"][0], iteration, began))
        if answered.status == 0:
            await _disconnected(receive)

    async def _say(
        self, asked: Asked, answered: Answered, iteration: int | None, scope: Scope, send: Send
    ) -> list[tuple[str, str]]:
        """Send the answer when it is due, or close the connection (that of an answer that is not due before the server ends,
        too); returns the headers that were sent."""
        if answered.delay_ms:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), answered.delay_ms / 1000)
                answered.status = 0
        if answered.status == 0:
            answered.body = b""
            scope["connection"][1].abort()
            return []
        given = _headers(answered, iteration)
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given]
        await send({"type": "http.response.start", "status": answered.status, "headers": raw})
        body = b"" if asked.method == "HEAD" else answered.body
        answered.handed_s = (
            time.monotonic()
        )  # before: this process may lose its core while the client goes on
        await send({"type": "http.response.body", "body": body})
        return given

    def _keep(
        self,
        request: tuple[Asked, list[tuple[str, str]]],
        answered: Answered,
        given: list[tuple[str, str]],
        moment: tuple[int, int, float],
    ) -> None:
        """Record and log the exchange; `moment`: connection, iteration, when the request came (monotonic, s)."""
        (asked, headers), (connection, iteration, began) = request, moment
        took = ((answered.handed_s or time.monotonic()) - began) * 1000
        if self.recording is not None:
            target = asked.path + (f"?{asked.query}" if asked.query else "")
            times = ((began - self.began) * 1000, took)
            sent = (asked.method, target, headers, asked.body)
            self.recording.add(times, connection, iteration, sent, answered, given)
        if self.log is not None:
            self.log(asked, answered, took)

    def _iteration(self, asked: Asked) -> tuple[int, bool]:
        """A client that keeps its cookies for one iteration is seen to: whoever brings none begins a new one."""
        own = dict(asked.cookies()).get(COOKIE, "")
        if own.isdecimal() and len(own) < 12:
            return int(own), False
        self.iterations += 1
        return self.iterations, True


def _asked(scope: Scope, body: bytes) -> tuple[Asked, list[tuple[str, str]]]:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return Asked(scope["method"], path, query, dict(headers), body), headers


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            break
        chunk = event.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        if not event.get("more_body"):
            break
    return b"".join(chunks)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(answered: Answered, iteration: int | None) -> list[tuple[str, str]]:
    documented = {**answered.headers, "content-type": answered.media_type if answered.body else ""}
    headers = [
        (name.lower(), value)
        for name, value in documented.items()
        if value and _TOKEN.fullmatch(name) and value.isascii() and value.isprintable()
    ]
    if answered.status not in (204, 304) and answered.status >= 200:
        headers.append(("content-length", str(len(answered.body))))
    if iteration is not None:
        headers.append(("set-cookie", f"{COOKIE}={iteration}; Path=/"))
    return headers


async def serve(app: App, host: str, port: int, listening: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `listening` is told the URL as soon as connections are taken. Raises OSError where
    the port is not to be had."""
    config = uvicorn.Config(
        app, http=_counting_protocol(), lifespan="off", log_level="error", access_log=False, proxy_headers=False, server_header=False,
        date_header=False, timeout_keep_alive=300, backlog=4096, timeout_graceful_shutdown=1,
    )  # fmt: skip
    taken = _bound(host, port)

    def ready() -> None:
        app.began = time.monotonic()
        name = f"[{host}]" if ":" in host else host
        listening(f"http://{name}:{taken.getsockname()[1]}")

    await QuietServer(config, ready, app.ending).serve(sockets=[taken])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((host, port))
    return one
