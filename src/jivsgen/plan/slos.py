"""Limits: the defaults merged into each call, and the subjects checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan.model import Slo


def compile_slos(
    declared: Mapping[str, Any],
    calls: list[str],
    trends: list[str],
    verdicts: list[str],
    locate: Any,
    diagnostics: Diagnostics,
) -> tuple[Slo, ...]:
    """The limits of every call (`default` merged key by key, null removes, `errors` 0 unless said), of `all`, of the
    `time:` metrics, and of the checks that belong to no call (no error allowed)."""
    slos: list[Slo] = []
    default = dict(declared.get("default") or {})
    subjects = ["default", "all", *calls, *trends]
    for subject in declared:
        if subject not in subjects:
            hint = did_you_mean(subject, subjects, otherwise=f"the calls are {listing(calls)}")
            place = locate(("slo", subject), True)
            diagnostics.add(
                "unknown-slo", f"`{subject}` is no call, no `time:` metric, `default` or `all`", place, hint
            )
    if "all" in declared:
        slos += _limits("all", "all", dict(declared["all"] or {}))
    for call in calls:
        merged = {"errors": 0.0, **default, **dict(declared.get(call) or {})}
        if merged["errors"] is None:
            merged["errors"] = 0.0
        slos += _limits(call, "call", merged)
    for trend in trends:
        limits = dict(declared.get(trend) or {})
        for stat in ("errors", "rate"):
            if limits.get(stat) is not None:
                said = f"`{trend}` is a metric of times; it has no `{stat}`"
                diagnostics.add("unknown-slo", said, locate(("slo", trend, stat), True))
                del limits[stat]
        slos += _limits(trend, "trend", limits)
    slos += [Slo(verdict, "check", "errors", "<=", 0.0) for verdict in verdicts]
    return tuple(slos)


def _limits(subject: str, kind: str, limits: dict[str, Any]) -> list[Slo]:
    abort = bool(limits.pop("abort_on_fail", False))
    return [
        Slo(subject, kind, stat, relation_of(limit), number_of(limit), abort)
        for stat, limit in limits.items()
        if limit is not None
    ]


def relation_of(limit: Any) -> str:
    """The relation of a limit: only rates have one of their own."""
    return getattr(limit, "relation", "<=")


def number_of(limit: Any) -> float:
    """Milliseconds, a share, or requests/s."""
    return float(getattr(limit, "per_second", limit))
