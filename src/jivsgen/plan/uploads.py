"""Files that requests send: committed ones that a profile names, and small ones that the compiler builds.

A profile writes `{file: PATH}`, relative to itself, and may add `type:`, the media type. That is a file only where the
contract wants bytes, which no mapping can be; anywhere else a mapping is an object.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct, field

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.plan.model import File
from jivsgen.profile.layers import LoadedProfile
from jivsgen.source import Pointer
from jivsgen.spec import Node
from jivsgen.spec.names import essence

LARGEST = 16 * 1024 * 1024
"""Bytes of a committed file: k6 holds each file once in every virtual user."""

ANY_BYTES = "application/octet-stream"
_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]*")
ESSENCE = r"[0-9A-Za-z!#$&^_.+*-]+/[0-9A-Za-z!#$&^_.+*-]+"

_TYPES = {
    ".csv": "text/csv", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif", ".html": "text/html", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".json": "application/json",
    ".md": "text/markdown", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".pdf": "application/pdf", ".png": "image/png",
    ".svg": "image/svg+xml", ".txt": "text/plain", ".webp": "image/webp", ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".yaml": "application/yaml",
    ".zip": "application/zip",
}  # fmt: skip
"""By the end of a file's name; a table of our own, because the system's differs from machine to machine."""

_SMALLEST = {
    "application/json": b"{}",
    "application/xml": b"<x/>",
    "application/zip": b"PK\x05\x06" + bytes(18),
    "image/gif": b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\1D\0;",
    "image/png": bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
        "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
    ),
    "text/xml": b"<x/>",
}
"""The smallest whole file of types that a server may look into."""


class Uploads(Struct):
    """Reads the files of one profile, each once. `root` is the project's folder: a file is in it, or below the folder of
    the profile that names it."""

    loaded: LoadedProfile
    root: Path
    shown: Callable[[Path], str]
    diagnostics: Diagnostics
    _read: dict[Path, File | None] = field(default_factory=dict)

    @property
    def files(self) -> dict[Path, File]:
        """Every file that was read."""
        return {path: file for path, file in self._read.items() if file}

    def read(self, named: str, pointer: Pointer) -> File | None:
        """The file that the profile names at the pointer; None after a report."""
        place = self.loaded.place(pointer)
        path = self.loaded.path(pointer, named)
        try:
            real = path.resolve()
        except (OSError, ValueError, RuntimeError):  # a NUL in the name, or links that lead in a circle
            self.diagnostics.add("unreadable-file", f"`{named!r}` is no path", place)
            return None
        homes = (self.root.resolve(), *(layer.path.resolve().parent for layer in self.loaded.layers))
        if not any(real.is_relative_to(home) for home in homes):
            said = f"{named} is outside of the project"
            hint = (
                "copy it below the folder of the project, and commit it: a script is built from nothing else"
            )
            self.diagnostics.add("bad-file", said, place, hint)
            return None
        if real not in self._read:
            self._read[real] = self._content(path, place)
        return self._read[real]

    def _content(self, path: Path, place: Place) -> File | None:
        shown = self.shown(path)
        try:
            if not path.is_file():
                hint = "a path is relative to the profile that names it"
                self.diagnostics.add("unreadable-file", f"there is no file {shown} to send", place, hint)
            elif not _NAME.fullmatch(path.name):
                said = f"`{path.name}` cannot be copied beside the scripts under that name"
                hint = "use letters, digits, `_`, `-` and `.` in its name"
                self.diagnostics.add("bad-file", said, place, hint)
            elif (size := path.stat().st_size) > LARGEST:
                said = f"{shown} has {size:,} bytes; a file that is sent has at most {LARGEST:,}"
                hint = "a load test that needs more sends a smaller file more often"
                self.diagnostics.add("too-large", said, place, hint)
            else:
                return File(path.name, path.read_bytes())
        except OSError as problem:
            self.diagnostics.add("unreadable-file", f"cannot read {shown[:200]}: {problem.strerror}", place)
        return None


def is_upload(raw: Any) -> bool:
    """Whether a value of the profile has the shape of a file: a path, and perhaps a type, and nothing else."""
    is_named = isinstance(raw, Mapping) and "file" in raw and set(raw) <= {"file", "type"}
    return is_named and all(isinstance(one, str) for one in raw.values())


def built_file(name: str, media_type: str, text: str) -> File:
    """A small file for a member of that name, always the same: the smallest of its type, else the text. Its name holds
    a digest, so that no two of them are in each other's way."""
    content = _SMALLEST.get(media_type, text.encode("utf-8", "replace"))
    suffix = next((end for end, known in _TYPES.items() if known == media_type), ".bin")
    stem = re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_")[:40] or "file"
    return File(f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}{suffix}", content)


def media_types(encoding: Node | None, schema: Node | None) -> tuple[str, ...]:
    """The media types that a part may have, ranges among them: what its encoding lists, else its `contentMediaType`. What
    is none (RFC 6838 section 4.2) is left out: it would be the header of a part."""
    listed = (encoding and encoding.text("contentType")) or (schema and schema.text("contentMediaType")) or ""
    essences = map(essence, listed.split(","))
    return tuple(one for one in essences if re.fullmatch(ESSENCE, one))


def allows(allowed: tuple[str, ...], media_type: str) -> bool:
    """Whether a list of types and ranges has the type; an empty list has all."""
    kind = media_type.partition("/")[0]
    return not allowed or any(one in (media_type, f"{kind}/*", "*/*") for one in allowed)


def is_taken(media_type: str, allowed: tuple[str, ...], *, lawful: bool) -> bool:
    """Whether something may be sent as that type: it is one, and no range, and allowed unless the call is not to be lawful."""
    is_type = re.fullmatch(ESSENCE, media_type) is not None and "*" not in media_type
    return is_type and (not lawful or allows(allowed, media_type))


def type_of(file_name: str, allowed: tuple[str, ...]) -> str:
    """The media type that a file is sent as: what the end of its name says, where that is asked for; else the first that
    is; else bytes, as OpenAPI says."""
    own = _TYPES.get(PurePosixPath(file_name).suffix.lower())
    if own is not None and allowed and allows(allowed, own):
        return own
    return next((named for one in allowed if (named := _first_of(one))), ANY_BYTES)


def _first_of(range_: str) -> str | None:
    """A range's usual member; the type itself where it is none."""
    if not range_.endswith("/*"):
        return range_
    return {
        "image/*": "image/png",
        "text/*": "text/plain",
        "video/*": "video/mp4",
        "audio/*": "audio/mpeg",
    }.get(range_)
