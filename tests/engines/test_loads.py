"""The load curve of each executor in each engine, read off a loopback server's log and held against the plan.

An answer takes a second, an iteration is one request. So a closed load shows how many users it has by how many of
its requests are under way, and an open one when its requests come. What an engine does otherwise is in DIFFERENCES, with the
words of the `approximation` that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from heapq import heappop, heappush
from itertools import accumulate

import pytest
from msgspec import Struct

from jivsgen.plan.model import (
    ConstantArrivalRate,
    ConstantVus,
    Load,
    PerVuIterations,
    Plan,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    Stage,
    Think,
    is_open,
)

from .plans import call, plan, scenario
from .run import ENGINES, Ended, run
from .server import Answer, Exchange, Server

ANSWER_S = 1.0
LENGTH_S = 20
TICK_S = 0.002
STALL_S = 0.5
"""What a busy machine may hold everything up by: no second is further off than that."""

LOADS: dict[str, Load] = {
    "constant-vus": ConstantVus(4, 20_000),
    "ramping-vus": RampingVus(
        2, (Stage(5000, 10), Stage(3000, 10), Stage(5000, 2), Stage(0, 6), Stage(4000, 6), Stage(3000, 0))
    ),
    "per-vu-iterations": PerVuIterations(3, 15, 60_000),
    "shared-iterations": SharedIterations(5, 98, 60_000),
    "constant-arrival-rate": ConstantArrivalRate(12, 1000, 20_000, 40, 40),
    "ramping-arrival-rate": RampingArrivalRate(
        5, 1000, (Stage(6000, 23), Stage(4000, 23), Stage(0, 10), Stage(5000, 10), Stage(5000, 0)), 60, 60
    ),
}  # fmt: skip
START_AFTER_S = {"per-vu-iterations": 4.0}
CAPPED = ConstantArrivalRate(10, 1000, 20_000, 2, 2)
ALONE = ("constant-arrival-rate", "ramping-arrival-rate")
"""Loads that Artillery has phases for, where each is the only one of its script."""

GRACE = {
    "ended": Scenario("ended", 0, ConstantVus(2, 2000, 5000), (call("begun"), Think(2200, 2200), call("finished"))),
    "cut": Scenario("cut", 0, ConstantVus(1, 2000, 1500), (call("started"), Think(9000, 9000), call("late"))),
    "lowered": Scenario("lowered", 0, RampingVus(2, (Stage(1000, 2), Stage(0, 0), Stage(4000, 0)), 30_000, 1000),
                        (call("above"), Think(3000, 3000), call("target"))),
}  # fmt: skip


class Difference(Struct, frozen=True):
    """What an engine does otherwise: by how many users or arrivals a second is off, and the words that say so."""

    off: float
    said: str


DIFFERENCES = {
    ("artillery", "ramping-arrival-rate", "alone"): Difference(2.5, "The rate changes once a second, in whole arrivals."),
}  # fmt: skip
CUT = {"k6": 0, "jmeter": 0, "artillery": 1}
LOWERED = {"k6": 0, "jmeter": 2, "artillery": 2}
SAID_OF_ENDS = {
    ("artillery", "cut"): "does not cut them short",
    ("artillery", "lowered"): "no graceful_ramp_down",
    ("jmeter", "lowered"): "graceful_ramp_down 1000 ms is not kept",
}


# --- what the plan says ------------------------------------------------------------------------------------------------


def planned(load: Load) -> list[tuple[float, float]]:
    """When the iterations of a load begin and end: arrivals by their rate, users one iteration after the other."""
    begins = list(_arrivals(load)) if is_open(load) else _turns(load)
    return [(begin, begin + ANSWER_S) for begin in begins]


def _turns(load: Load) -> list[float]:
    users = max(stage.target for stage in load.stages) if isinstance(load, RampingVus) else load.vus
    left = load.iterations if isinstance(load, SharedIterations) else 1_000_000
    begins: list[float] = []
    free = [(0.0, user) for user in range(1, users + 1)]
    while free and left > 0:
        time, user = heappop(free)
        if time >= LENGTH_S or (isinstance(load, PerVuIterations) and time >= load.iterations * ANSWER_S):
            continue
        works = _works(load, user, time)
        if works:
            begins.append(time)
            left -= 1
        heappush(free, (time + (ANSWER_S if works else TICK_S), user))
    return begins


def _works(load: Load, user: int, time: float) -> bool:
    """Whether it is the turn of user k: on the way up once there are k users, on the way down while there are more
    than k - 1."""
    if not isinstance(load, RampingVus):
        return True
    start = load.start_vus
    for stage in load.stages:
        length = stage.duration_ms / 1000
        if time < length:
            now = start + (stage.target - start) * time / length
            return now >= user if stage.target > start else now > user - 1
        time, start = time - length, stage.target
    return False


def _arrivals(load: Load) -> Iterator[float]:
    """Whenever the area below the curve has grown by one."""
    assert isinstance(load, ConstantArrivalRate | RampingArrivalRate)
    is_ramp = isinstance(load, RampingArrivalRate)
    stages = load.stages if is_ramp else (Stage(load.duration_ms, load.rate),)
    unit, area, come, begin = load.time_unit_ms / 1000, 0.0, 0, 0.0
    rate = (load.start_rate if is_ramp else load.rate) / unit
    for stage in stages:
        length, target = stage.duration_ms / 1000, stage.target / unit
        for tick in range(round(length / TICK_S)):
            area += TICK_S * (rate + (target - rate) * (tick + 0.5) * TICK_S / length)
            if area > come + 1e-6:
                yield begin + tick * TICK_S
                come += 1
        begin, rate = begin + length, target


# --- what the server saw -----------------------------------------------------------------------------------------------


class Seen(Struct, frozen=True):
    """The requests of a load, in seconds since it was to begin: when each came and when it was answered."""

    spans: list[tuple[float, float]]

    @property
    def times(self) -> list[float]:
        return [begin for begin, _ in self.spans]

    def come(self, second: float) -> float:
        """How many requests came in a second."""
        return sum(second <= t < second + 1 for t in self.times)

    def under_way(self, second: float) -> float:
        """How many requests were under way in a second, on average."""
        return sum(max(0, min(second + 1, end) - max(second, begin)) for begin, end in self.spans)

    def until(self, second: float) -> int:
        return sum(t < second for t in self.times)

    def most(self) -> int:
        """How many requests were under way at once."""
        steps = sorted(
            (when, step) for begin, end in self.spans for when, step in ((begin, 1), (end - 0.01, -1))
        )
        return max(accumulate(step for _, step in steps))


class Observed(Struct, frozen=True):
    ended: Ended
    exchanges: list[Exchange]

    def of(self, name: str, after: float = 0.0) -> Seen:
        """The load of that name; the run begins with its first request."""
        begin = min(one.time for one in self.exchanges) + after
        return Seen(
            [(one.time - begin, one.ended - begin) for one in self.exchanges if one.path == f"/{name}"]
        )


def together() -> Plan:
    """All executors at once, and what is asked of ends and caps beside them."""
    timed = [
        scenario(name, load, call(name), start_after_ms=int(START_AFTER_S.get(name, 0) * 1000))
        for name, load in LOADS.items()
    ]
    return plan(*timed, scenario("capped", CAPPED, call("capped")), *GRACE.values())


def by_itself(which: str) -> Plan:
    return plan(scenario(which, LOADS[which], call(which), start_after_ms=500))


def answer(one: Exchange) -> Answer:
    return Answer(json={}, delay_s=ANSWER_S)


Observe = Callable[[str, str], Observed]


SIDE_BY_SIDE = (
    (("k6", "together"), *(("artillery", name) for name in ALONE)),
    (("jmeter", "together"),),
    (("artillery", "together"),),
)
"""Runs that go at the same time; JMeter drops what is late, and starts more calmly by itself."""


@pytest.fixture(scope="module")
def observe(tmp_path_factory: pytest.TempPathFactory) -> Observe:
    """The run of an engine: of all loads together, or of one by itself."""

    def one(engine: str, which: str) -> Observed:
        whole = together() if which == "together" else by_itself(which)
        with Server(answer) as server:
            ended = run(engine, whole, tmp_path_factory.mktemp(engine), server.url)
        return Observed(ended, server.exchanges)

    @cache
    def runs(group: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], Observed]:
        with ThreadPoolExecutor() as pool:
            return dict(zip(group, pool.map(lambda wanted: one(*wanted), group), strict=True))

    def look(engine: str, which: str) -> Observed:
        (group,) = (group for group in SIDE_BY_SIDE if (engine, which) in group)
        observed = runs(group)[engine, which]
        assert observed.ended.verdict == "met", observed.ended.out
        return observed

    return look


def off(engine: str, name: str, which: str, observed: Observed) -> float:
    """By how many a second may be off: one, or what the script's header says."""
    different = DIFFERENCES.get((engine, name, which))
    if different is None:
        return 1.0
    assert observed.ended.says(different.said)
    return different.off


