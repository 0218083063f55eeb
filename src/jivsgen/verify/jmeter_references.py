"""`${…}` in a property, as JMeter reads it (`FunctionParser` of 5.5 and 5.6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from msgspec import Struct


class UnreadableReference(Exception):
    """JMeter 5.5 takes the whole property as it stands, 5.6 ends the test before it begins."""


class Reference(Struct, frozen=True):
    """A variable (`arguments` is None), or a function and its arguments. `inner` are the references in those."""

    name: str
    arguments: tuple[str, ...] | None
    inner: tuple[Reference, ...] = ()

    def all(self) -> Iterator[Reference]:
        """This one and every inner one."""
        yield self
        for reference in self.inner:
            yield from reference.all()


@cache  # most properties say what others say
def references(text: str) -> tuple[Reference, ...]:
    """Every reference of a property, inner ones too. Raises UnreadableReference."""
    found: list[Reference] = []
    position = 0 if "${" in text else len(text)
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text.startswith("${", position):
            reference, position = _reference(text, position + 2)
            found += reference.all()
        else:
            position += 1
    return tuple(found)


def plain(text: str) -> str:
    """The text that a property without variables stands for: `${__char(36)}` is a dollar sign."""
    if "${__char(36)}" not in text:
        return text
    return text.replace("\\\\", "\\").replace("${__char(36)}", "$")


def _reference(text: str, start: int) -> tuple[Reference, int]:
    """The reference whose name begins at `start`, and where the text goes on."""
    for position in range(start, len(text)):
        if text[position] == "}":
            return Reference(text[start:position], None), position + 1
        if text[position] == "(":
            arguments, inner, after = _arguments(text, position + 1)
            if not text.startswith("}", after):
                raise UnreadableReference(f"`${{{text[start:position]}(` has no closing brace")
            return Reference(text[start:position], arguments, inner), after + 1
    raise UnreadableReference(f"`${{{text[start : start + 20]}` has no end")


def _arguments(text: str, start: int) -> tuple[tuple[str, ...], tuple[Reference, ...], int]:
    """The arguments that begin at `start`, the references in them, and where the text goes on."""
    arguments: list[str] = []
    inner: list[Reference] = []
    begin = position = start
    depth = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        if text.startswith("${", position):
            reference, position = _reference(text, position + 2)
            inner.append(reference)
            continue
        if character == ")" and depth == 0:
            last = text[begin:position]
            return (*arguments, *([last] if last or arguments else [])), tuple(inner), position + 1
        if character == "," and depth == 0:
            arguments.append(text[begin:position])
            begin = position + 1
        depth += {"(": 1, ")": -1}.get(character, 0)
        position += 1
    raise UnreadableReference("a function has no closing parenthesis")
