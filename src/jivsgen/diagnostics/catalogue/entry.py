"""One code of the catalogue."""

from __future__ import annotations

from msgspec import Struct


class Entry(Struct, frozen=True):
    """`severity` is `error`, `warning` or `note`; `summary` says what the code means, `mend` what to do about it.
    Both are Markdown paragraphs."""

    severity: str
    summary: str
    mend: str
