"""The values of the room, and the collector that every other room is handed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import total_ordering
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from jivsgen.diagnostics.catalogue import CATALOGUE


class Severity(StrEnum):
    """`error` stops the build, `warning` stops it under `--strict`, `note` never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@total_ordering
class Place:
    """A spot in a file: the path as the user wrote it, line and column from 1 (characters, not bytes). Most places are never
    printed, so that `looked_up` ones find line and column when somebody asks."""

    __slots__ = ("_spot", "path")

    def __init__(self, path: str, line: int = 1, column: int = 1) -> None:
        self.path = path
        self._spot: tuple[int, int] | Callable[[], tuple[int, int]] = (line, column)

    @classmethod
    def looked_up(cls, path: str, find: Callable[[], tuple[int, int]]) -> Place:
        """The place that `find` knows: (line, column)."""
        place = cls(path)
        place._spot = find
        return place

    @property
    def spot(self) -> tuple[int, int]:
        """Line and column."""
        if not isinstance(self._spot, tuple):
            self._spot = self._spot()
        return self._spot

    @property
    def line(self) -> int:
        return self.spot[0]

    @property
    def column(self) -> int:
        return self.spot[1]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __hash__(self) -> int:
        return hash((self.path, self.spot))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and (self.path, self.spot) == (other.path, other.spot)

    def __lt__(self, other: Place) -> bool:
        return (self.path, self.spot) < (other.path, other.spot)


class Related(Struct, frozen=True):
    """Another place that explains the message: what the spec says there, where the name was used first."""

    place: Place
    message: str


class Diagnostic(Struct, frozen=True):
    """One problem. `code` is a key of the catalogue; `place` is None for what has none (a missing folder, say)."""

    code: str
    severity: Severity
    message: str
    place: Place | None = None
    hint: str = ""
    related: tuple[Related, ...] = ()


Subject: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a part of a document."""


class Diagnostics:
    """Collects. A room goes on after an error as far as it can, so that the user sees all problems at once."""

    def __init__(self) -> None:
        self._all: dict[Diagnostic, set[Subject]] = {}
        self._subject: Subject = ()

    def add(
        self,
        code: str,
        message: str,
        place: Place | None = None,
        hint: str = "",
        related: tuple[Related, ...] = (),
    ) -> None:
        """Add one problem; the severity is the catalogue's. Saying the same thing twice says it once."""
        found = Diagnostic(code, Severity(CATALOGUE[code].severity), message, place, hint, related)
        self._all.setdefault(found, set()).add(self._subject)

    @contextmanager
    def about(self, subject: Subject) -> Iterator[None]:
        """What is added meanwhile is about that part of the profile, wherever its place is: a YAML alias is written where
        its anchor is."""
        outer, self._subject = self._subject, subject
        try:
            yield
        finally:
            self._subject = outer

    def subjects(self, found: Diagnostic) -> set[Subject]:
        """The parts that it was said about."""
        return self._all[found]

    def extend(self, others: Iterable[Diagnostic]) -> None:
        """Take over what another collector found."""
        for found in others:
            self._all.setdefault(found, set())

    def __iter__(self) -> Iterator[Diagnostic]:
        """By file, line and column; what has no place comes first; equal places in the order of discovery."""
        return iter(sorted(self._all, key=lambda found: (found.place is not None, found.place or Place(""))))

    def __len__(self) -> int:
        return len(self._all)

    def has_errors(self, *, strict: bool = False) -> bool:
        """Whether anything stops the build; with `strict`, warnings do."""
        stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(found.severity in stops for found in self._all)

    def without_notes(self) -> Diagnostics:
        """The same, errors and warnings only."""
        rest = Diagnostics()
        rest.extend(found for found in self._all if found.severity is not Severity.NOTE)
        return rest

    def hardened(self) -> Diagnostics:
        """The same, with every warning an error."""
        hard = Diagnostics()
        hard.extend(
            replace(found, severity=Severity.ERROR) if found.severity is Severity.WARNING else found
            for found in self._all
        )
        return hard


def did_you_mean(wrong: str, candidates: Iterable[str], *, otherwise: str = "") -> str:
    """A hint that names the closest candidate, or `otherwise`."""
    close = closest(wrong, candidates)
    return otherwise if close is None else f"did you mean `{close}`?"


def closest(wrong: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `wrong` most likely means, if it resembles any."""
    from difflib import get_close_matches  # only who makes a mistake waits for it

    return next(iter(get_close_matches(wrong, list(candidates), n=1, cutoff=0.6)), None)


def listing(names: Iterable[str], *, limit: int = 8) -> str:
    """Names for a message, in the order given: the first few, and how many more there are."""
    known = list(names)
    shown = ", ".join(f"`{name}`" for name in known[:limit])
    return f"{shown} and {len(known) - limit} more" if len(known) > limit else shown


def shown(value: Any) -> str:
    """A value for a message: JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "…"
