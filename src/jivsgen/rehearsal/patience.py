"""The plan that is rehearsed: the smoke plan, its limits made fit for a machine that plays the API, the engine and the
judge at once."""

from __future__ import annotations

from msgspec.structs import replace

from jivsgen.plan.model import (
    Branch,
    Call,
    Choose,
    DurationCheck,
    Group,
    Plan,
    Poll,
    Repeat,
    Scenario,
    Slo,
    Step,
)
from jivsgen.plan.smoke import smoke

FACTOR = 20
"""How many times the time limits are widened by default: seen enough for JVMs that share two cores with a server."""


def rehearsed(plan: Plan, factor: float) -> Plan:
    """The smoke plan with its limits on times (SLOs and `within:`) multiplied by `factor`. Limits on rates are about the
    whole load: a lower one asks for any sample at all, an upper one is left out. Nothing else differs."""
    reduced = smoke(plan)
    slos = (_patient(slo, factor) for slo in reduced.slos if (slo.stat, slo.relation) != ("rate", "<="))
    scenarios = (_unhurried(scenario, factor) for scenario in reduced.scenarios)
    return replace(reduced, slos=tuple(slos), scenarios=tuple(scenarios))


def _patient(slo: Slo, factor: float) -> Slo:
    if slo.stat == "rate":
        return replace(slo, limit=0.0)
    return slo if slo.stat == "errors" else replace(slo, limit=slo.limit * factor)


def _unhurried(scenario: Scenario, factor: float) -> Scenario:
    return replace(scenario, steps=tuple(_step(step, factor) for step in scenario.steps))


def _step(step: Step, factor: float) -> Step:
    if isinstance(step, Call):
        return _call(step, factor)
    if isinstance(step, Poll):
        return replace(step, call=_call(step.call, factor))
    if isinstance(step, Group | Repeat):
        return replace(step, steps=tuple(_step(one, factor) for one in step.steps))
    if isinstance(step, Choose):
        branches = (
            Branch(one.name, one.weight, tuple(_step(s, factor) for s in one.steps)) for one in step.branches
        )
        return replace(step, branches=tuple(branches))
    return step


def _call(call: Call, factor: float) -> Call:
    checks = (
        replace(one, limit_ms=round(one.limit_ms * factor)) if isinstance(one, DurationCheck) else one
        for one in call.checks
    )
    return replace(call, checks=tuple(checks))
