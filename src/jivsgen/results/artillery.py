"""Artillery's report (`artillery run -o FILE`): counters, and summaries of histograms, of the whole run.

The script's own metrics are read: `<key>.requests` and `<key>.errors` are counters, `<key>.ms` is a summary. The samples
themselves are gone, so a percentile is known only where the report has it, where it is the greatest sample (a p99 of
fewer than a hundred), or where the script has counted the samples beyond that very limit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from msgspec import Struct

from jivsgen.plan.model import Plan, Slo
from jivsgen.results.model import (
    COLUMNS,
    Finding,
    Legend,
    Problem,
    Row,
    Subject,
    Unreadable,
    Verdict,
    held,
    is_number,
    nearest_rank,
)  # fmt: skip

_CHUNK = 1 << 20
_LARGEST = 1 << 26
"""Characters of one part of the report: the totals, or what happened in ten seconds."""
_NAMES = {"avg": "mean", "min": "min", "max": "max", "p99.9": "p999"} | {
    stat: stat for stat in ("p50", "p75", "p90", "p95", "p99")
}
"""What a report calls its numbers."""
_SKETCH = "Artillery keeps a sketch of the response times: its percentiles are right to 1 %, its times rounded to 0.1 ms."


class Report(Struct, frozen=True):
    """The run, see `Run`."""

    legend: Legend
    counters: Mapping[str, float]
    summaries: Mapping[str, Mapping[str, float]]
    begin_s: float | None
    seconds: float | None
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...] = (_SKETCH,)

    def row(self, subject: Subject) -> Row:
        samples, errors = self._counted(subject)
        summary = self._summary(subject)
        times = {stat: time for stat in COLUMNS if (time := _time(summary, stat)) is not None}
        if subject[0] == "trend":
            return Row(subject, int(summary.get("count", 0)), None, times)
        return Row(subject, samples, errors / samples if samples else None, times)

    def finding(self, slo: Slo) -> Finding:
        subject = (slo.kind, slo.subject)
        samples, errors = self._counted(subject)
        if slo.stat == "errors":
            return held(slo, errors / samples if samples else None)
        if slo.stat == "rate":
            return self._rate(slo, samples)
        summary = self._summary(subject)
        if not summary and subject[0] == "all" and samples:
            said = "the script that wrote the report had no limit on the times of all requests together"
            return Finding(slo, Verdict.UNSAID, None, said)
        time = _time(summary, slo.stat)
        return self._beyond(slo, summary) if summary and time is None else held(slo, time)

    def _counted(self, subject: Subject) -> tuple[int, int]:
        """Samples, and those that were errors. Those of all requests are the sum of each call's."""
        keys = [self.legend.artillery_keys[subject]]
        if subject[0] == "all":
            keys = [key for (kind, _), key in self.legend.artillery_keys.items() if kind == "call"]
        requests = sum(self.counters.get(f"{key}.requests", 0) for key in keys)
        return int(requests), int(sum(self.counters.get(f"{key}.errors", 0) for key in keys))

    def _summary(self, subject: Subject) -> Mapping[str, float]:
        return self.summaries.get(f"{self.legend.artillery_keys[subject]}.ms", {})

    def _rate(self, slo: Slo, samples: int) -> Finding:
        if not samples:
            return held(slo, None)
        if self.seconds is None:
            said = (
                "the script that wrote the report had no limit on a rate, and did not record how long it ran"
            )
            return Finding(slo, Verdict.UNSAID, None, said)
        return held(slo, samples / self.seconds)

    def _beyond(self, slo: Slo, summary: Mapping[str, float]) -> Finding:
        """A percentile that the report lacks, by the number of samples beyond the limit."""
        beyond = self.counters.get(self.legend.artillery_beyond.get(slo, ""))
        if beyond is None:
            said = f"an Artillery report has p50, p75, p90, p95, p99 and p99.9; its script did not count for {slo.stat}"
            return Finding(slo, Verdict.UNSAID, None, said)
        samples = int(summary["count"])
        rank, is_most = nearest_rank(slo.stat, samples), slo.relation == "<="
        kept = beyond <= samples - rank if is_most else beyond < rank
        said = f"{100 * beyond / samples:.2f}% of the samples are {'above' if is_most else 'below'} the limit"
        return Finding(slo, Verdict.MET if kept else Verdict.MISSED, None, said)


def _time(summary: Mapping[str, float], stat: str) -> float | None:
    """A number of a summary; None where it has none."""
    if stat[0] == "p" and summary and nearest_rank(stat, int(summary["count"])) == summary["count"]:
        return summary["max"]
    return summary.get(_NAMES.get(stat, ""))


# --- reading ----------------------------------------------------------------------------------------------------


