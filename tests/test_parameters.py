"""Parameters of every style: as the specification writes them, as openapi-core reads them, and as a server reads them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agreement import Judged, judged

from jivsgen.profile.values import Env, InJson, Text, constant
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.styles import Reader

ONE: Any = "blue"
LIST: Any = ["blue", "black", "brown"]
OBJECT: Any = {"R": "100", "G": "200", "B": "150"}
SCHEMAS: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    list: {"type": "array", "items": {"type": "string"}},
    dict: {"type": "object", "properties": {key: {"type": "string"} for key in "RGB"}},
}

ROWS: list[tuple[str, str, bool, Any, str]] = [
    ("path", "matrix", False, ONE, ";color=blue"),
    ("path", "matrix", False, LIST, ";color=blue,black,brown"),
    ("path", "matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
    ("path", "matrix", True, ONE, ";color=blue"),
    ("path", "matrix", True, LIST, ";color=blue;color=black;color=brown"),
    ("path", "matrix", True, OBJECT, ";R=100;G=200;B=150"),
    ("path", "label", False, ONE, ".blue"),
    ("path", "label", False, LIST, ".blue,black,brown"),
    ("path", "label", False, OBJECT, ".R,100,G,200,B,150"),
    ("path", "label", True, ONE, ".blue"),
    ("path", "label", True, LIST, ".blue.black.brown"),
    ("path", "label", True, OBJECT, ".R=100.G=200.B=150"),
    ("path", "simple", False, ONE, "blue"),
    ("path", "simple", False, LIST, "blue,black,brown"),
    ("path", "simple", False, OBJECT, "R,100,G,200,B,150"),
    ("path", "simple", True, ONE, "blue"),
    ("path", "simple", True, LIST, "blue,black,brown"),
    ("path", "simple", True, OBJECT, "R=100,G=200,B=150"),
    ("query", "form", False, ONE, "color=blue"),
    ("query", "form", False, LIST, "color=blue,black,brown"),
    ("query", "form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("query", "form", True, ONE, "color=blue"),
    ("query", "form", True, LIST, "color=blue&color=black&color=brown"),
    ("query", "form", True, OBJECT, "R=100&G=200&B=150"),
    ("query", "spaceDelimited", False, LIST, "color=blue%20black%20brown"),
    ("query", "spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("query", "spaceDelimited", True, LIST, "color=blue&color=black&color=brown"),
    ("query", "pipeDelimited", False, LIST, "color=blue%7Cblack%7Cbrown"),
    ("query", "pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query", "pipeDelimited", True, LIST, "color=blue&color=black&color=brown"),
    ("query", "deepObject", True, OBJECT, "color[R]=100&color[G]=200&color[B]=150"),
    ("query", "deepObject", False, OBJECT, "color[R]=100&color[G]=200&color[B]=150"),
    ("header", "simple", False, ONE, "blue"),
    ("header", "simple", False, LIST, "blue,black,brown"),
    ("header", "simple", False, OBJECT, "R,100,G,200,B,150"),
    ("header", "simple", True, LIST, "blue,black,brown"),
    ("header", "simple", True, OBJECT, "R=100,G=200,B=150"),
    ("cookie", "form", False, ONE, "color=blue"),
    ("cookie", "form", False, LIST, "color=blue,black,brown"),
    ("cookie", "form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("cookie", "form", True, ONE, "color=blue"),
    ("cookie", "form", True, LIST, "color=blue; color=black; color=brown"),
    ("cookie", "form", True, OBJECT, "R=100; G=200; B=150"),
]
"""OpenAPI 3.0.4, Style Examples. Cookies stand apart: what `&` separates there are cookies of their own (RFC 6265)."""

KEYS = {"path": "path", "query": "query", "header": "headers", "cookie": "cookies"}


def document(place: str, parameter: dict[str, Any], version: str = "3.0.3") -> dict[str, Any]:
    path = "/things/{color}" if place == "path" else "/things"
    listed = [{"name": "color", "in": place, "required": True, **parameter}]
    operation = {"operationId": "get", "parameters": listed, "responses": {"200": {"description": "ok"}}}
    return {
        "openapi": version,
        "info": {"title": "Colours", "version": "1"},
        "paths": {path: {"get": operation}},
    }


def asked(folder: Path, place: str, parameter: dict[str, Any], value: Any) -> Judged:
    return judged(folder, document(place, parameter), {"call": "get", KEYS[place]: {"color": value}})


def sent(place: str, found: Judged) -> str:
    """The part of the request that the parameter is."""
    request = found.request
    if place == "path":
        return fixed(request.url).removeprefix("/things/")
    if place == "query":
        return fixed(request.url).partition("?")[2]
    if place == "header":
        return fixed(dict(request.headers)["color"])
    return "; ".join(f"{name}={fixed(text)}" for name, text in request.cookies)


def fixed(text: Text) -> str:
    found = constant(text)
    assert found is not None
    return found


def read_back(place: str, found: Judged) -> Any:
    """What the rehearsal's server makes of it."""
    (parameter,) = found.api.operation(("GET", found.exchange.template)).parameters  # type: ignore[union-attr]
    text = sent(place, found)
    pairs: dict[str, Any] = {
        "path": [("color", unquote(text))], "query": parse_qsl(text, keep_blank_values=True), "header": [("color", text)],
        "cookie": Asked("GET", "/", "", {"cookie": text}, b"").cookies(),
    }  # fmt: skip
    return Reader(found.api.schemas, parameter).read(pairs[place])


