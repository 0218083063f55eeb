"""A run of which every request is known: k6's points and JMeter's rows."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from jivsgen.plan.model import Plan, Slo
from jivsgen.results.model import (
    COLUMNS,
    Finding,
    Problem,
    Row,
    Subject,
    Unreadable,
    Verdict,
    held,
    subjects,
)  # fmt: skip
from jivsgen.results.series import Finished, Series


class Recorder(Struct):
    """Takes samples while a file is read. Times of day are in ms since 1970."""

    series: dict[Subject, Series]
    begin_ms: float = float("inf")
    end_ms: float = 0.0
    problems: list[Problem] = field(default_factory=list)

    @staticmethod
    def of(plan: Plan) -> Recorder:
        return Recorder({subject: Series() for subject in subjects(plan) if subject[0] != "all"})

    def finished(self, remarks: Iterable[str], blur_s: float = 0.0) -> Samples:
        """The run. `blur_s`: how far each time of day may be off."""
        series = {subject: one.finished() for subject, one in self.series.items()}
        series["all", "all"] = Series.sum(
            one for subject, one in self.series.items() if subject[0] == "call"
        ).finished()
        empty = self.begin_ms > self.end_ms
        return Samples(
            series=series,
            begin_s=None if empty else self.begin_ms / 1000,
            seconds=None if empty else max(self.end_ms - self.begin_ms, 1) / 1000,
            problems=tuple(self.problems),
            remarks=tuple(remarks),
            blur_s=blur_s,
        )


class Samples(Struct, frozen=True):
    """The run, see `Run`."""

    series: dict[Subject, Finished]
    begin_s: float | None
    seconds: float | None
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]
    blur_s: float

    def row(self, subject: Subject) -> Row:
        found = self.series[subject]
        kind, _ = subject
        times = {stat: time for stat in COLUMNS if (time := found.time(stat)) is not None}
        return Row(
            subject,
            found.samples,
            None if kind == "trend" else found.errors(),
            {} if kind == "check" else times,
        )

    def finding(self, slo: Slo) -> Finding:
        found = self.series[slo.kind, slo.subject]
        if slo.stat == "errors":
            return held(slo, found.errors())
        return self._rate(slo, found) if slo.stat == "rate" else held(slo, found.time(slo.stat))

    def _rate(self, slo: Slo, found: Finished) -> Finding:
        if self.seconds is None or not found.requests:
            return held(slo, None)
        exact = held(slo, found.requests / self.seconds)
        bounds = (self.seconds + self.blur_s, max(self.seconds - self.blur_s, 0.001))
        if all(held(slo, found.requests / seconds).verdict is exact.verdict for seconds in bounds):
            return exact
        said = "the times of day are whole seconds, too coarse for so short a run"
        return Finding(slo, Verdict.UNSAID, exact.measured, said)


def ended_early(plan: Plan) -> list[str]:
    """The remark that samples cannot say whether a limit ended the run."""
    if not any(slo.abort for slo in plan.slos):
        return []
    return [
        "A limit that ended the run early is judged by the whole file: the file does not say when it ended."
    ]


def foreign(plan: Plan, name: str, line: int) -> Unreadable:
    """The file holds a request that the plan does not have."""
    from jivsgen.diagnostics.model import did_you_mean, listing, shown

    names = [subject for kind, subject in subjects(plan) if kind == "call"]
    hint = did_you_mean(name, names, otherwise=f"the calls are {listing(names)}")
    said = f"{shown(name)} is no call of the profile `{plan.name}`"
    return Unreadable("foreign-results", said, line, hint)
