"""How runs end, in each engine by the same test: refusals before the load, limits that end it, scripts that fail, servers that do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from jivsgen.plan.model import (
    Body,
    Call,
    ConstantArrivalRate,
    ConstantVus,
    EnvironmentVariable,
    JsonObject,
    JsonText,
    PerVuIterations,
    Request,
    Slo,
    StatusCheck,
)

from .plans import call, no_errors, once, plan, role, scenario, text
from .run import ENGINES, EVERY, run
from .server import Answer, Play, Server

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
REFUSALS: dict[str, tuple[Play, dict[str, str], str, str]] = {
    "login refused": (lambda _: Answer(401, text="no"), SET, "", "login as admin: 401"),
    "login without a token": (lambda _: Answer(json={"tocken": "t"}), SET, "", "login as admin: "),
    "variables missing": (lambda _: Answer(json={"token": "t"}), {"TWO": ""}, "", "ONE, TWO"),
    "no URL": (lambda _: Answer(json={"token": "t"}), SET, "ftp://127.0.0.1/x", "BASE_URL is "),
    "a URL without a scheme": (lambda _: Answer(json={"token": "t"}), SET, "127.0.0.1:80", "BASE_URL is "),
}
CODES = {"k6": 107, "jmeter": 99, "artillery": 1}
BROKEN = {"k6": 110, "jmeter": 98, "artillery": 11}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_no_load_without_what_it_needs(refusal: str, engine: str, tmp_path: Path) -> None:
    play, variables, url, said = REFUSALS[refusal]
    with Server(play) as server:
        ended = run(engine, JOURNEY, tmp_path, url or server.url, **variables)
    assert ended.code == CODES[engine], ended.out
    assert said in ended.out
    assert not server.of("/get")
    assert len(server.exchanges) == refusal.startswith("login")


@pytest.mark.parametrize("engine", EVERY)
def test_a_script_that_fails_is_no_success(engine: str, tmp_path: Path) -> None:
    """A capture stands where JSON wants a number, and is none: what cannot be sent fails the run."""
    bare = Body("application/json", JsonObject((("n", JsonText(text("${v}"), quoted=False)),)))
    broken = Call(
        "bare",
        Request("bare", "PUT", "/bare", text("/bare"), (), bare),
        None,
        (StatusCheck("answers 200", (200,)),),
    )
    with Server(lambda _: Answer(json={"v": "no number"})) as server:
        ended = run(engine, once(call("take", captures={"v": ("v",)}), broken), tmp_path, server.url)
    assert ended.code == BROKEN[engine.partition("-")[0]], ended.out
    assert [one.path for one in server.exchanges] == ["/take"]


@pytest.mark.parametrize("engine", ENGINES)
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
    if engine != "k6":
        assert ended.missed == 1


@pytest.mark.parametrize("engine", ENGINES)
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
    assert Counter(one.path for one in server.exchanges) == {"/take": 8, "/early": 4, "/open": 10}
    assert [ended.row(name).samples for name in ("take", "early", "open")] == [8, 4, 10]


@pytest.mark.parametrize("engine", ENGINES)
def test_users_go_on_after_no_answer(engine: str, tmp_path: Path) -> None:
    whole = plan(
        scenario("gone", PerVuIterations(2, 3, 60_000), call("before"), replace(call("gone"), ends_iteration=True), call("after"), pause_ms=50),
        slos=(Slo("gone", "call", "errors", "<=", 1.0), no_errors("before")),
    )  # fmt: skip
    with Server(lambda one: Answer(0 if one.path == "/gone" else 200, {})) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "met", ended.out
    assert (len(server.of("/before")), len(server.of("/after"))) == (6, 0)
    row = ended.row("gone")
    assert (row.samples, row.errors, dict(row.times)) == (6, 1.0, {})