def mistakes(load: Load, seen: Seen, allowed: float) -> list[str]:
    """Where a curve is not the plan's: the total (iterations of arrivals and counts, else the time of users) by more than
    2 %; any second by more than `allowed`, but for two that a stall made late."""
    wanted, found = Seen(planned(load)), []
    measure = Seen.come if is_open(load) else Seen.under_way
    has_count = is_open(load) or isinstance(load, PerVuIterations | SharedIterations)
    total, due = (
        len(one.spans) if has_count else sum(map(one.under_way, range(LENGTH_S))) for one in (seen, wanted)
    )
    if abs(total - due) > 0.02 * due:
        found.append(f"{total:.0f} of {due:.0f} in all")
    if max(seen.times) > LENGTH_S + STALL_S:
        found.append(f"the last one begins after {max(seen.times):.1f} s")
    far = [n for n in range(LENGTH_S) if abs(measure(seen, n) - measure(wanted, n)) > allowed]
    late = [n for n in far if _is_late(load, seen, wanted, n, allowed)]
    wrong = far if len(far) > 2 else [n for n in far if n not in late]
    return [*found, *(f"second {n}: {measure(seen, n):.1f} of {measure(wanted, n):.1f}" for n in wrong)]


def _is_late(load: Load, seen: Seen, wanted: Seen, second: int, allowed: float) -> bool:
    """Whether a stall explains a second: all that was due has come, or is under way, half a second later."""
    if is_open(load):
        end = second + 1
        return (
            wanted.until(end - STALL_S) - allowed <= seen.until(end) <= wanted.until(end + STALL_S) + allowed
        )
    near = [
        wanted.under_way(second + tenth / 10) for tenth in range(-int(10 * STALL_S), int(10 * STALL_S) + 1)
    ]
    return min(near) - allowed <= seen.under_way(second) <= max(near) + allowed


