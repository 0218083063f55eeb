"""A place that takes a string, and what to do to have a text stand there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from tests.hostile.world import World

Put = Callable[[World, str, str], None]
"""Changes the world so that a text stands in the place; `key` numbers the operation that is made for it."""

STRING = {"type": "string"}


@dataclass(frozen=True)
class Place:
    """`owner`: whose text it is: the document's, the profile's, the environment's or the server's answer's. `alone`: there is
    one such place in a document or a profile, so that texts cannot stand there side by side. `prose`: no request brings it,
    so that one operation of a text has it in all such places."""

    name: str
    owner: str
    put: Put
    alone: bool = False
    prose: bool = False

    @property
    def title(self) -> str:
        return f"{self.owner}: {self.name}"


PLACES: dict[str, Place] = {}


def place(owner: str, name: str, *, alone: bool = False, prose: bool = False) -> Callable[[Put], Put]:
    """Keeps what it decorates as the way into a place, under `<owner>: <name>`."""

    def keep(put: Put) -> Put:
        one = Place(name, owner, put, alone, prose)
        PLACES[one.title] = one
        return put

    return keep


def csv_of(column: str, cell: str) -> str:
    """A table of one row: the column, and another one."""
    out = io.StringIO()
    csv.writer(out).writerows([[column, "other"], [cell, "x"]])
    return out.getvalue()


def sends(world: World, key: str, value: str) -> None:
    """A step that sends a value in the query."""
    world.operation(key, parameters=[{"name": "q", "in": "query", "schema": STRING}])
    world.step(key, query={"q": value})
