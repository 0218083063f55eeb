"""Loads as phases of arrivals and places of users: Artillery itself knows arrivals only.

A closed load is a set of places. All its users arrive in the first second (an `arrivalCount` phase always runs in one
worker), each takes a place, and a gate in the processor lets a place work while the load wants that many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from jivsgen.engines.javascript import bracketed
from jivsgen.engines.quoting import js
from jivsgen.plan.model import (
    Call,
    ConstantArrivalRate,
    ConstantVus,
    Load,
    PerVuIterations,
    Plan,
    Poll,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    duration_ms,
    is_open,
    walk,
)  # fmt: skip

PERCENTILES = ("p50", "p75", "p90", "p95", "p99")
"""What Artillery's summaries hold and its `ensure` can name (`p999` cannot be told from `p99` there)."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One entry of `config.phases`: its members in flow style."""

    members: list[str]


def users(load: Load) -> int:
    """The places of a closed load."""
    if isinstance(load, RampingVus):
        return max([load.start_vus, *(stage.target for stage in load.stages)])
    assert isinstance(load, ConstantVus | PerVuIterations | SharedIterations)
    return load.vus


def _timed(load: Load) -> bool:
    return isinstance(load, ConstantVus | RampingVus)


def phases(plan: Plan) -> list[Phase]:
    """The whole timeline."""
    closed = [s for s in plan.scenarios if not is_open(s.load)]
    opened = [s for s in plan.scenarios if is_open(s.load)]
    found: list[Phase] = []
    if closed:
        places = sum(users(s.load) for s in closed)
        found.append(_phase("users", 1000, [f"arrivalCount: {places}"]))
        end = max(s.start_after_ms + duration_ms(s.load) for s in closed)
        if not opened and all(_timed(s.load) for s in closed) and end > 1000:
            found.append(
                _phase(
                    "replacements of users that were lost",
                    end - 1000,
                    ["arrivalRate: 1", f"maxVusers: {places}"],
                )
            )
    return found + _arrivals(opened)


