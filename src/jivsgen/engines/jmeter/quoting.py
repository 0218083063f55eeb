"""Text of a JMeter plan: what JMeter itself makes of a property, and Groovy.

JMeter 5.5 and 5.6 (`FunctionParser`, `ValueReplacer`): a property in which no `${…}` stands is taken as it is. In one
with at least one, `\\\\`, `\\$` and `\\,` lose their backslash, everywhere. What a reference stands for is not read again.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TypeAlias

from jivsgen.engines.quoting import Scalar

Piece: TypeAlias = tuple[bool, str]
"""(False, literal text) or (True, what stands between `${` and `}`)."""

_GROOVY_ESCAPES = re.compile(r"[^ !-#%-&(-\[\]-~]")
_GROOVY_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\", "$": "$"}
_DOLLAR = "${__char(36)}"


def literal(text: str) -> Piece:
    return (False, text)


def reference(name: str) -> Piece:
    return (True, name)


def text_property(*pieces: Piece) -> str:
    """The text of a property that JMeter reads as these pieces."""
    whole = "".join(text for is_reference, text in pieces if not is_reference)
    if not any(is_reference for is_reference, _ in pieces) and "${" not in whole:
        return whole
    runs = groupby(pieces, key=lambda piece: piece[0])
    return "".join(
        "".join(f"${{{name}}}" for _, name in run)
        if is_reference
        else _escaped("".join(text for _, text in run))
        for is_reference, run in runs
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("${", f"{_DOLLAR}{{")


def groovy(value: Scalar) -> str:
    """A Groovy literal, in which JMeter finds no reference: strings in single quotes and in ASCII.

    Groovy 3 reads `\\uXXXX` before it reads strings: quotes, backslashes and line ends are never written that way.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return f"{value}G" if isinstance(value, int) and abs(value) >= 2**31 else repr(value)
    return "'" + _GROOVY_ESCAPES.sub(_groovy_escape, value).replace("${", "$\\u007b") + "'"


def _groovy_escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _GROOVY_SHORT:
        return _GROOVY_SHORT[character]
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
