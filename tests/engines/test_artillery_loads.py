"""Load curves of the real Artillery, read off a loopback server's log; and how users fare on a broken server."""

from __future__ import annotations

from pathlib import Path

import pytest

from jivsgen.plan.model import (
    Condition,
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    Poll,
    RampingArrivalRate,
    RampingVus,
    SharedIterations,
    Slo,
    Stage,
    Target,
    Think,
)

from .artillery_run import run
from .plans import call, no_errors, plan, scenario
from .server import Answer, Exchange, Server


def ok(one: Exchange) -> Answer:
    return Answer(200, {"id": 1})


def bins(exchanges: list[Exchange], start: float, seconds: int) -> list[int]:
    """How many requests came in each second."""
    return [sum(start + n <= one.time < start + n + 1 for one in exchanges) for n in range(seconds)]


def test_six_executors_at_once(tmp_path: Path) -> None:
    """Each scenario keeps its own curve, and its own start."""
    pause = Think(200, 200)
    it = plan(
        scenario("steady", ConstantVus(2, 3000), call("steady"), pause),
        scenario("ramp", RampingVus(0, (Stage(2000, 8), Stage(2000, 8), Stage(2000, 0))), call("ramp"), pause),
        scenario("each", PerVuIterations(3, 4, 60_000), call("each"), Think(20, 20)),
        scenario("shared", SharedIterations(3, 10, 60_000), call("shared"), Think(20, 20)),
        scenario("rate", ConstantArrivalRate(5, 2000, 4000, 3, 3), call("rate"), Think(20, 20)),
        scenario("curve", RampingArrivalRate(0, 1000, (Stage(2000, 20), Stage(1000, 20), Stage(2000, 0)), 20, 20), call("curve")),
        scenario("late", PerVuIterations(1, 2, 60_000), call("late"), start_after_ms=2500),
        scenario("busy", ConstantArrivalRate(10, 1000, 2000, 1, 1), call("busy"), Think(500, 500)),
    )  # fmt: skip
    with Server(ok) as server:
        ended = run(it, tmp_path, server.url)
    assert ended.code == 0, ended.out[-3000:]
    start = min(one.time for one in server.exchanges)
    counted = {
        name: len(server.of(f"/{name}"))
        for name in ("steady", "ramp", "each", "shared", "rate", "curve", "late", "busy")
    }
    seconds = {name: bins(server.of(f"/{name}"), start, 7) for name in counted}
    assert (counted["each"], counted["shared"], counted["late"]) == (12, 10, 2)
    assert 26 <= counted["steady"] <= 32, seconds
    assert sum(seconds["steady"][3:]) <= 2
    wanted = [9, 29, 39, 39, 31, 11, 0]  # users of each second, five iterations a second
    assert all(abs(found - about) <= 9 for found, about in zip(seconds["ramp"], wanted, strict=True)), seconds
    assert counted["rate"] == 10
    assert seconds["rate"][:4] == pytest.approx([3, 2, 3, 2], abs=1)
    assert counted["curve"] == 60
    assert seconds["curve"][:5] == pytest.approx([5, 15, 20, 15, 5], abs=3)
    assert min(one.time for one in server.of("/late")) - start == pytest.approx(2.5, abs=0.15)
    assert 4 <= counted["busy"] <= 5, "an arrival that finds no idle user is dropped"
    assert ended.count("vusers.skipped") == pytest.approx(20 - counted["busy"], abs=1)
    for name in ("rate", "curve"):
        assert len({one.connection for one in server.of(f"/{name}")}) == counted[name], (
            "an arrival is a new user"
        )
    assert len({one.connection for one in server.of("/ramp")}) == 8


def test_arrivals_in_phases(tmp_path: Path) -> None:
    """A lone open load is Artillery's own phases; each arrival is a user with a connection and cookies of its own."""

    def play(one: Exchange) -> Answer:
        return Answer(200, {}, headers=(("Set-Cookie", "a=b"),))

    load = RampingArrivalRate(2, 1000, (Stage(2000, 2), Stage(3000, 12), Stage(0, 5), Stage(2000, 5)), 50, 50)
    it = plan(
        scenario("curve", load, call("first"), call("second"), start_after_ms=500),
        slos=(Slo("first", "call", "rate", ">=", 2),),
    )
    with Server(play) as server:
        ended = run(it, tmp_path, server.url)
    assert ended.code == 0, ended.out[-3000:]
    first = server.of("/first")
    start = min(one.time for one in first)
    assert len(first) == pytest.approx(4 + 21 + 10, abs=2)
    assert bins(first, start - 0.4, 7) == pytest.approx([2, 2, 2, 7, 12, 5, 5], abs=2)
    assert len({one.connection for one in server.exchanges}) == len(first)
    assert all("cookie" in one.headers for one in server.of("/second"))
    assert not any("cookie" in one.headers for one in first)


