"""JMeter plans in the real JMeter, against a loopback server."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

from tests.engines.jmeter_run import run
from tests.engines.plans import call, no_errors, once, plan, role, scenario, text
from tests.engines.server import Answer, Exchange, Server

from jivsgen.plan.model import (
    Body,
    Branch,
    Call,
    Choose,
    Condition,
    DurationCheck,
    EnvironmentVariable,
    Feed,
    Group,
    JsonLiteral,
    JsonObject,
    JsonText,
    PerVuIterations,
    Poll,
    PresentCheck,
    Repeat,
    Role,
    Slo,
    Target,
    Think,
    ValueCheck,
)
from jivsgen.profile import values
from jivsgen.profile.values import Text


def fine(_: Exchange) -> Answer:
    return Answer(json={})


def test_a_journey_is_what_the_plan_says(tmp_path: Path) -> None:
    """Roles, cookies, connections, captures, choices, repeats, groups, polls, feeds and functions in one run."""
    asked: Counter[str] = Counter()

    def play(one: Exchange) -> Answer:
        one = replace(one, path=one.path.removeprefix("/v1"))
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
        ended = run(whole, tmp_path, server.url + "//", "-l", "other.jtl", JIVS_PASSWORD='se"cret\\')
    assert (ended.code, ended.failed) == (0, []), ended.out
    assert " ERROR " not in ended.log
    for name, number in (("created", 6), ("done", 6), ("agains", 12)):
        assert re.search(rf"^ +{name} {number}$", ended.out, re.MULTILINE), ended.out

    assert all(one.path.startswith("/v1/") for one in server.exchanges)
    exchanges = [replace(one, path=one.path.removeprefix("/v1")) for one in server.exchanges]
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

    labels = Counter(ended.labels)
    assert labels["waited"] == labels["group_time"] == labels["state ends within 5 attempts"] == 6
    assert labels["agains"] == 12, "calls of one name with and without a metric: rows of its own"
    assert labels["created_in"] == 0, "the rows of the call are the metric"
    results = (tmp_path / "it.jtl").read_text() + (tmp_path / "other.jtl").read_text()
    assert "token of" not in results
    assert "cret" not in results


HOSTILE = (
    '"}{{ $env.X }}${__groovy(new File("pwned").text = "x")}../%00',
    "${__P(JIVS_PASSWORD)}",
    "${id.url}",
    "\\${__time()}",
    "a\\,b\\\\c\\$d$${",
    "${",
    "$",
    "}",
    "\\",
    "trailing \\",
    "'single' \"double\" `back` $(sub)",
    "<![CDATA[ & ]]> <!-- --> &amp; &#10;",
    "line\nbreak\r\nand\ttab",
    "  spaces  ",
    "ümläut 漢字 \U0001f600 \u2028\u2029\x7f\x85",
    "\\u0027; System.exit(3); //",
    "#{x} %s %n %{y}",
    "a/b/../c?d=e&f=g#h+i j;k:l@m",
    "..",
    "true",
    "-1.5e3",
)


def hostile_calls(number: int, hostile: str) -> tuple[list[Call], list[object]]:
    """Calls that send `hostile` from the plan, and captured from an answer; and the bodies that must arrive."""
    header = re.sub(r"[^ -~\xa0-\xff]", "", hostile).strip() or "-"
    literal: Text = (values.Literal(hostile),)
    captured: Text = (values.Capture("kept"),)
    mixed = (values.Literal(f"{hostile}$"), values.Capture("kept"), values.Literal(f"\\{hostile}"))
    calls, bodies = [call("give", f"/give/{number}", captures={"kept": ("value",)})], []
    for one in (literal, captured, mixed):
        whole = "".join(part.text if isinstance(part, values.Literal) else hostile for part in one)
        odd = JsonObject(
            (("__proto__", JsonText(one)), (hostile, JsonLiteral(hostile)), ("7", JsonText(one)))
        )
        form = tuple(
            values.Literal(quote(p.text, safe="")) if isinstance(p, values.Literal) else p for p in one
        )
        request = call("c").request
        url = (values.Literal("/echo/x"), *form, values.Literal("?q="), *form)
        headers = (("X-H", (values.Literal(header),)), ("X-C", (values.Literal("v"), *one[1:2])))
        for body, expected in (
            (Body("application/json", odd), {"__proto__": whole, hostile: hostile, "7": whole}),
            (Body("application/x-www-form-urlencoded", (values.Literal("a="), *form)), whole),
            (Body("text/plain", one), whole),
        ):
            sent = replace(request, method="POST", url=url, headers=headers, body=body)
            calls.append(replace(call(f"{number} {len(bodies)} {hostile}", "/x"), request=sent))
            bodies.append((whole, expected, header))
    return calls, bodies


def test_no_text_becomes_a_function_a_variable_or_another_text(tmp_path: Path) -> None:
    """Literals and captured values, in URLs, headers, three kinds of bodies and names."""
    wanted, steps = [], []
    for number, hostile in enumerate(HOSTILE):
        calls, bodies = hostile_calls(number, hostile)
        steps += calls
        wanted += bodies

    def play(one: Exchange) -> Answer:
        if one.path.startswith("/give/"):
            return Answer(json={"value": HOSTILE[int(one.path.rpartition("/")[2])]})
        return Answer(json={})

    with Server(play) as server:
        ended = run(once(*steps), tmp_path, server.url, JIVS_PASSWORD="secret")
    assert ended.code == 0, ended.out
    got = [one for one in server.exchanges if one.path.startswith("/echo/")]
    assert len(got) == len(wanted) == 9 * len(HOSTILE)
    for one, (whole, expected, header) in zip(got, wanted, strict=True):
        path, _, query = one.path.partition("?")
        assert unquote(path.removeprefix("/echo/x")) == whole
        assert unquote(query.removeprefix("q=")) == whole
        assert one.headers["x-h"] == header
        kind = one.headers["content-type"]
        if kind == "application/json":
            assert json.loads(one.body) == expected
        elif kind == "text/plain":
            assert one.body.decode() == expected
        else:
            assert unquote(one.body.decode().removeprefix("a=")) == expected
    assert not (tmp_path / "pwned").exists()
    assert Counter(ended.labels) >= Counter(f"{n} 0 {hostile}" for n, hostile in enumerate(HOSTILE))


def test_values_are_compared_by_json_type_and_value(tmp_path: Path) -> None:
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
        ended = run(once(*steps, slos=(Slo("all", "all", "errors", "<=", 1.0),)), tmp_path, server.url)
    assert ended.code == 0, ended.out
    assert len(server.exchanges) == len(steps), "redirects are not followed"
    held = {row["label"]: row["success"] == "true" for row in ended.rows}
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
    assert {row["label"]: row["failureMessage"] for row in ended.rows}["two"] == "answers 201"


def test_each_fault_is_seen_and_only_there(tmp_path: Path) -> None:
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
        ended = run(whole, tmp_path, server.url)
    assert ended.code == 99
    assert [re.sub(r"(p95|rate) [\d.]+ ", r"\1 # ", line) for line in ended.failed] == [
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
    assert Counter(ended.labels)["group_time"] == 3, "only completed groups"
    pauses = sorted(one.time for one in server.of("/500"))
    assert len(pauses) == 3
    assert pauses[-1] - pauses[0] > 0.5, "an iteration that ends early waits"
