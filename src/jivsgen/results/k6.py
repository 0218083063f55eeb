"""k6's points: `--out json=FILE` (one JSON object a line) and `--out csv=FILE`.

Of the dozen points that k6 writes a request, two are read: `http_req_duration` is one sample a request, and has a time
when the request was answered (`expected_response`, since the script declares every status expected); `errors`, a rate
of the script, says whether any check was false. How polls ended is a check, among those of the calls, which do not count again;
the trends are metrics of the script.
A login is sent by `setup()`, which has no scenario.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import IO, Any

from jivsgen.plan.model import Plan
from jivsgen.results.model import Unreadable, is_number
from jivsgen.results.samples import Recorder, Samples, ended_early, foreign

LONGEST = 1 << 24
"""Characters of one line: k6 writes a few hundred, the definition of a metric with all its thresholds some thousand."""
_POINT = b'{"metric":"'
_TAGS = ("name", "check", "scenario", "expected_response")
_EXCEPTIONS = "k6's results do not say whether the script threw an exception; k6's exit code 110 does."
_CUT = "k6 was killed, or the disk was full: the end of the run is missing"


class _Points:
    """Takes the points that count, and leaves the others."""

    def __init__(self, plan: Plan) -> None:
        self.recorder = Recorder.of(plan)
        self._plan = plan
        self._trends = frozenset(plan.trends)
        self.wanted = self._trends | {"http_req_duration", "errors", "checks"}

    def take(self, metric: str, at: float, value: float, tags: Iterable[str], line: int) -> None:
        """One point of a wanted metric; `at` in ms since 1970, `tags` are those of `_TAGS`."""
        name, check, scenario, answered = tags
        if not scenario:
            return
        if not (is_number(value) and is_number(at - value)):
            raise Unreadable("broken-results", "the point has an impossible value or time", line)
        if metric in self._trends:
            self.recorder.series["trend", metric].sample(value)
            return
        if metric == "checks":
            if (verdict := self.recorder.series.get(("check", check))) is not None:
                verdict.judge(is_error=value == 0)
            return
        series = self.recorder.series.get(("call", name))
        if series is None:
            raise foreign(self._plan, name, line)
        if metric != "http_req_duration":
            series.judge(is_error=value != 0)
            return
        if answered not in ("true", "false"):
            said = "the point has no tag `expected_response`, which says whether there was an answer"
            raise Unreadable("broken-results", said, line, "run k6 with its default --system-tags")
        series.sample(value if answered == "true" else None)
        self.recorder.begin_ms = min(self.recorder.begin_ms, at - value)
        self.recorder.end_ms = max(self.recorder.end_ms, at)

    def run(self, blur_s: float = 0.0) -> Samples:
        return self.recorder.finished([*ended_early(self._plan), _EXCEPTIONS], blur_s)


def read_json(stream: IO[bytes], plan: Plan) -> Samples:
    """Lines of JSON. Raises `Unreadable`."""
    points = _Points(plan)
    wanted = {metric.encode() for metric in points.wanted}
    for number, line in enumerate(iter(partial(stream.readline, LONGEST), b""), 1):
        metric = line[len(_POINT) : line.find(b'"', len(_POINT))]
        if metric not in wanted and line.startswith(_POINT) and line.endswith(b"}\n"):
            continue
        point = _object(line, number)
        if point.get("type") != "Point" or point.get("metric") not in points.wanted:
            continue
        try:
            sample = point["data"]
            tags = sample.get("tags") or {}
            at, value = datetime.fromisoformat(sample["time"]).timestamp() * 1000, float(sample["value"])
            listed = [str(tags.get(tag, "")) for tag in _TAGS]
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError):
            raise Unreadable("broken-results", "this is no point as k6 writes it", number) from None
        points.take(point["metric"], at, value, listed, number)
    return points.run()


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        hint = _CUT if not line.endswith(b"\n") else ""
        raise Unreadable("broken-results", "the line is no JSON", number, hint) from None
    if not isinstance(found, dict):
        raise Unreadable("broken-results", "the line is no JSON object", number)
    return found


_COLUMNS = ("metric_name", "timestamp", "metric_value", *_TAGS)
_TIME_UNITS = {10: 1e-3, 13: 1.0, 16: 1e3, 19: 1e6}
"""Digits of a time of day in the years that concern us, to its parts in a millisecond: K6_CSV_TIME_FORMAT."""


def read_csv(stream: IO[str], plan: Plan) -> Samples:
    """Lines of CSV. Raises `Unreadable`."""
    points, blur_s = _Points(plan), 0.0
    for number, (metric, time, number_text, *tags) in _rows(stream):
        if metric not in points.wanted:
            continue
        try:
            at = _time_of_day(time)
            value = float(number_text)
        except (ValueError, KeyError, OverflowError, OSError):
            raise Unreadable("broken-results", "this is no point as k6 writes it", number) from None
        if len(time) == len("1700000000"):
            blur_s = 1.0
        points.take(metric, at, value, tags, number)
    return points.run(blur_s)


def _time_of_day(text: str) -> float:
    return (
        int(text) / _TIME_UNITS[len(text)]
        if text.isdecimal()
        else datetime.fromisoformat(text).timestamp() * 1000
    )


def _rows(stream: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """The line and the wanted columns of each row."""
    reader = csv.reader(iter(partial(stream.readline, LONGEST), ""), strict=True)
    try:
        header = next(reader)
        at = [header.index(column) for column in _COLUMNS]
        for row in reader:
            if len(row) != len(header):
                said = f"the row has {len(row)} columns, the first line {len(header)}"
                raise Unreadable("broken-results", said, reader.line_num, _CUT)
            yield reader.line_num, [row[index] for index in at]
    except ValueError:
        raise Unreadable("broken-results", f"the first line lacks one of {', '.join(_COLUMNS)}") from None
    except csv.Error as problem:
        raise Unreadable("broken-results", f"no CSV: {problem}", reader.line_num) from None
