"""Plays the API: a request in, the answer out."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Mapping
from urllib.parse import quote

from jivsgen.rehearsal.server.behaviour import Behaviour, Limit, told
from jivsgen.rehearsal.server.bodies import Bodies, Refusal
from jivsgen.rehearsal.server.checks import Checks
from jivsgen.rehearsal.server.collections import Collection
from jivsgen.rehearsal.server.credentials import BASIC, Credentials, basic, clients
from jivsgen.rehearsal.server.exchange import Answered, Asked, Call
from jivsgen.rehearsal.server.faults import Faults, put
from jivsgen.rehearsal.server.items import Item
from jivsgen.rehearsal.server.memory import Memory
from jivsgen.rehearsal.server.places import Places, first_success
from jivsgen.rehearsal.server.recent import Recent
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
        self.bodies = Bodies(api)
        places = Places(api, self.bodies)
        self.memory = Memory(api, behaviour.resources, behaviour.seed, places)
        self.views = Views(api, places, self.memory)
        self.checks = Checks(api.schemas)
        self.faults = Faults((*behaviour.faults, *behaviour.errors), behaviour.seed)
        self._latency = random.Random(f"latency {behaviour.seed}")  # noqa: S311 - chance that can be repeated
        self._used: Recent[tuple[int, str | None], tuple[float, int]] = Recent()

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
            self.faults.spoil(answered, operation.id)
        if not answered.body and answered.json is not None:
            is_text = isinstance(answered.json, str) and "json" not in answered.media_type
            answered.body = (answered.json if is_text else json.dumps(answered.json)).encode()
        return answered

    def _no_operation(self, asked: Asked) -> Answered:
        if asked.path in self.credentials.token_urls and asked.method == "POST":
            return self._token(asked)
        methods = list(self.router.methods(asked.path))
        if not methods:
            return self._refused(None, asked, 404, Refusal("there is no such path"), None)
        answered = self._refused(None, asked, 405, Refusal(f"the path has no {asked.method}"), None)
        answered.headers["allow"] = ", ".join(methods)
        return answered

    def _token(self, asked: Asked) -> Answered:
        """The answer of a token end point (RFC 6749 sections 5.1 and 5.2)."""
        form = self.checks.form(asked)
        shown = clients(form, asked)
        if not form.get("grant_type") or len(shown) > 1:
            return Answered(400, {"error": "invalid_request"}, media_type="application/json")
        body = {"access_token": "", "token_type": "Bearer", "expires_in": 3600}
        is_client = form["grant_type"] == "client_credentials"
        user = None
        if shown or not is_client:
            user = self.credentials.log_in(None, form, body, shown[0] if is_client else None)
        if user is None:
            refused = Answered(401, {"error": "invalid_client"}, media_type="application/json")
            refused.headers["www-authenticate"] = BASIC
            return refused
        return Answered(200, body, media_type="application/json", role=user)

    def _play(self, asked: Asked, operation: Operation, bound: Mapping[str, str]) -> Answered:
        user = self.credentials.who(asked, operation)
        if user is None and not self.credentials.may_be_nobody(operation):
            answered = self._refused(operation, asked, 401, Refusal("valid credentials are needed"), None)
            answered.headers.setdefault("www-authenticate", self.credentials.challenge(operation))
            return answered
        if not self.credentials.may(user, operation):
            return self._refused(operation, asked, 403, Refusal(f"{user} may not do that"), user)
        over, left_ms = self._over_limit(operation, user)
        if over is not None and over.delay is None:
            answered = self._refused(operation, asked, 429, Refusal("too many requests"), user)
            answered.headers["retry-after"] = str(-(-left_ms // 1000))
            return answered
        if fault := next(self.checks.faults(asked, operation, bound), None):
            is_path = any(one.name == fault.where and one.place == "path" for one in operation.parameters)
            missing = is_path and operation.response(400) is None and operation.response(404) is not None
            return self._refused(operation, asked, 404 if missing else self._bad(operation), fault, user)
        sent, fault = self.checks.body(asked, operation)
        if fault is not None:
            status = (
                415
                if fault.where == "content-type" and "415" in operation.responses
                else self._bad(operation)
            )
            return self._refused(operation, asked, status, fault, user)
        answered = self._resource(Call(asked, operation, bound, sent, user))
        answered.delay_ms += over.delay or 0 if over else 0
        return answered

    @staticmethod
    def _bad(operation: Operation) -> int:
        """What a wrong request is answered with: 400, or 422 where the document knows only that."""
        return 422 if "422" in operation.responses and "400" not in operation.responses else 400

    def _refused(
        self, operation: Operation | None, asked: Asked, status: int, refusal: Refusal, user: str | None
    ) -> Answered:
        body, media_type = self.bodies.error(operation, status, refusal, asked.path)
        headers = self.bodies.headers(operation, status) if operation else {}
        return Answered(status, body, media_type=media_type, headers=dict(headers), role=user)

    # --- resources --------------------------------------------------------------------------------------------------

    def _resource(self, call: Call) -> Answered:
        operation = call.operation
        special = self.behaviour.answers.get(operation.id)
        status = special.status if special and special.status else first_success(operation)
        through = self.memory.collections.through(operation.path)
        item: Item | None = None
        for owner in through:
            item = self.memory.find(owner, call.bound)
            if item is None and _makes(operation, owner):
                item = self.memory.put(owner, call.bound, call.user)
                status = 201 if 201 in operation.successes else status
            if item is None:
                said = f"there is no {owner.noun} {call.bound[owner.parameter]}"
                return self._refused(operation, call.asked, 404, Refusal(said, owner.parameter), call.user)
        body, media_type = self.bodies.of(operation, status)
        answered = Answered(status, body, media_type=media_type, role=call.user)
        answered.headers.update(self.bodies.headers(operation, status))
        refused = self._done(call, answered, through, item)
        if refused is not None:
            return refused
        if special is not None and special.set:
            answered.json = copy.deepcopy(body)
            for path, value in special.set.items():
                put(answered.json, path, told(value, call.user))
        return answered

    def _done(
        self, call: Call, answered: Answered, through: tuple[Collection, ...], item: Item | None
    ) -> Answered | None:
        """What the call does, and what its answer says of it; another answer where it is refused."""
        operation, bound, body = call.operation, call.bound, answered.json
        collection = self.memory.collections.at(operation.path)
        if self.credentials.gives(operation):
            answered.role = self.credentials.log_in(operation, call.sent, body, basic(call.asked))
            if answered.role is None:
                return self._refused(operation, call.asked, 401, Refusal("wrong credentials"), None)
        elif (
            collection is not None and operation.method == "POST" and not self.memory.shows_owner(collection)
        ):
            made = self.views.created(collection, call, body)
            if made is None:
                return self._refused(operation, call.asked, 409, Refusal("there is one already"), call.user)
            if "location" in answered.headers:
                answered.headers["location"] = f"{call.asked.path.rstrip('/')}/{quote(made.id, safe='')}"
        elif collection is not None and operation.method == "GET":
            self.views.listed(collection, operation, bound, call.asked.pairs(), body)
        elif self.memory.collections.is_single(operation.path):
            known = self.memory.single(operation.path, bound, call.user)
            self.views.single(operation, known, call.sent, body)
        elif item is not None:
            refusal = self._on_item(call, through[-1], item)
            if refusal is not None:
                return self._refused(operation, call.asked, refusal, Refusal("not in this state"), call.user)
            self.views.shown(through[-1], item, operation, body)
            self.views.paged(operation, call.asked.pairs(), body)
        else:
            self.credentials.log_out(operation, call.asked)
            self.views.paged(operation, call.asked.pairs(), body)
        return None

    def _on_item(self, call: Call, owner: Collection, item: Item) -> int | None:
        """What the call does to the item itself; a status where it is refused."""
        shelf, operation = self.memory.shelf(owner, call.bound), call.operation
        if (refusal := shelf.call(item, operation.id)) is not None:
            return refusal
        if operation.path == owner.item_path:
            if operation.method == "DELETE":
                shelf.remove(item.id)
            elif operation.method in ("PUT", "PATCH", "POST"):
                self.views.changed(owner, item, shelf, operation, call.sent)
        return None

    # --- time -------------------------------------------------------------------------------------------------------

    def _over_limit(self, operation: Operation, user: str | None) -> tuple[Limit | None, int]:
        """The limit that this call is over, if any, and how many ms its window still lasts: calls are counted by user in
        windows of the limit's period."""
        over, left = None, 0
        for number, limit in enumerate(self.behaviour.limits):
            if operation.method not in limit.methods and operation.id not in limit.operations:
                continue
            now = time.monotonic() * 1000
            began, used = self._used.get((number, user), (now, 0))
            began, used = (now, 0) if now - began > limit.rate.period_ms else (began, used)
            self._used[number, user] = (began, used + 1)
            if used + 1 > limit.rate.amount:
                over, left = limit, int(began + limit.rate.period_ms - now)
        return over, left

    def _wait(self, answered: Answered, operation: Operation) -> None:
        latency = self.behaviour.latency.get(operation.id) or self.behaviour.latency.get("default")
        if latency is not None:
            answered.delay_ms += latency.median * self._latency.lognormvariate(0, latency.sigma)


def _makes(operation: Operation, owner: Collection) -> bool:
    """Whether the call makes the item that is not there: a PUT that says so, or one that nothing else could be for."""
    is_put = operation.method == "PUT" and operation.path == owner.item_path
    return is_put and (201 in operation.successes or owner.creation is None)
