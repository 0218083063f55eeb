"""The six executors, ends and refusals in the real JMeter, seen from the server."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engines.jmeter_run import run
from tests.engines.plans import call, no_errors, once, plan, role, scenario, users
from tests.engines.server import Answer, Exchange, Server

from jivsgen.plan.model import (
    Branch,
    Choose,
    ConstantArrivalRate,
    EnvironmentVariable,
    Feed,
    PerVuIterations,
    Plan,
    RampingArrivalRate,
    RampingVus,
    Repeat,
    SharedIterations,
    Slo,
    Stage,
    Think,
)


def per_second(exchanges: list[Exchange], begin: float) -> list[int]:
    """How many came in each second."""
    bins = Counter(int(one.time - begin) for one in exchanges)
    return [bins[second] for second in range(max(bins) + 1)]


def test_six_executors_side_by_side(tmp_path: Path) -> None:
    """Counts, curves, connections and starts, each on a path of its own; an answer takes 100 ms."""
    loads = {
        "constant": users(4, 4000),
        "ramping": RampingVus(0, (Stage(3000, 6), Stage(2000, 6), Stage(3000, 0))),
        "pervu": PerVuIterations(3, 5, 60_000),
        "shared": SharedIterations(3, 10, 60_000),
        "rate": ConstantArrivalRate(20, 1000, 4000, 5, 30),
        "capped": ConstantArrivalRate(30, 1000, 3000, 2, 2),
        "ramp": RampingArrivalRate(0, 2000, (Stage(4000, 40), Stage(0, 20), Stage(3000, 20)), 5, 30),
        "later": PerVuIterations(2, 2, 60_000),
    }
    starts = {"later": 2500, "ramp": 1000}
    whole = plan(
        *(
            scenario(name, load, call(name), start_after_ms=starts.get(name, 0))
            for name, load in loads.items()
        ),
        slos=tuple(map(no_errors, loads)),
    )
    with Server(lambda _: Answer(json={}, delay_s=0.1)) as server:
        ended = run(whole, tmp_path, server.url)
    assert ended.code == 0, ended.out
    came = {name: server.of(f"/{name}") for name in loads}
    connections = {name: len({one.connection for one in exchanges}) for name, exchanges in came.items()}
    begin = min(one.time for one in server.exchanges)

    assert (len(came["pervu"]), len(came["shared"]), len(came["later"])) == (15, 10, 4)
    assert [connections[name] for name in ("constant", "ramping", "pervu", "shared")] == [4, 6, 3, 3]
    assert min(one.time for one in came["later"]) - begin == pytest.approx(2.5, abs=0.3)

    dropped = {name: int(number) for name, number in re.findall(r"(\w+) dropped (\d+)", ended.out)}
    assert len(came["rate"]) + dropped["rate"] == 80
    assert dropped["rate"] <= 4, "a stall of a busy machine"
    assert connections["rate"] == len(came["rate"]), "an arrival is a new user"
    assert all(14 <= number <= 26 for number in per_second(came["rate"], begin)[:4])

    assert len(came["capped"]) + dropped["capped"] == 90
    assert 30 <= len(came["capped"]) <= 62, "two users, 100 ms each, for 3 s"

    assert len(came["ramp"]) + dropped["ramp"] == 70, "half of 20/s for 4 s, then 10/s for 3 s"
    curve = per_second(came["ramp"], begin + 1)
    assert curve[:6] == pytest.approx([2.5, 7.5, 12.5, 17.5, 10, 10], abs=4)

    assert all(30 <= number <= 45 for number in per_second(came["constant"], begin)[:3])
    ramping = per_second(came["ramping"], begin)
    assert ramping[0] < ramping[1] < ramping[2] <= 60
    assert ramping[5] > ramping[6] > ramping[7]


def test_an_iteration_that_began_is_ended_within_the_graceful_stop(tmp_path: Path) -> None:
    """The load is over after 700 ms: an iteration of 1.2 s is ended, one of 20 s is cut after the graceful stop."""
    whole = plan(
        scenario("short", users(2, 700, 5000), call("first"), Think(1200, 1200), call("last")),
        scenario("long", users(1, 700, 1300), call("begun"), Think(20_000, 20_000), call("cut")),
        slos=tuple(map(no_errors, ("first", "last", "begun"))),
    )
    with Server(lambda _: Answer(json={})) as server:
        ended = run(whole, tmp_path, server.url)
    assert ended.code == 0, ended.out
    assert Counter(ended.labels) == {"first": 2, "last": 2, "begun": 1}
    assert server.exchanges[-1].time - server.exchanges[0].time < 3


def test_a_feed_gives_each_iteration_its_row_until_there_are_none(tmp_path: Path) -> None:
    ids = Feed("ids", "ids.csv", "id\n1\n2\n3\n", ("id",), 3, at_end="stop")
    some = Feed("some", "some.csv", 'word,other\n"a\nb",x\n', ("word", "other"), 1, order="random")
    journey = call(
        "get",
        "/get/${ids.id}/${some.word}/${random_int(5, 5)}/${random_string(9)}/${uuid()}/${now()}/${today(-1d)}",
    )
    pick = call("pick", "/pick?a=${pick(x y, x y)}&b=${vu}")
    turns = Choose((Branch("a", 1, (call("a"),)), Branch("b", 1, (call("b"),))), 2, 1)
    whole = plan(
        scenario("s", SharedIterations(2, 5, 60_000), journey, pick, Repeat(2, (turns,))),
        feeds=(ids, some),
        slos=(no_errors("get"),),
    )
    with Server(lambda _: Answer(json={})) as server:
        ended = run(whole, tmp_path, server.url)
    assert ended.code == 0, ended.out
    gets = [one.path.split("/")[2:] for one in server.exchanges if one.path.startswith("/get/")]
    assert sorted(parts[0] for parts in gets) == ["1", "2", "3"]
    for _, word, number, string, uuid, now, today in gets:
        assert (word, number) == ("a%0Ab", "5")
        assert re.fullmatch("[0-9a-z]{9}", string)
        assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d(%3A|:)\d\d(%3A|:)\d\d\.\d{3}Z", now)
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", today)
    assert len({parts[4] for parts in gets}) == 3
    picks = [one.path for one in server.exchanges if one.path.startswith("/pick")]
    assert set(picks) <= {"/pick?a=x%20y&b=1", "/pick?a=x%20y&b=2"}
    assert (len(server.of("/a")), len(server.of("/b"))) == (3, 3), "each iteration has both turns"
    assert len(picks) == 3, "an iteration without a row sends nothing"


def test_a_missed_limit_that_aborts_ends_the_run(tmp_path: Path) -> None:
    whole = plan(
        scenario("s", users(2, 60_000, 0), call("get"), Think(50, 50)),
        slos=(Slo("get", "call", "errors", "<=", 0.5, abort=True), Slo("get", "call", "p95", "<=", 5000.0)),
    )
    asked = Counter[str]()

    def play(one: Exchange) -> Answer:
        asked[one.path] += 1
        return Answer(200 if asked[one.path] <= 20 else 500)

    with Server(play) as server:
        ended = run(whole, tmp_path, server.url)
    assert ended.code == 99
    assert len(ended.failed) == 1
    assert ended.failed[0].startswith("get errors 0.")
    assert server.exchanges[-1].time - server.exchanges[0].time < 8


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


def gives_token(one: Exchange) -> Answer:
    return Answer(json={"token": "t"})


@pytest.mark.parametrize(
    ("play", "environment", "options", "said"),
    [
        (lambda _: Answer(401, text="no"), SET, (), "refused: login as admin: 401 Unauthorized"),
        (gives_token, {"TWO": ""}, (), "refused: missing in the environment: ONE, TWO"),
        (
            gives_token,
            SET,
            ("-JBASE_URL=ftp://127.0.0.1/x",),
            "refused: BASE_URL is no http(s) URL: ftp://127.0.0.1/x",
        ),
    ],
    ids=["login refused", "no variables", "no URL"],
)
def test_no_load_without_what_it_needs(
    play: object, environment: dict[str, str], options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    with Server(play) as server:  # type: ignore[arg-type]
        ended = run(JOURNEY, tmp_path, server.url, *options, **environment)
    assert ended.code == 99
    assert said in ended.out.splitlines()
    assert not server.of("/get")


def test_only_the_rows_of_this_run_are_judged(tmp_path: Path) -> None:
    """The second run appends to the results of the first, which had errors; the third begins another file."""
    answers = [Answer(500), Answer(json={}), Answer(500)]

    def play(one: Exchange) -> Answer:
        return gives_token(one) if one.path.endswith("/login") else answers.pop(0)

    with Server(play) as server:
        first = run(JOURNEY, tmp_path, server.url, **SET)
        second = run(JOURNEY, tmp_path, server.url, "-l", "other.jtl", "-e", "-o", "report", **SET)
        base = f"-JBASE_URL={server.url}/own/"
        third = run(
            JOURNEY, tmp_path, "http://localhost:1", base, "-Jjtl=third.jtl", "-l", "third.jtl", **SET
        )
    assert (first.code, second.code, third.code) == (99, 0, 99), second.out
    assert [one.path for one in server.exchanges[-2:]] == ["/own/login", "/own/get"]
    assert [row["success"] for row in second.rows] == ["false", "true"]
    assert (tmp_path / "report" / "statistics.json").exists()
    assert len((tmp_path / "third.jtl").read_text().splitlines()) == 2, "one file for both is written once"


def test_a_script_that_fails_is_no_success(tmp_path: Path) -> None:
    """Nothing is judged, and yet the run ends with 98."""
    broken: Plan = plan(
        scenario(
            "s",
            PerVuIterations(1, 1, 60_000),
            call("get", captures={"id": ("id",)}),
            call("next", "/x/${id}"),
        )
    )
    with Server(lambda _: Answer(json={"id": "1"})) as server:
        ended = run(broken, tmp_path, server.url, spoil=("answer.capture(", "answer.capturre("))
        never = run(broken, tmp_path, server.url, spoil=("class Run {", "clas Run {"))
    assert ended.code == 98, ended.out
    assert "FAIL get: javax.script.ScriptException" in ended.out
    assert never.code == 98, never.out
    assert len(server.exchanges) == 1, "the run that was never set up sends nothing"
