"""What a plan means, in each engine by the same test: steps, values, checks, ends and limits, seen from the server and in the
engine's own results."""

from __future__ import annotations

import dataclasses
import gzip
import itertools
import re
from base64 import b64decode
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from jivsgen.plan.model import (
    Branch,
    Choose,
    Condition,
    DurationCheck,
    EnvironmentVariable,
    Feed,
    Group,
    PerVuIterations,
    Poll,
    PresentCheck,
    Repeat,
    Role,
    SharedIterations,
    Slo,
    Target,
    Think,
    ValueCheck,
)
from jivsgen.profile import values
from jivsgen.results.model import Finding, Verdict

from .plans import call, no_errors, once, plan, role, scenario, text
from .run import ENGINES, run, side_by_side
from .server import Answer, Exchange, Server

MISSED = {"k6": 11}
"""How many limits k6 says were missed: it counts the samples of a call once, for a limit on errors and one on times."""


def said(finding: Finding) -> str:
    """A limit and what was measured, without what no two runs share."""
    measured = (
        "no samples"
        if finding.measured is None
        else "#"
        if finding.slo.stat in ("p95", "rate")
        else f"{finding.measured:.4g}"
    )
    return f"{finding.slo.subject} {finding.slo.stat} {measured} {finding.slo.relation} {finding.slo.limit:g}"


