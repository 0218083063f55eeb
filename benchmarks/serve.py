"""What `jivsgen serve` carries on one core: requests by second of its own CPU, recording, with the committed behaviour. Whatever
else the machine does at the time, it does not count."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.table import Measured, Row

ROWS = (
    Row("`jivsgen serve`, recording: requests by second of its CPU", least=2_000, unit=" / s", decimals=0),
)
USERS = 20
DURATION_S = 5
EXTRACTION = {
    "name": "Load Test Extraction",
    "sourceType": "JDBC",
    "connectionConfig": {"url": "jdbc:postgresql://source-db:5432/testdb", "username": "t", "password": "t"},
    "extractionQuery": "SELECT * FROM test_table LIMIT 1000",
}


class Client:
    """One connection that is kept; counts its requests."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token, self.asked = port, token, 0

    async def __aenter__(self) -> Client:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's `data`, or all of it; anything but a 2xx ends the measurement."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self.writer.write(head.encode() + content)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        text = await self.reader.readexactly(int(length or 0))
        if not answer.startswith(b"HTTP/1.1 2"):
            raise SystemExit(f"{method} {path}: {answer.decode()}{text.decode()}")
        self.asked += 1
        return json.loads(text).get("data")

    async def journey(self, until: float) -> None:
        """What the committed extraction profiles do, without a pause."""
        while time.monotonic() < until:
            number = (await self.ask("POST", "/extractions", EXTRACTION))["id"]
            await self.ask("POST", f"/extractions/{number}/start")
            for _ in range(3):
                await self.ask("GET", f"/extractions/{number}")
            await self.ask("GET", "/extractions?page=0&size=20&status=RUNNING")


async def load(port: int, token: str) -> int:
    """How many requests were answered in the time."""

    async def user() -> int:
        async with Client(port, token) as client:
            await client.journey(time.monotonic() + DURATION_S)
            return client.asked

    return sum(await asyncio.gather(*(user() for _ in range(USERS))))


async def logged_in(port: int) -> str:
    async with Client(port) as client:
        body = json.dumps({"username": "admin", "password": "x"}).encode()
        head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        client.writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        answer = await client.reader.read()
        token: str = json.loads(answer.partition(b"\r\n\r\n")[2])["accessToken"]
        return token


def cpu_s(process: int) -> float:
    """CPU seconds of a running process (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure() -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "jivsgen", "serve", "specs/jivs.openapi.yaml", "--behaviour", "specs/jivs.behaviour.yaml",
            "--quiet", "--record", str(Path(folder) / "exchanges.jsonl"),
        ]  # fmt: skip
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout
                port = int(server.stdout.readline().rpartition(":")[2])
                token = asyncio.run(logged_in(port))
                before = cpu_s(server.pid)
                asked = asyncio.run(load(port, token))
                spent = cpu_s(server.pid) - before
            finally:
                server.send_signal(signal.SIGTERM)
    yield ROWS[0].measured(asked / spent)
