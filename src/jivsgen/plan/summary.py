"""A plan for people: the flow, the load curve and the arithmetic, in plain text."""

from __future__ import annotations

from collections.abc import Iterator

from jivsgen.plan.arithmetic import ASSUMED_MS, peak_rates, volumes
from jivsgen.plan.model import (
    Call,
    Choose,
    Group,
    Load,
    Plan,
    Poll,
    RampingArrivalRate,
    RampingVus,
    Repeat,
    Scenario,
    Slo,
    StatusCheck,
    Step,
    Think,
    duration_ms,
    is_open,
)  # fmt: skip
from jivsgen.profile.durations import written as duration
from jivsgen.profile.json_path import written

WIDTH = 60
BARS = " ▁▂▃▄▅▆▇█"


def summary(plan: Plan) -> str:
    """What the plan will do, in lines of at most 110 columns or so."""
    lines = [f"{plan.name}: {plan.title}", f"target {plan.target.base_url}{plan.target.base_path}"]
    lines += [f"role {role.name}: {_role(role)}" for role in plan.roles]
    lines += [
        f"feed {feed.name}: {feed.file}, {feed.rows} rows, {feed.order}, then {feed.at_end}"
        for feed in plan.feeds
    ]
    for scenario in plan.scenarios:
        lines += ["", *_scenario(scenario)]
    lines += ["", *_arithmetic(plan)]
    if plan.slos:
        lines += ["", "SLOs", *(f"  {line}" for line in _slos(plan.slos))]
    return "\n".join(lines) + "\n"


def _role(role: object) -> str:
    login = getattr(role, "login", None)
    users = getattr(role, "users", None)
    token = f"{login.request.operation}, token {written(login.token)}" if login else "no login"
    return token + (f", {users.rows} users" if users else "")


def _scenario(scenario: Scenario) -> Iterator[str]:
    load = scenario.load
    start = f", starts after {duration(scenario.start_after_ms)}" if scenario.start_after_ms else ""
    yield f"scenario {scenario.name}: {load_in_words(load)}{start}"
    if curve := _curve(load):
        yield f"  {curve}"
    yield from (f"  {line}" for line in _steps(scenario.steps))


def load_in_words(load: Load) -> str:
    """`ramping-vus 0 → 20 (2m) → 50 (5m)`."""
    name = {
        "ConstantVus": "constant-vus", "RampingVus": "ramping-vus", "ConstantArrivalRate": "constant-arrival-rate",
        "RampingArrivalRate": "ramping-arrival-rate", "PerVuIterations": "per-vu-iterations",
        "SharedIterations": "shared-iterations",
    }[type(load).__name__]  # fmt: skip
    if isinstance(load, RampingVus | RampingArrivalRate):
        start = load.start_vus if isinstance(load, RampingVus) else load.start_rate
        stages = " → ".join(
            [str(start), *(f"{stage.target} ({duration(stage.duration_ms)})" for stage in load.stages)]
        )
        unit = "" if isinstance(load, RampingVus) else f" per {duration(load.time_unit_ms)}"
        return f"{name} {stages}{unit}"
    details = [
        f"{value} {label}"
        for attribute, label in (("rate", "iterations"), ("vus", "VUs"), ("iterations", "iterations"))
        if (value := getattr(load, attribute, None)) is not None
    ]
    if unit_ms := getattr(load, "time_unit_ms", None):
        details[0] += f" per {duration(unit_ms)}"
    return f"{name} {', '.join(details)}, {'at most ' if hasattr(load, 'max_duration_ms') else 'for '}{duration(duration_ms(load))}"


def _curve(load: Load) -> str:
    if not isinstance(load, RampingVus | RampingArrivalRate) or not duration_ms(load):
        return ""
    start = load.start_vus if isinstance(load, RampingVus) else load.start_rate
    peak = max(start, *(stage.target for stage in load.stages), 1)
    points = [_target(load, start, duration_ms(load) * (n + 0.5) / WIDTH) for n in range(WIDTH)]
    return "".join(BARS[round(point / peak * (len(BARS) - 1))] for point in points)


def _target(load: RampingVus | RampingArrivalRate, start: float, at_ms: float) -> float:
    for stage in load.stages:
        if at_ms < stage.duration_ms:
            return start + (stage.target - start) * at_ms / stage.duration_ms
        at_ms -= stage.duration_ms
        start = stage.target
    return start


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Call):
            yield _call(step)
        elif isinstance(step, Poll):
            until = " and ".join(
                f"{written(c.path)} is {' or '.join(map(str, c.values))}" for c in step.until
            )
            yield f"{_call(step.call)}, every {duration(step.every_ms)} at most {step.attempts} times until {until}"
        elif isinstance(step, Think):
            same = step.min_ms == step.max_ms
            yield f"think {duration(step.min_ms)}" + ("" if same else f" to {duration(step.max_ms)}")
        elif isinstance(step, Group | Repeat):
            yield f"group {step.name}" if isinstance(step, Group) else f"repeat {step.times} times"
            yield from (f"  {line}" for line in _steps(step.steps))
        elif isinstance(step, Choose):
            yield f"choose, exact shares of {step.total} turns"
            for branch in step.branches:
                yield f"  {branch.weight}/{step.total} {branch.name}"
                yield from (f"    {line}" for line in _steps(branch.steps))


def _call(call: Call) -> str:
    status = next((c for c in call.checks if isinstance(c, StatusCheck)), None)
    expected = "/".join(map(str, status.statuses)) if status else "?"
    name = "" if call.name == call.request.operation else f"{call.name}: "
    takes = "".join(f", takes {capture.name}" for capture in call.captures)
    who = call.role or "anonymous"
    return f"{name}{call.request.method} {call.request.template} as {who} → {expected}{takes}"


def _arithmetic(plan: Plan) -> Iterator[str]:
    found = volumes(plan)
    yield "arithmetic (planned)"
    for volume, scenario in zip(found, plan.scenarios, strict=True):
        kind = "needs about" if is_open(scenario.load) else "peak"
        yield (
            f"  {volume.scenario}: {kind} {volume.users} VUs, {volume.iterations_per_s:.1f} iterations/s at the peak, "
            f"{volume.iterations:,.0f} iterations, {duration(volume.duration_ms)}"
        )
    for (operation, role), rate in peak_rates(found).items():
        yield f"  {operation} as {role or 'anonymous'}: {rate:.1f} requests/s at the peak"
    closed = any(not is_open(scenario.load) for scenario in plan.scenarios)
    if closed:
        yield f"  closed loads: each call is assumed to take the p95 of its SLO ({ASSUMED_MS} ms without one)"


def _slos(slos: tuple[Slo, ...]) -> Iterator[str]:
    subjects = dict.fromkeys(slo.subject for slo in slos)
    for subject in subjects:
        limits = ", ".join(limit_in_words(slo) for slo in slos if slo.subject == subject)
        yield f"{subject}: {limits}"


def limit_in_words(slo: Slo) -> str:
    """`p95 ≤ 500 ms`, `errors ≤ 1%`, `rate ≥ 5/s`."""
    sign = {"<=": "≤", ">=": "≥"}[slo.relation]
    number = f"{slo.limit:g}"
    if slo.stat == "errors":
        return f"errors {sign} {slo.limit * 100:g}%"
    return f"rate {sign} {number}/s" if slo.stat == "rate" else f"{slo.stat} {sign} {number} ms"
