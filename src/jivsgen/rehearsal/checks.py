"""The checks of a plan, asked of recorded answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jivsgen.plan.model import (
    Call,
    Condition,
    DurationCheck,
    Poll,
    PresentCheck,
    Scalar,
    StatusCheck,
)
from jivsgen.profile.json_path import at
from jivsgen.rehearsal.exchanges import Exchange


def failed_checks(call: Call, exchange: Exchange) -> list[str]:
    """The names of the call's checks that are false of the answer; empty: it is as the plan expects. Response times are
    the engine's to judge: only it knows when it sent the first byte."""
    answer = exchange.answer
    if not exchange.status:
        return ["has an answer"]
    return [name for name, passed in _checked(call, exchange.status, answer) if not passed]


def count_checks(call: Call) -> int:
    return sum(not isinstance(check, DurationCheck) for check in call.checks)


def _checked(call: Call, status: int, answer: Any) -> Iterator[tuple[str, bool]]:
    for check in call.checks:
        if isinstance(check, StatusCheck):
            yield check.name, status in check.statuses
        elif isinstance(check, PresentCheck):
            yield check.name, at(answer, check.path) is not None
        elif not isinstance(check, DurationCheck):
            yield check.name, _equals_any(at(answer, check.path), check.values)


def has_ended(poll: Poll, exchange: Exchange) -> bool:
    """Whether the answer ends the poll."""
    return not failed_checks(poll.call, exchange) and all(_holds(one, exchange) for one in poll.until)


def ended_well(poll: Poll, exchange: Exchange) -> bool:
    """The poll's verdict, when `exchange` was its last."""
    return has_ended(poll, exchange) and not any(_holds(one, exchange) for one in poll.fail_on)


def _holds(condition: Condition, exchange: Exchange) -> bool:
    return _equals_any(at(exchange.answer, condition.path), condition.values)


def _equals_any(value: Any, wanted: tuple[Scalar, ...]) -> bool:
    """Same JSON type, same value: true is not 1, and 1.0 is 1."""
    return any(isinstance(value, bool) is isinstance(one, bool) and value == one for one in wanted)
