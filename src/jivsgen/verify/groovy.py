"""Groovy, as far as it can be read without a compiler: strings, comments and brackets."""

from __future__ import annotations

import re

from msgspec import Struct

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      | (?P<pattern>(?<=[(,=~] )/(?:[^/\\\n]|\\.)+/|(?<=\()/(?:[^/\\\n]|\\.)+/)
      | (?P<bracket>[()\[\]{}])
      | (?P<quote>['"])
      | (?P<other>[^'"/()\[\]{}]+|/)""",
    re.VERBOSE | re.DOTALL,
)
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
    open_brackets: list[re.Match[str]] = []
    for token in _TOKEN.finditer(script):
        if token.lastgroup == "quote":
            return _mistake(token, "a string has no end")
        if token.lastgroup != "bracket":
            continue
        if token[0] not in _PAIRS:
            open_brackets.append(token)
        elif not open_brackets or open_brackets.pop()[0] != _PAIRS[token[0]]:
            return _mistake(token, f"`{token[0]}` closes nothing")
    return _mistake(open_brackets[-1], f"`{open_brackets[-1][0]}` is never closed") if open_brackets else None


def _mistake(token: re.Match[str], message: str) -> Mistake:
    return Mistake(token.string.count("\n", 0, token.start()), message)


def strings(code: str) -> list[str]:
    """The texts of the single-quoted strings, in order."""
    units = (_ESCAPE.sub(_unescaped, found[1]) for found in _STRING.finditer(code))
    return [text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") for text in units]


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _SHORT.get(found[2], found[2])
