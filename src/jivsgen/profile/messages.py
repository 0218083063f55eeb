"""What is wrong with a profile, in words and at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing, shown
from jivsgen.source import Pointer

Locate = Callable[[Pointer, bool], Place]

WRONG: Any = object()
"""What is read of a value that was reported."""


class Faults(Struct, frozen=True):
    """Each method reports one fault of the value (or key) at a pointer, and gives WRONG. `end`: what stands deeper than so many
    steps is in no file, since the value was written in a short form."""

    locate: Locate
    diagnostics: Diagnostics
    end: int | None = None
    is_key: bool = False

    def ending(self, at: Pointer) -> Faults:
        """The same, where `at` is the end."""
        return replace(self, end=len(at[: self.end]))

    def of_keys(self) -> Faults:
        """The same, of keys."""
        return replace(self, is_key=True)

    def no(self, at: Pointer, value: Any, wanted: str) -> Any:
        at = at[: self.end]
        return self._value(f"{_name(at)} is {shown(value)}, but must be {wanted}", self.locate(at, False))

    def no_name(self, at: Pointer, name: str, allowed: str) -> Any:
        at = at[: self.end]
        place = self.locate(at, self.is_key or at[-1:] == (name,))
        said = f"`{name}` cannot be a name{_where(at[:-1])}"
        return self._value(said, place, f"allowed: {allowed}")

    def no_option(self, at: Pointer, value: Any, options: tuple[str, ...]) -> Any:
        at = at[: self.end]
        hint = did_you_mean(str(value), options, otherwise=f"allowed: {listing(options)}")
        return self._value(f"{_name(at)} is {shown(value)}", self.locate(at, False), hint)

    def no_tag(self, at: Pointer, key: str, tag: str, tags: tuple[str, ...]) -> Any:
        """The key that says what the mapping is does not name one of `tags`; with an empty `tag`, it is not there."""
        hint = did_you_mean(tag, tags, otherwise=f"the {key}s are {listing(tags)}")
        if tag:
            return self._value(f"there is no {key} `{tag}`", self.locate((*at, key), False), hint)
        self.diagnostics.add("missing-key", f"`{key}` is missing{_where(at)}", self.locate(at, True), hint)
        return WRONG

    def wrong(self, at: Pointer, value: Any, said: str) -> Any:
        """`said` is the end of a sentence about the value, or about the whole mapping."""
        at = at[: self.end]
        about = "" if isinstance(value, dict) else f" is {shown(value)}, which"
        return self._value(f"{_name(at)}{about} {said}", self.locate(at, self.is_key))

    def empty(self, at: Pointer) -> Any:
        return self._value(f"{_name(at)} is empty", self.locate(at, True))

    def too_small(self, at: Pointer, value: int, least: int) -> Any:
        said = f"{_name(at)} is {shown(value)}, but must be at least {least}"
        return self._value(said, self.locate(at, False))

    def missing(self, at: Pointer) -> Any:
        said = f"`{at[-1]}` is missing{_where(at[:-1])}"
        self.diagnostics.add("missing-key", said, self.locate(at[:-1], False))
        return WRONG

    def unknown(self, at: Pointer, known: tuple[str, ...]) -> Any:
        hint = did_you_mean(str(at[-1]), known, otherwise=f"known here: {listing(known, limit=20)}")
        said = f"unknown key `{at[-1]}`{_where(at[:-1])}"
        self.diagnostics.add("unknown-key", said, self.locate(at, True), hint)
        return WRONG

    def _value(self, said: str, place: Place, hint: str = "") -> Any:
        self.diagnostics.add("wrong-value", said, place, hint)
        return WRONG


def _name(pointer: Pointer) -> str:
    names = [step for step in pointer if isinstance(step, str)]
    return f"`{names[-1]}`" if names else "the profile"


def _where(pointer: Pointer) -> str:
    """` in the step \\`call\\``, where that helps."""
    if len(pointer) >= 2 and pointer[-2] == "steps":
        return " in this step"
    names = [step for step in pointer if isinstance(step, str)]
    return f" in `{names[-1]}`" if names else ""
