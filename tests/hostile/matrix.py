"""Which text may stand where: every text of the corpus in every place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from jivsgen.compiler import Unit

from .places import PLACES, Place
from .runs import compiled
from .world import KEY_LENGTH, World

FIRST_KEY = 10 ** (KEY_LENGTH - 1)


@dataclass
class Row:
    """Of one place: the codes that refuse a text, by the name of the text; and the world of all texts that are built."""

    place: Place
    refused: dict[str, str] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)


def row_of(place: Place, corpus: dict[str, str], folder: Path) -> Row:
    """What becomes of each text in a place. Where texts can stand side by side, one compilation says that all are built."""
    row = Row(place)
    if not place.alone and _unit(woven({name: [place] for name in corpus}, corpus), folder):
        row.built = list(corpus)
        return row
    for name, text in corpus.items():
        world = World()
        place.put(world, str(FIRST_KEY), text)
        unit, diagnostics = compiled(world, folder)
        errors = [one for one in diagnostics if one.severity == "error"]
        assert all(one.message.isprintable() or name for one in errors)
        if unit is None:
            assert errors, f"{place.name}: {name} is neither refused nor built"
            row.refused[name] = errors[0].code
        else:
            row.built.append(name)
    return row


def woven(wanted: dict[str, list[Place]], corpus: dict[str, str]) -> World:
    """One world for many pairs of a text and a place."""
    world = World()
    for name, places in wanted.items():
        prose = [place for place in places if place.prose]
        for sharing in [*([place] for place in places if not place.prose), *([prose] if prose else [])]:
            key = str(FIRST_KEY + len(world.origin))
            for place in sharing:
                place.put(world, key, corpus[name])
            world.origin[key] = (name, tuple(place.title for place in sharing))
    return world


def _unit(world: World, folder: Path) -> Unit | None:
    unit, _ = compiled(world, folder)
    return unit


__all__ = ["PLACES", "Row", "row_of", "woven"]
