"""The same plan with a load that takes seconds."""

from __future__ import annotations

from msgspec.structs import replace

from jivsgen.plan.model import Branch, Choose, Group, PerVuIterations, Plan, Poll, Repeat, Step, Think

USERS = 3
ITERATIONS = 5
SHORTENED = 10


def smoke(plan: Plan) -> Plan:
    """The plan with each load replaced by 3 users of 5 iterations each, starting at once, and its thinks and the pauses
    of its polls divided by ten. Nothing else differs."""
    load = PerVuIterations(USERS, ITERATIONS, max_duration_ms=120_000)
    return replace(
        plan,
        scenarios=tuple(
            replace(scenario, load=load, start_after_ms=0, steps=_shortened(scenario.steps))
            for scenario in plan.scenarios
        ),
    )


def _shortened(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(_shorter(step) for step in steps)


def _shorter(step: Step) -> Step:
    if isinstance(step, Think):
        return Think(step.min_ms // SHORTENED, step.max_ms // SHORTENED)
    if isinstance(step, Poll):
        return replace(step, every_ms=step.every_ms // SHORTENED)
    if isinstance(step, Group | Repeat):
        return replace(step, steps=_shortened(step.steps))
    if isinstance(step, Choose):
        branches = (Branch(branch.name, branch.weight, _shortened(branch.steps)) for branch in step.branches)
        return replace(step, branches=tuple(branches))
    return step
