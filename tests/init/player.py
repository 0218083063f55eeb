"""A loopback server that plays any spec: it answers every operation as documented, with all that a plan captures."""

from __future__ import annotations

import copy
import re
from collections import Counter
from typing import Any

from tests.engines.server import Answer, Exchange

from jivsgen.plan.model import Call, Plan, StatusCheck, calls
from jivsgen.plan.synthesis import NoValue, body_of
from jivsgen.spec import Api, Operation


class Player:
    """`asked` counts requests by METHOD and path; operations in `broken` answer 500."""

    def __init__(self, api: Api, plan: Plan, broken: frozenset[str] = frozenset()) -> None:
        self.api = api
        self.broken = broken
        self.asked: Counter[str] = Counter()
        self.strangers: list[Exchange] = []
        self._tokens = {role.login.request.template: role.login for role in plan.roles if role.login}
        self._calls: dict[tuple[str, str], Call] = {
            (call.request.method, call.request.template): call for call in calls(plan)
        }
        keys = [*self._calls, *(("POST", path) for path in self._tokens)]
        self._routes = [
            (key, re.compile(re.escape(api.base_path) + re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(key[1]))))
            for key in sorted(keys, key=lambda key: key[1].count("{"))
        ]

    def __call__(self, exchange: Exchange) -> Answer:
        from urllib.parse import unquote

        path = unquote(exchange.path.split("?")[0])
        for key, pattern in self._routes:
            operation = self.api.operation(key)
            if key[0] == exchange.method and pattern.fullmatch(path) and operation:
                self.asked[" ".join(key)] += 1
                return Answer(500) if operation.id in self.broken else self._answer(key, operation)
        self.strangers.append(exchange)
        return Answer(404)

    def _answer(self, key: tuple[str, str], operation: Operation) -> Answer:
        call, login = self._calls.get(key), self._tokens.get(key[1])
        if call is not None:
            status_check = call.checks[0]
            assert isinstance(status_check, StatusCheck)
            paths, status = [capture.path for capture in call.captures], status_check.statuses[0]
        else:
            assert login is not None
            paths, status = [login.token], login.statuses[0]
        response = operation.response(status)
        media = next((one for one in response.content if one.is_json), None) if response else None
        if media is None or media.schema is None:
            return Answer(status)
        try:
            body = copy.deepcopy(body_of(self.api.schemas, media))
        except NoValue:
            body = {}
        for path in paths:
            types = {
                name
                for node in self.api.schemas.reach(media.schema, path).schemas
                for name in self.api.schemas.types(node)
            }
            body = _with(
                body, path, 7 if types & {"integer", "number"} else "00000000-0000-4000-8000-000000000007"
            )
        return Answer(status, body)


def _with(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The body with the value at the path, made where it is not there; what is there already stays."""
    if not path:
        return value if body is None else body
    step, *rest = path
    if isinstance(step, int):
        listed = body if isinstance(body, list) else []
        listed += [None] * (step + 1 - len(listed))
        listed[step] = _with(listed[step], tuple(rest), value)
        return listed
    members = body if isinstance(body, dict) else {}
    members[step] = _with(members.get(step), tuple(rest), value)
    return members
