"""What a text that is only known at run time may look like, so that it can be held against a schema before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jivsgen.plan.model import Feed
from jivsgen.plan.scope import Captured
from jivsgen.profile.values import Capture, Column, Env, Function, InJson, Literal, Part, Text, Variable

UNIQUE = "k3v9x2m1" + "0" * 8
"""A `${unique}` of the greatest length."""


class Sample(Struct, frozen=True):
    """A text as it may come out. `exact`: what a schema says of it is true of every text that may come out, or
    very nearly (`unique` at its longest, a function's typical result)."""

    text: str
    exact: bool


def sample(text: Text, captures: Mapping[str, Captured], feeds: Mapping[str, Feed]) -> Sample:
    """One text that the parts may become."""
    parts = [_part(part, captures, feeds) for part in text]
    return Sample("".join(part.text for part in parts), all(part.exact for part in parts))


def _part(part: Part, captures: Mapping[str, Captured], feeds: Mapping[str, Feed]) -> Sample:
    if isinstance(part, Literal):
        return Sample(part.text, True)
    if isinstance(part, InJson):
        inner = _part(part.part, captures, feeds)
        return Sample(json.dumps(inner.text, ensure_ascii=False)[1:-1], inner.exact)
    if isinstance(part, Variable):
        return Sample(UNIQUE if part.name == "unique" else "1", True)
    if isinstance(part, Function):
        return Sample(_function(part), True)
    if isinstance(part, Env):
        return Sample(part.default if part.default is not None else "x", False)
    if isinstance(part, Capture):
        captured = captures.get(part.name)
        return Sample("1" if captured and "string" not in captured.types else "x", False)
    if isinstance(part, Column) and (feed := feeds.get(part.feed)) and part.column in feed.columns:
        return Sample(first_row(feed)[part.column], False)
    return Sample("x", False)


def _function(part: Function) -> str:
    if part.name == "random_int":
        return str(part.args[0])
    if part.name == "random_string":
        return "x" * int(part.args[0])
    if part.name == "pick":
        return str(part.args[0])
    return {
        "uuid": "0b5c1b5e-7f3a-4c44-9b8a-0a4f6f2f7c11",
        "now": "2026-01-31T23:59:59.000Z",
        "today": "2026-01-31",
    }[part.name]


def first_row(feed: Feed) -> dict[str, str]:
    """The first row of a feed, by column."""
    return dict(zip(feed.columns, next(feed.table(), ()), strict=False))


def types_of(text: Text, captures: Mapping[str, Captured]) -> frozenset[str]:
    """The JSON types that a text alone in its place can stand for; empty where nobody knows (environment, feeds)."""
    if len(text) != 1:
        return frozenset({"string"})
    part = text[0]
    if isinstance(part, Capture):
        return captures[part.name].types if part.name in captures else frozenset()
    if isinstance(part, Env | Column):
        return frozenset()
    if isinstance(part, Function) and part.name == "random_int":
        return frozenset({"integer", "string"})
    if isinstance(part, Function) and part.name == "pick":
        return frozenset()
    if isinstance(part, Variable) and part.name in ("vu", "iteration"):
        return frozenset({"integer", "string"})
    return frozenset({"string"})


def plain(value: Any) -> str:
    """A scalar of the profile as text in a URL, a header or a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def read_as(value: Any, wanted: frozenset[str]) -> Any:
    """What a server makes of the text of a parameter."""
    if not isinstance(value, str):
        return value if wanted & {"integer", "number", "boolean"} or not wanted else plain(value)
    if "string" in wanted:
        return value
    if "boolean" in wanted and value in ("true", "false"):
        return value == "true"
    try:
        if wanted & {"integer", "number"}:
            return int(value) if value.lstrip("-").isdecimal() else float(value)
    except ValueError:
        pass
    return value
