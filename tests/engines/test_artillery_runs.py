"""Plans in the real Artillery, against a loopback server: what it sends, in which order, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from jivsgen.plan.model import (
    Body,
    Branch,
    Call,
    Choose,
    Condition,
    EnvironmentVariable,
    Feed,
    Group,
    JsonArray,
    JsonObject,
    JsonText,
    PerVuIterations,
    Poll,
    Repeat,
    Request,
    Role,
    Slo,
    StatusCheck,
    Target,
    Think,
    ValueCheck,
)
from jivsgen.profile import values

from .artillery_run import run
from .plans import call, json_of, no_errors, once, plan, role, scenario, text
from .server import Answer, Exchange, Server

HOSTILE = '"}{{ $env.SECRET }}{{{ $uuid }}}$&$`${__groovy(1)}../%00 é→\r\nX: y'


class Job:
    """A server's part: logs in, makes things, finishes them when they are asked for the second time."""

    def __init__(self) -> None:
        self.made = 0
        self.asked: dict[str, int] = {}

    def __call__(self, one: Exchange) -> Answer:
        path = urlsplit(one.path).path
        if path == "/api/login":
            return Answer(200, {"token": "secret"}, headers=(("Set-Cookie", "who=login"),))
        if path == "/api/jobs" and one.method == "POST":
            self.made += 1
            return Answer(
                201, {"data": {"id": f"j {self.made}/ä"}}, headers=(("Set-Cookie", f"job{self.made}=x"),)
            )
        if path.startswith("/api/jobs/"):
            self.asked[path] = self.asked.get(path, 0) + 1
            return Answer(200, {"state": "DONE" if self.asked[path] > 1 else "BUSY"})
        return Answer(200, {"size": 3})


def test_a_journey(tmp_path: Path) -> None:
    create = call("create", "/jobs", method="POST", body={"name": "Job ${unique}", "by": "user-${vu}.${iteration}"}, status=201,
                  role="admin", captures={"job_id": ("data", "id")}, time="create_time", count="made")  # fmt: skip
    asked = call(
        "ask", "/jobs/${job_id}?at=${vu}", ValueCheck("knows", ("state",), ("DONE", "BUSY")), role="admin"
    )
    poll = Poll(
        asked,
        (Condition(("state",), ("DONE", "LOST")),),
        (Condition(("state",), ("LOST",)),),
        300,
        4,
        "ask ends",
    )
    journey = scenario(
        "journey", PerVuIterations(2, 3, 60_000), create, poll, Think(50, 50), call("list", "/list")
    )
    slos = (
        no_errors("create"), Slo("create", "call", "p95", "<=", 900), Slo("ask ends", "check", "errors", "<=", 0),
        Slo("create_time", "trend", "avg", "<=", 900), Slo("all", "all", "rate", ">=", 0.5), no_errors("list"),
    )  # fmt: skip
    target = Target("http://localhost:8080", "/api", 5_000)
    it = plan(
        journey, roles=(role("admin"),), slos=slos, trends=("create_time",), counters=("made",), target=target
    )
    with Server(Job()) as server:
        ended = run(
            it, tmp_path, server.url, HTTP_PROXY="http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1"
        )
    assert ended.code == 0, ended.out[-3000:]

    assert len(server.of("/api/login")) == 1
    load = [one for one in server.exchanges if not one.path.startswith("/api/login")]
    users = {
        number: [one for one in load if one.connection == number]
        for number in {one.connection for one in load}
    }
    assert len(users) == 2, "a closed user keeps its connection"
    for requests in users.values():
        assert [one.method + one.path.split("/")[2][:4] for one in requests] == [
            "POSTjobs",
            "GETjobs",
            "GETjobs",
            "GETlist",
        ] * 3
        assert [one.headers.get("cookie") is None for one in requests] == [True, False, False, False] * 3
        assert not any(";" in one.headers.get("cookie", "") for one in requests), "cookies last one iteration"
        for first, second in zip(requests[1::4], requests[2::4], strict=True):
            assert 0.29 < second.time - first.time < 0.45
    created = [one.json for one in load if one.method == "POST"]
    assert len({body["name"] for body in created}) == 6
    assert all(len(body["name"]) <= len("Job ") + 16 for body in created)
    assert sorted(body["by"] for body in created) == [f"user-{vu}.{i}" for vu in (1, 2) for i in range(3)]
    assert {unquote(one.path.split("/")[3].split("?")[0]) for one in load if "/jobs/" in one.path} == {
        f"j {n}/ä" for n in range(1, 7)
    }
    assert all(one.headers["authorization"] == "Bearer secret" for one in load if "jobs" in one.path)
    assert all("authorization" not in one.headers for one in server.of("/api/list"))
    assert not any("accept-encoding" in one.headers for one in server.exchanges)
    assert {one.headers["content-type"] for one in load if one.method == "POST"} == {"application/json"}
    assert ended.results["summaries"]["op.create.ms"]["count"] == 6
    assert ended.results["summaries"]["time.create_time.ms"]["count"] == 6
    assert (
        ended.count("count.made"),
        ended.count("op.ask.requests"),
        ended.count("check.ask_ends.requests"),
    ) == (6, 12, 6)
    assert ended.count("op.login.requests") == 0
    assert "secret" not in json.dumps(ended.results)


