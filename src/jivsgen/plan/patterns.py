"""A short text that matches a regular expression."""

from __future__ import annotations

import re
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {
    sre.CATEGORY_DIGIT: "0", sre.CATEGORY_NOT_DIGIT: "a", sre.CATEGORY_WORD: "a", sre.CATEGORY_NOT_WORD: "-",
    sre.CATEGORY_SPACE: " ", sre.CATEGORY_NOT_SPACE: "a",
}  # fmt: skip
_CANDIDATES = "aA0-_ .x:/@"
MOST_REPEATS = 4096


def shortest(pattern: str, at_least: int = 0) -> str:
    """A text that Python's reading of the pattern finds, with at least that many characters where a repeat allows it;
    the caller proves it against the schema. Empty where the pattern is beyond this (look-arounds, back-references)."""
    try:
        tree = parser.parse(pattern)
        text = "".join(_of(op, argument, 0) for op, argument in tree)
        if len(text) < at_least:
            text = "".join(_of(op, argument, at_least - len(text)) for op, argument in tree)
    except (re.error, RecursionError, KeyError, NotImplementedError):
        return ""
    return text if "^" in pattern or len(text) >= at_least else text + "x" * (at_least - len(text))


def _of(op: Any, argument: Any, more: int) -> str:
    """`more`: how many repeats beyond the least a repeat should give."""
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.ANY:
        return "a"
    if op is sre.NOT_LITERAL:
        return next(c for c in _CANDIDATES if ord(c) != argument)
    if op is sre.IN:
        return _in(argument)
    if op is sre.BRANCH:
        return min(("".join(_of(o, a, more) for o, a in branch) for branch in argument[1]), key=len)
    if op is sre.SUBPATTERN:
        return "".join(_of(o, a, more) for o, a in argument[3])
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, high, inner = argument
        times: int = min(low + more, high if high is not sre.MAXREPEAT else low + more, MOST_REPEATS)
        return "".join(_of(o, a, 0) for o, a in inner) * times
    if op is sre.AT:
        return ""
    raise NotImplementedError(op)


def _in(members: Any) -> str:
    if members[0][0] is not sre.NEGATE:
        op, argument = members[0]
        if op is sre.LITERAL:
            return chr(argument)
        return chr(argument[0]) if op is sre.RANGE else str(_CLASSES[argument])
    excluded = re.compile("[" + "".join(_class(op, argument) for op, argument in members[1:]) + "]")
    return next(c for c in _CANDIDATES if not excluded.match(c))


def _class(op: Any, argument: Any) -> str:
    if op is sre.LITERAL:
        return re.escape(chr(argument))
    if op is sre.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    return {sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_SPACE: r"\s"}[argument]
