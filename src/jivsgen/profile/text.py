"""The `${…}` grammar: a string of the profile becomes a `Text`.

    ${extraction_id}  ${vu} ${iteration} ${unique}  ${env.NAME} ${env.NAME:-default}  ${customers.email}
    ${uuid()} ${random_int(1, 100)} ${random_string(8)} ${pick(a, "b, c")} ${now()} ${today()} ${today(-30d)}

`$${` is the text `${`: two dollars before a brace are one. So `$$${price}` is a dollar and a value.
"""

from __future__ import annotations

import re

from msgspec import Struct

from jivsgen.profile.values import Capture, Column, Env, Function, Literal, Part, Text, Variable

VARIABLES = ("vu", "iteration", "unique")
FUNCTIONS = ("uuid", "random_int", "random_string", "pick", "now", "today")
LONGEST_RANDOM = 256

_OPENING = re.compile(r"(\$+)\{")
_LISTED = r"""(?:\s*"[^"]*"\s*|\s*'[^']*'\s*|[^,"'}]*)"""
_WHOLE_CALL = re.compile(rf"\s*[A-Za-z_]\w*\s*\({_LISTED}(?:,{_LISTED})*\)\s*(?=\}})", re.ASCII)
_ARGUMENT = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,"']*[^,"'\s]))\s*(,|\Z)""")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_COLUMN = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z_]\w*)", re.ASCII)
_ENV = re.compile(r"env\.([A-Za-z_]\w*)(?:\s*|:-(.*))", re.ASCII | re.DOTALL)
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\((.*)\)", re.ASCII | re.DOTALL)
_DAYS = re.compile(r"([-+]?\d{1,5})d", re.ASCII)
_INTEGER = r"[-+]?[0-9]{1,15}"


class TextError(Struct, frozen=True):
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
    while opening := _OPENING.search(source, position):
        dollars = len(opening[1])
        literal += source[position : opening.start()] + "$" * (dollars // 2)
        position = opening.end()
        if dollars % 2 == 0:
            literal += "{"
            continue
        end = _end(source, position)
        if end < 0:
            hint = "close it with `}`, or write `$${` for the text `${`"
            return [*errors, TextError(position - 2, "`${` is not closed", hint)]
        try:
            part = _part(source[position:end])
        except _Wrong as wrong:
            errors.append(TextError(position - 2, wrong.message, wrong.hint))
        else:
            parts += [Literal(literal), part] if literal else [part]
            literal = ""
        position = end + 1
    literal += source[position:]
    if literal:
        parts.append(Literal(literal))
    return errors or tuple(parts)


def source_of(constant: str) -> str:
    """The source of a text that is this constant: `parse_text(source_of(text))` is one literal, or nothing."""
    return _OPENING.sub(r"\1\1{", constant)


def _end(source: str, start: int) -> int:
    """Where the `}` stands that closes a value; one inside a quoted argument does not."""
    call = _WHOLE_CALL.match(source, start)
    return source.find("}", call.end() if call else start)


def _part(inside: str) -> Part:
    text = inside.strip()
    if not text:
        raise _Wrong("`${}` is empty", "name a capture, a variable, a feed's column or a function")
    if "${" in text:
        raise _Wrong("a value cannot stand inside another one")
    if text.startswith("env.") or text == "env":
        if not (match := _ENV.fullmatch(inside.lstrip())):
            hint = "write `${env.NAME}` or `${env.NAME:-default}`"
            raise _Wrong(f"`{text}` is no environment variable", hint)
        return Env(match[1], match[2])
    if match := _CALL.fullmatch(text):
        return _function(match[1], match[2])
    if match := _COLUMN.fullmatch(text):
        return Column(match[1], match[2])
    if text in VARIABLES:
        return Variable(text)
    if _NAME.fullmatch(text):
        return Capture(text)
    hint = "a capture, `vu`, `iteration`, `unique`, `env.NAME`, `feed.column` or a function"
    raise _Wrong(f"`{text}` is no value", hint)


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
    """The arguments of a function; a quoted one may hold commas, spaces at its ends, or nothing."""
    found: list[str] = []
    position = 0 if inside.strip() else None
    while position is not None:
        match = _ARGUMENT.match(inside, position)
        if match is None:
            hint = "separate them by commas; quote one that is empty or holds a comma or a quote"
            raise _Wrong(f"the arguments of `{name}` cannot be read", hint)
        found.append(next(group for group in match.groups() if group is not None))
        position = match.end() if match[4] else None
    return found


def _integers(name: str, arguments: list[str], wanted: int) -> list[int]:
    shape = {"random_int": "random_int(1, 100)", "random_string": "random_string(8)"}[name]
    if len(arguments) != wanted or not all(re.fullmatch(_INTEGER, argument) for argument in arguments):
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