@side_by_side(*ENGINES)
def test_a_journey_is_what_the_plan_says(engine: str, tmp_path: Path) -> None:
    """Roles, cookies, connections, captures, choices, repeats, groups, polls, feeds and functions in one run."""
    asked: Counter[str] = Counter()

    def play(one: Exchange) -> Answer:
        one = dataclasses.replace(one, path=one.path.removeprefix("/v1"))
        asked[one.path] += 1
        if one.path == "/login":
            return Answer(
                json={"token": f"token of {one.json['username']}"}, headers=(("Set-Cookie", "who=login"),)
            )
        if one.path == "/create":
            return Answer(
                201, {"data": {"id": f"id/{asked[one.path]}"}}, headers=(("Set-Cookie", "who=it; Path=/"),)
            )
        if one.path.startswith("/state/"):
            return Answer(json={"state": "DONE" if asked[one.path] == 3 else "BUSY", "result": {"rows": 7}})
        return Answer(json={})

    pool = Feed("users", "people.csv", "username,password\nann,a\nbob,b\n", ("username", "password"), 2)
    customers = Feed(
        "customers", "customers.csv", 'name,city\n"x, ""y""",Zürich\nb,B\nc,a b\n', ("name", "city"), 3
    )
    create = call(
        "create", method="POST", status=201, role="admin", captures={"id": ("data", "id")}, time="created_in",
        count="created", body={"name": "n ${unique}", "who": "${customers.name}", "pass": "${env.JIVS_PASSWORD}"},
    )  # fmt: skip
    state = call(
        "state", "/state/${id}", role="admin", captures={"rows": ("result", "rows")}, time="waited", count="done",
    )  # fmt: skip
    poll = Poll(
        replace(state, ends_iteration=False),
        (Condition(("state",), ("DONE", "FAILED")),),
        (Condition(("state",), ("FAILED",)),),
        200,
        5,
        "state ends within 5 attempts",
    )
    choose = Choose(
        (Branch("a", 1, (call("a", "/a?rows=${rows}"),)), Branch("b", 2, (call("b"), call("b")))), 3, 1, 0
    )
    journey = (
        create,
        call("viewed", role="viewer"),
        call("keyed", role="key"),
        Group("wait", (poll, Think(20, 40)), "group_time"),
        choose,
        Repeat(2, (call("again", "/again/${customers.city}/${iteration}", count="agains"),)),
        call("again", "/again/last"),
    )
    whole = plan(
        scenario("journey", PerVuIterations(2, 3, 60_000), *journey),
        roles=(
            role("admin", body={"username": "root", "password": "${env.JIVS_PASSWORD}"}),
            role("viewer", users=pool, body={"username": "${users.username}"}),
            Role("key", (("X-Key", text("k-${env.KEY:-none}")),)),
        ),
        feeds=(customers,),
        environment=(EnvironmentVariable("JIVS_PASSWORD", None), EnvironmentVariable("KEY", "none")),
        trends=("created_in", "waited", "group_time"),
        counters=("created", "done", "agains"),
        slos=(
            *map(no_errors, ("create", "viewed", "keyed", "state", "a", "b", "again")),
            Slo("all", "all", "rate", ">=", 1.0),
            Slo("created_in", "trend", "p95", "<=", 1000.0),
            Slo("waited", "trend", "min", ">=", 400.0),
            Slo("group_time", "trend", "avg", ">=", 420.0),
            Slo("state ends within 5 attempts", "check", "errors", "<=", 0.0),
        ),
        target=Target("http://localhost:8080", "/v1", 10_000, (("X-All", text("yes")),)),
    )
    with Server(play) as server:
        ended = run(engine, whole, tmp_path, server.url + "//", JIVS_PASSWORD='se"cret\\')
    assert ended.verdict == "met", ended.out
    assert " ERROR " not in ended.log
    assert [ended.counter(name) for name in ("created", "done", "agains")] == [6, 6, 12]

    assert all(one.path.startswith("/v1/") for one in server.exchanges)
    exchanges = [dataclasses.replace(one, path=one.path.removeprefix("/v1")) for one in server.exchanges]
    logins, rest = exchanges[:3], exchanges[3:]
    assert [one.json for one in logins] == [
        {"username": "root", "password": 'se"cret\\'}, {"username": "ann"}, {"username": "bob"},
    ]  # fmt: skip
    assert {one.headers["x-all"] for one in server.exchanges} == {"yes"}
    assert not any("accept-encoding" in one.headers for one in server.exchanges)

    by_user = [[one for one in rest if one.connection == c] for c in sorted({one.connection for one in rest})]
    assert len(by_user) == 2, "a closed user keeps its connection"
    iterations = []
    for exchanges in by_user:
        starts = [i for i, one in enumerate(exchanges) if one.path == "/create"]
        iterations += [exchanges[i:j] for i, j in zip(starts, [*starts[1:], None], strict=True)]
    assert len(iterations) == 6
    branches = Counter()
    for exchanges in iterations:
        created, viewed, keyed = exchanges[:3]
        assert created.json["pass"] == 'se"cret\\'
        assert created.headers["authorization"] == "Bearer token of root"
        assert "cookie" not in created.headers, "cookies last one iteration"
        assert [one.headers.get("cookie") for one in exchanges[1:]] == ["who=it"] * (len(exchanges) - 1)
        assert keyed.headers["x-key"] == "k-none"
        assert "authorization" not in keyed.headers
        states = exchanges[3:6]
        assert len({one.path for one in states}) == 1
        assert re.fullmatch(r"/state/id%2F[1-6]", states[0].path)
        assert all(0.19 < b.time - a.time < 1 for a, b in itertools.pairwise(states))
        branches[tuple(map(str, exchanges[6:-3]))] += 1
        city = {'x, "y"': "Z%C3%BCrich", "b": "B", "c": "a%20b"}[created.json["who"]]
        assert exchanges[-3].path.startswith(f"/again/{city}/")
        assert exchanges[-1].path == "/again/last"
    assert branches == {("GET /a?rows=7",): 2, ("GET /b", "GET /b"): 4}, "exact shares"
    assert Counter(one[1].headers["authorization"] for one in iterations) == {
        "Bearer token of ann": 3, "Bearer token of bob": 3,
    }  # fmt: skip
    names = [exchanges[0].json["name"].removeprefix("n ") for exchanges in iterations]
    assert len(set(names)) == 6
    assert all(re.fullmatch(r"[0-9a-z]{10,16}", name) for name in names)
    who = Counter(exchanges[0].json["who"] for exchanges in iterations)
    assert who == {'x, "y"': 2, "b": 2, "c": 2}

    for name, kind in (
        ("waited", "trend"),
        ("group_time", "trend"),
        ("created_in", "trend"),
        ("state ends within 5 attempts", "check"),
    ):
        assert ended.row(name, kind).samples == 6
    assert (ended.row("state").samples, ended.row("again").samples) == (18, 18)
    results = ended.results.read_bytes()
    results = gzip.decompress(results) if engine == "k6" else results
    assert b"token of" not in results
    assert b"cret" not in results


