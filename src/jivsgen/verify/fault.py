"""What a verifier finds in an emitted text."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct


class Fault(Struct, frozen=True):
    """`line` and `column` count from 1 in the text of the artifact."""

    line: int
    column: int
    message: str


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """The faults as they stand in the file, those of one place by what they say."""
    return sorted(faults, key=lambda one: (one.line, one.column, one.message))
