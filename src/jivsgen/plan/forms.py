"""`application/x-www-form-urlencoded`: an object as pairs (OpenAPI 3.0.3, sections 4.7.14.3 and 4.7.15.1).

A member whose encoding names a style is written as a query parameter of that style. Any other one: a scalar as text, an
array as a pair for each item, an object as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jivsgen.plan import parameters as styles
from jivsgen.plan.bodies import JsonBody
from jivsgen.plan.model import JsonArray, JsonLiteral, JsonObject, JsonText, JsonValue
from jivsgen.plan.samples import plain
from jivsgen.plan.texts import encoded, join, separated, well_formed
from jivsgen.profile.values import Function, Literal, Part, Text, Variable
from jivsgen.source import Pointer
from jivsgen.spec import MediaType, Node

_STYLED = frozenset({"style", "explode", "allowReserved"})


def form_text(reader: JsonBody, media: MediaType, raw: Any, written: Any, *, lawful: bool) -> Text:
    """The whole body; what the schema forbids is reported."""
    value = reader.read(raw, written, lawful=lawful)
    pairs: list[Text] = []
    for name, member in value.members if isinstance(value, JsonObject) else ():
        pairs += _pairs(reader, name, member, encoding_of(media, name))
    return separated(pairs, "&")


def encoding_of(media: MediaType, name: str) -> Node | None:
    """The Encoding Object of a member."""
    return media.node.at("encoding", name)


def _pairs(reader: JsonBody, name: str, value: JsonValue, encoding: Node | None) -> Iterator[Text]:
    if encoding is not None and isinstance(encoding.value, dict) and _STYLED & set(encoding.value):
        style = encoding.text("style") or "form"
        explode = encoding.value.get("explode", style == "form") is True
        yield from styles.in_query(name, _styled(reader, name, value), style, explode)
        return
    as_json = "json" in ((encoding and encoding.text("contentType")) or "")
    items = value.items if isinstance(value, JsonArray) and not as_json else (value,)
    for number, item in enumerate(items):
        path = (name, number) if isinstance(value, JsonArray) and not as_json else (name,)
        is_scalar = isinstance(item, JsonLiteral | JsonText) and not as_json
        text = scalar_text(item) if is_scalar else _json_text(reader, item, path)
        if any(isinstance(part, Literal) and part.text != well_formed(part.text) for part in text):
            said = f"`{name}` in {reader.subject} holds half of a surrogate pair, which cannot be sent"
            reader.scope.diagnostics.add("unprintable-text", said, reader.locate(path, False))
        yield join(encoded(join(name)), "=", encoded(text))


def scalar_text(value: JsonValue) -> Text:
    """A scalar as a form has it."""
    if isinstance(value, JsonText):
        return value.text
    return join(plain(value.value)) if isinstance(value, JsonLiteral) else ()


def _styled(reader: JsonBody, name: str, value: JsonValue) -> styles.Value:
    """Arrays and objects of scalars; what is deeper has no style, and is JSON text."""

    def inner(item: JsonValue, step: str | int) -> Text:
        is_scalar = isinstance(item, JsonLiteral | JsonText)
        return scalar_text(item) if is_scalar else _json_text(reader, item, (name, step))

    if isinstance(value, JsonArray):
        return styles.Array(tuple(inner(item, number) for number, item in enumerate(value.items)))
    if isinstance(value, JsonObject):
        return styles.Object(tuple((key, inner(member, key)) for key, member in value.members))
    return scalar_text(value)


def _json_text(reader: JsonBody, value: JsonValue, path: Pointer) -> Text:
    """JSON as a text to be encoded once more. A value of the run that JSON would have to quote cannot stand in it."""
    return join(*_json_pieces(reader, value, path))


def _json_pieces(reader: JsonBody, value: JsonValue, path: Pointer) -> Iterator[str | Text]:
    match value:
        case JsonObject(members):
            for number, (name, member) in enumerate(members):
                yield f"{', ' if number else '{'}{json.dumps(name, ensure_ascii=False)}: "
                yield from _json_pieces(reader, member, (*path, name))
            yield "}" if members else "{}"
        case JsonArray(items):
            for number, item in enumerate(items):
                yield ", " if number else "["
                yield from _json_pieces(reader, item, (*path, number))
            yield "]" if items else "[]"
        case JsonLiteral(scalar):
            yield json.dumps(scalar, ensure_ascii=False)
        case JsonText(text, quoted):
            yield '"' if quoted else ""
            for part in text:
                if isinstance(part, Literal):
                    yield json.dumps(part.text, ensure_ascii=False)[1:-1]
                else:
                    if quoted and not _is_tame(part):
                        _refuse(reader, path)
                    yield (part,)
            yield '"' if quoted else ""


def _is_tame(part: Part) -> bool:
    """Whether nothing that the part stands for needs a backslash in JSON."""
    if isinstance(part, Function) and part.name == "pick":
        return all(json.dumps(str(choice))[1:-1] == str(choice) for choice in part.args)
    return isinstance(part, Variable | Function)


def _refuse(reader: JsonBody, path: Pointer) -> None:
    said = f"a value of the run stands in JSON inside of {reader.subject}: no script could quote it twice"
    hint = "write it into a member of the form's own, or give the member `style: deepObject` by an overlay of its encoding"
    reader.scope.diagnostics.add("unsupported", said, reader.locate(path, False), hint)
