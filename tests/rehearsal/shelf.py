"""A run of `tests/cases/flow`, reduced, as a flawless engine would send it: written out by hand, so that it knows nothing of
how the rehearsal reads a plan."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jivsgen.compiler import Compiler, Unit
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan
from jivsgen.project import load_project
from jivsgen.rehearsal.exchanges import Exchange, exchange_of
from jivsgen.rehearsal.masks import Settings
from jivsgen.rehearsal.patience import rehearsed

CASES = Path(__file__).resolve().parents[1] / "cases"
ENVIRONMENT = {"PASSWORD": "open-sesame"}
DAY = date(2026, 1, 31)

Line = dict[str, Any]


def unit_of(case: str) -> Unit:
    diagnostics = Diagnostics()
    project = load_project(CASES / case, diagnostics)
    assert project is not None
    (unit,) = Compiler(project, diagnostics).compile((CASES / case / "profile.yaml",))
    return unit


def settings_of(plan: Plan) -> Settings:
    return Settings(rehearsed(plan, 20), ENVIRONMENT, DAY)


@dataclass
class Shelf:
    """Writes the lines of a recording; each user has a clock (ms) and a connection of its own."""

    lines: list[Line] = field(default_factory=list)
    clocks: dict[int, float] = field(default_factory=dict)

    def ask(
        self, user: int, iteration: int, method: str, target: str, body: Any = None, *, status: int = 200,
        answer: Any = None, token: str | None = "t1", after: float = 1.0, headers: tuple[tuple[str, str], ...] = (),
    ) -> None:  # fmt: skip
        at = self.clocks.get(user, 200.0 if user else 100.0) + after
        self.clocks[user] = at + 2.0
        sent = [
            ["host", "127.0.0.1:1"],
            ["user-agent", "hand"],
            ["cookie", f"rehearsal={iteration}"],
            *map(list, headers),
        ]
        sent += [["authorization", f"Bearer {token}"]] if token else []
        sent += [["content-type", "application/json"]] if body is not None else []
        self.lines.append({
            "number": len(self.lines) + 1, "at_ms": at, "took_ms": 2.0, "connection": user, "iteration": iteration,
            "method": method, "target": target, "headers": sent,
            "body": None if body is None else json.dumps(body), "operation": None, "role": None, "status": status,
            "response_headers": [["content-type", "application/json"]] if answer is not None else [],
            "response_body": None if answer is None else json.dumps(answer),
        })  # fmt: skip


def flow() -> list[Line]:
    """3 users of 5 iterations. Ten take the one branch of the choice, five the other; polls take one or two answers."""
    shelf = Shelf()
    shelf.ask(0, 0, "POST", "/login", {"password": "open-sesame"}, answer={"token": "t1"}, token=None)
    for number in range(15):
        _iteration(shelf, 1 + number % 3, number)
    return sorted(shelf.lines, key=lambda line: line["at_ms"])


def _iteration(shelf: Shelf, user: int, number: int) -> None:
    iteration, book, title = number + 1, 70 + number, f"Book k3v9x2m{number:x}"
    found = {"id": book, "title": title, "shelf": "UNREAD"}
    shelf.ask(user, iteration, "POST", "/books", {"title": title}, status=201, answer=found)
    shelf.ask(user, iteration, "GET", f"/books/{book}", answer=found)
    shelf.ask(user, iteration, "GET", f"/books/{book}", answer=found, after=12)
    wait = 30.0
    if number % 2:
        shelf.ask(user, iteration, "GET", f"/books/{book}", answer={"id": book, "title": title}, after=wait)
        wait = 51.0
    shelf.ask(user, iteration, "GET", f"/books/{book}", answer={**found, "shelf": "READ"}, after=wait)
    if number < 10:
        shelf.ask(user, iteration, "POST", "/books", {"title": title}, status=201, answer=found)
    else:
        tenant = (("x-tenant", f"t {title}"),)
        shelf.ask(user, iteration, "GET", "/books?page=0", answer=[found], headers=tenant)
    shelf.ask(user, iteration, "POST", "/books", {"title": "x"}, status=400, token=None)


def exchanges(lines: list[Line]) -> list[Exchange]:
    return [exchange_of(line) for line in sorted(lines, key=lambda line: line["at_ms"])]
