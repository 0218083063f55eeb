"""What there is one of in a document or a profile holds all texts at once: titles and the like, which scripts show in comments, and
what goes with every request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from tests.engines.server import Exchange

from jivsgen.engines import ENGINES
from jivsgen.profile.text import source_of

from . import wire
from .matrix import FIRST_KEY, row_of
from .places import PLACES
from .runs import run
from .world import World

SHOWN = ("title", "description", "version", "licence", "tag")
NAMES = (
    "document: operationId",
    "profile: profile",
    "profile: path of base_url",
    "profile: name of a header of target",
)
LONG = 1_000

Taken = dict[str, dict[str, str]]
"""Of a place the texts that it takes, by name."""


@pytest.fixture(scope="module")
def taken(corpus: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """What the places of names take; those in `ALL` take every text."""
    folder = tmp_path_factory.mktemp("rows")
    short = {name: text for name, text in corpus.items() if len(text) < LONG}
    rows = {name: row_of(PLACES[name], short, folder) for name in NAMES}
    whole = {name: text.encode("utf-8", "ignore").decode() for name, text in short.items()}
    return {"all": whole} | {title: {name: short[name] for name in row.built} for title, row in rows.items()}


def around(texts: Iterable[str]) -> str:
    """The texts in one, none of them at an end of it."""
    return "".join(f"x{text}x" for text in texts)


def segments(texts: Iterable[str]) -> str:
    """The texts as segments of one path, but for those that mean more than themselves there, or that URLs leave out."""
    plain = (text for text in texts if not set("?#\t\r\n") & set(text))
    return "/".join(f"x{text}x" for text in plain if "//" not in text and "/.." not in text)


def with_a_server(taken: Taken) -> World:
    """The base URL has no path: requests go below that of the document's server."""
    world = World()
    for title, place in PLACES.items():
        if title.partition(": ")[2] in SHOWN:
            place.put(world, "", around(taken["all"].values()))
    path = segments(taken["all"].values())
    PLACES["document: server variable"].put(world, "", path)
    world.document["servers"][0]["url"] = f"http://localhost:8080/{path}/{{v}}"
    world.base = wire.decoded(f"/{path}/{path}")
    PLACES["profile: subject of an SLO"].put(world, "", "default")
    PLACES["profile: profile"].put(world, "", "-".join(taken["profile: profile"].values())[:100])
    for number, (name, text) in enumerate(taken["document: operationId"].items()):
        key = str(FIRST_KEY + number)
        PLACES["document: operationId"].put(world, key, text)
        world.origin[key] = (name, ("document: operationId",))
    return world


def with_a_base_url(taken: Taken) -> World:
    """The base URL has a path: that of the document's server appears nowhere."""
    world = World()
    PLACES["document: whole server URL"].put(world, "", around(taken["all"].values()))
    PLACES["profile: profile"].put(world, "", "__proto__")
    world.base_url = "/" + segments(taken["profile: path of base_url"].values())
    world.base = wire.decoded(world.base_url)
    sent = around(text for text in taken["all"].values() if text.isascii() and text.isprintable())
    names = [text for text in taken["profile: name of a header of target"].values() if text != "__proto__"]
    world.profile["target"]["headers"] = {"X-Target": source_of(sent), **dict.fromkeys(names, "x")}

    def headers(exchange: Exchange) -> str:
        lost = [f" {name}?" for name in names if exchange.headers.get(name.lower()) != "x"]
        return exchange.headers.get("x-target", "(none)") + "".join(lost)

    key = str(FIRST_KEY)
    world.operation(key)
    world.step(key)
    world.arrives(key, headers, sent)
    world.origin[key] = ("all", ("profile: header of target", "profile: name of a header of target"))
    return world


@pytest.mark.parametrize("made", [with_a_server, with_a_base_url])
@pytest.mark.parametrize("engine", ENGINES)
def test_what_there_is_one_of_holds_all_texts(
    engine: str, made: Callable[[Taken], World], taken: Taken, trap: Path, tmp_path: Path
) -> None:
    world = made(taken)
    ran = run(world, engine, tmp_path, trap)
    assert ran.trips == []
    assert ran.wrong(world, lambda engine, place, text: [text]) == {}
    assert ran.code == 0, ran.said[-3000:]
