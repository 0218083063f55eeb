"""Answers that are wrong on purpose."""

from __future__ import annotations

import copy
import random
from typing import Any

from jivsgen.profile.json_path import at
from jivsgen.rehearsal.server.behaviour import Fault
from jivsgen.rehearsal.server.exchange import Answered

_NOTHING = object()


class Faults:
    """Spoils honest answers, by the first fault that fits. Chance is seeded, and drawn for each fault on its own."""

    def __init__(self, faults: tuple[Fault, ...], seed: int) -> None:
        self._faults = [
            (fault, random.Random(f"fault {number} {seed}"))  # noqa: S311 - chance that can be repeated
            for number, fault in enumerate(faults)
        ]
        self._calls: dict[str, int] = {}

    def spoil(self, answered: Answered, operation: str) -> None:
        """Change the answer of a call of the operation, where a fault is planted in it."""
        calls = self._calls[operation] = self._calls.get(operation, 0) + 1
        for fault, chance in self._faults:
            if (
                fault.operation in (operation, "default")
                and calls > fault.after
                and (fault.share >= 1 or chance.random() < fault.share)
            ):
                _apply(fault, answered)
                return


def _apply(fault: Fault, answered: Answered) -> None:
    answered.fault = True
    answered.delay_ms += fault.delay
    answered.status = 0 if fault.drop else fault.status or answered.status
    if fault.set or fault.remove:  # what is remembered stays honest
        answered.json = copy.deepcopy(answered.json)
    for path, value in fault.set.items():
        put(answered.json, path, value)
    for path in fault.remove:
        put(answered.json, path, _NOTHING)
    if fault.body is not None:
        answered.body = fault.body.encode()


def put(body: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Set what stands at the path, where there is a place for it."""
    owner = at(body, path[:-1])
    if not path or not isinstance(owner, dict | list):
        return
    last: Any = path[-1]
    is_there = isinstance(owner, dict) or (isinstance(last, int) and last < len(owner))
    if value is not _NOTHING and is_there:
        owner[last] = value
    elif isinstance(owner, dict):
        owner.pop(last, None)
    elif is_there:
        del owner[last]
