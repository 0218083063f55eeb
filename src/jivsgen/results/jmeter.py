"""JMeter's rows: the CSV that the emitted plan writes itself (`<profile>.jtl`), or `-l FILE`.

A row with a URL, or without an answer, is a request; every other row is a metric or a check of the plan. A response time
is `elapsed` without `Connect`. Logins leave no rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from typing import IO

from msgspec import Struct

from jivsgen.plan.model import Plan
from jivsgen.results.model import Legend, Problem, Unreadable, is_number
from jivsgen.results.samples import Recorder, Samples, ended_early, foreign
from jivsgen.results.series import Series

COLUMNS = (
    "timeStamp", "elapsed", "label", "responseCode", "responseMessage", "success", "failureMessage", "URL", "Connect",
)  # fmt: skip
LONGEST = 1 << 24
"""Characters of one line: a row has what an assertion said, but no response."""
_MOST_FAILURES = 10
_FAILED = "javax.script.ScriptException"


class _Label(Struct, frozen=True):
    """What the rows of a label are samples of, and what those without error are samples of too."""

    own: tuple[Series, ...]
    also: tuple[Series, ...]


def read(stream: IO[str], plan: Plan, legend: Legend) -> Samples:
    """The rows of all runs in the file; JMeter appends to a file that is there. Raises `Unreadable`."""
    recorder = Recorder.of(plan)
    calls, own = _labels(recorder, plan, legend)
    for line, (start, elapsed, label, code, message, success, failure, url, connect) in _rows(stream):
        begin, length, connecting = _times((start, elapsed, connect), line)
        failed = next((text for text in (message, failure) if text.startswith(_FAILED)), None)
        if failed and len(recorder.problems) < _MOST_FAILURES:
            recorder.problems.append(
                Problem("failed-script", f"{label[:80]}: {failed.splitlines()[0][:200]}", line)
            )
        answered = not code.startswith("Non HTTP")
        is_call = not answered or url not in ("", "null")
        found = (calls if is_call else own).get(label)
        if found is None:
            if failed:
                continue
            raise foreign(plan, label, line)
        is_error, time = success != "true", length - connecting if answered else None
        for series in found.own:
            series.sample(time)
            series.judge(is_error=is_error)
        if not is_error:
            for series in found.also:
                series.sample(time)
        if is_call:
            recorder.begin_ms = min(recorder.begin_ms, begin)
            recorder.end_ms = max(recorder.end_ms, begin + length)
    return recorder.finished(ended_early(plan))


def _times(texts: tuple[str, str, str], line: int) -> list[int]:
    try:
        times = list(map(int, texts))
    except ValueError:
        said = "`timeStamp`, `elapsed` or `Connect` is no number of milliseconds"
        raise Unreadable("broken-results", said, line) from None
    if not all(map(is_number, times)):
        raise Unreadable("broken-results", "the row has an impossible time", line)
    return times


def _labels(recorder: Recorder, plan: Plan, legend: Legend) -> tuple[dict[str, _Label], dict[str, _Label]]:
    """The labels of requests, and those of rows that are none. Counters have no limits: their rows count for nothing."""
    series = recorder.series

    def also(row: str) -> tuple[Series, ...]:
        feeds = legend.jmeter_feeds.get(row, ())
        return tuple(series["trend", name] for name in feeds if ("trend", name) in series)

    calls = {
        name: _Label((one,), also(f"call {name}")) for (kind, name), one in series.items() if kind == "call"
    }
    own = {name: _Label((), ()) for name in plan.counters}
    for (kind, name), one in series.items():
        if kind != "call":
            own[name] = _Label((one,), also(f"own {name}"))
    return calls, own


def _rows(stream: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """The line and the wanted columns of each row; the first line may stand there again, where files were joined."""
    reader = csv.reader(iter(partial(stream.readline, LONGEST), ""), strict=True)
    try:
        header = next(reader)
        if missing := [column for column in COLUMNS if column not in header]:
            said = f"the first line lacks {', '.join(missing)}"
            raise Unreadable(
                "broken-results", said, 1, "run JMeter with its default jmeter.save.saveservice.*"
            )
        at = [header.index(column) for column in COLUMNS]
        for row in reader:
            if row == header:
                continue
            if len(row) != len(header):
                said = f"the row has {len(row)} columns, the first line {len(header)}"
                hint = "JMeter was killed, or the disk was full: the end of the run is missing"
                raise Unreadable("broken-results", said, reader.line_num, hint)
            yield reader.line_num, [row[index] for index in at]
    except csv.Error as problem:
        raise Unreadable("broken-results", f"no CSV: {problem}", reader.line_num) from None
