"""The six executors as JMeter has them: a thread group whose first sampler lets iterations through."""

from __future__ import annotations

from math import ceil

from jivsgen.plan.model import (
    ConstantArrivalRate,
    ConstantVus,
    Load,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    Stage,
    duration_ms,
)  # fmt: skip


def gate(scenario: Scenario) -> str:
    """The Groovy expression of what lets the iterations of a scenario through, and when."""
    after = scenario.start_after_ms
    match scenario.load:
        case ConstantVus(vus, duration):
            return f"new Users({after}, {vus}, [[{duration}, {vus}]])"
        case RampingVus(start, stages):
            return f"new Users({after}, {start}, [{_listed(stages)}])"
        case PerVuIterations(vus, _, longest):
            return f"new Users({after}, {vus}, [[{longest}, {vus}]])"
        case SharedIterations(vus, iterations, longest):
            return f"new Users({after}, {vus}, [[{longest}, {vus}]], {iterations})"
        case ConstantArrivalRate(rate, unit, duration):
            return (
                f"new Arrivals({after}, {scenario.load.max_vus}, {unit}, {rate}, [[{duration}, {rate}]], 0)"
            )
        case RampingArrivalRate(start, unit, stages):
            return f"new Arrivals({after}, {scenario.load.max_vus}, {unit}, {start}, [{_listed(stages)}], 1)"


def threads(load: Load) -> int:
    """As many users as there can be at once."""
    match load:
        case RampingVus():
            return max(load.start_vus, *(stage.target for stage in load.stages))
        case ConstantArrivalRate() | RampingArrivalRate():
            return load.max_vus
        case _:
            return load.vus


def loops(load: Load) -> int:
    """Iterations of a thread; -1 where the gate ends them."""
    return load.iterations if isinstance(load, PerVuIterations) else -1


def longest_seconds(scenario: Scenario) -> int:
    """After this time a thread ends with the request that it is in."""
    load = scenario.load
    return ceil((scenario.start_after_ms + duration_ms(load) + load.graceful_stop_ms) / 1000)


def described(load: Load) -> str:
    """The load in the words of the profile."""
    match load:
        case ConstantVus(vus, duration):
            return f"constant-vus: {vus} for {span(duration)}"
        case RampingVus(start, stages):
            return f"ramping-vus: {start}{_ramp(stages)}"
        case PerVuIterations(vus, iterations):
            return f"per-vu-iterations: {vus} x {iterations}"
        case SharedIterations(vus, iterations):
            return f"shared-iterations: {iterations} by {vus}"
        case ConstantArrivalRate(rate, unit, duration):
            return f"constant-arrival-rate: {rate} in {span(unit)} for {span(duration)}, at most {load.max_vus} users"
        case RampingArrivalRate(start, unit, stages):
            return (
                f"ramping-arrival-rate: {start}{_ramp(stages)}, in {span(unit)}, at most {load.max_vus} users"
            )


def span(milliseconds: int) -> str:
    """`2m`, `90s`, `500ms`."""
    for unit, name in ((3_600_000, "h"), (60_000, "m"), (1000, "s")):
        if milliseconds and milliseconds % unit == 0:
            return f"{milliseconds // unit}{name}"
    return f"{milliseconds}ms"


def _ramp(stages: tuple[Stage, ...]) -> str:
    return "".join(f", {stage.target} in {span(stage.duration_ms)}" for stage in stages)


def _listed(stages: tuple[Stage, ...]) -> str:
    return ", ".join(f"[{stage.duration_ms}, {stage.target}]" for stage in stages)