def read(stream: IO[str], plan: Plan, legend: Legend) -> Report:
    """The totals of a report; the rest is read through, to see that it is whole. Raises `Unreadable`."""
    content = _Parts(stream).totals()
    counters = _numbers(content.get("counters", {}), "counters")
    found = content.get("summaries", {})
    if not isinstance(found, dict):
        raise Unreadable("broken-results", "`aggregate.summaries` is no object")
    summaries = {name: _summary(one, name) for name, one in found.items()}
    _is_own(plan, legend, counters)
    length = summaries.get(legend.artillery_length, {}).get("max")
    begin = content.get("firstCounterAt")
    ended = counters.get(legend.artillery_ended, 0)
    problems = (Problem("ended-early", "a limit that ends the run was missed"),) if ended else ()
    return Report(
        legend=legend,
        counters=counters,
        summaries=summaries,
        begin_s=begin / 1000 if isinstance(begin, int) and is_number(begin) else None,
        seconds=max(length, 1) / 1000 if length is not None else None,
        problems=problems,
    )


def _numbers(found: Any, name: str) -> dict[str, float]:
    if not isinstance(found, dict) or not all(map(is_number, found.values())):
        raise Unreadable("broken-results", f"`aggregate.{name}` is no object of numbers")
    return found


def _summary(found: Any, name: str) -> dict[str, float]:
    """A summary as Artillery writes it, or none at all where it has no samples."""
    if not isinstance(found, dict):
        raise Unreadable("broken-results", f"`aggregate.summaries.{name}` is no object")
    numbers = {key: value for key, value in found.items() if is_number(value)}
    if not numbers.get("count"):
        return {}
    if "max" not in numbers:
        raise Unreadable("broken-results", f"`aggregate.summaries.{name}` has no `max`")
    return numbers


def _is_own(plan: Plan, legend: Legend, counters: Mapping[str, float]) -> None:
    """The counters of calls are those of this plan, and there are some if anything was sent."""
    own = {f"{key}.requests" for (kind, _), key in legend.artillery_keys.items() if kind == "call"}
    sent = [name for name in counters if name.startswith("op.") and name.endswith(".requests")]
    if unknown := next((name for name in sent if name not in own), None):
        call = unknown.removeprefix("op.").removesuffix(".requests")
        said = f"the report counts `{call}`, which is no call of the profile `{plan.name}`"
        raise Unreadable("foreign-results", said)
    if not sent and counters.get("http.requests"):
        said = "the report has none of the counters that a script by jivsgen writes"
        raise Unreadable("foreign-results", said, 1, f"run the script that jivsgen made from `{plan.name}`")


class _Parts:
    """Reads `{"aggregate": {…}, "intermediate": [{…}, …]}` part by part: an hour has 360 of them."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._line = 1
        self._decoder = json.JSONDecoder()

    def totals(self) -> dict[str, Any]:
        """What `aggregate` holds."""
        found: Any = None
        self._next("{")
        while True:
            name = self._value()
            self._next(":")
            if name == "aggregate":
                found = self._value()
            elif self._peek() == "[":
                self._skip_items()
            else:
                self._value()
            if self._next("},") == "}":
                break
        if self._peek():
            raise Unreadable("broken-results", "there is more after the end of the report", self._line)
        if not isinstance(found, dict):
            raise Unreadable("broken-results", "the report has no object `aggregate`")
        return found

    def _skip_items(self) -> None:
        self._next("[")
        if self._peek() == "]":
            self._next("]")
            return
        while True:
            self._value()
            if self._next(",]") == "]":
                return

    def _value(self) -> Any:
        """The next value, however many chunks it takes: none of a report's is a bare number, which could go on."""
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise Unreadable("broken-results", "nested too deep for a report", self._line) from None
            except json.JSONDecodeError as fault:
                if len(self._text) - self._at > _LARGEST or not self._more():
                    raise self._broken(self._line + self._text.count("\n", self._at, fault.pos)) from None
            else:
                self._move(end)
                return value

    def _next(self, characters: str) -> str:
        found = self._peek()
        if not found or found not in characters:
            raise self._broken(self._line)
        self._move(self._at + 1)
        return found

    def _peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            rest = self._text[self._at :].lstrip(" \t\r\n") if self._at < len(self._text) else ""
            self._move(len(self._text) - len(rest))
            if rest:
                return rest[0]
            if not self._more():
                return ""

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        chunk = self._stream.read(max(_CHUNK, len(self._text) - self._at))
        if chunk:
            self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def _broken(self, line: int) -> Unreadable:
        hint = "a report is cut off when Artillery was killed, or when the disk was full"
        return Unreadable("broken-results", "not JSON, or cut off", line, hint)
