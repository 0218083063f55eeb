"""Texts with `${…}`, paths, durations, rates, shares: read as they are written, refused with a reason."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jivsgen.profile.durations import LONGEST_MS, parse_allowance, parse_duration, parse_rate, parse_share
from jivsgen.profile.json_path import PathError, parse_path, written
from jivsgen.profile.text import parse_text, source_of
from jivsgen.profile.values import Capture, Column, Env, Function, Literal, Part, Variable

VARIABLES = ("vu", "iteration", "unique")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in (*VARIABLES, "env")
)
HOSTILE = st.text(alphabet="ab${}()'\",\\ \n.", max_size=8)
INTEGERS = st.integers(-999, 999)
CHOICES = st.text(alphabet="ab,'}${) ", max_size=6) | st.text(alphabet='ab,"}${( ', max_size=6)
VALUES = st.one_of(
    st.builds(Capture, NAMES),
    st.builds(Variable, st.sampled_from(VARIABLES)),
    st.builds(Env, NAMES, st.none() | st.text(alphabet="abc /:-'\"(,)", max_size=8)),
    st.builds(Column, NAMES, NAMES),
    st.builds(lambda a, b: Function("random_int", (min(a, b), max(a, b))), INTEGERS, INTEGERS),
    st.builds(lambda n: Function("random_string", (n,)), st.integers(1, 256)),
    st.builds(
        lambda choices: Function("pick", tuple(choices)),
        st.lists(CHOICES.filter(lambda choice: "${" not in choice), min_size=1, max_size=3),
    ),
    st.builds(lambda n: Function("today", (n,)), INTEGERS),
    st.sampled_from([Function("uuid"), Function("now")]),
)
PARTS = VALUES | st.builds(Literal, HOSTILE.filter(bool))


def unparsed(parts: list[Part]) -> str:
    """What a person would write; dollars before a value are doubled, as before any brace."""
    pieces = []
    for number, part in enumerate(parts):
        piece = source_of(part.text) if isinstance(part, Literal) else f"${{{inside(part)}}}"
        if number + 1 < len(parts) and not isinstance(parts[number + 1], Literal):
            piece = re.sub(r"(\$+)\Z", r"\1\1", piece)
        pieces.append(piece)
    return "".join(pieces)


def inside(part: Part) -> str:
    match part:
        case Capture(name) | Variable(name) | Env(name, None):
            return f"env.{name}" if isinstance(part, Env) else name
        case Env(name, default):
            return f"env.{name}:-{default}"
        case Column(feed, column):
            return f"{feed}.{column}"
        case Function("today", (days,)):
            return f"today({days}d)"
        case Function("pick", choices):
            return "pick(" + ", ".join(f'"{c}"' if "'" in c else f"'{c}'" for c in map(str, choices)) + ")"
        case Function(name, arguments):
            return f"{name}({', '.join(map(str, arguments))})"
    raise AssertionError(part)


@given(st.lists(PARTS, max_size=5))
def test_what_is_written_is_read(parts: list[Part]) -> None:
    assume(not any(isinstance(a, Literal) and isinstance(b, Literal) for a, b in pairwise(parts)))
    assert parse_text(unparsed(parts)) == tuple(parts)


@given(st.text().filter(lambda text: "${" not in text))
def test_text_without_values_is_itself(text: str) -> None:
    assert parse_text(text) == ((Literal(text),) if text else ())


@given(HOSTILE | st.text())
def test_a_constant_never_becomes_a_value(text: str) -> None:
    assert parse_text(source_of(text)) == ((Literal(text),) if text else ())


@given(HOSTILE.map("${".__add__))
def test_any_text_is_read_or_refused_within_it(text: str) -> None:
    found = parse_text(text)
    if isinstance(found, list):
        assert all(text.startswith("${", error.offset) and error.message for error in found)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a$${b}c", (Literal("a${b}c"),)),
        ("$$${price}", (Literal("$"), Capture("price"))),
        ("$$$${price}", (Literal("$${price}"),)),
        ("$ $$ {}", (Literal("$ $$ {}"),)),
        ("${ vu }", (Variable("vu"),)),
        ("${env.A}${env.A:-}", (Env("A"), Env("A", ""))),
        ("${env.A:-it's ( here }", (Env("A", "it's ( here "),)),
        ("${pick( a , b c,'', \" }\" )}", (Function("pick", ("a", "b c", "", " }")),)),
        ("${today()}${today(+7d)}", (Function("today", (0,)), Function("today", (7,)))),
    ],
)
def test_what_a_text_means(source: str, parts: tuple[Part, ...]) -> None:
    assert parse_text(source) == parts


@pytest.mark.parametrize(
    ("source", "said", "hint"),
    [
        ("x${", "not closed", "`$${`"),
        ("${}", "empty", "a capture"),
        ("${a b}", "`a b` is no value", "`unique`"),
        ("${a.b.c}", "`a.b.c` is no value", "`feed.column`"),
        ("${a${b}}", "inside another", ""),
        ("${uid()}", "no function `uid`", "did you mean `uuid`?"),
        ("${frobnicate()}", "no function `frobnicate`", "`random_int()`"),
        ("${random_int(2, 1)}", "`random_int(2, 1)` has no number", "lower bound first"),
        ("${random_int(x)}", "takes 2 whole numbers", "`${random_int(1, 100)}`"),
        ("${random_int(1, 2, 3)}", "takes 2 whole numbers", ""),
        ("${random_string(0)}", "1 to 256", ""),
        ("${random_string(257)}", "1 to 256", ""),
        ("${random_string()}", "takes 1 whole number", "`${random_string(8)}`"),
        ("${pick()}", "nothing to pick", "`${pick(a, b)}`"),
        ("${pick(a, )}", "cannot be read", "quote one that is empty"),
        ('${pick(a"b"c)}', "cannot be read", "a quote"),
        ("${pick(it's)}", "cannot be read", "a quote"),
        ("${today(x)}", "number of days", "`${today(-30d)}`"),
        ("${today(1d, 2d)}", "number of days", ""),
        ("${env.}", "no environment variable", "`${env.NAME:-default}`"),
        ("${env.A-B}", "no environment variable", ""),
        ("${env}", "no environment variable", ""),
        ("${uuid(1)}", "takes nothing", ""),
        ("${now(1)}", "takes nothing", ""),
    ],
)
def test_what_is_wrong_is_said(source: str, said: str, hint: str) -> None:
    found = parse_text(source)
    assert isinstance(found, list)
    assert len(found) == 1
    assert said in found[0].message
    assert hint in found[0].hint


def test_all_mistakes_of_a_text_are_found() -> None:
    found = parse_text("${} ${a b} ${uid()}")
    assert isinstance(found, list)
    assert [error.offset for error in found] == [0, 4, 11]


MEMBERS = st.text(max_size=6).filter(lambda name: not ("'" in name and '"' in name))


@given(st.lists(MEMBERS | st.integers(0, 999_999_999), max_size=5))
def test_paths_are_read_as_they_are_written(steps: list[str | int]) -> None:
    assert parse_path(written(tuple(steps))) == tuple(steps)


def test_paths() -> None:
    assert parse_path("$") == ()
    assert parse_path("$.data.items[0].id") == ("data", "items", 0, "id")
    assert parse_path("""$['odd key']["it's"].größe.x-y""") == ("odd key", "it's", "größe", "x-y")


@pytest.mark.parametrize(
    ("path", "offset", "hint"),
    [
        ("data.id", 0, "`$.data.id`"),
        ("", 0, "begin with `$`"),
        ("$..id", 1, "engines read wildcards"),
        ("$.a[*]", 3, "engines read wildcards"),
        ("$.a.*", 3, "engines read wildcards"),
        ("$.a[-1]", 3, "engines read wildcards"),
        ("$.a[0:2]", 3, "engines read wildcards"),
        ("$.a[0,1]", 3, "engines read wildcards"),
        ("$.a[?(@.b)]", 3, "engines read wildcards"),
        ("$.", 1, "write members"),
        ("$.a.", 3, "write members"),
        ("$.a.0", 3, "write members"),
        ("$[x]", 1, "write members"),
        ("$[٣]", 1, "write members"),
        ("$.a b", 3, "write members"),
    ],
)
def test_other_paths_are_refused(path: str, offset: int, hint: str) -> None:
    with pytest.raises(PathError) as refused:
        parse_path(path)
    assert refused.value.offset == offset
    assert hint in refused.value.hint


def test_durations() -> None:
    assert [parse_duration(text) for text in ("500ms", "1.5s", "1h30m", "0s")] == [500, 1500, 5_400_000, 0]
    assert parse_duration("576h") == LONGEST_MS


@given(st.integers(0, 10**8))
def test_durations_are_exact(milliseconds: int) -> None:
    seconds, rest = divmod(milliseconds, 1000)
    for source in (f"{milliseconds}ms", f"{seconds}.{rest:03}s", f"{seconds}s{rest}ms"):
        assert parse_duration(source) == milliseconds


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (5, "write `5s` or `5ms`"),
        (0.5, "write `0.5s`"),
        ("5", "is no duration"),
        ("1d", "is no duration"),
        ("-1s", "is no duration"),
        ("1 s", "is no duration"),
        ("٣s", "is no duration"),
        ("", "is no duration"),
        (None, "is no duration"),
        (True, "is no duration"),
        ("0.1ms", "finer than a millisecond"),
        ("576h1ms", "longer than 24 days"),
    ],
    ids=repr,
)
def test_other_durations_are_refused(wrong: object, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_duration(wrong)


def test_rates() -> None:
    rate = parse_rate("500/1m")
    assert (round(rate.per_second, 6), rate.relation) == (8.333333, ">=")
    assert parse_rate("<= 5/s").relation == "<="
    assert parse_allowance("500/1m") == rate


@pytest.mark.parametrize(
    "wrong", ["5", "5/", "/s", "5/d", "-5/s", "0/s", "5/0s", "5/0.5ms", "= 5/s", 5, None, True], ids=repr
)
def test_other_rates_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"no rate|above 0|finer than a millisecond"):
        parse_rate(wrong)


def test_an_allowance_has_no_relation() -> None:
    with pytest.raises(ValueError, match="what the API allows"):
        parse_allowance(">= 5/s")


def test_shares() -> None:
    assert [parse_share(text) for text in ("1%", "0.1%", "0.7%", "100 %", 0)] == [
        0.01,
        0.001,
        0.007,
        1.0,
        0.0,
    ]


@pytest.mark.parametrize("wrong", ["101%", "100.1%", "1", "-1%", 1, 0.5, None, True, False], ids=repr)
def test_other_shares_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="is no share"):
        parse_share(wrong)
