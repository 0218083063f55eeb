"""What JMeter 5.5 and 5.6 cannot say exactly."""

from __future__ import annotations

from collections.abc import Iterator

from jivsgen.engines.jmeter.loads import threads
from jivsgen.plan.model import Multipart, Plan, RampingVus, Scenario, calls, duration_ms, is_open
from jivsgen.plan.texts import has_open_path, path_of
from jivsgen.profile.values import Basic, Literal, Text, Token

_CONNECTION_LIFE_MS = 60_000


def approximations(plan: Plan) -> tuple[str, ...]:
    """What of the plan JMeter 5.5 and 5.6 cannot say exactly."""
    timeout = plan.target.timeout_ms
    said = [
        f"The time-out of {timeout} ms is for connecting and for each wait for bytes, not for the whole answer."
    ]
    if not plan.target.insecure_tls:
        said.append("JMeter accepts every TLS certificate.")
    if any(_beyond_ascii(text) for text in _headers(plan)):
        said.append("Headers are sent in ISO-8859-1; a character that it lacks arrives as a question mark.")
    if any(has_open_path(call.request.url) for call in calls(plan)):
        said.append(
            "A value in a path that is empty at run time leaves no empty segment: `//` is sent as `/`."
        )
    if any(_has_empty_segment(path) for path in _paths(plan)):
        said.append("Slashes in a row in a path are sent as one.")
    if any(call.request.body and isinstance(call.request.body.content, Multipart) for call in calls(plan)):
        said.append(
            "Parts of a form have a Content-Transfer-Encoding too, and those that are no files `charset=UTF-8`."
        )
    said += [
        f"{call.name}: JMeter sends no body with {call.request.method}."
        for call in calls(plan)
        if call.request.body and call.request.method in ("HEAD", "OPTIONS", "TRACE")
    ]
    said.append("When a graceful stop is over, a user still ends the request that it is in.")
    for scenario in plan.scenarios:
        said += _approximated(scenario)
    return tuple(said)


def _headers(plan: Plan) -> Iterator[Text]:
    for _, text in plan.target.headers:
        yield text
    for role in plan.roles:
        yield from (text for _, text in role.headers)
    for call in calls(plan):
        yield from (text for _, text in call.request.headers)


def _paths(plan: Plan) -> Iterator[Text]:
    yield (Literal(plan.target.base_path),)
    yield (Literal(plan.target.base_url.partition("://")[2]),)
    logins = (role.login.request for role in plan.roles if role.login)
    yield from (path_of(request.url) for request in (*logins, *(call.request for call in calls(plan))))


def _has_empty_segment(path: Text) -> bool:
    return any("//" in part.text.partition("?")[0] for part in path if isinstance(part, Literal))


def _beyond_ascii(text: Text) -> bool:
    """Whether a header may hold more than ASCII; tokens and base64 do not."""
    return any(
        not part.text.isascii() if isinstance(part, Literal) else not isinstance(part, Token | Basic)
        for part in text
    )


def _approximated(scenario: Scenario) -> list[str]:
    load = scenario.load
    if is_open(load):
        return [
            f"{scenario.name}: an arrival that finds all {threads(load)} users busy is dropped only after 100 ms."
        ]
    said = []
    if isinstance(load, RampingVus) and _goes_down(load):
        said.append(
            f"{scenario.name}: a user above the target ends its iteration, however long that takes "
            f"(graceful_ramp_down {load.graceful_ramp_down_ms} ms is not kept)."
        )
    if duration_ms(load) > _CONNECTION_LIFE_MS:
        said.append(f"{scenario.name}: a user opens a new connection after 60 s (httpclient4.time_to_live).")
    return said


def _goes_down(load: RampingVus) -> bool:
    users = load.start_vus
    for stage in load.stages:
        if stage.target < users:
            return True
        users = stage.target
    return False
