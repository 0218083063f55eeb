"""The `${…}` grammar: a string of the profile becomes a `Text`.

${extraction_id}  ${vu} ${iteration} ${unique}  ${env.NAME} ${env.NAME:-default}  ${customers.email}
${uuid()} ${random_int(1, 100)} ${random_string(8)} ${pick(a, b)} ${now()} ${today()} ${today(-30d)}   $${ is ${
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jivsgen.profile.values import Capture, Column, Env, Function, Literal, Part, Text, Variable

VARIABLES = ("vu", "iteration", "unique")
FUNCTIONS = ("uuid", "random_int", "random_string", "pick", "now", "today")
LONGEST_RANDOM = 256

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLUMN = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z_][A-Za-z0-9_]*)")
_ENV = re.compile(r"env\.([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*\((.*)\)", re.DOTALL)
_DAYS = re.compile(r"([-+]?\d{1,5})d")
_INTEGER = re.compile(r"[-+]?\d{1,15}")
_ARGUMENT = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,"']*?))\s*(?:,|$)""")


@dataclass(frozen=True, slots=True)
class TextError:
    """`offset` counts characters of the string from 0."""

    offset: int
    message: str
    hint: str = ""


class _Wrong(Exception):
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def parse_text(source: str) -> Text | list[TextError]:
    """The parts of a string, or everything that is wrong with it."""
    parts: list[Part] = []
    errors: list[TextError] = []
    literal = ""
    position = 0
    while (start := source.find("${", position)) >= 0:
        if start > position and source[start - 1] == "$":
            literal += source[position : start - 1] + "${"
            position = start + 2
            continue
        literal += source[position:start]
        end = _end(source, start + 2)
        if end < 0:
            errors.append(
                TextError(start, "`${` is not closed", "close it with `}`, or write `$${` for the text `${`")
            )
            return errors
        if literal:
            parts.append(Literal(literal))
            literal = ""
        try:
            parts.append(_part(source[start + 2 : end]))
        except _Wrong as wrong:
            errors.append(TextError(start, wrong.message, wrong.hint))
        position = end + 1
    literal += source[position:]
    if literal:
        parts.append(Literal(literal))
    return errors or tuple(parts)


def _end(source: str, start: int) -> int:
    """Where the `}` stands that closes a value; one inside quotes does not."""
    quote = ""
    for position in range(start, len(source)):
        character = source[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and "(" in source[start:position]:
            quote = character
        elif character == "}":
            return position
    return -1


def _part(inside: str) -> Part:
    text = inside.strip()
    if not text:
        raise _Wrong("`${}` is empty", "name a capture, a variable, a feed's column or a function")
    if "${" in text:
        raise _Wrong("a value cannot stand inside another one")
    if text.startswith("env.") or text == "env":
        if not (match := _ENV.fullmatch(text)):
            raise _Wrong(
                f"`{text}` is no environment variable", "write `${env.NAME}` or `${env.NAME:-default}`"
            )
        return Env(match[1], match[2])
    if match := _CALL.fullmatch(text):
        return _function(match[1], match[2])
    if match := _COLUMN.fullmatch(text):
        return Column(match[1], match[2])
    if text in VARIABLES:
        return Variable(text)
    if _NAME.fullmatch(text):
        return Capture(text)
    raise _Wrong(
        f"`{text}` is no value",
        "a capture, `vu`, `iteration`, `unique`, `env.NAME`, `feed.column` or a function",
    )


def _function(name: str, inside: str) -> Function:
    arguments = _arguments(name, inside)
    if name in ("uuid", "now"):
        if arguments:
            raise _Wrong(f"`{name}()` takes nothing")
        return Function(name)
    if name == "today":
        return Function(name, (_days(arguments),))
    if name == "pick":
        if not arguments:
            raise _Wrong("`pick()` has nothing to pick from", "write `${pick(a, b)}`")
        return Function(name, tuple(arguments))
    if name == "random_int":
        low, high = _integers(name, arguments, 2)
        if low > high:
            raise _Wrong(f"`random_int({low}, {high})` has no number to give", "write the lower bound first")
        return Function(name, (low, high))
    if name == "random_string":
        (length,) = _integers(name, arguments, 1)
        if not 1 <= length <= LONGEST_RANDOM:
            raise _Wrong(f"`random_string` takes a length from 1 to {LONGEST_RANDOM}")
        return Function(name, (length,))
    from jivsgen.diagnostics.model import did_you_mean

    hint = did_you_mean(
        name, FUNCTIONS, otherwise="the functions are " + ", ".join(f"`{f}()`" for f in FUNCTIONS)
    )
    raise _Wrong(f"there is no function `{name}`", hint)


def _arguments(name: str, inside: str) -> list[str]:
    if not inside.strip():
        return []
    found: list[str] = []
    position = 0
    while position <= len(inside):
        match = _ARGUMENT.match(inside, position)
        if match is None or (match.end() == position and position < len(inside)):
            raise _Wrong(
                f"the arguments of `{name}` cannot be read",
                "separate them by commas; quote one that holds a comma",
            )
        found.append(next(group for group in match.groups() if group is not None))
        if match.end() == len(inside) and not inside[position : match.end()].rstrip().endswith(","):
            break
        position = match.end()
    return found


def _integers(name: str, arguments: list[str], wanted: int) -> list[int]:
    shape = {"random_int": "random_int(1, 100)", "random_string": "random_string(8)"}[name]
    if len(arguments) != wanted or not all(_INTEGER.fullmatch(argument) for argument in arguments):
        raise _Wrong(
            f"`{name}` takes {wanted} whole number{'s' if wanted > 1 else ''}", f"write `${{{shape}}}`"
        )
    return [int(argument) for argument in arguments]


def _days(arguments: list[str]) -> int:
    if not arguments:
        return 0
    if len(arguments) != 1 or not (match := _DAYS.fullmatch(arguments[0])):
        raise _Wrong(
            "`today` takes a number of days", "write `${today()}`, `${today(-30d)}` or `${today(7d)}`"
        )
    return int(match[1])
