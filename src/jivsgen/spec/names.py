"""Names of operations that METHOD and path alone decide."""

from __future__ import annotations

import re

HOLE = re.compile(r"\{([^{}]+)\}")
"""A parameter in a path template: `{id}`."""
_VERSION = re.compile(r"(api|v[0-9]+)", re.IGNORECASE)
NUMBERED = re.compile(r"(.*)_[0-9]+")
"""What a generator makes of names that it finds twice, in an order that changes from build to build."""


def stable_name(method: str, path: str) -> str:
    """An operationId that METHOD and path alone decide: `postExtractionsByIdStart`."""
    words = [method.lower()]
    segments = [segment for segment in path.split("/") if segment]
    while len(segments) > 1 and _VERSION.fullmatch(segments[0]):
        segments.pop(0)
    for segment in segments:
        hole = HOLE.fullmatch(segment)
        words += ["by", hole[1]] if hole else re.split(r"[^0-9A-Za-z]+", segment)
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
