"""The plan that is rehearsed differs from the smoke plan in its limits on times and rates, and in nothing else."""

from __future__ import annotations

from msgspec.structs import replace

from jivsgen.plan.model import Call, DurationCheck, Plan, Poll, Slo, calls
from jivsgen.plan.smoke import smoke
from jivsgen.rehearsal.patience import rehearsed

from .shelf import unit_of


def without_times(plan: Plan) -> str:
    """The plan as text, times of limits and limits on rates left out."""
    slos = tuple(replace(slo, limit=0 if slo.stat != "errors" else slo.limit) for slo in plan.slos)
    text = repr(replace(plan, slos=slos))
    for call in calls(plan):
        for check in call.checks:
            if isinstance(check, DurationCheck):
                text = text.replace(repr(check), f"DurationCheck({check.name})")
    return text


def within(plan: Plan) -> list[int]:
    return [
        check.limit_ms for call in calls(plan) for check in call.checks if isinstance(check, DurationCheck)
    ]


def test_nothing_else_differs() -> None:
    plan = unit_of("flow").plan
    assert without_times(rehearsed(plan, 20)) == without_times(smoke(plan))
    assert rehearsed(plan, 20) != smoke(plan)


def test_times_are_widened_wherever_they_stand() -> None:
    plan = unit_of("flow").plan
    assert within(plan) == [300]
    assert within(rehearsed(plan, 20)) == [6000]
    limits = {(slo.subject, slo.stat): slo.limit for slo in rehearsed(plan, 20).slos}
    before = {(slo.subject, slo.stat): slo.limit for slo in plan.slos}
    assert limits["copy", "p95"] == 20 * before["copy", "p95"] == 10_000
    assert limits["copy", "max"] == 20 * before["copy", "max"]
    assert limits["look_time", "p90"] == 20 * before["look_time", "p90"]
    assert limits["copy", "errors"] == before["copy", "errors"] == 0.01


def test_a_poll_is_widened_too() -> None:
    plan = unit_of("flow").plan
    call = Call("p", next(calls(plan)).request, None, (DurationCheck("within", 7),))
    poll = Poll(call, (), (), 100, 3, "ends")
    (scenario,) = plan.scenarios
    assert within(rehearsed(replace(plan, scenarios=(replace(scenario, steps=(poll,)),)), 3)) == [21]


def test_limits_on_rates_are_about_the_whole_load() -> None:
    plan = replace(
        unit_of("flow").plan,
        slos=(Slo("all", "all", "rate", ">=", 500.0), Slo("all", "all", "rate", "<=", 5.0)),
    )
    assert rehearsed(plan, 20).slos == (Slo("all", "all", "rate", ">=", 0.0),)
