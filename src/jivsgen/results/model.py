"""The words of the room: what a run recorded, how a limit was kept, and what went wrong while reading."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Protocol, TypeAlias

from msgspec import Struct

from jivsgen.plan.model import Plan, Poll, Slo, calls, walk

Subject: TypeAlias = tuple[str, str]
"""The kind and the subject of a limit: `("call", "createExtraction")`, `("all", "all")`."""

COLUMNS = ("p50", "p90", "p95", "p99", "max")
"""The times of a row, in ms."""


class Legend(Struct, frozen=True):
    """What the emitted scripts call things, where that is not the plan's own name.

    `jmeter_feeds`: label of rows without error (`call ` or `own ` before it) to the metrics that they count for too.
    `artillery_keys`: what the names of Artillery's metrics begin with. `artillery_beyond`: the counter of the samples that
    are beyond a limit on a percentile. `artillery_length`: the summary whose maximum is the length of the load in ms.
    `artillery_ended`: the counter that says that a limit ended the run.
    """

    jmeter_feeds: Mapping[str, tuple[str, ...]]
    artillery_keys: Mapping[Subject, str]
    artillery_beyond: Mapping[Slo, str]
    artillery_length: str
    artillery_ended: str


class Verdict(StrEnum):
    """`UNSAID`: the file does not hold what the limit is about."""

    MET = "met"
    MISSED = "missed"
    UNSAID = "cannot be judged"


class Finding(Struct, frozen=True):
    """How one limit was kept. `measured` is in the unit of the limit; where there is no such number, `said` says why, or
    what is known instead."""

    slo: Slo
    verdict: Verdict
    measured: float | None = None
    said: str = ""


class Row(Struct, frozen=True):
    """What was measured of a call, of all calls, of a `time:` metric or of the check of a poll: `errors` is a share, None
    for what cannot fail; `times` (ms) is empty where nothing was timed."""

    subject: Subject
    samples: int
    errors: float | None
    times: Mapping[str, float]


class Problem(Struct, frozen=True):
    """A fault of the run that is no limit, for the diagnostics; `line` from 1, 0 for none."""

    code: str
    message: str
    line: int = 0


class Run(Protocol):
    """What a result file says. `begin_s` is in seconds since 1970, `seconds` the time from the first request to the last
    answer; None where the file does not say. `remarks`: what of the verdict is not exact, or not in the file."""

    @property
    def begin_s(self) -> float | None: ...

    @property
    def seconds(self) -> float | None: ...

    @property
    def problems(self) -> tuple[Problem, ...]: ...

    @property
    def remarks(self) -> tuple[str, ...]: ...

    def row(self, subject: Subject) -> Row: ...

    def finding(self, slo: Slo) -> Finding: ...


class Judgement(Struct, frozen=True):
    """One result file held against one plan."""

    profile: str
    engine: str
    results: str
    begin_s: float | None
    seconds: float | None
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]

    @property
    def is_green(self) -> bool:
        """Whether every limit was met, for certain, and nothing else went wrong."""
        return not self.problems and all(finding.verdict is Verdict.MET for finding in self.findings)


class Unreadable(Exception):
    """The file is not what it should be, at `line` (from 1). `code` is a key of the diagnostics' catalogue."""

    def __init__(self, code: str, message: str, line: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.line, self.hint = code, message, line, hint


LARGEST = 10**14
"""Milliseconds, or samples: more than three thousand years of them is a damaged file."""


def is_number(value: object) -> bool:
    """Whether a result may be that number: neither negative nor beyond all measure, no NaN, no boolean."""
    return type(value) in (int, float) and 0 <= value <= LARGEST  # type: ignore[operator]


def held(slo: Slo, measured: float | None) -> Finding:
    """A limit and the number that it is about; None is no samples, which is a miss."""
    if measured is None:
        return Finding(slo, Verdict.MISSED, None, "no samples")
    kept = measured <= slo.limit if slo.relation == "<=" else measured >= slo.limit
    return Finding(slo, Verdict.MET if kept else Verdict.MISSED, measured)


def nearest_rank(stat: str, samples: int) -> int:
    """The rank, from 1, of a percentile such as `p99.9` among that many samples."""
    return max(1, ceil(Fraction(stat[1:]) * samples / 100))


def subjects(plan: Plan) -> tuple[Subject, ...]:
    """Everything of a plan that results are about, in the order of the table."""
    verdicts = (
        step.verdict for scenario in plan.scenarios for step in walk(scenario.steps) if isinstance(step, Poll)
    )
    found: list[Subject] = [("all", "all")]
    found += [("call", call.name) for call in calls(plan)]
    found += [("check", verdict) for verdict in verdicts]
    found += [("trend", trend) for trend in plan.trends]
    return tuple(dict.fromkeys(found))
