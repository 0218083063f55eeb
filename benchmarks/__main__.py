"""Measures everything that has a limit, prints one table, and puts it into README.md.

    python -m benchmarks             all parts; rewrites the table
    python -m benchmarks start       some parts; only prints

Exit code: 1 when a limit was missed, or could not be measured.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from benchmarks.measure import ROUNDS
from benchmarks.table import README, Measured, markdown, written

PARTS = ("start", "github", "growth", "serve")
"""Modules of this folder, each with its `ROWS` and a `measure()` that yields one `Measured` for each of them, in order."""


def parts(named: list[str]) -> list[ModuleType]:
    """The modules of the parts named; of none, all."""
    if unknown := [name for name in named if name not in PARTS]:
        raise SystemExit(f"there is no part {', '.join(unknown)}: {', '.join(PARTS)}")
    return [import_module(f"benchmarks.{name}") for name in named or PARTS]


def main(named: list[str]) -> int:
    measured: list[Measured] = []
    print(f"CPU time and memory, side by side, medians of {ROUNDS}")
    for part in parts(named):
        for one in part.measure():
            print(one.line(), flush=True)
            measured.append(one)
    if not named:
        README.write_text(written(README.read_text("utf-8"), markdown(measured)), "utf-8")
    return int(any(one.is_missed for one in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