@side_by_side(*ENGINES)
def test_values_are_compared_by_json_type_and_value(engine: str, tmp_path: Path) -> None:
    """Each call has one check; the rows say which of them held."""
    given = {
        "n": 20,
        "f": 20.0,
        "s": "20",
        "t": True,
        "no": None,
        "big": 12345678901234567890,
        "l": [{"a b": "x"}],
    }
    cases: list[tuple[str, tuple[str | int, ...], tuple[object, ...], bool]] = [
        ("number", ("n",), (20,), True), ("number as float", ("f",), (20,), True), ("one of", ("n",), (1, 20), True),
        ("string is no number", ("s",), (20,), False), ("number is no string", ("n",), ("20",), False),
        ("character is no code", ("one",), (49,), False), ("other", ("n",), (21,), False),
        ("true", ("t",), (True,), True), ("true is not 1", ("t",), (1,), False), ("true is no text", ("t",), ("true",), False),
        ("null", ("no",), (None,), True), ("null is not missing", ("missing",), (None,), False),
        ("null is not false", ("no",), (False,), False), ("big", ("big",), (12345678901234567890,), True),
        ("deep", ("l", 0, "a b"), ("x",), True), ("beyond", ("l", 1, "a b"), ("x",), False),
        ("member of a list", ("l", "size"), (1,), False), ("index of an object", (0,), (20,), False),
        ("method", ("l", 0, "class"), ("x",), False),
    ]  # fmt: skip
    steps = [call(name, "/get", ValueCheck(name, path, values)) for name, path, values, _ in cases]  # type: ignore[arg-type]
    steps += [
        call("present", "/get", PresentCheck("p", ("f",))),
        call("present null", "/get", PresentCheck("p", ("no",))),
    ]
    steps += [
        call("not json", "/text", PresentCheck("p", ("a",))),
        call("plain", "/text"),
        call("slow", "/slow", DurationCheck("in time", 100)),
    ]
    steps += [
        call("two", "/get", status=201),
        call("redirect", "/redirect", status=302),
        call("none", "/none", status=404),
    ]
    steps = [replace(one, ends_iteration=False) for one in steps]

    def play(one: Exchange) -> Answer:
        said = {"/get": Answer(json={**given, "one": "1"}), "/text": Answer(text="no JSON"), "/slow": Answer(json={}, delay_s=0.15),
                "/redirect": Answer(302, headers=(("Location", "/get"),)), "/none": Answer(404)}  # fmt: skip
        return said[one.path]

    with Server(play) as server:
        ended = run(
            engine, once(*steps, slos=(Slo("all", "all", "errors", "<=", 1.0),)), tmp_path, server.url
        )
    assert ended.verdict == "met", ended.out
    assert len(server.exchanges) == len(steps)
    held = {one.name: ended.row(one.name).errors == 0 for one in steps}
    expected = {name: holds for name, _, _, holds in cases}
    others = {
        "present": True,
        "present null": False,
        "not json": False,
        "plain": True,
        "slow": False,
        "two": False,
        "redirect": True,
        "none": True,
    }
    assert held == {**expected, **others}


