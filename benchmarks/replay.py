"""A server that must not be the bottleneck: it gives the answers that `jivsgen serve` gives to this journey, made once, with
the ids in them replaced; an extraction is done when it is looked at twice. Counts what it is asked for.

python -m benchmarks.replay        prints `listening on URL`; GET /asked says how often each operation was asked for,
                                   and begins to count again
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import uvloop
from benchmarks.measure import ROOT

from jivsgen.diagnostics import Diagnostics
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.load import load_behaviour
from jivsgen.rehearsal.server.player import Player
from jivsgen.spec import load_api

SPEC = ROOT / "specs/jivs.openapi.yaml"
EXTRACTIONS = "/api/v1/extractions"
BODY = {
    "name": "Load Test Extraction",
    "sourceType": "JDBC",
    "connectionConfig": {"url": "jdbc:postgresql://source-db:5432/testdb", "username": "t", "password": "t"},
    "extractionQuery": "SELECT * FROM test_table LIMIT 1000",
}


class Answers:
    """The answers of one honest run; bytes as they are sent. `named` have the id between the two parts."""

    def __init__(self) -> None:
        diagnostics = Diagnostics()
        api = load_api(SPEC, SPEC.name, diagnostics)
        assert api is not None
        behaviour = load_behaviour(
            ROOT / "benchmarks/scripts/behaviour.yaml", "behaviour.yaml", api, diagnostics
        )
        assert behaviour is not None
        self._player = Player(api, behaviour)
        self._headers = {"content-type": "application/json"}
        login = self._ask("POST", "/api/v1/auth/login", {"username": "admin", "password": "x"})
        self._headers["authorization"] = f"Bearer {json.loads(login)['accessToken']}"
        made = self._ask("POST", EXTRACTIONS, BODY)
        own = f"{EXTRACTIONS}/{json.loads(made)['data']['id']}"
        started = self._ask("POST", f"{own}/start")
        listed = self._ask("GET", f"{EXTRACTIONS}?page=0&size=20&status=RUNNING")
        running, done = self._ask("GET", own), self._ask("GET", own)
        assert json.loads(running)["data"]["status"] == "RUNNING"
        assert json.loads(done)["data"]["status"] == "COMPLETED"
        self.login, self.list = _sent(200, login), _sent(200, listed)
        self.created, self.started = _named(201, made), _named(202, started)
        self.running, self.done = _named(200, running), _named(200, done)

    def _ask(self, method: str, target: str, body: object = None) -> bytes:
        path, _, query = target.partition("?")
        content = b"" if body is None else json.dumps(body).encode()
        answered = self._player.answer(Asked(method, path, query, self._headers, content))
        assert 200 <= answered.status < 300, answered.body
        return answered.body


def _sent(status: int, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 %d \r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
        + body
    )


def _named(status: int, body: bytes) -> tuple[int, list[bytes]]:
    """The status and the body around the id of its extraction."""
    found = json.loads(body)
    if "data" in found and "id" in (found["data"] or {}):
        identity = b'"id": %s' % json.dumps(found["data"]["id"]).encode()
        assert body.count(identity) == 1
        before, after = body.split(identity)
        return status, [before + b'"id": ', after]
    return status, [body]


class Connection(asyncio.Protocol):
    """One connection. Whatever it asks is known: there is no other answer than the good one."""

    def __init__(self, answers: Answers, asked: Counter[str], seen: set[bytes]) -> None:
        self.answers, self.asked, self.seen = answers, asked, seen
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            at = head.lower().find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].partition(b"\r\n")[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            method, target, _ = head.split(b" ", 2)
            self.transport.write(self._answer(method, target))

    def _answer(self, method: bytes, target: bytes) -> bytes:
        _, _, rest = target.partition(EXTRACTIONS.encode())
        if rest.startswith(b"/"):
            identity, _, start = rest[1:].partition(b"/")
            if start:
                self.asked["startExtraction"] += 1
                return self._about(self.answers.started, identity)
            self.asked["getExtraction"] += 1
            answer = self.answers.done if identity in self.seen else self.answers.running
            self.seen.symmetric_difference_update((identity,))
            return self._about(answer, identity)
        if method == b"POST" and target == EXTRACTIONS.encode():
            self.asked["createExtraction"] += 1
            return self._about(self.answers.created, b"%d" % self.asked["createExtraction"])
        if rest:
            self.asked["listExtractions"] += 1
            return self.answers.list
        if method == b"POST":
            self.asked["login"] += 1
            return self.answers.login
        said = json.dumps(self.asked).encode()
        self.asked.clear()
        self.seen.clear()
        return _sent(200, said)

    def _about(self, answer: tuple[int, list[bytes]], identity: bytes) -> bytes:
        status, parts = answer
        return _sent(status, identity.join(parts))


async def main() -> None:
    answers, asked, seen = Answers(), Counter[str](), set[bytes]()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, asked, seen), "127.0.0.1", 0)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
