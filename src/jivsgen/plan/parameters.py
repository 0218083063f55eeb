"""Parameters as text: the styles of OpenAPI (3.0.3 section 4.7.12.2 and .3, after RFC 6570).

A value is a `Text`, a tuple of texts (an array) or a tuple of (name, text) pairs (an object).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from jivsgen.plan.texts import encoded, join, separated
from jivsgen.profile.values import Text


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Object:
    members: tuple[tuple[str, Text], ...]


Value: TypeAlias = Text | Array | Object


def in_path(name: str, value: Value, style: str, explode: bool) -> Text:
    """What replaces `{name}` in a path template."""
    if style == "label":
        return join(".", _list(value, "." if explode else ",", explode))
    if style == "matrix":
        return _matrix(name, value, explode)
    return _list(value, ",", explode)


def _matrix(name: str, value: Value, explode: bool) -> Text:
    own = encoded(join(name))
    if explode and isinstance(value, Array):
        return join(*(piece for item in value.items for piece in (";", own, "=", encoded(item))))
    if explode and isinstance(value, Object):
        return join(
            *(p for key, item in value.members for p in (";", encoded(join(key)), "=", encoded(item)))
        )
    return join(";", own, "=", _list(value, ",", explode))


def _list(value: Value, separator: str, explode: bool) -> Text:
    if isinstance(value, Array):
        return separated(map(encoded, value.items), separator)
    if isinstance(value, Object):
        between = "=" if explode else ","
        return separated((join(encoded(join(k)), between, encoded(v)) for k, v in value.members), separator)
    return encoded(value)


def in_query(name: str, value: Value, style: str, explode: bool) -> list[Text]:
    """The `name=value` pairs of one parameter, encoded."""

    def pair(key: str, text: Text) -> Text:
        return join(encoded(join(key), keep="[]"), "=", text)

    if style == "deepObject" and isinstance(value, Object):
        return [pair(f"{name}[{key}]", encoded(item)) for key, item in value.members]
    if isinstance(value, Array) and explode:
        return [pair(name, encoded(item)) for item in value.items]
    if isinstance(value, Object) and explode:
        return [pair(key, encoded(item)) for key, item in value.members]
    separator = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
    return [pair(name, _list(value, separator, explode=False))]


def in_header(value: Value, explode: bool) -> Text:
    """A header's value: `simple` style, nothing encoded."""
    if isinstance(value, Array):
        return separated(value.items, ",")
    if isinstance(value, Object):
        between = "=" if explode else ","
        return separated((join(key, between, item) for key, item in value.members), ",")
    return value
