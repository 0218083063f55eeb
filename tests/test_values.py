"""Texts with `${…}`, paths, durations: read as they are written, refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jivsgen.plan.expectations import written
from jivsgen.profile.durations import parse_duration, parse_rate, parse_share
from jivsgen.profile.json_path import PathError, parse_path
from jivsgen.profile.text import parse_text
from jivsgen.profile.values import Capture, Column, Env, Function, Literal, Variable

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda n: n not in ("vu", "iteration", "unique", "env")
)
PARTS = st.one_of(
    st.builds(Capture, NAMES),
    st.builds(Variable, st.sampled_from(["vu", "iteration", "unique"])),
    st.builds(Env, NAMES, st.none() | st.text(alphabet="abc /:-", max_size=8).map(str.strip)),
    st.builds(Column, NAMES, NAMES),
    st.builds(
        lambda a, b: Function("random_int", (min(a, b), max(a, b))),
        st.integers(-99, 99),
        st.integers(-99, 99),
    ),
    st.builds(lambda n: Function("random_string", (n,)), st.integers(1, 256)),
    st.builds(
        lambda xs: Function("pick", tuple(xs)),
        st.lists(st.text(alphabet="ab,'} ", min_size=1), min_size=1, max_size=3),
    ),
    st.builds(lambda n: Function("today", (n,)), st.integers(-999, 999)),
    st.sampled_from([Function("uuid"), Function("now")]),
)


def unparse(part: object) -> str:
    match part:
        case Literal(text):
            return text.replace("${", "$${")
        case Capture(name) | Variable(name):
            return f"${{{name}}}"
        case Env(name, None):
            return f"${{env.{name}}}"
        case Env(name, default):
            return f"${{env.{name}:-{default}}}"
        case Column(feed, column):
            return f"${{{feed}.{column}}}"
        case Function("today", (days,)):
            return f"${{today({days}d)}}"
        case Function("pick", choices):
            return "${pick(" + ", ".join(f'"{choice}"' for choice in choices) + ")}"
        case Function(name, arguments):
            return f"${{{name}({', '.join(map(str, arguments))})}}"
    raise AssertionError(part)


@given(st.lists(PARTS, max_size=4), st.text(alphabet="ab{}/ '\"\\", max_size=6))
def test_what_is_written_is_read(parts: list[object], between: str) -> None:
    text = []
    for part in parts:
        text += [Literal(between), part] if between else [part]
    assert parse_text("".join(map(unparse, text))) == tuple(text)


@given(st.text().filter(lambda text: "${" not in text))
def test_text_without_values_is_itself(text: str) -> None:
    assert parse_text(text) == ((Literal(text),) if text else ())


def test_an_escape_is_text() -> None:
    assert parse_text("a$${b}c") == (Literal("a${b}c"),)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x${", "not closed"), ("${}", "empty"), ("${a b}", "no value"), ("${uid()}", "no function `uid`"),
        ("${random_int(2, 1)}", "no number"), ("${random_int(x)}", "2 whole numbers"), ("${random_string(0)}", "1 to 256"),
        ("${pick()}", "nothing to pick"), ("${today(x)}", "number of days"), ("${env.}", "environment"),
        ("${uuid(1)}", "takes nothing"), ('${pick(a"b"c)}', "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(source: str, said: str) -> None:
    found = parse_text(source)
    assert isinstance(found, list)
    assert said in found[0].message


def test_all_mistakes_of_a_text_are_found() -> None:
    assert [error.offset for error in parse_text("${} ${a b} ${uid()}")] == [0, 4, 11]


@given(st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True) | st.integers(0, 999), max_size=5))
def test_paths_are_read_as_they_are_written(steps: list[str | int]) -> None:
    assert parse_path(written(tuple(steps))) == tuple(steps)


@pytest.mark.parametrize(
    "path", ["data.id", "$..id", "$.a[*]", "$.a[-1]", "$.a[0:2]", "$.a[?(@.b)]", "$.", "$.a.", "$[x]"]
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(PathError):
        parse_path(path)


def test_durations() -> None:
    assert [parse_duration(text) for text in ("500ms", "1.5s", "1h30m", "0s")] == [500, 1500, 5_400_000, 0]
    for wrong in (5, 0.5, "5", "1d", "-1s", "", None, True, "0.1ms"):
        with pytest.raises(ValueError):
            parse_duration(wrong)


def test_rates_and_shares() -> None:
    rate = parse_rate("500/1m")
    assert (round(rate.per_second, 6), rate.relation) == (8.333333, ">=")
    assert parse_rate("<= 5/s").relation == "<="
    assert [parse_share(text) for text in ("1%", "0.1%", 0)] == [0.01, 0.001, 0.0]
    for wrong in ("101%", "1", 0.5, None, True):
        with pytest.raises(ValueError):
            parse_share(wrong)
