"""Bodies as lines of text, twice: as the plan has them, and as they were sent.

A form is told by its parts. What each engine does there as it likes is left out here, and nowhere else: the boundary,
`charset=UTF-8`, and the header Content-Transfer-Encoding, which RFC 7578 takes for superfluous and JMeter sends.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from jivsgen.contract.multipart import BrokenForm, SentPart, parts_of
from jivsgen.plan.model import Body, File, FormPart, JsonValue, Multipart
from jivsgen.profile.values import Text
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.masks import Masks, as_is, percent_encoded
from jivsgen.spec.names import essence

_CHARSET = re.compile(r";\s*charset=\"?utf-8\"?\s*$", re.IGNORECASE)


def comparable_type(content_type: str) -> str:
    """A Content-Type without what an engine is free in."""
    return "multipart/form-data" if essence(content_type) == "multipart/form-data" else content_type


def planned_body(body: Body, masks: Masks) -> list[str]:
    """The body as the plan has it, with names for what only a run knows."""
    if not isinstance(body.content, Multipart):
        return _planned(body.content, masks, is_form=body.is_form)
    return [line for part in body.content.parts for line in _planned_part(part, masks)]


def _planned_part(part: FormPart, masks: Masks) -> Iterator[str]:
    file = part.content.name if isinstance(part.content, File) else None
    yield _heading(part.name, part.media_type, file)
    yield from _headers((name.lower(), value) for name, value in part.headers)
    yield from _indented(_planned(part.content, masks))


def _planned(content: JsonValue | Text | File, masks: Masks, *, is_form: bool = False) -> list[str]:
    if isinstance(content, File):
        return _bytes(content.content)
    if isinstance(content, tuple):
        text = masks.planned(content, percent_encoded if is_form else as_is)
        return text.split("\n") if text else []
    return _json_lines(masks.planned_json(content))


def told_body(body: Body | None, exchange: Exchange, masks: Masks | None) -> list[str]:
    """The body as it was sent, told as if it were meant to be `body` (None: nobody knows what it is meant to be)."""
    sent = exchange.body
    content_type = exchange.header("content-type") or ""
    if essence(content_type) == "multipart/form-data":
        try:
            parts = list(parts_of(sent, content_type))
        except BrokenForm as broken:
            return [f"a form that cannot be read: {broken}", *_bytes(sent)]
        planned = body.content.parts if body and isinstance(body.content, Multipart) else ()
        wanted = [*planned, *[None] * len(parts)]
        return [
            line for part, plan in zip(parts, wanted, strict=False) for line in _told_part(part, plan, masks)
        ]
    if body is None or isinstance(body.content, Multipart):
        return _told(None, sent, masks)
    return _told(body.content, sent, masks, is_form=body.is_form)


def _told_part(part: SentPart, planned: FormPart | None, masks: Masks | None) -> Iterator[str]:
    yield _heading(part.name, _CHARSET.sub("", part.media_type), part.file)
    yield from _headers(part.headers)
    yield from _indented(_told(planned.content if planned else None, part.content, masks))


def _told(
    content: JsonValue | Text | File | None, sent: bytes, masks: Masks | None, *, is_form: bool = False
) -> list[str]:
    if isinstance(content, File):
        return _bytes(sent)
    text = sent.decode("utf-8", "backslashreplace")
    if not text:
        return []
    if masks is not None and isinstance(content, tuple):
        return masks.told(content, text, percent_encoded if is_form else as_is).split("\n")
    try:
        value = json.loads(text)
    except ValueError:
        return text.split("\n")
    if masks is not None and content is not None and not isinstance(content, tuple):
        value = masks.told_json(content, value)
    return _json_lines(value)


def _heading(name: str, media_type: str, file: str | None) -> str:
    return f"part {json.dumps(name, ensure_ascii=False)}: {media_type}" + (
        f", the file {file}" if file else ""
    )


def _headers(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"  with {name}: {value}" for name, value in sorted(headers))


def _bytes(content: bytes) -> list[str]:
    return [f"{len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"]


def _json_lines(content: Any) -> list[str]:
    return json.dumps(content, indent=2, ensure_ascii=False).split("\n")


def _indented(lines: list[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
