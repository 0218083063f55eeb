"""Durations, rates and shares as people write them: `1m30s`, `500/1m`, `>= 5/s`, `0.1%`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s))+")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_RATE = re.compile(r"(?:(<=|>=)\s*)?(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)?(h|ms|m|s)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` in each `period_ms`, and on which side of it the limit is."""

    amount: float
    period_ms: int
    relation: str = ">="

    @property
    def per_second(self) -> float:
        return self.amount * 1000 / self.period_ms


def parse_duration(source: object) -> int:
    """Milliseconds. Raises ValueError with a sentence for the user."""
    if isinstance(source, int | float) and not isinstance(source, bool):
        raise ValueError(f"needs a unit: write `{source}s` or `{source}ms`")
    if not isinstance(source, str) or not _DURATION.fullmatch(source.strip()):
        raise ValueError("is no duration: write `500ms`, `30s`, `2m`, `1h30m`")
    total = sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(source))
    if total != int(total):
        raise ValueError("is finer than a millisecond")
    return int(total)


def parse_rate(source: object) -> Rate:
    """A number in a period. Raises ValueError."""
    match = _RATE.fullmatch(source.strip()) if isinstance(source, str) else None
    if match is None:
        raise ValueError("is no rate: write `5/s` or `500/1m`")
    period = float(match[3] or 1) * _UNITS[match[4]]
    if period < 1:
        raise ValueError("has a period of less than a millisecond")
    return Rate(float(match[2]), int(period), match[1] or ">=")


def parse_share(source: object) -> float:
    """0 to 1. Raises ValueError."""
    match = _PERCENT.fullmatch(source.strip()) if isinstance(source, str) else None
    if match is None and source in (0, 0.0) and not isinstance(source, bool):
        return 0.0
    if match is None or float(match[1]) > 100:
        raise ValueError("is no share: write a percentage, `1%` or `0.1%`")
    return float(match[1]) / 100
