"""Loads of the profile become loads of the plan, and orders become start times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan import model as plan
from jivsgen.profile import model as language
from jivsgen.profile.durations import parse_duration


def compile_load(load: Any) -> plan.Load:
    """The same load with `max_vus` filled in."""
    stop = load.graceful_stop
    match load:
        case language.ConstantVus():
            return plan.ConstantVus(load.vus, load.duration, stop)
        case language.RampingVus():
            return plan.RampingVus(load.start_vus, _stages(load), stop, load.graceful_ramp_down)
        case language.PerVuIterations():
            return plan.PerVuIterations(load.vus, load.iterations, load.max_duration, stop)
        case language.SharedIterations():
            return plan.SharedIterations(load.vus, load.iterations, load.max_duration, stop)
        case language.ConstantArrivalRate():
            unit, vus, most = _arrivals(load)
            return plan.ConstantArrivalRate(load.rate, unit, load.duration, vus, most, stop)
        case _:
            unit, vus, most = _arrivals(load)
            return plan.RampingArrivalRate(load.start_rate, unit, _stages(load), vus, most, stop)


def _stages(load: Any) -> tuple[plan.Stage, ...]:
    return tuple(plan.Stage(stage.duration, stage.target) for stage in load.stages)


def _arrivals(load: Any) -> tuple[int, int, int]:
    return load.time_unit, load.pre_allocated_vus, load.max_vus or load.pre_allocated_vus


def start_times(
    scenarios: Mapping[str, Any], loads: Mapping[str, plan.Load], locate: Any, diagnostics: Diagnostics
) -> dict[str, int]:
    """When each scenario starts, in ms: `start_after` is a duration, or another scenario, whose planned end (graceful
    stop included) is meant."""
    starts: dict[str, int] = {}

    def start(name: str, above: tuple[str, ...]) -> int:
        if name not in starts:
            starts[name] = resolve(name, scenarios[name].start_after, above)
        return starts[name]

    def resolve(name: str, after: str | None, above: tuple[str, ...]) -> int:
        if after is None:
            return 0
        place = locate(("scenarios", name, "start_after"), False)
        if after in scenarios:
            if after in (*above, name):
                diagnostics.add("wrong-value", f"the scenario `{name}` would start after itself", place)
                return 0
            load = loads[after]
            return start(after, (*above, name)) + plan.duration_ms(load) + load.graceful_stop_ms
        try:
            return parse_duration(after)
        except ValueError:
            hint = did_you_mean(
                after, scenarios, otherwise=f"a duration (`30s`), or one of {listing(scenarios)}"
            )
            said = f"`start_after: {after}` is no duration and no scenario"
            diagnostics.add("wrong-value", said, place, hint)
            return 0

    return {name: start(name, ()) for name in scenarios}
