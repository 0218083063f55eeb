"""Verdicts, printed: one table, and below it what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from jivsgen.rehearsal.verdict import Verdict

HEADINGS = ("profile", "engine", "requests", "as planned", "violations", "checks", "SLOs", "verdict")
_LEFT = frozenset({0, 1, 6, 7})
MOST_SAID = 12
_FAILURE = re.compile(r"^(?:FAIL|fail:)|level=error|[Ee]rror:")


def table(verdicts: Sequence[Verdict]) -> str:
    """One line each, in the order given."""
    rows = [HEADINGS, *map(_row, verdicts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _row(one: Verdict) -> tuple[str, ...]:
    passed = one.checks - one.failed_checks
    return (
        one.profile, one.run.engine, str(one.requests), _percent(one.as_planned, one.requests), str(one.violations),
        f"{passed}/{one.checks}", one.run.slos, "right" if one.is_right else "WRONG",
    )  # fmt: skip


def _percent(part: int, whole: int) -> str:
    """Never rounded up: 100 % means all."""
    return f"{int(1000 * part / whole) / 10:g} %" if whole else "-"


def complaints(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What is wrong with each that is: the reasons, the difference of the stories, what the engine says itself."""
    for one in verdicts:
        if one.is_right:
            continue
        yield f"{one.profile} in {one.run.engine}:"
        yield from (f"  {reason}" for reason in one.reasons)
        yield from (f"    {line}" for line in one.difference)
        if one.run.slos != "met":
            yield f"  {one.run.engine} itself says:"
            yield from (f"    {line}" for line in _words(one.run.said))
        yield ""


def _words(said: Sequence[str]) -> Sequence[str]:
    """The lines in which an engine names what failed; where it names nothing, its last ones."""
    printed = [line for line in said if line.strip()]
    named = [line for line in printed if _FAILURE.search(line)]
    return named[:MOST_SAID] or printed[-MOST_SAID:]


def as_plain(verdicts: Sequence[Verdict], factor: float) -> dict[str, Any]:
    """For JSON."""
    rows = [
        {
            "profile": one.profile, "engine": one.run.engine, "requests": one.requests, "as_planned": one.as_planned,
            "violations": one.violations, "checks": one.checks, "failed_checks": one.failed_checks, "slos": one.run.slos,
            "right": one.is_right, "seconds": round(one.run.seconds, 1), "reasons": list(one.reasons),
            "difference": list(one.difference), "said": list(one.run.said) if not one.is_right else [],
        }
        for one in verdicts
    ]  # fmt: skip
    return {"right": all(one.is_right for one in verdicts), "time_limits_times": factor, "runs": rows}