# --- the tests ---------------------------------------------------------------------------------------------------------

CURVES = [
    *((engine, name, "together") for engine in ENGINES for name in LOADS),
    *(("artillery", name, "alone") for name in ALONE),
]


@pytest.mark.parametrize(("engine", "name", "which"), CURVES, ids=lambda part: part)
def test_a_load_is_the_curve_that_the_plan_says(engine: str, name: str, which: str, observe: Observe) -> None:
    observed = observe(engine, name if which == "alone" else which)
    seen = observed.of(name, START_AFTER_S.get(name, 0.0))
    assert mistakes(LOADS[name], seen, off(engine, name, which, observed)) == []


Spans = list[tuple[float, float]]
DISTORTIONS: dict[str, Callable[[Spans], Spans]] = {
    "a second late": lambda spans: [(begin + 1, end + 1) for begin, end in spans],
    "a twentieth missing": lambda spans: [span for n, span in enumerate(spans) if n % 20],
    "a stall that is made good": lambda spans: [
        (9.0, 10.0) if 7 < begin < 9 else (begin, end) for begin, end in spans
    ],
    "one rate throughout": lambda spans: [
        (LENGTH_S * n / len(spans), LENGTH_S * n / len(spans) + ANSWER_S) for n in range(len(spans))
    ],
}


@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("name", LOADS)
def test_another_curve_is_noticed(name: str, distortion: str) -> None:
    spans = planned(LOADS[name])
    assert mistakes(LOADS[name], Seen(spans), 1.0) == []
    if distortion != "one rate throughout" or "ramping" in name:
        assert mistakes(LOADS[name], Seen(DISTORTIONS[distortion](spans)), 1.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_counts_are_exact(engine: str, observe: Observe) -> None:
    observed = observe(engine, "together")
    assert len(observed.of("per-vu-iterations").times) == 45
    assert len(observed.of("shared-iterations").times) == 98
    assert min(observed.of("per-vu-iterations").times) == pytest.approx(4, abs=STALL_S)


@pytest.mark.parametrize("engine", ENGINES)
def test_users_are_never_more_than_the_most(engine: str, observe: Observe) -> None:
    """Arrivals that find no idle user are dropped: of two users, each takes one every 1000 to 1100 ms."""
    seen = observe(engine, "together").of("capped")
    assert seen.most() == 2
    assert 33 <= len(seen.times) <= 42
    assert observe(engine, "together").of("ramping-vus").most() <= 10


@pytest.mark.parametrize("engine", ENGINES)
def test_what_has_begun_is_ended_or_cut(engine: str, observe: Observe) -> None:
    observed = observe(engine, "together")
    counted = {
        name: len(observed.of(name).times)
        for name in ("begun", "finished", "started", "late", "above", "target")
    }
    assert counted == {
        "begun": 2,
        "finished": 2,
        "started": 1,
        "late": CUT[engine],
        "above": 2,
        "target": LOWERED[engine],
    }
    for (of, _), words in SAID_OF_ENDS.items():
        assert of != engine or observed.ended.says(words)
