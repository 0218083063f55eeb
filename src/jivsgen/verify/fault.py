"""What a verifier finds in an emitted text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` and `column` count from 1 in the text of the artifact."""

    line: int
    column: int
    message: str
