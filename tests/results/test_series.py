"""Counting samples by their rounded time changes no verdict, and takes bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jivsgen.results.model import nearest_rank
from jivsgen.results.series import Series

TIMES = st.lists(st.integers(0, 120_000_000_000).map(lambda ns: ns / 1e6), min_size=1, max_size=60)
STATS = st.sampled_from(["p0", "p1", "p50", "p75", "p90", "p93", "p95", "p99", "p99.9", "min", "max"])


def finished(times: list[float]):
    series = Series()
    for ms in times:
        series.sample(ms)
    return series.finished()


def exact(times: list[float], stat: str) -> float:
    """The least sample that p % of the samples do not exceed, by looking at each."""
    ordered = sorted(times)
    if stat in ("min", "max"):
        return ordered[0 if stat == "min" else -1]
    return next(
        value
        for value in ordered
        if sum(one <= value for one in ordered) * 1000 >= round(float(stat[1:]) * 10) * len(ordered)
    )


@given(TIMES, STATS, st.integers(0, 120_001))
def test_whole_milliseconds_are_judged_exactly(times: list[float], stat: str, limit: int) -> None:
    assert (finished(times).time(stat) <= limit) == (exact(times, stat) <= limit)


@given(TIMES, STATS)
def test_times_are_rounded_up_by_a_thousandth_at_most(times: list[float], stat: str) -> None:
    found, true = finished(times).time(stat), exact(times, stat)
    assert true - 1e-9 <= found <= max(true * 1.001, true + 0.001) + 1e-9


@given(TIMES, TIMES, STATS)
def test_a_sum_is_all_samples(some: list[float], others: list[float], stat: str) -> None:
    one, two = Series(), Series()
    for series, times in ((one, some), (two, others)):
        for ms in times:
            series.sample(ms)
            series.judge(is_error=ms > 1000)
    total = Series.sum([one, two]).finished()
    assert total.time(stat) == finished([*some, *others]).time(stat)
    assert total.samples == len(some) + len(others)
    assert total.errors() == sum(ms > 1000 for ms in [*some, *others]) / total.samples


def test_memory_does_not_grow_with_the_samples() -> None:
    series = Series()
    for n in range(300_000):
        series.sample((n * 7919 % 1_000_003) / 1_000_003 * 10)
    assert len(series.counts) <= 10_001


def test_ranks() -> None:
    """20 samples: the 19th is the first that 95 % do not exceed. Exact, where 0.95 * 20 is not."""
    assert [nearest_rank("p95", n) for n in (1, 19, 20, 21, 100)] == [1, 19, 19, 20, 95]
    assert nearest_rank("p99.9", 1000) == 999
    assert nearest_rank("p0", 5) == 1


def test_nothing_is_no_zero() -> None:
    nothing = Series().finished()
    assert nothing.time("p95") is nothing.time("avg") is nothing.errors() is None
    unanswered = Series()
    unanswered.sample(None)
    assert unanswered.finished().samples == 1
    assert unanswered.finished().time("max") is None
