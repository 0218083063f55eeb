"""`multipart/form-data` (RFC 7578) to bytes and back, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message

from msgspec import Struct

from jivsgen.plan.part_headers import OF_EVERY_PART

BOUNDARY = "jivsgen-sample"


class BrokenForm(ValueError):
    """The bytes are no form; says why."""


class SentPart(Struct, frozen=True):
    """`media_type` is as it was sent, parameters included; `file` the file's name, where there is one. Of the `headers`, whose
    names are in lower case, those are left out that every part has, or that JMeter alone sends."""

    name: str
    media_type: str
    content: bytes
    file: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def written(parts: Iterable[SentPart]) -> bytes:
    """The body, with `BOUNDARY` between the parts: it is for judges, not for servers."""
    body = b""
    for part in parts:
        name, file = (
            (text or "").replace("\\", "\\\\").replace('"', '\\"') for text in (part.name, part.file)
        )
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        head += f'; filename="{file}"' if file else ""
        head += "".join(f"\r\n{key}: {value}" for key, value in part.headers)
        body += f"{head}\r\nContent-Type: {part.media_type}\r\n\r\n".encode() + part.content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def parts_of(body: bytes, content_type: str) -> Iterator[SentPart]:
    """The parts of a body, in their order. Raises BrokenForm."""
    from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise BrokenForm("it has no boundary")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"))
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        head: Field | File | None = None
        content = b""
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                head, content = event, b""
            elif isinstance(event, Data) and head is not None:
                content += event.data
                if not event.more_data:
                    file = head.filename if isinstance(head, File) else None
                    own = ((name.lower(), value) for name, value in head.headers)
                    headers = tuple(one for one in own if one[0] not in OF_EVERY_PART)
                    kind = head.headers.get("content-type", "")
                    yield SentPart(head.name or "", kind, content, file, headers)
    except (ValueError, KeyError) as broken:
        raise BrokenForm(str(broken)) from broken
    if isinstance(event, NeedData):
        raise BrokenForm("it is cut short")
