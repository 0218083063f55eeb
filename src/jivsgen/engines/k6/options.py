"""`export const options`: executors and thresholds, in k6's own words."""

from __future__ import annotations

from jivsgen.engines.javascript import bracketed
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.plan.model import (
    ConstantArrivalRate,
    ConstantVus,
    Load,
    PerVuIterations,
    Plan,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    Slo,
    Stage,
    is_open,
)  # fmt: skip
from jivsgen.profile.durations import written as duration

_DEFAULT_STOP = 30_000


def options(plan: Plan, names: Identifiers) -> list[str]:
    """The lines inside `options`, without the thresholds."""
    lines = ["scenarios: {"]
    for scenario in plan.scenarios:
        lines += [
            f"  {js_key(scenario.name)}: {{",
            *(f"    {line}" for line in _scenario(plan, scenario, names)),
            "  },",
        ]
    lines.append("},")
    lines.append("maxRedirects: 0,")
    if any(is_open(scenario.load) for scenario in plan.scenarios):
        lines.append("noVUConnectionReuse: true, // an arrival is a new user")
    if plan.target.insecure_tls:
        lines.append("insecureSkipTLSVerify: true,")
    if any(role.users and role.login for role in plan.roles):
        lines.append("setupTimeout: '10m',")
    stats = ["avg", "med", "p(95)", "p(99)", "max", "count"]
    stats += [
        stat
        for slo in plan.slos
        if (stat := _aggregate(slo.stat)) not in stats and slo.stat not in ("errors", "rate")
    ]
    lines.append(f"summaryTrendStats: [{', '.join(js(stat) for stat in dict.fromkeys(stats))}],")
    return lines


def _scenario(plan: Plan, scenario: Scenario, names: Identifiers) -> list[str]:
    lines = _load(scenario.load)
    if scenario.start_after_ms:
        lines.append(f"startTime: {js(duration(scenario.start_after_ms))},")
    if scenario.load.graceful_stop_ms != _DEFAULT_STOP:
        lines.append(f"gracefulStop: {js(duration(scenario.load.graceful_stop_ms))},")
    if len(plan.scenarios) > 1 and any(slo.kind == "all" for slo in plan.slos):
        lines.append("tags: { load: 'yes' },")
    lines.append(f"exec: {js(names.of('scenario', scenario.name))},")
    return lines


def _load(load: Load) -> list[str]:
    match load:
        case ConstantVus():
            return [
                "executor: 'constant-vus',",
                f"vus: {load.vus},",
                f"duration: {js(duration(load.duration_ms))},",
            ]
        case RampingVus():
            lines = ["executor: 'ramping-vus',", f"startVUs: {load.start_vus},", *_stages(load.stages)]
            if load.graceful_ramp_down_ms != _DEFAULT_STOP:
                lines.append(f"gracefulRampDown: {js(duration(load.graceful_ramp_down_ms))},")
            return lines
        case ConstantArrivalRate():
            return [
                "executor: 'constant-arrival-rate',", f"rate: {load.rate},", f"timeUnit: {js(duration(load.time_unit_ms))},",
                f"duration: {js(duration(load.duration_ms))},", *_users(load),
            ]  # fmt: skip
        case RampingArrivalRate():
            return [
                "executor: 'ramping-arrival-rate',", f"startRate: {load.start_rate},",
                f"timeUnit: {js(duration(load.time_unit_ms))},", *_users(load), *_stages(load.stages),
            ]  # fmt: skip
        case PerVuIterations() | SharedIterations():
            name = "per-vu-iterations" if isinstance(load, PerVuIterations) else "shared-iterations"
            return [
                f"executor: {js(name)},", f"vus: {load.vus},", f"iterations: {load.iterations},",
                f"maxDuration: {js(duration(load.max_duration_ms))},",
            ]  # fmt: skip


def _users(load: ConstantArrivalRate | RampingArrivalRate) -> list[str]:
    return [f"preAllocatedVUs: {load.pre_allocated_vus},", f"maxVUs: {load.max_vus},"]


def _stages(stages: tuple[Stage, ...]) -> list[str]:
    lines = [
        f"  {{ duration: {js(duration(stage.duration_ms))}, target: {stage.target} }}," for stage in stages
    ]
    return ["stages: [", *lines, "],"]


def thresholds(plan: Plan) -> list[str]:
    """One line for each metric and tag, its expressions in the order of the SLOs."""
    grouped: dict[str, list[str]] = {}
    timed = {(slo.kind, slo.subject) for slo in plan.slos if slo.stat not in ("errors", "rate")}
    everything = "load:yes" if len(plan.scenarios) > 1 else f"scenario:{plan.scenarios[0].name}"
    for slo in plan.slos:
        tags = everything if slo.kind == "all" else f"name:{slo.subject}"
        for metric, expression in _expressions(slo, tags, (slo.kind, slo.subject) in timed):
            listed = grouped.setdefault(metric, [])
            if expression not in listed:
                listed.append(expression)
    return [f"{js(metric)}: {bracketed('[', listed, ']', 2)}," for metric, listed in grouped.items()]


def _expressions(slo: Slo, tags: str, is_timed: bool) -> list[tuple[str, str]]:
    """A limit, and that there were samples at all: k6 lets a limit on nothing pass. `tags` are those of the requests that it is
    about; a subject that `is_timed` has limits on times, of which only an answer is a sample."""
    sampled = (f"samples{{of:{slo.subject}}}", "'count>0'")
    if slo.kind == "check":
        return [sampled, (f"checks{{check:{slo.subject}}}", js(f"rate>={1 - slo.limit:.12g}"))]
    if slo.kind == "trend":
        return [sampled, (slo.subject, _limit(slo, _aggregate(slo.stat)))]
    counted = (f"http_reqs{{{tags}{',expected_response:true' if is_timed else ''}}}", "'count>0'")
    if slo.stat == "errors":
        return [counted, (f"errors{{{tags}}}", _limit(slo, "rate"))]
    if slo.stat == "rate":
        rate = (f"http_reqs{{{tags}}}", _limit(slo, "rate"))
        return [rate] if slo.relation == ">=" and slo.limit > 0 else [(rate[0], "'count>0'"), rate]
    return [
        counted,
        (f"http_req_duration{{{tags},expected_response:true}}", _limit(slo, _aggregate(slo.stat))),
    ]


def _limit(slo: Slo, aggregate: str) -> str:
    expression = f"{aggregate}{slo.relation}{slo.limit:.12g}"
    if slo.abort:
        return f"{{ threshold: {js(expression)}, abortOnFail: true, delayAbortEval: '5s' }}"
    return js(expression)


def _aggregate(stat: str) -> str:
    return f"p({stat[1:]})" if stat[0] == "p" else stat
