"""Which rows of the results count for which `time` and `count` metrics.

The rows of a call without error are its response times already: a metric that every call of a name has costs nothing.
Where calls of one name differ, those that have the metric write a row of their own.
"""

from __future__ import annotations

from msgspec import Struct

from jivsgen.plan.model import Call, Plan, Poll, Step, walk


class Metrics(Struct, frozen=True):
    """`derived`: label of rows without error (with `call ` or `own ` before it) to the metrics that they count for."""

    derived: dict[str, tuple[str, ...]]

    @staticmethod
    def of(plan: Plan) -> Metrics:
        found: dict[str, list[tuple[str, ...]]] = {}
        for step in (step for scenario in plan.scenarios for step in walk(scenario.steps)):
            for subject, metrics in _fed(step):
                found.setdefault(subject, []).append(metrics)
        return Metrics(
            {subject: sets[0] for subject, sets in found.items() if sets[0] and len(set(sets)) == 1}
        )

    def rows(self, call: Call) -> tuple[str, ...]:
        """The metrics for which this call writes rows of its own."""
        return () if f"call {call.name}" in self.derived else _metrics(call)


def _fed(step: Step) -> list[tuple[str, tuple[str, ...]]]:
    """The subject of the rows of a step, and the metrics that a row without error counts for."""
    if isinstance(step, Call):
        return [(f"call {step.name}", _metrics(step))]
    if isinstance(step, Poll):
        counted = (step.call.count,) if step.call.count else ()
        return [(f"call {step.call.name}", ()), (f"own {step.verdict}", counted)]
    return []


def _metrics(call: Call) -> tuple[str, ...]:
    return tuple(name for name in (call.time, call.count) if name is not None)