@side_by_side(*ENGINES)
def test_each_fault_is_seen_and_only_there(engine: str, tmp_path: Path) -> None:
    """Scenarios with one fault each, side by side, and one without."""
    asked: Counter[str] = Counter()

    def play(one: Exchange) -> Answer:
        asked[one.path] += 1
        return {
            "/500": Answer(500), "/field": Answer(json={"id": None}), "/slow": Answer(json={}, delay_s=0.3), "/drop": Answer(0),
            "/never": Answer(json={"state": "BUSY"}), "/failed": Answer(json={"state": "FAILED"}),
            "/late": Answer(503) if asked["/late"] < 3 else Answer(json={"state": "DONE"}),
            "/bad": Answer(500 if asked["/bad"] == 2 else 200, json={}),
            "/eighth": Answer(500 if asked["/eighth"] % 8 == 0 else 200, json={}), "/hang": Answer(json={}, delay_s=2.0),
        }.get(one.path, Answer(json={}))  # fmt: skip

    def poll(name: str, ends: bool) -> Poll:
        return Poll(
            replace(call(name), ends_iteration=ends, time=f"{name}_time"),
            (Condition(("state",), ("DONE", "FAILED")),), (Condition(("state",), ("FAILED",)),), 50, 3, f"{name} ends within 3 attempts",
        )  # fmt: skip

    load = PerVuIterations(1, 1, 60_000)
    polls = {name: poll(name, name == "failed") for name in ("never", "failed", "late")}
    faults = [
        scenario(
            "s500",
            PerVuIterations(1, 2, 60_000),
            replace(call("500"), ends_iteration=True),
            call("not reached"),
            pause_ms=500,
        ),
        scenario("goes-on", load, call("500"), call("reached")),
        scenario("field", load, call("field", captures={"id": ("id",)}), call("not reached", "/x/${id}")),
        *(scenario(name, load, call(name)) for name in ("slow", "drop", "hang")),
        scenario("eighths", PerVuIterations(1, 16, 60_000), call("eighth")),
        *(scenario(name, load, one, call(f"after {name}", "/x")) for name, one in polls.items()),
    ]
    stuck = Choose((Branch("only", 1, (replace(call("bad"), ends_iteration=True), call("good"))),), 1, 1)
    nested = (call("first"), Repeat(2, (Group("g", (stuck,), "group_time"), call("tail"))), call("last"))
    faults.append(scenario("nested", PerVuIterations(1, 2, 60_000), *nested, pause_ms=0))
    names = (
        "500",
        "not reached",
        "reached",
        "field",
        "slow",
        "drop",
        "never",
        "failed",
        "late",
        "after never",
        "after failed",
        "hang",
    )
    whole = plan(
        *faults,
        trends=("group_time", *(f"{name}_time" for name in polls)),
        slos=(
            *map(no_errors, names),
            *(Slo(f"{name} ends within 3 attempts", "check", "errors", "<=", 0.0) for name in polls),
            *(Slo(f"{name}_time", "trend", "max", "<=", 5000.0) for name in polls),
            Slo("slow", "call", "p95", "<=", 250.0), Slo("slow", "call", "min", ">=", 299.0), Slo("drop", "call", "p95", "<=", 1000.0),
            Slo("eighth", "call", "errors", "<=", 0.125), Slo("eighth", "call", "rate", ">=", 1000.0), Slo("not reached", "call", "p99", "<=", 1.0),
        ),
        target=Target("http://localhost:8080", "", 1000),
    )  # fmt: skip
    with Server(play) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "missed"
    assert [said(finding) for finding in ended.judgement.findings if finding.verdict is Verdict.MISSED] == [
        "500 errors 1 <= 0", "not reached errors no samples <= 0", "field errors 1 <= 0", "drop errors 1 <= 0",
        "late errors 0.6667 <= 0", "after failed errors no samples <= 0", "hang errors 1 <= 0",
        "never ends within 3 attempts errors 1 <= 0", "failed ends within 3 attempts errors 1 <= 0",
        "never_time max no samples <= 5000", "slow p95 # <= 250", "drop p95 no samples <= 1000",
        "eighth rate # >= 1000", "not reached p99 no samples <= 1",
    ], ended.out  # fmt: skip
    assert asked["/never"] == asked["/late"] == 3
    ended_early = "first bad good tail bad", "first bad good tail bad good tail last"
    of_nested = [one.path[1:] for one in server.exchanges if one.path[1:] in " ".join(ended_early).split()]
    assert " ".join(of_nested) == " ".join(ended_early), "the next iteration begins anew, in every loop"
    assert ended.row("group_time", "trend").samples == 3, "only completed groups"
    pauses = sorted(one.time for one in server.of("/500"))
    assert len(pauses) == 3
    assert pauses[-1] - pauses[0] > 0.5, "an iteration that ends early waits"


