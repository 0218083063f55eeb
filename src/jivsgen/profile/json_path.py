"""Paths into JSON: `$.data.items[0].id`. Members and indices only, which mean the same in every engine."""

from __future__ import annotations

import re

_STEP = re.compile(
    r"""\.([A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff-]*)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]"""
)


class PathError(ValueError):
    """`offset` counts characters of the path from 0."""

    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset, self.message, self.hint = offset, message, hint


def parse_path(source: str) -> tuple[str | int, ...]:
    """The steps of a path. Raises PathError."""
    if not source.startswith("$"):
        raise PathError(0, f"`{source}` is no path into JSON", f"begin with `$`: `$.{source.lstrip('.')}`")
    steps: list[str | int] = []
    position = 1
    while position < len(source):
        match = _STEP.match(source, position)
        if match is None:
            raise PathError(
                position,
                f"`{source}` has `{source[position:]}`, which is no member or index",
                _hint(source, position),
            )
        steps.append(
            int(match[2]) if match[2] is not None else next(g for g in match.groups() if g is not None)
        )
        position = match.end()
    return tuple(steps)


def _hint(source: str, position: int) -> str:
    rest = source[position:]
    if rest.startswith(("..", "[-")) or "*" in rest[:3] or ":" in rest[:6] or "?" in rest[:3]:
        return "wildcards, slices, filters and `..` are left out: engines read them differently; name one member or index"
    return "write members as `.name` or `['odd name']`, elements as `[0]`"