@pytest.mark.parametrize(("place", "style", "explode", "value", "text"), ROWS)
def test_as_the_specification_writes_it(
    tmp_path: Path, place: str, style: str, explode: bool, value: Any, text: str
) -> None:
    parameter = {"style": style, "explode": explode, "schema": SCHEMAS[type(value)]}
    found = asked(tmp_path, place, parameter, value)
    assert sent(place, found) == text
    assert not found.said
    assert not found.objections, "openapi-core reads it otherwise"
    assert read_back(place, found) == value


WORDS = st.text(st.sampled_from("ab é;,|&=%%%#/?+\"'\\"), min_size=1, max_size=4).filter(
    lambda word: word.strip() == word
)
STYLES = sorted(
    {(place, style, explode) for place, style, explode, value, _ in ROWS if isinstance(value, list)}
)


@pytest.mark.parametrize(
    ("place", "style", "explode"), [one for one in STYLES if one[0] in ("query", "cookie") and one[2]]
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(WORDS, min_size=1, max_size=3))
def test_what_is_sent_is_read_back(
    tmp_path: Path, place: str, style: str, explode: bool, value: list[str]
) -> None:
    """Where elements are parameters of their own, no character of theirs can be taken for a separator."""
    found = asked(tmp_path, place, {"style": style, "explode": explode, "schema": SCHEMAS[list]}, value)
    assert not found.said
    assert read_back(place, found) == value


@pytest.mark.parametrize(("place", "style", "explode"), STYLES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(st.sampled_from(["a", "bb", "ccc", "1"]), min_size=1, max_size=4))
def test_the_referee_agrees(tmp_path: Path, place: str, style: str, explode: bool, value: list[str]) -> None:
    schema = {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 2}}
    found = asked(tmp_path, place, {"style": style, "explode": explode, "schema": schema}, value)
    assert found.disagreement == ""
    assert bool(found.said) == (len(value) > 3 or "ccc" in value)


def test_json_in_a_parameter(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
    }
    parameter = {"content": {"application/json": {"schema": schema}}}
    found = asked(tmp_path, "query", parameter, {"name": 'a "b" & c', "n": 1})
    assert not found.said
    assert not found.objections
    assert read_back("query", found) == {"name": 'a "b" & c', "n": 1}
    step = {"call": "get", "query": {"color": {"name": '${env.NAME:-a} "b"', "n": "${random_int(1, 9)}"}}}
    open_ = judged(tmp_path, document("query", parameter), step)
    assert open_.request.url[1] == InJson(Env("NAME", "a"))
    assert not open_.said
    assert not open_.objections
    wrong = asked(tmp_path, "query", parameter, {"n": "x"})
    assert len(wrong.said) == 2
    assert wrong.objections


def test_reserved_characters_stay_where_they_may(tmp_path: Path) -> None:
    parameter = {"allowReserved": True, "schema": {"type": "string"}}
    found = asked(tmp_path, "query", parameter, "/a b?c=d&e+f#g:h")
    assert sent("query", found) == "color=/a%20b?c=d%26e%2Bf%23g:h"
    assert not found.objections
    assert read_back("query", found) == "/a b?c=d&e+f#g:h"


def test_a_parameter_without_a_value_has_to_be_allowed(tmp_path: Path) -> None:
    found = asked(tmp_path, "query", {"schema": {"type": "string"}}, "")
    assert found.said == ("the query parameter `color` of get is sent without a value",)
    assert found.objections
    allowed = asked(tmp_path, "query", {"allowEmptyValue": True, "schema": {"type": "string"}}, "")
    assert (allowed.said, allowed.objections, sent("query", allowed)) == ((), (), "color=")


def test_lists_inside_of_lists_have_no_style(tmp_path: Path) -> None:
    found = asked(tmp_path, "query", {"schema": {"type": "array", "items": {"type": "array"}}}, [["a"]])
    assert found.said == (
        "`color` holds lists or objects inside of lists or objects, for which OpenAPI has no style",
    )


def test_cookies_of_nobody_else_are_sent_too(tmp_path: Path) -> None:
    step = {"call": "get", "cookies": {"color": "blue", "theme": "dark & light"}}
    found = judged(tmp_path, document("cookie", {"schema": {"type": "string"}}), step)
    assert sent("cookie", found) == "color=blue; theme=dark%20&%20light"
    lacking = judged(tmp_path, document("cookie", {"schema": {"type": "string"}}), {"call": "get"})
    assert lacking.said == ("get lacks the required cookie parameter `color`",)
    assert lacking.disagreement == ""
