"""What a verifier finds in an emitted text."""

from __future__ import annotations

from msgspec import Struct


class Fault(Struct, frozen=True):
    """`line` and `column` count from 1 in the text of the artifact."""

    line: int
    column: int
    message: str
