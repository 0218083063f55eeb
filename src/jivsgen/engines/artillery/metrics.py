"""Names of metrics, and the conditions that `ensure` holds them against.

`ensure` puts a metric's value in by searching its name in the expression, so names have no characters that an
expression could read otherwise, and none is the beginning of another.
"""

from __future__ import annotations

import re

from jivsgen.engines.artillery.loads import nearest
from jivsgen.plan.model import Plan, Poll, Slo, calls, walk

ELAPSED = "load.elapsed"
"""Seconds since the load began, one sample an iteration: what rates are divided by."""


class Metrics:
    """Gives each call, check and trend its name; two that look alike get a number."""

    def __init__(self, plan: Plan) -> None:
        self._of: dict[tuple[str, str], str] = {}
        for call in calls(plan):
            self._add("call", call.name, "op")
        for scenario in plan.scenarios:
            for step in walk(scenario.steps):
                if isinstance(step, Poll):
                    self._add("check", step.verdict, "check")
        for trend in plan.trends:
            self._add("trend", trend, "time")
        for counter in plan.counters:
            self._add("count", counter, "count")
        self._of["all", "all"] = "all"

    def _add(self, kind: str, name: str, prefix: str) -> None:
        if (kind, name) in self._of:
            return
        base = f"{prefix}." + (re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_") or "x")
        found, number = base, 2
        while found in self._of.values():
            found, number = f"{base}_{number}", number + 1
        self._of[kind, name] = found

    def key(self, kind: str, name: str) -> str:
        """`op.createExtraction`, `check.…`, `time.…`, `count.…` or `all`."""
        return self._of[kind, name]


def conditions(plan: Plan, metrics: Metrics) -> list[str]:
    """One expression a limit; a metric without samples is unknown, and an unknown metric fails."""
    return [_condition(slo, metrics.key(slo.kind, slo.subject)) for slo in plan.slos]


def _condition(slo: Slo, key: str) -> str:
    limit = f"{slo.limit:.12g}"
    if slo.stat == "errors":
        return f"{key}.errors / {key}.requests {slo.relation} {limit}"
    if slo.stat == "rate":
        return f"{key}.requests / {ELAPSED}.max {slo.relation} {limit}"
    return f"{key}.ms.{nearest(slo.stat)} {slo.relation} {limit}"
