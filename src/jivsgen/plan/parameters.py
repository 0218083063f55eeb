"""Parameters as text: the styles of OpenAPI (3.0.3 section 4.7.12.2 and .3, after RFC 6570).

A value is a `Text`, a tuple of texts (an array) or a tuple of (name, text) pairs (an object).
"""

from __future__ import annotations

import json
from typing import TypeAlias

from msgspec import Struct

from jivsgen.plan.model import JsonArray, JsonLiteral, JsonObject, JsonText, JsonValue
from jivsgen.plan.texts import cookie_encoded, encoded, join, separated
from jivsgen.profile.values import Capture, Column, Env, Function, InJson, Literal, Part, Text


class Array(Struct, frozen=True):
    items: tuple[Text, ...]


class Object(Struct, frozen=True):
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


def _list(value: Value, separator: str, explode: bool, keep: str = "") -> Text:
    if isinstance(value, Array):
        return separated((encoded(item, keep=keep) for item in value.items), separator)
    if isinstance(value, Object):
        between = "=" if explode else separator
        pairs = (join(encoded(join(k)), between, encoded(v, keep=keep)) for k, v in value.members)
        return separated(pairs, separator)
    return encoded(value, keep=keep)


RESERVED = "/:?@!$'()*,;=[]"
"""What `allowReserved` lets stand in a query. `&`, `#` and `+` are encoded all the same: they would not be part of the value
any more (OpenAPI 3.0.4, Parameter Object)."""


def pair(key: str, text: Text) -> Text:
    """`name=value` in a query; the value is encoded already."""
    return join(encoded(join(key), keep="[]"), "=", text)


def in_query(name: str, value: Value, style: str, explode: bool, keep: str = "") -> list[Text]:
    """The `name=value` pairs of one parameter, encoded but for the characters to `keep`."""
    if style == "deepObject" and isinstance(value, Object):
        return [pair(f"{name}[{key}]", encoded(item, keep=keep)) for key, item in value.members]
    if isinstance(value, Array) and explode:
        return [pair(name, encoded(item, keep=keep)) for item in value.items]
    if isinstance(value, Object) and explode:
        return [pair(key, encoded(item, keep=keep)) for key, item in value.members]
    separator = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
    return [pair(name, _list(value, separator, explode=False, keep=keep))]


def in_cookie(name: str, value: Value, explode: bool) -> list[tuple[str, Text]]:
    """The cookies of one parameter: `form` style, several where it is a list or an object with `explode`."""
    if explode and isinstance(value, Array):
        return [(name, cookie_encoded(item)) for item in value.items]
    if explode and isinstance(value, Object):
        return [(key, cookie_encoded(item)) for key, item in value.members]
    if isinstance(value, Array):
        return [(name, separated(map(cookie_encoded, value.items), ","))]
    if isinstance(value, Object):
        pairs = (join(cookie_encoded(join(key)), ",", cookie_encoded(item)) for key, item in value.members)
        return [(name, separated(pairs, ","))]
    return [(name, cookie_encoded(value))]


def json_text(value: JsonValue) -> Text:
    """JSON as one text. What stands bare in it is a number or a boolean, or no JSON at all."""
    match value:
        case JsonObject(members):
            pairs = (join(_json(name), ":", json_text(member)) for name, member in members)
            return join("{", separated(pairs, ","), "}")
        case JsonArray(items):
            return join("[", separated(map(json_text, items), ","), "]")
        case JsonLiteral(scalar):
            return join(_json(scalar))
        case JsonText(text, quoted):
            return join('"', tuple(map(_in_json, text)), '"') if quoted else text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _in_json(part: Part) -> Part:
    """The part as a string of JSON holds it; what our own functions make needs no escape."""
    if isinstance(part, Literal):
        return Literal(_json(part.text)[1:-1])
    free = isinstance(part, Function) and part.name != "pick"
    return InJson(part) if isinstance(part, Capture | Env | Column | Function) and not free else part


def in_header(value: Value, explode: bool) -> Text:
    """A header's value: `simple` style, nothing encoded."""
    if isinstance(value, Array):
        return separated(value.items, ",")
    if isinstance(value, Object):
        between = "=" if explode else ","
        return separated((join(key, between, item) for key, item in value.members), ",")
    return value