def test_hostile_values_arrive_as_they_are(tmp_path: Path) -> None:
    def play(one: Exchange) -> Answer:
        return Answer(
            200, {"token": "t{{ $env.SECRET }}", "value": HOSTILE, "half": "\ud800x", "n": 7, "yes": True}
        )

    taken = call(
        "take",
        "/take",
        role="admin",
        captures={"v": ("value",), "half": ("half",), "n": ("n",), "yes": ("yes",)},
    )
    body = {
        "whole": "${v}", "mixed": "a ${v} b", "half": "${half}", "{{ $env.SECRET }}": "{{ $env.SECRET }}", "__proto__": {"x": "${n}"},
        "constructor": "c", "a.b[0]": "d", "length": 3, "env": "${env.SECRET}", "empty": {}, "text": "${n} ${yes}",
    }  # fmt: skip
    bare = JsonObject(
        (("n", JsonText(text("${n}"), quoted=False)), ("list", JsonArray((JsonText(text("${v}")),))))
    )
    constant = {"plain": {"deep": ["{{ x }}"]}, "open": "{", "ok": [1, None, 2.5, False]}
    sent = (
        call("json", "/json", method="POST", body=body),
        Call("bare", Request("b", "PUT", "/b", text("/bare"), (), Body("application/json", bare)), None, ()),
        call("constant", "/constant", method="PATCH", body=constant),
        call("yaml", "/yaml", method="POST", body={"id": "x ${unique}", "deep": {"n": 1, "none": None, "s": "a: #b\\n'\""}}),
        Call("form", Request("f", "POST", "/f", text("/form"), (), Body("application/x-www-form-urlencoded", text("a=${v}&b=1"))), None, ()),
        Call("text", Request("t", "POST", "/t", text("/text"), (), Body("text/plain; charset=utf-8", text("${v}|{{ $env.SECRET }}"))), None, ()),
        Call("url", Request("u", "GET", "/u", text("/url/${v}?q=${v}&e=${env.SECRET}"), (("X-Value", text("<${v}>")), ("X-Constant", text("{{ $env.SECRET }}"))), None), "admin", ()),
        Call("delete", Request("d", "DELETE", "/d", text("/delete")), None, ()),
        Call("head", Request("h", "HEAD", "/h", text("/head")), None, ()),
        Call("get with a body", Request("g", "GET", "/g", text("/get"), (), Body("application/json", json_of({"a": "1"}))), None, ()),
    )  # fmt: skip
    it = once(taken, *sent, roles=(role("admin"),), environment=(EnvironmentVariable("SECRET", None),))
    with Server(play) as server:
        ended = run(it, tmp_path, server.url, SECRET="s{{ $env.HOME }}$&")
    assert ended.code == 0, ended.out[-3000:]
    (sent_json,) = server.of("/json")
    assert sent_json.json == {
        "whole": HOSTILE, "mixed": f"a {HOSTILE} b", "half": "\ufffdx", "{{ $env.SECRET }}": "{{ $env.SECRET }}",
        "__proto__": {"x": "7"}, "constructor": "c", "a.b[0]": "d", "length": 3, "env": "s{{ $env.HOME }}$&", "empty": {},
        "text": "7 true",
    }  # fmt: skip
    assert server.of("/bare")[0].json == {"n": 7, "list": [HOSTILE]}
    assert server.of("/constant")[0].json == constant
    yaml = server.of("/yaml")[0].json
    assert yaml["deep"] == {"n": 1, "none": None, "s": "a: #b\\n'\""}
    assert yaml["id"].startswith("x ")
    assert parse_qs(server.of("/form")[0].body.decode()) == {"a": [HOSTILE], "b": ["1"]}
    assert server.of("/text")[0].body.decode() == HOSTILE + "|{{ $env.SECRET }}"
    (url,) = [one for one in server.exchanges if one.path.startswith("/url/")]
    assert unquote(urlsplit(url.path).path) == "/url/" + HOSTILE
    assert parse_qs(urlsplit(url.path).query) == {"q": [HOSTILE], "e": ["s{{ $env.HOME }}$&"]}
    in_header = HOSTILE.replace("\r\n", "").encode().decode("latin-1")
    assert url.headers["x-value"] == f"<{in_header}>"
    assert url.headers["x-constant"] == "{{ $env.SECRET }}"
    assert url.headers["authorization"] == "Bearer t{{ $env.SECRET }}"
    assert [one.method for one in server.exchanges[-3:]] == ["DELETE", "HEAD", "GET"]
    assert server.exchanges[-1].json == {"a": "1"}


