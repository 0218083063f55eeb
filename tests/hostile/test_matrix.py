"""Every text of the corpus in every place: refused with a diagnostic, or built, and what is built holds before its
verifiers; then run in the real engines, where nothing is executed and everything arrives as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from jivsgen.engines import ENGINES

from .conftest import Matrix
from .matrix import row_of, woven
from .places import PLACES, Place
from .runs import built, compiled, run
from .world import World

SHARE = 1 if os.environ.get("JIVSGEN_HOSTILE") == "all" else 6
"""Every how many-th pair of a text and a place an engine is run with: all of them in `make fuzz`. Each text and each
place is among them."""
FEW = 40
"""A place that takes no more texts is run with each."""
AT_ONCE = {"k6": 800, "jmeter": 5_000, "artillery": 800}
"""Pairs of one run. What k6 and Artillery do at the end of one grows with the square of its operations: a summary, and conditions
in each of which each metric is looked for."""


@pytest.mark.parametrize("name", PLACES)
def test_a_text_is_refused_or_built(
    name: str, corpus: dict[str, str], matrix: Matrix, trap: Path, tmp_path: Path
) -> None:
    place = PLACES[name]
    row = row_of(place, corpus, tmp_path)
    matrix.refused |= {(name, text): code for text, code in row.refused.items()}
    matrix.built |= {(name, text) for text in row.built}
    worlds = [woven({text: [place]}, corpus) for text in row.built] if place.alone else []
    worlds += [] if place.alone else [woven({text: [place] for text in row.built}, corpus)]
    for world in worlds:
        unit, diagnostics = compiled(world, tmp_path)
        assert unit is not None, list(diagnostics)
        _, faults = built(unit)
        assert faults == []
    assert list(trap.iterdir()) == []


@pytest.fixture(scope="session")
def chosen(matrix: Matrix, corpus: dict[str, str]) -> list[tuple[str, Place]]:
    """The pairs that the engines are run with: texts by their names, prose always. Needs the tests above: a pair that was not
    built is not run. Places that there is one of in a document have tests of their own."""
    pairs = []
    for number, place in enumerate(PLACES.values()):
        built = [text for text in corpus if (place.title, text) in matrix.built]
        dense = place.prose or len(built) <= FEW
        for offset, text in enumerate(corpus):
            ran = not place.alone and (dense or (number + offset) % SHARE == 0)
            if ran and text in built and not is_open(place.title, corpus[text]):
                pairs.append((text, place))
    return sorted(pairs, key=lambda pair: list(corpus).index(pair[0]))


AT_RUN_TIME = ("answer: capture in path", "profile: cell of a feed in path", "profile: choice in path")
"""The places in a path whose text only the run knows."""


def approximated(engine: str, place: str, text: str) -> list[str]:
    """What may arrive of a text: itself; with U+FFFD for half of a surrogate pair, which no UTF-8 holds; from JMeter, whose
    scripts confess that headers are ISO-8859-1, with a question mark for each UTF-16 unit that is not in it, and slashes in a row are one; from
    Artillery, whose scripts confess that dots alone would lead to another path, percent-encoded dots."""
    if engine == "artillery" and place in AT_RUN_TIME and text in (".", ".."):
        return [text.replace(".", "%2E")]
    whole = re.sub("[\ud800-\udfff]", "\ufffd", text)
    if engine != "jmeter":
        return [text, whole]
    if place in ("document: path", "document: tokenUrl"):
        return [text, whole, re.sub("//+", "/", text).removeprefix("/")]
    latin = re.sub("[^\t -~\xa0-\xff]", lambda found: "?" * (1 + (found[0] > "\uffff")), text)
    return [text, whole, latin, re.sub("[\ud800-\udfff]", "?", text)]


def is_open(place: str, text: str) -> bool:
    """Where the engines are known not to bring the text, without running it or sending it elsewhere than it was meant to
    go: k6 does not send a token with control characters, JMeter takes the spaces at the ends of a variable away in a header, and
    Artillery loses a header named `__proto__`."""
    return (
        (place.startswith("answer: token") and not text.isprintable())
        or (place == "profile: default of a variable in header" and " }" in text)
        or (
            text == "__proto__"
            and re.search("name of a header|header name|header of an API", place) is not None
        )
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_executed_and_everything_arrives(
    engine: str,
    chosen: list[tuple[str, Place]],
    corpus: dict[str, str],
    matrix: Matrix,
    trap: Path,
    tmp_path: Path,
) -> None:
    if not chosen:
        pytest.skip("no pair of a text and a place was built: run the whole file")
    size = AT_ONCE[engine]
    for start in range(0, len(chosen), size):
        folder = tmp_path / str(start)
        folder.mkdir()
        holds(woven(by_text(chosen[start : start + size]), corpus), engine, folder, trap, matrix)


def by_text(pairs: list[tuple[str, Place]]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for text, place in pairs:
        found.setdefault(text, []).append(place)
    return found


def holds(world: World, engine: str, folder: Path, trap: Path, matrix: Matrix) -> None:
    """Runs the world, and keeps what became of its pairs."""
    ran = run(world, engine, folder, trap)
    wrong = ran.wrong(world, approximated)
    matrix.trips.setdefault(engine, []).extend(ran.trips)
    faulty: dict[tuple[str, str], str] = {}
    for key, (_, arrived) in wrong.items():
        text, places = world.owner(key)
        faulty |= {(place, text): arrived for place in places}
    pairs = [(place, text) for text, places in world.origin.values() for place in places]
    matrix.ran.setdefault(engine, {}).update({pair: faulty.get(pair, "") for pair in pairs})
    assert ran.trips == []
    assert faulty == {}
    assert ran.code == 0, ran.said[-3000:]
