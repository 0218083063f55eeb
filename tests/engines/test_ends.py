"""How runs end, in each engine by the same test: refusals before the load, limits that end it, scripts that fail, servers that do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from jivsgen.plan.model import (
    ConstantArrivalRate,
    ConstantVus,
    EnvironmentVariable,
    PerVuIterations,
    Slo,
)

from .plans import call, no_errors, once, plan, role, scenario
from .run import ENGINES, EVERY, kind_of, run, side_by_side
from .server import Answer, Server

JOURNEY = once(
    replace(call("get"), role="admin"),
    roles=(role("admin", body={"username": "${env.ONE}", "password": "${env.TWO}"}),),
    environment=(
        EnvironmentVariable("ONE", None),
        EnvironmentVariable("TWO", None),
        EnvironmentVariable("THREE", ""),
    ),
    slos=(no_errors("get"),),
)
SET = {"ONE": "1", "TWO": "2"}
REFUSALS = (({"TWO": ""}, "", "ONE, TWO"), (SET, "127.0.0.1:80", "BASE_URL is n"))
"""More of them are faults of `test_rehearse_faults.py`: logins that fail, another scheme."""
CODES = {"k6": 107, "jmeter": 99, "artillery": 1}
SPOILT = {
    "k6": ("ok = verify(", "ok = verfy("),
    "jmeter": ("answer.capture(", "answer.capturre("),
    "artillery": ("const ok = judge(", "const ok = jugde("),
}
BROKEN = {"k6": 110, "jmeter": 98, "artillery": 11}


@side_by_side(*ENGINES)
def test_no_load_without_what_it_needs(engine: str, tmp_path: Path) -> None:
    for number, (variables, url, said) in enumerate(REFUSALS):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Server(lambda _: Answer(json={"token": "t"})) as server:
            ended = run(engine, JOURNEY, folder, url or server.url, **variables)
        assert ended.code == CODES[engine], ended.out
        assert said in ended.out
        assert not server.exchanges


@side_by_side(*EVERY)
def test_a_script_that_fails_is_no_success(engine: str, tmp_path: Path) -> None:
    """A mistake in what is done with an answer: nobody would miss a limit."""
    good, bad = SPOILT[kind_of(engine)]
    with Server(lambda _: Answer(json={"v": "1"})) as server:
        ended = run(
            engine,
            once(call("take", captures={"v": ("v",)}), call("next", "/next/${v}")),
            tmp_path,
            server.url,
            change=lambda text: text.replace(good, bad),
        )
    assert ended.code == BROKEN[kind_of(engine)], ended.out
    assert [one.path for one in server.exchanges] == ["/take"]


@side_by_side(*ENGINES)
def test_a_missed_limit_that_aborts_ends_the_run(engine: str, tmp_path: Path) -> None:
    limits = (
        Slo("wrong", "call", "errors", "<=", 0.5, abort=True),
        Slo("right", "call", "p95", "<=", 900, abort=True),
    )
    load = ConstantArrivalRate(20, 1000, 60_000, 9, 9, 0)
    whole = plan(scenario("s", load, call("right"), call("wrong")), slos=limits)
    with Server(lambda one: Answer(500 if one.path == "/wrong" else 200)) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "missed"
    assert server.exchanges[-1].time - server.exchanges[0].time < 9
    assert "wrong" in ended.out


@side_by_side(*ENGINES)
def test_a_broken_server_is_no_hot_loop(engine: str, tmp_path: Path) -> None:
    """A closed user waits after an iteration that ended early; an arrival does not come again."""
    taken = {"x": ("x",)}
    whole = plan(
        scenario("closed", ConstantVus(2, 3500), call("take", captures=taken), call("then", "/then/${x}")),
        scenario("early", PerVuIterations(1, 4, 60_000), call("early", captures=taken), call("then"), pause_ms=100),
        scenario("open", ConstantArrivalRate(5, 1000, 2000, 9, 9), call("open", captures=taken), call("then")),
        slos=(no_errors("take"), Slo("open", "call", "errors", "<=", 1.0)),
    )  # fmt: skip
    with Server(lambda one: Answer(500 if one.path == "/take" else 200, {})) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "missed"
    asked = Counter(one.path.removeprefix("/") for one in server.exchanges)
    assert (asked["take"], asked["early"], asked["then"]) == (8, 4, 0)
    assert asked["open"] == pytest.approx(10, abs=1)
    assert {name: ended.row(name).samples for name in asked} == asked


@side_by_side(*ENGINES)
def test_users_go_on_after_no_answer(engine: str, tmp_path: Path) -> None:
    whole = plan(
        scenario("gone", PerVuIterations(2, 3, 60_000), call("before"), replace(call("gone"), ends_iteration=True), call("after"), pause_ms=50),
        scenario("on", PerVuIterations(1, 2, 60_000), call("lost"), call("next"), pause_ms=50),
        slos=(Slo("gone", "call", "errors", "<=", 1.0), Slo("lost", "call", "errors", "<=", 1.0), no_errors("before")),
    )  # fmt: skip
    with Server(lambda one: Answer(0 if one.path in ("/gone", "/lost") else 200, {})) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "met", ended.out
    assert (len(server.of("/before")), len(server.of("/after"))) == (6, 0)
    ends = ended.says("A request without any answer ends the iteration, even where a wrong answer would not.")
    assert ends == (engine == "artillery")
    # Go sends a GET again whose kept connection ended before an answer began (net/http, Transport): here the second one
    assert len(server.of("/lost")) == 2 + engine.startswith("k6")
    assert len(server.of("/next")) == (0 if ends else 2)
    row = ended.row("gone")
    assert (row.samples, row.errors, dict(row.times)) == (6, 1.0, {})
