"""The texts of a request, and the parts of those: what a script needs for it."""

from __future__ import annotations

from collections.abc import Iterator

from jivsgen.plan.model import JsonArray, JsonObject, JsonText, JsonValue, Request
from jivsgen.profile.values import Part, Text


def parts_of(request: Request) -> Iterator[Part]:
    """Every part of the texts of a request."""
    for text in texts_of(request):
        yield from text


def texts_of(request: Request) -> Iterator[Text]:
    """The URL, the headers' values, and the texts in the body."""
    yield request.url
    for _, text in request.headers:
        yield text
    if request.body is not None:
        if isinstance(request.body.content, tuple):
            yield request.body.content
        else:
            yield from _json(request.body.content)


def _json(value: JsonValue) -> Iterator[Text]:
    if isinstance(value, JsonObject):
        for _, member in value.members:
            yield from _json(member)
    elif isinstance(value, JsonArray):
        for item in value.items:
            yield from _json(item)
    elif isinstance(value, JsonText):
        yield value.text
