"""Names, limits and curves of Artillery scripts, without the engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jivsgen.engines import artillery
from jivsgen.engines.artillery.loads import corners, phases, takes_places
from jivsgen.engines.artillery.metrics import Metrics
from jivsgen.plan.model import (
    ConstantArrivalRate,
    ConstantVus,
    Load,
    Plan,
    RampingArrivalRate,
    Slo,
    Stage,
    Think,
)
from jivsgen.verify.artillery import check

from .plans import call, once, plan, scenario

STATS = ("p50", "p95", "p99", "p99.9", "avg", "min", "max", "errors", "rate")
WORDS = st.sampled_from(
    [
        "a",
        "op",
        "ms",
        "p99",
        "errors",
        "requests",
        "all",
        "load",
        "get",
        "getX",
        "then",
        "default",
        "judge",
        "1e5",
    ]
)
NAMES = st.lists(
    st.lists(WORDS, min_size=1, max_size=3).map(" ".join) | st.text("aA0 ./{}_-", min_size=1),
    min_size=1,
    max_size=5,
)
STATISTIC = re.compile(r"\.(?:count|min|max|mean|p\d+)$")


def limited(names: list[str]) -> Plan:
    slos = tuple(Slo(name, "call", stat, "<=", 0.5 + n) for name in names for n, stat in enumerate(STATS))
    return once(*(call(name, "/x") for name in names), slos=slos)


@given(NAMES)
def test_no_metric_is_found_inside_another(names: list[str]) -> None:
    """What `ensure` does: each metric's name, wherever it is found in an expression, gives way to a token."""
    it = limited(list(dict.fromkeys(names)))
    expressions = Metrics(it).conditions()
    metrics = {word for expression in expressions for word in re.findall(r"[a-z]+\.[\w.]+", expression)}
    summaries = {STATISTIC.sub("", name) for name in metrics if STATISTIC.search(name)}
    known = sorted(
        {
            *metrics,
            *(
                f"{one}.{stat}"
                for one in summaries
                for stat in ("min", "max", "count", "mean", "p50", "p95", "p99", "p999")
            ),
        }
    )
    for expression in expressions:
        wanted = [word for word in expression.split() if word in metrics]
        found = [name for name in known if name in expression]
        assert sorted(set(wanted)) == found


@given(NAMES)
def test_whatever_calls_are_named_the_script_holds(names: list[str]) -> None:
    for faults in check(artillery.render(limited(list(dict.fromkeys(names))))).values():
        assert not faults


def test_a_script_is_the_same_each_time() -> None:
    it = limited(["a b", "a.b", "a_b"])
    assert artillery.render(it) == artillery.render(it)
    assert set(re.findall(r" name: (\w+)\n", artillery.render(it)["it.yml"])) == {"a_b", "a_b_2", "a_b_3"}


CURVE = RampingArrivalRate(0, 1000, (Stage(2000, 10), Stage(0, 4), Stage(3000, 4), Stage(1000, 0)), 9, 9)


def test_a_curve_bends_where_the_stages_say() -> None:
    assert [(c.time_ms, c.before, c.after) for c in corners(CURVE)] == [
        (0, 0, 0),
        (2000, 10, 4),
        (5000, 4, 4),
        (6000, 0, 0),
    ]


@pytest.mark.parametrize(
    ("load", "wanted"),
    [
        (CURVE, ["duration: 2, arrivalRate: 0, rampTo: 10, maxVusers: 9", "duration: 3, arrivalRate: 4, maxVusers: 9",
                 "duration: 1, arrivalRate: 4, rampTo: 0, maxVusers: 9"]),
        (ConstantArrivalRate(5, 2000, 4000, 3, 3), ["duration: 4, arrivalCount: 10, maxVusers: 3"]),
        (ConstantArrivalRate(120, 60_000, 4000, 3, 3), ["duration: 4, arrivalRate: 2, maxVusers: 3"]),
    ],
)  # fmt: skip
def test_an_open_load_is_phases(load: Load, wanted: list[str]) -> None:
    it = plan(scenario("s", load, call("x")))
    assert not takes_places(it)
    assert [phase.partition(", ")[2] for phase in phases(it)] == wanted


@pytest.mark.parametrize(
    "load",
    [
        ConstantArrivalRate(5, 2000, 3000, 3, 3),
        ConstantArrivalRate(5, 1000, 2500, 3, 3),
        RampingArrivalRate(1, 60_000, (Stage(2000, 10),), 3, 3),
        ConstantVus(4, 1000),
    ],
)
def test_what_phases_cannot_say_takes_places(load: Load) -> None:
    it = plan(scenario("s", load, call("x")))
    assert takes_places(it)
    assert phases(it) == [
        f"name: users, duration: 1, arrivalCount: {4 if isinstance(load, ConstantVus) else 3}"
    ]


def test_approximations_stand_in_the_header() -> None:
    it = plan(scenario("s", CURVE, call("x"), Think(1000, 2000)), slos=(Slo("x", "call", "p95", "<=", 1),))
    header = artillery.render(it)["it.yml"].partition("config:")[0].replace("\n#  ", "")
    sentences = artillery.approximations(it)
    assert len(sentences) == 6
    assert all(f"- {sentence}\n" in header for sentence in sentences)


def test_no_script_has_a_path_of_this_machine() -> None:
    text = "".join(artillery.render(limited(["x"])).values())
    assert str(Path.cwd()) not in text