@side_by_side(*ENGINES)
def test_flow_feeds_and_functions(engine: str, tmp_path: Path) -> None:
    def play(one: Exchange) -> Answer:
        return Answer(200, {"token": f"of {one.json['name']}"} if one.path == "/login" else {"n": 1})

    people = Feed("people", "people.csv", 'name,note\nAda,"a, ""b""\nc"\nBob,\nCyd,x\n', ("name", "note"), 3)
    some = Feed("some", "some.csv", "x\n1\n2\n", ("x",), 2, order="random")
    few = Feed("few", "few.csv", "x\n1\n2\n3\n4\n", ("x",), 4, at_end="stop")
    pool = Feed("users", "users.csv", "name\nu1\nu2\n", ("name",), 2)
    member = role("member", users=pool, body={"name": "${users.name}"})
    token = (values.Literal("key "), values.Token())
    member = Role(
        "member", (*member.headers, ("X-Key", token), ("X-Trace", text("t-${uuid()}"))), member.login, pool
    )
    body = {
        "name": "${people.name}", "note": "${people.note}", "x": "${some.x}", "id": "${uuid()}", "n": "${random_int(5, 9)}",
        "s": "${random_string(8)}", "p": "${pick(a, b)}", "now": "${now()}", "day": "${today(-30d)}",
        "env": "${env.COLOUR:-red}", "few": "${few.x}",
    }  # fmt: skip
    first = call("first", "/first?name=${people.note}", method="POST", body=body, role="member")
    chosen = Choose((Branch("left", 3, (call("left"),)), Branch("right", 1, (call("right"),))), 4, 3)
    inner = Group("inner", (chosen, Think(5, 20), Think(2, 2)), time="inner_time")
    it = plan(
        scenario("s", PerVuIterations(2, 4, 60_000), first, Repeat(2, (inner,))),
        feeds=(people, some, few), roles=(member,), trends=("inner_time",), environment=(EnvironmentVariable("COLOUR", "red"),),
        slos=(Slo("inner_time", "trend", "p50", "<=", 500),),
    )  # fmt: skip
    with Server(play) as server:
        ended = run(engine, it, tmp_path, server.url)
    assert ended.verdict == "met", ended.out
    assert [one.json for one in server.of("/login")] == [{"name": "u1"}, {"name": "u2"}]
    sent = server.of("/first")
    assert len(sent) == 4, "an iteration that finds no row left sends nothing"
    assert {one.headers["authorization"] for one in sent} == {"Bearer of u1", "Bearer of u2"}
    assert all(one.headers["x-key"] == one.headers["authorization"].replace("Bearer", "key") for one in sent)
    assert len({one.headers["x-trace"] for one in sent}) == 4
    rows = sorted((one.json["few"], one.json["name"], one.json["note"]) for one in sent)
    assert rows == [("1", "Ada", 'a, "b"\nc'), ("2", "Bob", ""), ("3", "Cyd", "x"), ("4", "Ada", 'a, "b"\nc')]
    assert all(
        parse_qs(urlsplit(one.path).query, keep_blank_values=True)["name"] == [one.json["note"]]
        for one in sent
    )
    for one in sent:
        assert len(one.json["id"]) == 36
        assert 5 <= int(one.json["n"]) <= 9
        assert len(one.json["s"]) == 8
        assert one.json["p"] in ("a", "b")
        assert one.json["now"].endswith("Z")
        assert len(one.json["day"]) == 10
        assert (one.json["env"], one.json["x"] in "12") == ("red", True)
    assert (len(server.of("/left")), len(server.of("/right"))) == (6, 2)
    assert ended.row("inner_time", "trend").samples == 8


