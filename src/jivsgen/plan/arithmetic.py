"""The arithmetic of the load: users, iterations and requests a second, before anything runs.

An open load's iterations are its rate. A closed load's depend on how fast the API answers: each call is assumed to
take the p95 of its SLO (or `ASSUMED_MS` without one), each think its mean, each poll half of its attempts.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jivsgen.plan.model import (
    Call,
    Choose,
    ConstantArrivalRate,
    ConstantVus,
    Group,
    Load,
    PerVuIterations,
    Plan,
    Poll,
    RampingArrivalRate,
    RampingVus,
    Repeat,
    Scenario,
    SharedIterations,
    Step,
    Think,
    duration_ms,
    is_open,
)  # fmt: skip

ASSUMED_MS = 500


class Volume(Struct, frozen=True):
    """Of one scenario: `users` and `iterations_per_s` at the peak, `iterations` in all, `iteration_ms` the length of
    one (assumed for calls), and `requests` an iteration makes by operation and role."""

    scenario: str
    users: int
    iterations_per_s: float
    iterations: float
    iteration_ms: float
    start_ms: int
    duration_ms: int
    requests: dict[tuple[str, str | None], float] = {}


def volumes(plan: Plan) -> list[Volume]:
    """One volume a scenario."""
    p95 = {slo.subject: slo.limit for slo in plan.slos if slo.kind == "call" and slo.stat == "p95"}
    return [_volume(scenario, p95) for scenario in plan.scenarios]


def peak_rates(found: list[Volume]) -> dict[tuple[str, str | None], float]:
    """Requests/s by operation and role at the planned peak, scenarios that overlap in time added up."""
    rates: dict[tuple[str, str | None], float] = {}
    for one in found:
        together = [v for v in found if v.start_ms <= one.start_ms < v.start_ms + v.duration_ms]
        here: dict[tuple[str, str | None], float] = {}
        for volume in together:
            for key, requests in volume.requests.items():
                here[key] = here.get(key, 0) + requests * volume.iterations_per_s
        for key, rate in here.items():
            rates[key] = max(rates.get(key, 0), rate)
    return rates


def _volume(scenario: Scenario, p95: dict[str, float]) -> Volume:
    length = sum(weight * milliseconds for weight, milliseconds in _lengths(scenario.steps, p95, 1))
    requests: dict[tuple[str, str | None], float] = {}
    for key, share in _requests(scenario.steps, 1):
        requests[key] = requests.get(key, 0) + share
    load = scenario.load
    users, rate, iterations = _closed(load, length) if not is_open(load) else _opened(load, length)
    return Volume(
        scenario.name, users, rate, iterations, length, scenario.start_after_ms, duration_ms(load), requests
    )


def _closed(load: Load, iteration_ms: float) -> tuple[int, float, float]:
    seconds = max(iteration_ms, 1) / 1000
    if isinstance(load, ConstantVus):
        return load.vus, load.vus / seconds, load.vus * load.duration_ms / 1000 / seconds
    if isinstance(load, RampingVus):
        peak = max([load.start_vus, *(stage.target for stage in load.stages)])
        return peak, peak / seconds, _area(load.start_vus, load) / seconds
    assert isinstance(load, PerVuIterations | SharedIterations)
    total = load.iterations * (load.vus if isinstance(load, PerVuIterations) else 1)
    return load.vus, load.vus / seconds, total


def _opened(load: Load, iteration_ms: float) -> tuple[int, float, float]:
    assert isinstance(load, ConstantArrivalRate | RampingArrivalRate)
    unit = load.time_unit_ms / 1000
    if isinstance(load, ConstantArrivalRate):
        peak, total = load.rate / unit, load.rate / unit * load.duration_ms / 1000
    else:
        peak = max([load.start_rate, *(stage.target for stage in load.stages)]) / unit
        total = _area(load.start_rate, load) / unit
    needed = -(-peak * iteration_ms // 1000)
    return int(needed), peak, total


def _area(start: float, load: RampingVus | RampingArrivalRate) -> float:
    """The integral of the targets over time, in target-seconds."""
    total = 0.0
    for stage in load.stages:
        total += (start + stage.target) / 2 * stage.duration_ms / 1000
        start = stage.target
    return total


def _lengths(steps: tuple[Step, ...], p95: dict[str, float], times: float) -> Iterator[tuple[float, float]]:
    """(how often an iteration does it, how long it takes in ms)."""
    for step in steps:
        if isinstance(step, Call):
            yield times, p95.get(step.name, ASSUMED_MS)
        elif isinstance(step, Poll):
            asked = (1 + step.attempts) / 2
            yield times * asked, p95.get(step.call.name, ASSUMED_MS)
            yield times * (asked - 1), step.every_ms
        elif isinstance(step, Think):
            yield times, (step.min_ms + step.max_ms) / 2
        elif isinstance(step, Group):
            yield from _lengths(step.steps, p95, times)
        elif isinstance(step, Repeat):
            yield from _lengths(step.steps, p95, times * step.times)
        elif isinstance(step, Choose):
            for branch in step.branches:
                yield from _lengths(branch.steps, p95, times * branch.weight / step.total)


def _requests(steps: tuple[Step, ...], times: float) -> Iterator[tuple[tuple[str, str | None], float]]:
    for step in steps:
        if isinstance(step, Call):
            yield (step.request.operation, step.role), times
        elif isinstance(step, Poll):
            yield (step.call.request.operation, step.call.role), times * (1 + step.attempts) / 2
        elif isinstance(step, Group):
            yield from _requests(step.steps, times)
        elif isinstance(step, Repeat):
            yield from _requests(step.steps, times * step.times)
        elif isinstance(step, Choose):
            for branch in step.branches:
                yield from _requests(branch.steps, times * branch.weight / step.total)