def test_a_broken_server_is_no_hot_loop(tmp_path: Path) -> None:
    def play(one: Exchange) -> Answer:
        return Answer(500 if one.path == "/take" else 200, {})

    it = plan(
        scenario("closed", ConstantVus(2, 3500), call("take", captures={"x": ("x",)}), call("then", "/then/${x}")),
        scenario("early", PerVuIterations(1, 4, 60_000), call("early", "/take", captures={"y": ("y",)}), call("no"), pause_ms=100),
        slos=(no_errors("take"),),
    )  # fmt: skip
    with Server(play) as server:
        ended = run(it, tmp_path, server.url)
    assert ended.code == 1
    assert ended.count("op.take.requests") == 8
    assert ended.count("op.early.requests") == 4
    assert len(server.exchanges) == 12


def test_an_open_iteration_ends_early_too(tmp_path: Path) -> None:
    it = plan(
        scenario(
            "open",
            ConstantArrivalRate(5, 1000, 2000, 9, 9),
            call("take", captures={"x": ("x",)}),
            call("then"),
        )
    )
    with Server(ok) as server:
        ended = run(it, tmp_path, server.url)
    assert ended.code == 0
    assert {one.path for one in server.exchanges} == {"/take"}
    assert ended.count("vusers.failed") == 10


def test_no_answer_is_an_error_and_users_go_on(tmp_path: Path) -> None:
    def play(one: Exchange) -> Answer:
        return (
            Answer(0) if one.path == "/gone" else Answer(200, {}, delay_s=1.0 if one.path == "/slow" else 0)
        )

    poll = Poll(call("asked", "/gone"), (Condition(("x",), (1,)),), (), 10, 3, "asked ends")
    it = plan(
        scenario("gone", PerVuIterations(2, 3, 60_000), call("before"), call("gone"), call("after"), pause_ms=50),
        scenario("slow", PerVuIterations(1, 2, 60_000), call("slow"), pause_ms=50),
        scenario("poll", PerVuIterations(1, 2, 60_000), poll, pause_ms=50),
        slos=(no_errors("gone"), Slo("gone", "call", "errors", "<=", 1), Slo("before", "call", "errors", "<=", 0)),
        target=Target("http://localhost:8080", "", 300),
    )  # fmt: skip
    with Server(play) as server:
        ended = run(it, tmp_path, server.url)
    assert ended.code == 1
    assert len(ended.failed) == 1, ended.out[-2000:]
    assert [len(server.of(path)) for path in ("/before", "/gone", "/after", "/slow")] == [6, 8, 0, 2]
    assert (ended.count("op.gone.requests"), ended.count("op.gone.errors")) == (6, 6)
    assert (ended.count("op.slow.errors"), ended.count("op.asked.errors")) == (2, 2)
    assert "op.gone.ms" not in ended.results["summaries"]


def test_a_limit_ends_the_run(tmp_path: Path) -> None:
    def play(one: Exchange) -> Answer:
        return Answer(500 if one.path == "/wrong" else 200, {})

    limits = (
        Slo("wrong", "call", "errors", "<=", 0.5, abort=True),
        Slo("right", "call", "p95", "<=", 900, abort=True),
    )
    it = plan(
        scenario("s", ConstantArrivalRate(20, 1000, 60_000, 9, 9), call("right"), call("wrong")), slos=limits
    )
    with Server(play) as server:
        ended = run(it, tmp_path, server.url)
    times = [one.time for one in server.exchanges]
    assert ended.code == 1
    assert max(times) - min(times) < 6
    assert "the run ends early, a limit is missed: wrong errors <= 0.5" in ended.out
    assert ended.count("load.aborted") == 1
