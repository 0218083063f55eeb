"""Measures everything that has a limit, prints it, and puts it into the table in README.md.

    python -m benchmarks             all parts
    python -m benchmarks start       some of them; the other rows stay as an earlier run has left them

Exit code: 1 when a limit was missed, or could not be measured.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from benchmarks.measure import ROUNDS
from benchmarks.table import README, Measured, written

PARTS = ("start", "github", "growth", "serve", "emitted")
"""Modules of this folder, each with its `ROWS` and a `measure()` that yields one `Measured` for each of them, in order."""


def parts(named: list[str]) -> list[ModuleType]:
    """The modules of the parts named; of none, all."""
    if unknown := [name for name in named if name not in PARTS]:
        raise SystemExit(f"there is no part {', '.join(unknown)}: {', '.join(PARTS)}")
    return [import_module(f"benchmarks.{name}") for name in named or PARTS]


def main(named: list[str]) -> int:
    measured: list[Measured] = []
    print(f"CPU time and memory, side by side, medians of up to {ROUNDS}", flush=True)
    for part in parts(named):
        for one in part.measure():
            print(one.line(), flush=True)
            measured.append(one)
    rows = [row for part in parts([]) for row in part.ROWS]
    README.write_text(written(README.read_text("utf-8"), rows, measured), "utf-8")
    return int(any(one.is_missed for one in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
