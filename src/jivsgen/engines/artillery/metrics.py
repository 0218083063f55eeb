"""Names of metrics, and the conditions that `ensure` holds them against.

`ensure` (Artillery 2.0) searches each metric's name in the expression and replaces it by its value, so a name must not
be found inside another one or be read as part of an expression: `op.`, `check.`, `time.`, `count.` or `load.`, then
letters, digits and `_`, then what is counted.
"""

from __future__ import annotations

import re

from msgspec import Struct

from jivsgen.plan.model import Plan, Poll, Slo, calls, walk

LENGTH = "load.length.ms"
"""Milliseconds since the load began, a sample a request: its maximum is what rates are divided by."""
ABORTED = "load.aborted"
_SUMMARIES = {"p50", "p75", "p90", "p95", "p99", "min", "max"}
"""What Artillery's summaries hold; `p999` is there too, but `p99` is found inside it."""


class Beyond(Struct, frozen=True):
    """A counter of samples above a limit (`side` is `>`) or below it: percentiles that the summaries lack."""

    counter: str
    side: str
    limit: str


class Metrics:
    """Gives each call, check, trend and counter its name; two that look alike get a number."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
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
        self._of["all", "all"] = "load.all"

    def _add(self, kind: str, name: str, prefix: str) -> None:
        if (kind, name) in self._of:
            return
        base = f"{prefix}." + (re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_") or "x")
        found, number = base, 2
        while found in self._of.values():
            found, number = f"{base}_{number}", number + 1
        self._of[kind, name] = found

    def key(self, kind: str, name: str) -> str:
        """`op.createExtraction`, `check.…`, `time.…`, `count.…` or `load.all`."""
        return self._of[kind, name]

    def label(self, call: str) -> str:
        """What the YAML calls a request: the name of its metrics without `op.`."""
        return self.key("call", call).removeprefix("op.")

    def slos(self, key: str) -> list[Slo]:
        """The limits on a metric, in order."""
        return [slo for slo in self._plan.slos if self.key(slo.kind, slo.subject) == key]

    def subjects(self) -> list[str]:
        """Every metric that has a limit, in order of the limits."""
        return list(dict.fromkeys(self.key(slo.kind, slo.subject) for slo in self._plan.slos))

    def over(self, key: str) -> list[Beyond]:
        """The counters that a sample of this metric has to feed."""
        return [_beyond(slo, key) for slo in self.slos(key) if _is_rare(slo)]

    def beyond(self, slo: Slo) -> str | None:
        """The counter of the samples beyond a limit on a percentile that the summaries lack."""
        return _beyond(slo, self.key(slo.kind, slo.subject)).counter if _is_rare(slo) else None

    def is_watched(self, key: str) -> bool:
        """Whether a limit on the metric ends the run."""
        return any(slo.abort for slo in self.slos(key))

    def conditions(self) -> list[str]:
        """One expression a limit; a metric without samples is unknown, and an unknown metric fails."""
        found = [_condition(slo, self.key(slo.kind, slo.subject)) for slo in self._plan.slos]
        if any(slo.abort for slo in self._plan.slos):
            found.append(f"{ABORTED} <= 0")
        return list(dict.fromkeys(found))


def number(value: float) -> str:
    """A number in plain digits: expressions have no exponents."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def share(stat: str) -> float:
    """The share that a percentile leaves above it: 0.05 for `p95`."""
    return round(1 - float(stat[1:]) / 100, 12)


def _is_rare(slo: Slo) -> bool:
    return slo.stat[0] == "p" and slo.stat not in _SUMMARIES


def _beyond(slo: Slo, key: str) -> Beyond:
    limit = number(slo.limit)
    side, word = (">", "over") if slo.relation == "<=" else ("<", "under")
    return Beyond(f"{key}.{word}_{limit.replace('.', '_')}.samples", side, limit)


def _condition(slo: Slo, key: str) -> str:
    limit = number(slo.limit)
    if slo.stat == "errors":
        return f"{key}.errors / {key}.requests {slo.relation} {limit}"
    if slo.stat == "rate":
        return f"{key}.requests / {LENGTH}.max * 1000 {slo.relation} {limit}"
    if _is_rare(slo):
        beyond = _beyond(slo, key).counter
        if slo.relation == "<=":
            return f"{beyond} / {key}.ms.count <= {number(share(slo.stat))}"
        return f"{beyond} / {key}.ms.count < {number(1 - share(slo.stat))}"
    return f"{key}.ms.{'mean' if slo.stat == 'avg' else slo.stat} {slo.relation} {limit}"
