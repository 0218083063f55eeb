"""The texts of a request, and the parts of those: what a script needs for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jivsgen.plan.model import (
    File,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonPath,
    JsonText,
    JsonValue,
    Multipart,
    Request,
)
from jivsgen.profile.values import InJson, Part, Text


def parts_of(request: Request) -> Iterator[Part]:
    """Every part of the texts of a request."""
    for text in texts_of(request):
        yield from (part.part if isinstance(part, InJson) else part for part in text)


def plain_json(value: JsonValue, text: Callable[[JsonText, JsonPath], Any], path: JsonPath = ()) -> Any:
    """The value as plain data; `text` says what stands for a text that only a run knows, at a path of the body."""
    if isinstance(value, JsonObject):
        return {name: plain_json(member, text, (*path, name)) for name, member in value.members}
    if isinstance(value, JsonArray):
        return [plain_json(item, text, (*path, number)) for number, item in enumerate(value.items)]
    return value.value if isinstance(value, JsonLiteral) else text(value, path)


def texts_of(request: Request) -> Iterator[Text]:
    """The URL, the values of headers and cookies, and the texts in the body."""
    yield request.url
    yield from texts_beside_url(request)


def texts_beside_url(request: Request) -> Iterator[Text]:
    """The values of headers and cookies, and the texts in the body."""
    for _, text in (*request.headers, *request.cookies):
        yield text
    if request.body is not None:
        yield from _content(request.body.content)


def _content(content: JsonValue | Text | Multipart | File) -> Iterator[Text]:
    if isinstance(content, tuple):
        yield content
    elif isinstance(content, Multipart):
        for part in content.parts:
            yield from _content(part.content)
    elif not isinstance(content, File):
        yield from _json(content)


def _json(value: JsonValue) -> Iterator[Text]:
    if isinstance(value, JsonObject):
        for _, member in value.members:
            yield from _json(member)
    elif isinstance(value, JsonArray):
        for item in value.items:
            yield from _json(item)
    elif isinstance(value, JsonText):
        yield value.text
