"""A canary that cannot trip proves nothing: each of our ways to quote, weakened on purpose, trips it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jivsgen.engines import header, javascript
from jivsgen.engines.artillery import values
from jivsgen.engines.jmeter import quoting
from jivsgen.plan import compile as compilation

from .matrix import woven
from .places import PLACES
from .runs import run
from .world import texts


def weak_js(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


NO_CODE = "another path"
"""What trips where a path is not the text, whether or not that was run."""

MUTANTS = {
    "strings of JavaScript": ("k6", javascript, "js", weak_js, "js expression", "profile: literal in JSON"),
    "names of parts": ("k6", javascript, "js", weak_js, "js expression", "profile: name of a part"),
    "parts": ("artillery", javascript, "js", weak_js, "js expression", "profile: literal in part"),
    "paths of servers": (
        "artillery", compilation, "as_url", lambda text, keep: text, "artillery env", "document: server URL",
    ),
    "comments": ("k6", header, "comment", str, "js line feed", "profile: title"),
    "properties of JMeter": (
        "jmeter", quoting, "_escaped", str, "jmeter groovy", "profile: text around a value in JSON",
    ),
    "parts in JMeter": (
        "jmeter", quoting, "_escaped", str, "jmeter groovy", "profile: text around a value in part",
    ),
    "templates of Artillery": (
        "artillery", values, "is_safe", lambda text: True, "artillery environment", "profile: literal in JSON",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_weak_quoting_trips(mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, module, name, weak, text, place = MUTANTS[mutant]
    trap = tmp_path / "trap"
    trap.mkdir()
    corpus = texts(str(trap))
    world = woven({text: [PLACES[place]]}, corpus)
    monkeypatch.setattr(module, name, weak)
    trips = run(world, engine, tmp_path, trap, verified=False).trips
    assert [trip for trip in trips if not trip.startswith(NO_CODE)]
