"""Plans built by hand: one for each construct, small enough to run in seconds."""

from __future__ import annotations

from msgspec.structs import replace

from jivsgen.plan.model import (
    Body,
    Call,
    Capture,
    Check,
    ConstantVus,
    EnvironmentVariable,
    Feed,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonPath,
    JsonText,
    JsonValue,
    Load,
    Login,
    Origin,
    PerVuIterations,
    Plan,
    PresentCheck,
    Request,
    Role,
    Scenario,
    Slo,
    StatusCheck,
    Step,
    Target,
)
from jivsgen.profile import values
from jivsgen.profile.text import parse_text
from jivsgen.profile.values import Text

ORIGIN = Origin("specs/profiles/it.yaml", "specs/it.openapi.yaml", "1.0.0", "0123456789ab")
ONCE = PerVuIterations(1, 1, 60_000)


def text(source: str) -> Text:
    """`${…}` as profiles write it."""
    parsed = parse_text(source)
    assert isinstance(parsed, tuple), parsed
    return parsed


def json_of(value: object) -> JsonValue:
    """Plain data as a body; its strings are texts."""
    if isinstance(value, dict):
        return JsonObject(tuple((key, json_of(member)) for key, member in value.items()))
    if isinstance(value, list):
        return JsonArray(tuple(json_of(item) for item in value))
    if isinstance(value, str) and "${" in value:
        return JsonText(text(value))
    assert value is None or isinstance(value, str | int | float | bool)
    return JsonLiteral(value)


def call(
    name: str,
    url: str = "",
    *checks: Check,
    method: str = "GET",
    body: object = None,
    status: int = 200,
    role: str | None = None,
    captures: dict[str, JsonPath] | None = None,
    **changes: object,
) -> Call:
    """A call of `url` (`/name` when left out) that is to answer `status`; it ends the iteration when it captures."""
    kept = tuple(Capture(variable, path) for variable, path in (captures or {}).items())
    present = tuple(PresentCheck(f"has {one.name}", one.path) for one in kept)
    content = Body("application/json", json_of(body)) if body is not None else None
    request = Request(name, method, url or f"/{name}", text(url or f"/{name}"), (), content)
    plain = Call(name, request, role, (StatusCheck(f"answers {status}", (status,)), *present, *checks), kept)
    return replace(plain, ends_iteration=bool(kept), **changes)  # type: ignore[arg-type]


def scenario(name: str, load: Load, *steps: Step, start_after_ms: int = 0, pause_ms: int = 1000) -> Scenario:
    return Scenario(name, 0, load, steps, start_after_ms, pause_ms)


def plan(
    *scenarios: Scenario,
    roles: tuple[Role, ...] = (),
    slos: tuple[Slo, ...] = (),
    feeds: tuple[Feed, ...] = (),
    environment: tuple[EnvironmentVariable, ...] = (),
    trends: tuple[str, ...] = (),
    counters: tuple[str, ...] = (),
    target: Target | None = None,
) -> Plan:
    numbered = tuple(replace(one, index=index) for index, one in enumerate(scenarios))
    return Plan(
        "it",
        "A plan of the tests",
        ORIGIN,
        target or Target("http://localhost:8080", "", 10_000),
        environment,
        feeds,
        roles,
        numbered,
        slos,
        trends,
        counters,
    )


def once(*steps: Step, **parts: object) -> Plan:
    """One user, one iteration."""
    return plan(scenario("journey", ONCE, *steps), **parts)  # type: ignore[arg-type]


def role(name: str, login: str = "/login", users: Feed | None = None, body: object = None) -> Role:
    """A role with a bearer token that is got from `login`."""
    content = Body("application/json", json_of(body if body is not None else {"username": name}))
    request = Request("login", "POST", login, text(login), (), content)
    bearer = (values.Literal("Bearer "), values.Token())
    return Role(name, (("Authorization", bearer),), Login(request, (200,), ("token",)), users)


def no_errors(name: str) -> Slo:
    return Slo(name, "call", "errors", "<=", 0.0)


def users(count: int, duration_ms: int, graceful_stop_ms: int = 1000) -> ConstantVus:
    return ConstantVus(count, duration_ms, graceful_stop_ms)
