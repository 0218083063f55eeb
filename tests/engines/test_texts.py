"""Text of documents and of answers, in every place of a request: it arrives as it is, and is code nowhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from msgspec.structs import replace

from jivsgen.plan.model import (
    Body,
    Call,
    EnvironmentVariable,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonText,
    Request,
    Slo,
)
from jivsgen.profile import values
from jivsgen.profile.values import Text

from .plans import call, json_of, once, role, text
from .run import ENGINES, run, side_by_side
from .server import Answer, Exchange, Server

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
    header = re.sub(r"[^ -~]", "", hostile).strip() or "-"
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


@side_by_side(*ENGINES)
def test_no_text_becomes_code_or_another_text(engine: str, tmp_path: Path) -> None:
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

    whole = once(*steps, slos=(Slo("all", "all", "errors", "<=", 0.0),))
    with Server(play) as server:
        ended = run(engine, whole, tmp_path, server.url, JIVS_PASSWORD="secret")
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
    assert [ended.row(f"{n} 0 {hostile}").samples for n, hostile in enumerate(HOSTILE)] == [1] * len(HOSTILE)


WHOLE = '"}{{ $env.SECRET }}{{{ $uuid }}}$&$`${__groovy(1)}../%00 é→\r\nX: y'


@side_by_side(*ENGINES)
def test_each_method_and_each_place_of_a_value(engine: str, tmp_path: Path) -> None:
    def play(one: Exchange) -> Answer:
        return Answer(
            200,
            {
                "token": "t{{ $env.SECRET }}",
                "value": WHOLE,
                "half": "\ud800x",
                "n": 7,
                "yes": True,
                "odd": "007",
            },
        )

    taken = call(
        "take",
        "/take",
        role="admin",
        captures={"v": ("value",), "half": ("half",), "n": ("n",), "yes": ("yes",), "odd": ("odd",)},
    )
    body = {
        "whole": "${v}", "mixed": "a ${v} b", "half": "${half}", "{{ $env.SECRET }}": "{{ $env.SECRET }}", "__proto__": {"x": "${n}"},
        "constructor": "c", "a.b[0]": "d", "length": 3, "env": "${env.SECRET}", "empty": {}, "text": "${n} ${yes}",
    }  # fmt: skip
    bare = JsonObject(
        (
            ("n", JsonText(text("${n}"), quoted=False)),
            ("list", JsonArray((JsonText(text("${v}")),))),
            ("no number", JsonText(text("${odd}"), quoted=False)),
        )
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
    whole = once(*(taken, *sent), roles=(role("admin"),), environment=(EnvironmentVariable("SECRET", None),))
    with Server(play) as server:
        ended = run(engine, whole, tmp_path, server.url, SECRET="s{{ $env.HOME }}$&")
    assert ended.verdict == "met", ended.out
    half = "\ud800x" if engine == "jmeter" else chr(0xFFFD) + "x"
    (sent_json,) = server.of("/json")
    assert sent_json.json == {
        "whole": WHOLE, "mixed": f"a {WHOLE} b", "half": half, "{{ $env.SECRET }}": "{{ $env.SECRET }}",
        "__proto__": {"x": "7"}, "constructor": "c", "a.b[0]": "d", "length": 3, "env": "s{{ $env.HOME }}$&", "empty": {},
        "text": "7 true",
    }  # fmt: skip
    assert server.of("/bare")[0].json == {"n": 7, "list": [WHOLE], "no number": "007"}
    assert server.of("/constant")[0].json == constant
    yaml = server.of("/yaml")[0].json
    assert yaml["deep"] == {"n": 1, "none": None, "s": "a: #b\\n'\""}
    assert yaml["id"].startswith("x ")
    assert parse_qs(server.of("/form")[0].body.decode()) == {"a": [WHOLE], "b": ["1"]}
    assert server.of("/text")[0].body.decode() == WHOLE + "|{{ $env.SECRET }}"
    (url,) = [one for one in server.exchanges if one.path.startswith("/url/")]
    assert unquote(urlsplit(url.path).path) == "/url/" + WHOLE
    assert parse_qs(urlsplit(url.path).query) == {"q": [WHOLE], "e": ["s{{ $env.HOME }}$&"]}
    assert ended.says("Headers are sent in ISO-8859-1") == (engine == "jmeter")
    charset = "latin-1" if engine == "jmeter" else "utf-8"
    in_header = WHOLE.replace("\r\n", "").encode(charset, "replace").decode("latin-1")
    assert url.headers["x-value"] == f"<{in_header}>"
    assert url.headers["x-constant"] == "{{ $env.SECRET }}"
    assert url.headers["authorization"] == "Bearer t{{ $env.SECRET }}"
    assert [one.method for one in server.exchanges[-3:]] == ["DELETE", "HEAD", "GET"]
    assert server.exchanges[-1].json == {"a": "1"}
