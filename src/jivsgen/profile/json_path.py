"""Paths into JSON: `$.data.items[0].id`. Members and indices only, which mean the same in every engine."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"""\.([^\W\d][\w-]*)|\[([0-9]{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]""")
_PLAIN = re.compile(r"[^\W\d]\w*")


class PathError(ValueError):
    """`offset` counts characters of the path from 0."""

    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset, self.message, self.hint = offset, message, hint


def parse_path(source: str) -> tuple[str | int, ...]:
    """The steps of a path. Raises PathError."""
    if not source.startswith("$"):
        hint = f"begin with `$`: `$.{source.lstrip('.')}`"
        raise PathError(0, f"`{source}` does not begin at the root", hint)
    steps: list[str | int] = []
    position = 1
    while position < len(source):
        match = _STEP.match(source, position)
        if match is None:
            said = f"`{source[position:]}` is no member or index"
            raise PathError(position, said, _hint(source[position:]))
        name, index, *quoted = match.groups()
        steps.append(int(index) if index is not None else next(n for n in (name, *quoted) if n is not None))
        position = match.end()
    return tuple(steps)


def _hint(rest: str) -> str:
    if rest.startswith(("..", "[-", "[?", "[*", ".*")) or re.match(r"\[[^\]'\"]*[:,]", rest):
        return "engines read wildcards, slices, filters and `..` differently; name one member or one index"
    return "write members as `.name` or `['odd name']`, elements as `[0]`"


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at the path of a JSON value; None where nothing does."""
    for step in path:
        inside = isinstance(value, dict) and step in value
        if not inside and not (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            return None
        value = value[step]
    return value


def written(path: tuple[str | int, ...]) -> str:
    """The source of a path: `$.data['odd name'][0]`."""
    return "$" + "".join(map(_written, path))


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN.fullmatch(step):
        return f".{step}"
    return f'["{step}"]' if "'" in step else f"['{step}']"
