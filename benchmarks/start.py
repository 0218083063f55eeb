"""What a command of the compiler costs beside an empty Python."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.measure import NOTHING_KEPT, Cost, cost, in_turns, ratio
from benchmarks.table import Measured, Row

FLOOR = "`python -c pass`"
ROWS = (
    Row(f"`jivsgen check`, nothing changed : {FLOOR}", most=3),
    Row(f"`jivsgen build`, nothing changed : {FLOOR}", most=5),
    Row(f"`jivsgen build`, every committed profile for three engines : {FLOOR}", most=30),
    Row(
        f"`jivsgen build`, every committed profile for three engines, of a document never read before : {FLOOR}",
        most=30,
    ),
    Row(f"`jivsgen lint` : {FLOOR}"),
)
JIVSGEN = (sys.executable, "-m", "jivsgen")


def measure() -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        fresh = (str(Path(folder) / str(number)) for number in count())
        runs: list[Callable[[], Cost]] = [
            lambda: cost((*JIVSGEN, "check")),
            lambda: cost((*JIVSGEN, "build")),
            lambda: cost((*JIVSGEN, "build", "--out", next(fresh))),
            lambda: cost((*JIVSGEN, "build", "--out", next(fresh)), env=NOTHING_KEPT),
            lambda: cost((*JIVSGEN, "lint")),
        ]
        named = dict(zip((row.what for row in ROWS), runs, strict=True))
        turns = in_turns({FLOOR: lambda: cost((sys.executable, "-c", "pass")), **named})
    for row in ROWS:
        yield row.measured(ratio(turns, row.what, FLOOR))
