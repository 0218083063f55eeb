"""Plays the API: a request in, the answer out."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from typing import Any

from jivsgen.rehearsal.server.behaviour import Behaviour, Fault, Limit
from jivsgen.rehearsal.server.bodies import Bodies
from jivsgen.rehearsal.server.checks import NOTHING, Checks
from jivsgen.rehearsal.server.credentials import Credentials
from jivsgen.rehearsal.server.exchange import Answered, Asked
from jivsgen.rehearsal.server.memory import Collection, Item, Memory
from jivsgen.rehearsal.server.routes import Router
from jivsgen.rehearsal.server.views import Views
from jivsgen.spec import Api, Operation


class Player:
    """One API with one behaviour, and everything that it remembers."""

    def __init__(self, api: Api, behaviour: Behaviour) -> None:
        self.api = api
        self.behaviour = behaviour
        self.router = Router(api)
        self.credentials = Credentials(api, behaviour)
        self.memory = Memory(api, behaviour.resources, behaviour.seed)
        self.bodies = Bodies(api.schemas)
        self.views = Views(api, self.bodies, self.memory)
        self.checks = Checks(api.schemas)
        self.random = random.Random(behaviour.seed)  # noqa: S311 - chance that can be repeated is the point
        self._calls: dict[str, int] = {}
        self._used: dict[tuple[int, str | None], tuple[float, int]] = {}

    def answer(self, asked: Asked) -> Answered:
        """The answer, faults and delays in it; its body is ready to be sent."""
        found = self.router.find(asked.method, asked.path)
        if found is None:
            answered = self._no_operation(asked)
        else:
            operation, bound = found
            answered = self._play(asked, operation, bound)
            answered.operation = operation.id
            self._wait(answered, operation)
            self._spoil(answered, operation.id)
        if not answered.body and answered.json is not None:
            text = (
                answered.json
                if isinstance(answered.json, str) and "json" not in answered.media_type
                else None
            )
            answered.body = (text if text is not None else json.dumps(answered.json)).encode()
        return answered

    def _no_operation(self, asked: Asked) -> Answered:
        if asked.path in self.credentials.token_urls and asked.method == "POST":
            body = {"access_token": "", "token_type": "Bearer", "expires_in": 3600}
            user = self.credentials.log_in(None, None, body)
            return Answered(200, body, media_type="application/json", role=user)
        methods = list(self.router.methods(asked.path))
        status = 405 if methods else 404
        body = {"status": status, "message": "there is no such operation"}
        headers = {"allow": ", ".join(methods)} if methods else {}
        return Answered(status, body, media_type="application/json", headers=headers)

    def _play(self, asked: Asked, operation: Operation, bound: Mapping[str, str]) -> Answered:
        user = self.credentials.who(asked, operation)
        if operation.is_secured and user is None:
            return self._refused(operation, 401, "a token is needed", None)
        if not self.credentials.may(user, operation):
            return self._refused(operation, 403, f"{user} may not do that", user)
        if (over := self._over_limit(operation, user)) is not None and over.delay is None:
            return self._refused(operation, 429, "too many requests", user)
        if fault := next(self.checks.faults(asked, operation, bound), None):
            missing = bool(self.memory.owners(operation.path)) and operation.response(400) is None
            return self._refused(operation, 404 if missing else 400, fault, user)
        sent, wrong = self.checks.body(asked, operation)
        if wrong is not None:
            return self._refused(operation, 400, wrong, user)
        answered = self._resource(asked, operation, bound, sent, user)
        answered.delay_ms += over.delay or 0 if over else 0
        return answered

    def _refused(self, operation: Operation, status: int, said: str, user: str | None) -> Answered:
        body, media_type = self.bodies.error(operation, status, said)
        return Answered(status, body, media_type=media_type, role=user)

    # --- resources --------------------------------------------------------------------------------------------------

    def _resource(
        self, asked: Asked, operation: Operation, bound: Mapping[str, str], sent: Any, user: str | None
    ) -> Answered:
        owners = self.memory.owners(operation.path)
        item: Item | None = None
        for owner in owners:
            item = self.memory.find(owner, bound) or self._given(owner, bound)
            if item is None:
                return self._refused(
                    operation, 404, f"there is no {owner.parameter} {bound[owner.parameter]}", user
                )
        status = self._status(operation)
        body, media_type = self.bodies.of(operation, status)
        collection = self.memory.collection(operation.path)
        if self.credentials.logs_in(operation):
            user = self.credentials.log_in(operation, sent, body)
            if user is None:
                return self._refused(operation, 401, "wrong user or password", None)
        elif collection is not None and operation.method == "POST":
            self.views.created(collection, operation, bound, sent, body)
        elif collection is not None and operation.method == "GET":
            self.views.listed(collection, operation, bound, asked.pairs(), body)
        elif item is not None:
            refusal = self._on_item(owners[-1], item, operation, bound, sent)
            if refusal is not None:
                return self._refused(operation, refusal, "not in this state", user)
            self.views.shown(owners[-1], item, operation, body)
        self._set(body, self.behaviour.answers.get(operation.id))
        headers = dict(self.bodies.headers(operation, status))
        return Answered(status, body, media_type=media_type, headers=headers, role=user)

    def _on_item(
        self, owner: Collection, item: Item, operation: Operation, bound: Mapping[str, str], sent: Any
    ) -> int | None:
        """What the call does to the item itself; a status where it is refused."""
        if (refusal := self.memory.move(owner, item, operation.id)) is not None:
            return refusal
        if operation.path == owner.item_path:
            if operation.method == "DELETE":
                self.memory.remove(owner, bound)
            elif operation.method in ("PUT", "PATCH", "POST") and isinstance(sent, dict):
                item.change(sent)
        return None

    def _given(self, owner: Collection, bound: Mapping[str, str]) -> Item | None:
        """An item that nobody created: any, where nobody can; else only the one of the document's own examples."""
        wanted = bound[owner.parameter]
        if self.memory.is_gone(owner, bound, wanted):
            return None
        if owner.creation is None or wanted == self.views.example_id(owner):
            return self.memory.add(owner, bound, wanted, self.views.example_fields(owner, wanted))
        return None

    def _status(self, operation: Operation) -> int:
        special = self.behaviour.answers.get(operation.id)
        if special is not None and special.status is not None:
            return special.status
        return operation.successes[0] if operation.successes else 200

    @staticmethod
    def _set(body: Any, special: Any) -> None:
        for path, value in special.set.items() if special else ():
            put(body, path, value)

    # --- time, chance and faults ------------------------------------------------------------------------------------

    def _over_limit(self, operation: Operation, user: str | None) -> Limit | None:
        """The limit that this call is over, if any: counted by user in windows of the limit's period."""
        over = None
        for number, limit in enumerate(self.behaviour.limits):
            if operation.method not in limit.methods and operation.id not in limit.operations:
                continue
            began, used = self._used.get((number, user), (0.0, 0))
            now = time.monotonic() * 1000
            began, used = (now, 0) if now - began > limit.rate.period_ms else (began, used)
            self._used[number, user] = (began, used + 1)
            if used + 1 > limit.rate.amount:
                over = limit
        return over

    def _wait(self, answered: Answered, operation: Operation) -> None:
        latency = self.behaviour.latency.get(operation.id) or self.behaviour.latency.get("default")
        if latency is not None:
            answered.delay_ms += latency.median * self.random.lognormvariate(0, latency.sigma)

    def _spoil(self, answered: Answered, operation: str) -> None:
        calls = self._calls[operation] = self._calls.get(operation, 0) + 1
        for fault in (*self.behaviour.faults, *self.behaviour.errors):
            if fault.operation in (operation, "default") and calls > fault.after:
                if fault.share < 1 and self.random.random() >= fault.share:
                    continue
                self._apply(fault, answered)
                return

    @staticmethod
    def _apply(fault: Fault, answered: Answered) -> None:
        answered.fault = True
        answered.delay_ms += fault.delay
        answered.status = 0 if fault.drop else fault.status or answered.status
        for path, value in fault.set.items():
            put(answered.json, path, value)
        for path in fault.remove:
            put(answered.json, path, NOTHING)
        if fault.body is not None:
            answered.body = fault.body.encode()


def put(body: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Set (or with NOTHING remove) what stands at the path, where there is a place for it."""
    owner = body
    for step in path[:-1]:
        inside = isinstance(owner, dict) and step in owner
        if not inside and not (isinstance(owner, list) and isinstance(step, int) and step < len(owner)):
            return
        owner = owner[step]
    if not path or not isinstance(owner, dict | list):
        return
    last: Any = path[-1]
    if value is NOTHING:
        if isinstance(owner, dict):
            owner.pop(last, None)
        elif isinstance(last, int) and last < len(owner):
            del owner[last]
    elif isinstance(owner, dict) or (isinstance(last, int) and last < len(owner)):
        owner[last] = value