@side_by_side(*ENGINES)
def test_every_limit_is_judged(engine: str, tmp_path: Path) -> None:
    slow = iter([0.0] * 18 + [0.25] * 2)

    def play(one: Exchange) -> Answer:
        if one.path == "/slow":
            return Answer(200, {}, delay_s=next(slow))
        return Answer(500 if one.path == "/wrong" else 200, {})

    never = call("never called", "/never", time="time_of_none")
    stops = call("stops", "/wrong", captures={"x": ("x",)})
    met = [
        Slo("slow one", "call", "p92", ">=", 100.5), Slo("slow one", "call", "p89", "<=", 100), Slo("slow one", "call", "max", ">=", 200),
        Slo("slow one", "call", "min", "<=", 100), Slo("slow one", "call", "errors", "<=", 0), Slo("slow one", "call", "rate", ">=", 1),
        Slo("stops", "call", "errors", "<=", 1), Slo("all", "all", "errors", "<=", 0.5), Slo("all", "all", "p50", "<=", 100),
    ]  # fmt: skip
    missed = [
        Slo("slow one", "call", "p92", "<=", 100.25), Slo("slow one", "call", "p99.9", "<=", 200), Slo("slow one", "call", "max", "<=", 200),
        Slo("slow one", "call", "avg", "<=", 2), Slo("slow one", "call", "rate", ">=", 1000), Slo("stops", "call", "errors", "<=", 0.99),
        Slo("all", "all", "errors", "<=", 0.49), Slo("never called", "call", "errors", "<=", 1), Slo("never called", "call", "p92", "<=", 9e9),
        Slo("time_of_none", "trend", "max", "<=", 9e9), Slo("never called", "call", "rate", ">=", 0), Slo("slow one", "call", "p50", ">=", 200),
    ]  # fmt: skip
    it = plan(
        scenario("s", PerVuIterations(1, 20, 60_000), call("slow one", "/slow"), stops, never, pause_ms=0),
        slos=(*met, *missed), trends=("time_of_none",),
    )  # fmt: skip
    with Server(play) as server:
        ended = run(engine, it, tmp_path, server.url)
    assert ended.verdict == "missed"
    assert not server.of("/never")
    assert [
        finding.slo for finding in ended.judgement.findings if finding.verdict is not Verdict.MET
    ] == missed
    assert ended.missed == MISSED.get(engine, len(missed)), ended.out


@side_by_side(*ENGINES)
def test_a_feed_gives_each_iteration_its_row_until_there_are_none(engine: str, tmp_path: Path) -> None:
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
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "met", ended.out
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


@side_by_side(*ENGINES)
def test_unique_is_unlike_in_every_scenario_too(engine: str, tmp_path: Path) -> None:
    """Beyond 36 scenarios their digits are two: iteration 37 of the second one is not the first of the 38th."""
    send = call("send", method="POST", body={"is": "${unique}"})
    whole = plan(
        *(scenario(f"s{n}", PerVuIterations(1, 40 if n < 2 else 2, 60_000), send) for n in range(38))
    )
    with Server(lambda _: Answer(json={})) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "met", ended.out
    assert len({one.json["is"] for one in server.exchanges}) == len(server.exchanges) == 2 * 40 + 36 * 2


@side_by_side(*ENGINES)
def test_a_user_shows_its_row_of_the_pool(engine: str, tmp_path: Path) -> None:
    """HTTP basic, a key in the query and a header; four users of three rows, and nobody logs in."""
    pool = Feed("users", "people.csv", 'name,key\nann,"a, ""1"""\nbob,b&2\ncleo,ç:3\n', ("name", "key"), 3)
    name, key = (values.Column("users", column) for column in pool.columns)
    basic = (values.Literal("Basic "), values.Basic((name,), (key, values.Env("PEPPER", "!"))))
    member = Role("member", (("Authorization", basic), ("X-Name", (name,))), users=pool)
    mine = call("mine", "/mine?key=${users.key}", role="member")
    whole = plan(
        scenario("s", PerVuIterations(4, 3, 60_000), mine, call("other")),
        roles=(member,),
        environment=(EnvironmentVariable("PEPPER", "!"),),
    )
    with Server(lambda one: Answer(json={})) as server:
        ended = run(engine, whole, tmp_path, server.url)
    assert ended.verdict == "met", ended.out
    shown: dict[int, set[tuple[str, str, str]]] = {}
    for one in server.exchanges:
        if not one.path.startswith("/mine"):
            assert "authorization" not in one.headers
            continue
        (sent,) = parse_qs(urlsplit(one.path).query)["key"]
        credentials = b64decode(one.headers["authorization"].removeprefix("Basic ")).decode()
        shown.setdefault(one.connection, set()).add((one.headers["x-name"], sent, credentials))
    rows = [("ann", 'a, "1"', 'ann:a, "1"!'), ("bob", "b&2", "bob:b&2!"), ("cleo", "ç:3", "cleo:ç:3!")]
    assert sorted(shown.values(), key=sorted) == [{rows[0]}, {rows[0]}, {rows[1]}, {rows[2]}]
