"""The matrix of texts, places and engines, printed when the tests are over."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .world import texts


@dataclass
class Matrix:
    """`refused`: (place, text) to the code that says so; `built`: the other pairs; `ran`: engine to pair to what arrived
    (empty: the literal text, or nothing that could arrive); `trips`: engine to what ran that must not."""

    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    built: set[tuple[str, str]] = field(default_factory=set)
    ran: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    trips: dict[str, list[str]] = field(default_factory=dict)


MATRIX = pytest.StashKey[Matrix]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MATRIX] = Matrix()


@pytest.fixture(scope="session")
def matrix(pytestconfig: pytest.Config) -> Matrix:
    return pytestconfig.stash[MATRIX]


@pytest.fixture(scope="session")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a text that is run leaves a file."""
    return tmp_path_factory.mktemp("trap")


@pytest.fixture(scope="session")
def corpus(trap: Path) -> dict[str, str]:
    return texts(str(trap))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash[MATRIX]
    pairs = sorted({*found.refused, *found.built})
    if not pairs:
        return
    places, texts = (list(dict.fromkeys(column)) for column in zip(*pairs, strict=True))
    terminalreporter.section(
        "hostile texts: r refused, b built and verified, . arrived as it is in each engine, X did not"
    )
    for number, place in enumerate(places, 1):
        counts = [
            sum(pair in found.ran.get(engine, {}) for pair in pairs if pair[0] == place)
            for engine in found.ran
        ]
        ran = ", ".join(f"{engine} {count}" for engine, count in zip(found.ran, counts, strict=True) if count)
        terminalreporter.line(f"{number:4} {place}{f': {ran}' if ran else ''}")
    for tens in ("hundreds", "tens", "units"):
        power = {"hundreds": 100, "tens": 10, "units": 1}[tens]
        terminalreporter.line(" " * 28 + "".join(str(n // power % 10) for n in range(1, len(places) + 1)))
    for text in texts:
        terminalreporter.line(f"{text:27.27} " + "".join(_cell(found, (place, text)) for place in places))
    for engine, ran in found.ran.items():
        wrong = sum(bool(said) for said in ran.values())
        terminalreporter.line(
            f"{engine}: {len(ran)} pairs, {wrong} not literal, {len(found.trips[engine])} trips"
        )


def _cell(found: Matrix, pair: tuple[str, str]) -> str:
    if pair in found.refused:
        return "r"
    if pair not in found.built:
        return " "
    said = [ran[pair] for ran in found.ran.values() if pair in ran]
    return "b" if not said else "X" if any(said) else "."
