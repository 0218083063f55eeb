"""What the plan says about one iteration: which calls, polls and thinks, in which order, without loops and choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec.structs import replace

from jivsgen.plan.model import Call, Choose, Group, Plan, Poll, Repeat, Scenario, Step, Think, calls
from jivsgen.plan.parts import parts_of
from jivsgen.profile.values import Column

Event: TypeAlias = Call | Poll | Think


def unfolded(scenario: Scenario, n: int) -> tuple[Event, ...]:
    """The events of iteration `n` (from 0) of the scenario, when every answer is as the plan expects."""
    return tuple(_events(scenario.steps, n))


def _events(steps: tuple[Step, ...], turn: int) -> Iterator[Event]:
    for step in steps:
        if isinstance(step, Group):
            yield from _events(step.steps, turn)
        elif isinstance(step, Repeat):
            for turned in range(step.times):
                yield from _events(step.steps, turn * step.times + turned)
        elif isinstance(step, Choose):
            yield from _events(_chosen(step, turn), turn)
        else:
            yield step


def _chosen(choose: Choose, turn: int) -> tuple[Step, ...]:
    around = turn // choose.stride if choose.stride else 0
    slot = ((turn + around) * choose.step) % choose.total
    for branch in choose.branches:
        if slot < branch.weight:
            return branch.steps
        slot -= branch.weight
    raise AssertionError("the weights of a choice add up to its total")


def sends_nothing(plan: Plan, scenario: Scenario, n: int) -> bool:
    """Whether a feed that stops at its end has no row for iteration `n`."""
    steps = calls(replace(plan, scenarios=(scenario,)))
    used = {part.feed for call in steps for part in parts_of(call.request) if isinstance(part, Column)}
    return any(feed.name in used and feed.at_end == "stop" and n >= feed.rows for feed in plan.feeds)
