"""Loads in Artillery, which itself knows arrivals only.

A lone open load is phases of arrivals, as Artillery has them. Everything else (closed loads, several loads at once,
limits that end the run) is a set of places: as many users as there are places arrive in the first second, in one worker
(Artillery never divides an `arrivalCount`), and the processor lets each work when its load wants it to.
"""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from jivsgen.engines.artillery.metrics import number
from jivsgen.engines.quoting import yaml
from jivsgen.plan.model import (
    ConstantArrivalRate,
    ConstantVus,
    OpenLoad,
    PerVuIterations,
    Plan,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    is_open,
)


class Corner(Struct, frozen=True):
    """Where a curve of arrivals bends: time in ms from its start, iterations/s just before it and just after it."""

    time_ms: int
    before: float
    after: float


def takes_places(plan: Plan) -> bool:
    """Whether the processor deals out the turns."""
    if len(plan.scenarios) != 1 or any(slo.abort for slo in plan.slos):
        return True
    if any(feed.order == "sequential" and feed.at_end == "stop" for feed in plan.feeds):
        return True
    load = plan.scenarios[0].load
    return not isinstance(load, ConstantArrivalRate | RampingArrivalRate) or not _in_phases(load)


def _in_phases(load: OpenLoad) -> bool:
    """Whether the load is whole seconds of whole arrivals, which is what phases can say."""
    for first, second in pairwise(corners(load)):
        seconds, left = divmod(second.time_ms - first.time_ms, 1000)
        arrivals = seconds * first.after
        constant = first.after == second.before
        whole = arrivals.is_integer() if constant else first.after.is_integer() and second.before.is_integer()
        if left or not whole:
            return False
    return True


def places(scenario: Scenario) -> int:
    """How many users a load has at the most."""
    match scenario.load:
        case RampingVus(start_vus=start, stages=stages):
            return max([start, *(stage.target for stage in stages)])
        case ConstantArrivalRate(max_vus=most) | RampingArrivalRate(max_vus=most):
            return most
        case ConstantVus(vus=vus) | PerVuIterations(vus=vus) | SharedIterations(vus=vus):
            return vus


def phases(plan: Plan) -> list[str]:
    """`config.phases`, each entry in flow style."""
    if takes_places(plan):
        total = sum(places(scenario) for scenario in plan.scenarios)
        return [f"name: users, duration: 1, arrivalCount: {total}"]
    (scenario,) = plan.scenarios
    load = scenario.load
    assert isinstance(load, ConstantArrivalRate | RampingArrivalRate)
    found = []
    if scenario.start_after_ms:
        found.append(f"name: start after, pause: {_duration(scenario.start_after_ms)}")
    bends = list(pairwise(corners(load)))
    for index, (first, second) in enumerate(bends, 1):
        name = scenario.name if len(bends) == 1 else f"{scenario.name} {index}"
        found.append(f"name: {yaml(name)}, {_phase(first, second, load.max_vus)}")
    return found


def divides_users(plan: Plan) -> bool:
    """Whether Artillery divides the users among its workers: it does where it divides a rate, never an `arrivalCount`."""
    return not takes_places(plan) and any("arrivalRate" in phase for phase in phases(plan))


def _phase(first: Corner, second: Corner, most: int) -> str:
    length = second.time_ms - first.time_ms
    start, stop = first.after, second.before
    if start == stop == 0:
        return f"pause: {_duration(length)}"
    if start != stop:
        arrivals = f"arrivalRate: {number(start)}, rampTo: {number(stop)}"
    elif start.is_integer():
        arrivals = f"arrivalRate: {number(start)}"
    else:
        arrivals = f"arrivalCount: {number(start * length / 1000)}"
    return f"duration: {_duration(length)}, {arrivals}, maxVusers: {most}"


def _duration(milliseconds: int) -> str:
    return f'"{milliseconds}ms"' if milliseconds % 1000 else str(milliseconds // 1000)


def corners(load: OpenLoad) -> list[Corner]:
    """The curve of arrivals; a stage without duration is a jump."""
    unit = load.time_unit_ms / 1000
    if isinstance(load, ConstantArrivalRate):
        rate = load.rate / unit
        return [Corner(0, 0, rate), Corner(load.duration_ms, rate, 0)]
    rate, time = load.start_rate / unit, 0
    found = [Corner(0, 0, rate)]
    for stage in load.stages:
        target = stage.target / unit
        if stage.duration_ms == 0:
            found[-1] = Corner(time, found[-1].before, target)
        else:
            time += stage.duration_ms
            found.append(Corner(time, target, target))
    return [*found[:-1], Corner(found[-1].time_ms, found[-1].before, 0)]


def turns(scenario: Scenario) -> str:
    """The call that makes the processor's rule for a load: when is it a user's turn?"""
    match scenario.load:
        case ConstantVus(_, duration):
            return f"constantVus({_seconds(duration)})"
        case RampingVus(start, stages):
            listed = ", ".join(f"[{_seconds(stage.duration_ms)}, {stage.target}]" for stage in stages)
            return f"rampingVus({start}, [{listed}])"
        case PerVuIterations(_, iterations, longest):
            return f"perVuIterations({iterations}, {_seconds(longest)})"
        case SharedIterations(_, iterations, longest):
            return f"sharedIterations({iterations}, {_seconds(longest)})"
        case ConstantArrivalRate() | RampingArrivalRate() as load:
            listed = ", ".join(
                f"[{_seconds(first.time_ms)}, {_seconds(second.time_ms)}, {number(first.after)}, {number(second.before)}]"
                for first, second in pairwise(corners(load))
            )
            return f"arrivals([{listed}])"


def rule(scenario: Scenario) -> str:
    """The name of the function that `turns` calls."""
    return turns(scenario).partition("(")[0]


def pause_ms(scenario: Scenario) -> int:
    """How long a user waits after an iteration that ended early."""
    return 0 if is_open(scenario.load) else scenario.pause_ms


def _seconds(milliseconds: int) -> str:
    return number(milliseconds / 1000)
