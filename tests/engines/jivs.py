"""A loopback JiVS: it answers from the spec's own examples, remembers what was asked before, and refuses what the contract
refuses. Enough to run every committed profile; a fault can be planted in it."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.synthesis import body_of, value_of
from jivsgen.spec import Api, Operation, load_api
from jivsgen.spec.schema import Schemas

from .server import Answer, Exchange

Fault = Callable[[str, Answer], Answer]


class Jivs:
    """Plays the API of a spec. `asked` counts requests by operation; `fault` may change any answer."""

    def __init__(self, spec: Path, fault: Fault | None = None) -> None:
        api = load_api(spec, spec.name, Diagnostics())
        assert isinstance(api, Api)
        self.api = api
        self.schemas = Schemas(api.documents, api.version)
        self.fault = fault
        self.asked: Counter[str] = Counter()
        self.roles: Counter[tuple[str, str]] = Counter()
        self._polls: Counter[str] = Counter()
        self._routes = [
            (
                method,
                re.compile(re.sub(r"\\\{[^}]+\\\}", r"([^/]+)", re.escape(path))),
                api.operation((method, path)),
            )
            for method, path in sorted(api.index, key=lambda key: key[1].count("{"))
        ]

    def __call__(self, exchange: Exchange) -> Answer:
        url = urlsplit(exchange.path)
        for method, pattern, operation in self._routes:
            if method == exchange.method and (match := pattern.fullmatch(url.path)) and operation:
                self.asked[operation.id] += 1
                answer = self._answer(operation, match.groups(), parse_qs(url.query), exchange)
                return self.fault(operation.id, answer) if self.fault else answer
        return Answer(404, self._error(404))

    def _answer(
        self, operation: Operation, ids: tuple[str, ...], query: dict[str, list[str]], exchange: Exchange
    ) -> Answer:
        role = exchange.headers.get("authorization", "").removeprefix("Bearer token-of-")
        if operation.is_secured and not role:
            return Answer(401, self._error(401))
        self.roles[operation.id, role] += 1
        if role == "viewer" and exchange.method != "GET":
            return Answer(403, self._error(403))
        if operation.bodies and operation.bodies[0].is_json and operation.bodies[0].schema:
            if self.schemas.violations(operation.bodies[0].schema, exchange.json):
                return Answer(400, self._error(400))
        if any(identity.isdecimal() and int(identity) >= 900_000 for identity in ids):
            return Answer(404, self._error(404))
        status = operation.successes[0]
        media = next((m for m in operation.responses[str(status)].content if m.is_json), None)
        if media is None:
            return Answer(status)
        return Answer(
            status, self._alive(operation, copy.deepcopy(body_of(self.schemas, media)), ids, query, exchange)
        )

    def _alive(
        self,
        operation: Operation,
        body: Any,
        ids: tuple[str, ...],
        query: dict[str, list[str]],
        exchange: Exchange,
    ) -> Any:
        """What an example cannot know: who logged in, the page that was asked for, work that gets done."""
        if operation.id == "login":
            body["accessToken"] = f"token-of-{exchange.json['username']}"
        data = body.get("data")
        if isinstance(data, dict):
            if "size" in data and "size" in query:
                data["size"] = int(query["size"][0])
            if "valid" in data:
                data["valid"] = True
            if operation.method == "POST" and "id" in data:
                data["id"] = self.asked[operation.id]
            if operation.id in ("getExtraction", "getMigrationProgress"):
                self._polls[operation.id + ids[0]] += 1
                data["status"] = "RUNNING" if operation.id == "getExtraction" else "IN_PROGRESS"
                if self._polls[operation.id + ids[0]] % 2 == 0:
                    data["status"] = "COMPLETED"
        return body

    def _error(self, status: int) -> Any:
        schema = self.api.root.at("components", "schemas", "Error")
        assert schema is not None
        return {**value_of(self.schemas, schema), "status": status}
