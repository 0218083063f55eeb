"""Groovy, as far as it can be read without a compiler: strings, comments and brackets."""

from __future__ import annotations

import re

from msgspec import Struct

_OTHERS = r"""(?: //[^\n]* | /\*.*?\*/                           # a comment
                | '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*"       # a string
                | (?<=[(,=~])/(?:[^/\\\n]|\\.)+/                   # a pattern
                | [^'"/()\[\]{}]+ | / )"""  # anything else
_NEITHER = re.compile(f"{_OTHERS}++", re.VERBOSE | re.DOTALL)
_BRACKET_OR_QUOTE = rf"""{_OTHERS}*+ (?P<found>[()\[\]{{}}'"] | \Z)"""
"""The next one that is code, and what stands before it; at the end: nothing."""
_PAIRS = {")": "(", "]": "[", "}": "{"}
_STRING = re.compile(r"'((?:[^'\\\n]|\\.)*)'")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\(.)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t"}


class Mistake(Struct, frozen=True):
    """`line` counts from 0 within the script."""

    line: int
    message: str


def mistake(script: str) -> Mistake | None:
    """The first bracket or quote that has no partner."""
    left, before = _NEITHER.sub("", script), ""
    while left != before:  # pairs with nothing between them go, until none is left
        left, before = left.replace("()", "").replace("[]", "").replace("{}", ""), left
    return _first_alone(script) if left else None


def _first_alone(script: str) -> Mistake | None:
    open_brackets: list[re.Match[str]] = []
    for token in re.finditer(_BRACKET_OR_QUOTE, script, re.VERBOSE | re.DOTALL):
        found = token["found"]
        if found in ("'", '"'):
            return _mistake(token, "a string has no end")
        if found in _PAIRS:
            if not open_brackets or open_brackets.pop()["found"] != _PAIRS[found]:
                return _mistake(token, f"`{found}` closes nothing")
        elif found:
            open_brackets.append(token)
    if not open_brackets:
        return None
    return _mistake(open_brackets[-1], f"`{open_brackets[-1]['found']}` is never closed")


def _mistake(token: re.Match[str], message: str) -> Mistake:
    return Mistake(token.string.count("\n", 0, token.start("found")), message)


def strings(code: str) -> list[str]:
    """The texts of the single-quoted strings, in order."""
    units = (_ESCAPE.sub(_unescaped, found[1]) for found in _STRING.finditer(code))
    return [text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") for text in units]


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _SHORT.get(found[2], found[2])
