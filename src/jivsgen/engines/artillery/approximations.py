"""What Artillery 2.0 cannot say exactly."""

from __future__ import annotations

from jivsgen.engines.artillery.loads import corners, divides_users, places, takes_places
from jivsgen.plan.model import (
    Call,
    Plan,
    Poll,
    RampingArrivalRate,
    RampingVus,
    calls,
    is_open,
    walk,
)
from jivsgen.plan.texts import segments

_FLOOR_MS = 8_000
"""A connection is never given up earlier (agentkeepalive's least time-out)."""


def approximations(plan: Plan) -> tuple[str, ...]:
    """One sentence each."""
    found = [*(_of_places(plan) if takes_places(plan) else _of_arrivals(plan)), *_of_requests(plan)]
    if any(slo.stat in ("p50", "p75", "p90", "p95", "p99") for slo in plan.slos):
        found.append("Percentiles are right to 1 %: Artillery keeps a sketch of the response times.")
    return tuple(found)


def _of_places(plan: Plan) -> list[str]:
    found = ["All users run in one worker, that is on one core."]
    if any(is_open(scenario.load) for scenario in plan.scenarios):
        found.append("Arrivals are late by up to 10 ms.")
    return [*found, *_of_ends(plan)]


def _of_ends(plan: Plan) -> list[str]:
    loads = [scenario.load for scenario in plan.scenarios]
    graceful = ", ".join(dict.fromkeys(f"{load.graceful_stop_ms} ms" for load in loads))
    found = [
        f"Iterations under way at the end are finished; the graceful stop of {graceful} does not cut them short."
    ]
    if any(isinstance(load, RampingVus) for load in loads):
        found.append("A user above the target finishes its iteration too (no graceful_ramp_down).")
    if any(slo.abort for slo in plan.slos):
        found.append("When a limit ends the run, iterations under way are finished.")
    return found


def _of_arrivals(plan: Plan) -> list[str]:
    (scenario,) = plan.scenarios
    load, found = scenario.load, []
    assert is_open(load)
    if isinstance(load, RampingArrivalRate) and any(c.before or c.after for c in corners(load)):
        found.append("The rate changes once a second, in whole arrivals.")
    if divides_users(plan):
        found.append(
            f"Artillery has a worker for each core but one: with several, each has its share of the {places(scenario)} users, and"
            " an arrival that finds those of its own worker busy is dropped."
        )
    if any(role.users for role in plan.roles):
        found.append("Each arrival takes the next user of the pool.")
    return [*found, *_of_ends(plan)]


def _of_requests(plan: Plan) -> list[str]:
    found = []
    steps = [step for scenario in plan.scenarios for step in walk(scenario.steps)]
    if any((isinstance(step, Call) and not step.ends_iteration) or isinstance(step, Poll) for step in steps):
        found.append("A request without any answer ends the iteration, even where a wrong answer would not.")
    if any(segments(call.request.url) for call in calls(plan)):
        found.append(
            "A value in a path that is `.` or `..` at run time is sent as `%252E`: Node would ask for another path."
        )
    silent = max(_FLOOR_MS, plan.target.timeout_ms)
    found.append(
        f"The time-out of {plan.target.timeout_ms} ms is for the first byte of the answer; connecting, and each wait for more"
        f" bytes, may take {silent} ms."
    )
    return found
