"""Samples, counted by their time: exact verdicts in bounded memory, however long the run was."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from jivsgen.results.model import nearest_rank

_NS = 1_000_000
"""Nanoseconds in a millisecond: k6 writes times to the nanosecond."""


class Series:
    """The samples of one subject.

    A time is rounded up: to 1 µs below 10 ms, 10 µs below 100 ms, 0.1 ms below 1 s, else 1 ms. Limits are whole
    milliseconds, so this changes no verdict.
    """

    __slots__ = ("counts", "errors", "judged", "requests", "sum_ms")

    def __init__(self) -> None:
        self.requests = self.judged = self.errors = 0
        self.counts: dict[int, int] = {}
        self.sum_ms = 0.0

    def sample(self, ms: float | None) -> None:
        """A request, or a sample of a metric; None where there was no answer."""
        self.requests += 1
        if ms is None:
            return
        ns = round(ms * _NS)
        step = 1_000 if ns < 10**7 else 10_000 if ns < 10**8 else 100_000 if ns < 10**9 else 1_000_000
        rounded = -(-ns // step) * step
        self.counts[rounded] = self.counts.get(rounded, 0) + 1
        self.sum_ms += ms

    def judge(self, *, is_error: bool) -> None:
        """One answer to the question whether a request, or a poll, was as it should be."""
        self.judged += 1
        self.errors += is_error

    def finished(self) -> Finished:
        """What can be asked of the samples."""
        return Finished(self.requests, self.judged, self.errors, self.counts, self.sum_ms)

    @staticmethod
    def sum(many: Iterable[Series]) -> Series:
        """All samples together."""
        total = Series()
        for series in many:
            total.requests += series.requests
            total.judged += series.judged
            total.errors += series.errors
            total.sum_ms += series.sum_ms
            for ns, count in series.counts.items():
                total.counts[ns] = total.counts.get(ns, 0) + count
        return total


class Finished:
    """A series to which nothing is added any more. `samples` is 0 when there were none."""

    def __init__(
        self, requests: int, judged: int, errors: int, counts: dict[int, int], sum_ms: float
    ) -> None:
        self.samples = max(requests, judged)
        self.requests = requests
        self._judged, self._errors, self._sum_ms = judged, errors, sum_ms
        self._times = sorted(counts)
        self._ranks = list(accumulate(counts[ns] for ns in self._times))

    def errors(self) -> float | None:
        """The share of errors."""
        return self._errors / self._judged if self._judged else None

    def time(self, stat: str) -> float | None:
        """`p50` … `p99.9`, `avg`, `min` or `max`, in ms."""
        if not self._times:
            return None
        if stat == "avg":
            return self._sum_ms / self._ranks[-1]
        if stat in ("min", "max"):
            return self._times[0 if stat == "min" else -1] / _NS
        return self._times[bisect_left(self._ranks, nearest_rank(stat, self._ranks[-1]))] / _NS
