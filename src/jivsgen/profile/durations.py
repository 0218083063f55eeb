"""Durations, rates and shares as people write them: `1m30s`, `500/1m`, `>= 5/s`, `0.1%`.

Numbers are read exactly: `1.001s` is 1001 ms, which it would not be by way of a float.
"""

from __future__ import annotations

import re

from msgspec import Struct

LONGEST_MS = 24 * 24 * 3_600_000
"""24 days: the timers of the JVM's and Node's clients count milliseconds in 31 bits, which is a little more."""

_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_NUMBER = r"\d{1,15}(?:\.\d{1,15})?"
_ONE = 10**15
"""A number is counted in what its last possible digit is worth."""
_PIECE = re.compile(rf"({_NUMBER})(h|ms|m|s)", re.ASCII)
_DURATION = re.compile(rf"(?:{_NUMBER}(?:h|ms|m|s))+", re.ASCII)
_RATE = rf"(?:(<=|>=)\s*)?({_NUMBER})\s*/\s*({_NUMBER})?(h|ms|m|s)"
_PERCENT = re.compile(rf"({_NUMBER})\s*%", re.ASCII)


class Rate(Struct, frozen=True):
    """`amount` in each `period_ms`, and on which side of it the limit is."""

    amount: float
    period_ms: int
    relation: str = ">="

    @property
    def per_second(self) -> float:
        return self.amount * 1000 / self.period_ms


def parse_duration(source: object) -> int:
    """Milliseconds, 0 included. Raises ValueError with the end of a sentence about the value."""
    if isinstance(source, int | float) and not isinstance(source, bool):
        raise ValueError(f"needs a unit: write `{source}s` or `{source}ms`")
    if not isinstance(source, str) or not _DURATION.fullmatch(source):
        raise ValueError("is no duration: write `500ms`, `30s`, `2m`, `1h30m`")
    total = sum(_exact(number) * _UNITS[unit] for number, unit in _PIECE.findall(source))
    if total > LONGEST_MS * _ONE:
        raise ValueError("is longer than 24 days")
    return _whole(total)


def parse_rate(source: object) -> Rate:
    """A number above 0 in a period, with or without a relation. Raises ValueError."""
    match = re.fullmatch(_RATE, source, re.ASCII) if isinstance(source, str) else None
    if match is None:
        raise ValueError("is no rate: write `>= 5/s` or `500/1m`")
    amount = _exact(match[2])
    period = _whole(_exact(match[3] or "1") * _UNITS[match[4]])
    if not amount or not period:
        raise ValueError("is a rate of nothing, or in no time: both numbers must be above 0")
    return Rate(amount / _ONE, period, match[1] or ">=")


def parse_allowance(source: object) -> Rate:
    """A number above 0 in a period, without a relation. Raises ValueError."""
    if isinstance(source, str) and source.startswith(("<", ">")):
        raise ValueError("has a relation, but is what the API allows: write `500/1m`")
    return parse_rate(source)


def parse_share(source: object) -> float:
    """0 to 1. Raises ValueError."""
    match = _PERCENT.fullmatch(source) if isinstance(source, str) else None
    if match is None and source in (0, 0.0) and not isinstance(source, bool):
        return 0.0
    if match is None or _exact(match[1]) > 100 * _ONE:
        raise ValueError("is no share: write a percentage, `1%` or `0.1%`")
    return _exact(match[1]) / (100 * _ONE)


def _exact(number: str) -> int:
    whole, _, part = number.partition(".")
    return int(whole) * _ONE + int(part.ljust(15, "0"))


def _whole(milliseconds: int) -> int:
    if milliseconds % _ONE:
        raise ValueError("is finer than a millisecond")
    return milliseconds // _ONE


def written(milliseconds: int) -> str:
    """The duration as people and k6 write it: `2m`, `1h30m`, `500ms`, `0s`."""
    if milliseconds % 1000:
        return f"{milliseconds}ms"
    seconds = milliseconds // 1000
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
