"""YAML as people write it: plain where nothing can be misread, else in double quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.:/_-]*[A-Za-z0-9/]|(?:\$\.|(?:\.\.?/)+)?[A-Za-z_][A-Za-z0-9_.-]*(?:[ /][A-Za-z0-9_.-]+)*",
    re.ASCII,
)
_SPECIAL = re.compile(
    r"y|n|yes|no|on|off|true|false|null|nan|inf|[-+]?\.?(?:inf|nan)|_*|-+|\.+", re.IGNORECASE
)
"""Words that some reader of YAML (1.1 or 1.2) takes for something else than text."""


def scalar(value: Any) -> str:
    """One scalar, on one line. Raises ValueError for text with half a surrogate pair, which no YAML file can hold."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and not _SPECIAL.fullmatch(value):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in ('"', "\\"):
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("half a surrogate pair")
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def flow(value: Any) -> str:
    """A value on one line: `{id: "${pet_id}", tags: [a, b]}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(name)}: {flow(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def is_writable(value: Any) -> bool:
    """Whether a YAML file can hold all of it."""
    try:
        flow(value)
    except ValueError:
        return False
    return True


def entry(key: str, value: Any, indent: int, width: int = 110) -> list[str]:
    """The lines of `key: value`: on one line where it fits, else a line for each member."""
    start = " " * indent + scalar(key) + ":"
    line = f"{start} {flow(value)}"
    if len(line) <= width or not isinstance(value, Mapping) or not value:
        return [line]
    return [
        start,
        *(line for name, member in value.items() for line in entry(name, member, indent + 2, width)),
    ]