def _phase(name: str, length_ms: int, members: list[str]) -> Phase:
    length = str(length_ms // 1000) if length_ms % 1000 == 0 else js(f"{length_ms}ms").replace("'", '"')
    return Phase([f"name: {name}", f"duration: {length}", *members])


def _arrivals(scenarios: list[Scenario]) -> list[Phase]:
    """Open loads, their rates added up between any two of their corners."""
    if not scenarios:
        return []
    curves = [_corners(s) for s in scenarios]
    times = sorted({time for curve in curves for time, _, _ in curve} | {0})
    most = sum(_most(s.load) for s in scenarios)
    found: list[Phase] = []
    for number, (begin, end) in enumerate(pairwise(times), 1):
        start = sum(_rate(curve, begin, after=True) for curve in curves)
        stop = sum(_rate(curve, end, after=False) for curve in curves)
        if start == stop == 0:
            found.append(Phase([f"name: pause {number}", f"pause: {math.ceil((end - begin) / 1000)}"]))
            continue
        found.append(
            _phase(
                f"arrivals {number}", end - begin, [*_rates(start, stop, end - begin), f"maxVusers: {most}"]
            )
        )
    return found


def _rates(start: float, stop: float, length_ms: int) -> list[str]:
    """Whole rates as they are; others as a count (constant) or rounded (ramps)."""
    if start == stop:
        return [
            f"arrivalRate: {int(start)}"
            if start == int(start)
            else f"arrivalCount: {round(start * length_ms / 1000)}"
        ]
    return [f"arrivalRate: {round(start)}", f"rampTo: {round(stop)}"]


def _most(load: Load) -> int:
    assert isinstance(load, ConstantArrivalRate | RampingArrivalRate)
    return load.max_vus


def _corners(scenario: Scenario) -> list[tuple[int, float, float]]:
    """(time in ms, rate per s before it, rate after it)."""
    load, time = scenario.load, scenario.start_after_ms
    assert isinstance(load, ConstantArrivalRate | RampingArrivalRate)
    unit = load.time_unit_ms / 1000
    if isinstance(load, ConstantArrivalRate):
        return [(time, 0.0, load.rate / unit), (time + load.duration_ms, load.rate / unit, 0.0)]
    rate = load.start_rate / unit
    corners = [(time, 0.0, rate)]
    for stage in load.stages:
        target = stage.target / unit
        if stage.duration_ms == 0:
            before = corners.pop()
            corners.append((time, before[1], target))
        else:
            time += stage.duration_ms
            corners.append((time, target, target))
        rate = target
    last = corners.pop()
    return [*corners, (last[0], last[1], 0.0)]


def _rate(curve: list[tuple[int, float, float]], time: int, *, after: bool) -> float:
    if time < curve[0][0] or time > curve[-1][0]:
        return 0.0
    for corner, before, following in curve:
        if corner == time:
            return following if after else before
    (t0, _, r0), (t1, r1, _) = next(pair for pair in pairwise(curve) if pair[0][0] < time < pair[1][0])
    return r0 + (r1 - r0) * (time - t0) / (t1 - t0)


def table(plan: Plan) -> list[str]:
    """One JavaScript object a scenario: what the gate goes by. Seconds; stages and arrivals as [seconds, target]."""
    return [_row(scenario) for scenario in plan.scenarios]


def _row(scenario: Scenario) -> str:
    load = scenario.load
    members = [f"start: {scenario.start_after_ms / 1000:g}"]
    if isinstance(load, ConstantVus):
        members += [
            f"users: {load.vus}",
            f"from: {load.vus}",
            f"stages: [[{load.duration_ms / 1000:g}, {load.vus}]]",
        ]
    elif isinstance(load, RampingVus):
        stages = ", ".join(f"[{stage.duration_ms / 1000:g}, {stage.target}]" for stage in load.stages)
        members += [f"users: {users(load)}", f"from: {load.start_vus}", f"stages: [{stages}]"]
    elif isinstance(load, PerVuIterations):
        members += [
            f"users: {load.vus}",
            f"each: {load.iterations}",
            f"longest: {load.max_duration_ms / 1000:g}",
        ]
    elif isinstance(load, SharedIterations):
        members += [
            f"users: {load.vus}",
            f"shared: {load.iterations}",
            f"longest: {load.max_duration_ms / 1000:g}",
        ]
    else:
        corners = ", ".join(
            f"[{time / 1000:g}, {before:g}, {after:g}]" for time, before, after in _corners(scenario)
        )
        members = [f"arrivals: [{corners}]"]
    return bracketed("{ ", members, " }", 1)


def approximations(plan: Plan) -> tuple[str, ...]:
    """What Artillery cannot say exactly."""
    return tuple(_approximations(plan))


def _approximations(plan: Plan) -> list[str]:
    closed = [s for s in plan.scenarios if not is_open(s.load)]
    opened = [s for s in plan.scenarios if is_open(s.load)]
    found = []
    if closed:
        found.append(
            "closed loads run in one worker, that is on one core; users start within the first second"
        )
        if all(_timed(s.load) for s in closed) and not opened:
            found.append("a user whose request gets no answer is lost, and replaced within a second")
        else:
            found.append("a user whose request gets no answer is lost and not replaced")
    if opened:
        found.append("arrival rates change once a second, in whole arrivals; the total may differ by 1 %")
        found.append("a request without an answer ends the iteration, whatever on_failure says")
        if any(isinstance(step, Call | Poll) for s in opened for step in walk(s.steps)) and plan.feeds:
            found.append("with several workers (more than two cores) rows of feeds are dealt out among them")
    if closed and opened:
        found.append(
            "the arrivals of the open loads start one second late, after the users of the closed ones"
        )
    found.append("iterations under way at the end are finished, however long that takes (no graceful_stop)")
    odd = sorted({slo.stat for slo in plan.slos if slo.stat[0] == "p" and slo.stat not in PERCENTILES})
    found += [f"{stat} is judged by {nearest(stat)}, the next that Artillery knows" for stat in odd]
    if any(slo.abort for slo in plan.slos):
        found.append("a run that is aborted sends no more requests, but lasts until its planned end")
    return found


def nearest(stat: str) -> str:
    """The percentile that Artillery has, at or above the one that is asked for; `max` above the last."""
    if stat in PERCENTILES or stat[0] != "p":
        return {"avg": "mean"}.get(stat, stat)
    return next((known for known in PERCENTILES if float(known[1:]) >= float(stat[1:])), "max")