def test_flow_feeds_and_functions(tmp_path: Path) -> None:
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
        ended = run(it, tmp_path, server.url)
    assert ended.code == 0, ended.out[-3000:]
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
    assert ended.results["summaries"]["time.inner_time.ms"]["count"] == 8


def test_every_limit_is_judged(tmp_path: Path) -> None:
    slow = iter([0.0] * 9 + [0.25] + [0.0] * 1000)

    def play(one: Exchange) -> Answer:
        if one.path == "/slow":
            return Answer(200, {}, delay_s=next(slow))
        return Answer(500 if one.path == "/wrong" else 200, {})

    never = call("never called", "/never")
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
        scenario("s", PerVuIterations(1, 10, 60_000), call("slow one", "/slow"), stops, never, pause_ms=0),
        slos=(*met, *missed), trends=("time_of_none",),
    )  # fmt: skip
    with Server(play) as server:
        ended = run(it, tmp_path, server.url)
    assert ended.code == 1
    assert not server.of("/never")
    assert len(ended.failed) == len(missed), ended.failed
    assert ended.out.count("\nok: ") == len(met)
    assert "failed.answers 200" in ended.results["counters"]


def test_it_refuses_to_start(tmp_path: Path) -> None:
    variables = (
        EnvironmentVariable("ONE", None),
        EnvironmentVariable("TWO", None),
        EnvironmentVariable("THREE", "3"),
    )
    with Server(lambda one: Answer(401, {})) as server:
        ended = run(once(call("x"), roles=(role("admin"),), environment=variables), tmp_path, server.url)
        assert ended.code == 1
        assert "not set in the environment: ONE, TWO" in ended.out
        for url in ("ftp://127.0.0.1", "http://{{ $env.HOME }}", "127.0.0.1:80"):
            ended = run(once(call("x")), tmp_path, url)
            assert ended.code == 1
            assert "BASE_URL is not an http(s) URL" in ended.out
        assert not server.exchanges
        ended = run(once(call("x"), roles=(role("admin"),)), tmp_path, server.url)
        assert ended.code == 1
        assert "login as admin: 401, no $.token" in ended.out
        assert [one.path for one in server.exchanges] == ["/login"]


def test_an_exception_in_the_processor_is_red(tmp_path: Path) -> None:
    bare = JsonObject((("n", JsonText(text("${v}"), quoted=False)),))
    broken = Call(
        "bare",
        Request("b", "PUT", "/b", text("/bare"), (), Body("application/json", bare)),
        None,
        (StatusCheck("x", (200,)),),
    )
    it = once(call("take", captures={"v": ("v",)}), broken)
    with Server(lambda one: Answer(200, {"v": "no number"})) as server:
        assert run(it, tmp_path, server.url).code not in (0, 1)
