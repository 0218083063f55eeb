"""Requests as lines of text, twice: as the plan has them, and as they were sent. Equal lines mean an equal request.

Left out is what each engine may do as it likes: Host, User-Agent, Connection and Content-Length, the Content-Type of an
empty body, and the cookie by which the server tells iterations apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jivsgen.plan.model import Call, Plan, Request
from jivsgen.plan.texts import in_cookie
from jivsgen.profile.values import Literal, Text
from jivsgen.rehearsal.bodies import comparable_type, planned_body, told_body
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.masks import Masks, as_header, percent_encoded

_FREE_HEADERS = frozenset({"host", "user-agent", "connection", "content-length"})
_COOKIE = re.compile(r"rehearsal=\d+")


def planned_lines(plan: Plan, call: Call, masks: Masks) -> list[str]:
    """The call's request as the plan has it."""
    request = call.request
    headers = [(name, masks.planned(text, as_header)) for name, text in _headers(plan, call).items()]
    headers += [("cookie", f"{name}={masks.planned(text, in_cookie)}") for name, text in request.cookies]
    body = planned_body(request.body, masks) if request.body else []
    return _lines(
        call.role, request.method, masks.planned(_target(plan, request), percent_encoded), headers, body
    )


def told_lines(plan: Plan, call: Call, exchange: Exchange, masks: Masks) -> list[str]:
    """The exchange's request, told as if it were meant to be that call."""
    target = masks.told(_target(plan, call.request), exchange.target, percent_encoded)
    planned = _headers(plan, call)
    headers = [
        (name, masks.told(planned[name], value, as_header) if name in planned else value)
        for name, value in sent_headers(exchange)
        if name != "cookie"
    ]
    headers += _told_cookies(call.request, exchange, masks)
    body = told_body(call.request.body, exchange, masks)
    role = call.role if _is_by(plan, call, dict(headers), masks) else "somebody else"
    return _lines(role, exchange.method, target, headers, body)


def raw_lines(exchange: Exchange) -> list[str]:
    """A request that no call of the plan explains."""
    body = told_body(None, exchange, None)
    return _lines(None, exchange.method, exchange.target, list(sent_headers(exchange)), body)


def sent_headers(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The headers that are compared, each cookie on its own."""
    for name, value in exchange.headers:
        if name == "cookie":
            yield from (("cookie", one) for one in value.split("; ") if not _COOKIE.fullmatch(one))
        elif name == "content-type":
            if exchange.body:
                yield name, comparable_type(value)
        elif name not in _FREE_HEADERS:
            yield name, value


def _told_cookies(request: Request, exchange: Exchange, masks: Masks) -> Iterator[tuple[str, str]]:
    """Each cookie on its own, in whatever order they came; of the plan's, each stands for one."""
    open_ = list(request.cookies)
    for _, sent in (one for one in sent_headers(exchange) if one[0] == "cookie"):
        name, _, value = sent.partition("=")
        meant = next((one for one in open_ if one[0] == name), None)
        if meant is None:
            yield "cookie", sent
            continue
        open_.remove(meant)
        yield "cookie", f"{name}={masks.told(meant[1], value, in_cookie)}"


def means(plan: Plan, call: Call, exchange: Exchange) -> bool:
    """Whether the exchange is of the call's operation: method and path template."""
    template = _base_path(plan, call.request) + call.request.template
    pattern = re.sub(r"\\\{[^{}]*\\\}", "[^/]*", re.escape(template))
    return exchange.method == call.request.method and re.fullmatch(pattern, exchange.path) is not None


def _target(plan: Plan, request: Request) -> Text:
    return (Literal(_base_path(plan, request)), *request.url)


def _base_path(plan: Plan, request: Request) -> str:
    return "" if request.server else plan.target.base_path


def _headers(plan: Plan, call: Call) -> dict[str, Text]:
    """Every header that the plan gives to the call, in lower case; the call's own win."""
    role = next((one.headers for one in plan.roles if one.name == call.role), ())
    headers = {name.lower(): text for name, text in (*plan.target.headers, *role, *call.request.headers)}
    if call.request.body is not None:
        headers["content-type"] = (Literal(call.request.body.media_type),)
    return headers


def _is_by(plan: Plan, call: Call, told: dict[str, str], masks: Masks) -> bool:
    role = next((one.headers for one in plan.roles if one.name == call.role), ())
    return all(told.get(name.lower()) == masks.planned(text, as_header) for name, text in role)


def _lines(
    role: str | None, method: str, target: str, headers: list[tuple[str, str]], body: list[str]
) -> list[str]:
    first = f"{method} {target}" + (f"  as {role}" if role else "")
    return [
        first,
        *(f"  {name}: {value}" for name, value in sorted(headers)),
        *(f"  {line}" for line in body),
    ]
