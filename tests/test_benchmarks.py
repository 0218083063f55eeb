"""The table of `make bench` in README.md is made of what the benchmark measures. Nothing is timed here."""

from __future__ import annotations

import pytest
from benchmarks.__main__ import PARTS, parts
from benchmarks.measure import ROOT, Cost, ratio
from benchmarks.table import BEGIN, END, README, Measured, Row, rows_shown, written
from msgspec.structs import replace

ROWS = [row for part in parts([]) for row in part.ROWS]


def shown(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row.what, row.limit) for row in rows]


def test_the_readme_shows_every_row_with_its_limit():
    assert rows_shown(README.read_text("utf-8")) == shown(ROWS)


def test_a_row_that_is_missing_or_has_another_limit_is_noticed():
    readme = README.read_text("utf-8")
    fewer, looser = ROWS[1:], [replace(row, most=99) for row in ROWS]
    assert rows_shown(written(readme, ROWS, [])) == shown(ROWS)
    assert rows_shown(written(readme, fewer, [])) != shown(ROWS)
    assert rows_shown(written(readme, looser, [row.measured(1) for row in looser])) != shown(ROWS)


def test_a_part_writes_its_own_rows_and_leaves_the_others():
    old, new = Row("old", most=3), Row("new", most=3)
    readme = written(f"before\n{BEGIN}{END}after\n", [old], [old.measured(2)])
    assert readme.startswith("before\n")
    assert readme.endswith("after\n")
    both = written(readme, [new, old], [new.measured(4)]).splitlines()
    assert both[4:6] == ["| new | 4.0 × | ≤ 3.0 × | missed |", "| old | 2.0 × | ≤ 3.0 × | met |"]
    assert "| new | not measured: not run yet | ≤ 3.0 × | missed |" in written(readme, [new, old], [])


def test_every_module_that_has_rows_is_run():
    modules = (ROOT / "benchmarks").glob("*.py")
    assert {file.stem for file in modules if "\nROWS" in file.read_text("utf-8")} == set(PARTS)


def test_a_machine_that_is_slow_for_some_turns_is_slow_for_both():
    slow = [1.0, 1.0, 1.6, 1.6, 1.6]
    turns = [{"one": Cost(3 * by, 1, 1), "floor": Cost(by, 1, 1)} for by in slow]
    turns[1] = {"one": Cost(30, 1, 1), "floor": Cost(1, 1, 1)}
    assert ratio(turns, "one", "floor") == pytest.approx(3)


@pytest.mark.parametrize(
    ("one", "missed"),
    [
        (Row("x", most=3).measured(3.0), False),
        (Row("x", most=3).measured(3.1), True),
        (Row("x", least=3).measured(3.0), False),
        (Row("x", least=3).measured(2.9), True),
        (Row("x").measured(99), False),
        (Row("x", most=3).not_measured("needs Java"), True),
        (Row("x").not_measured("needs Java"), False),
    ],
)
def test_a_limit_that_was_not_measured_was_not_met(one: Measured, missed: bool):
    assert one.is_missed == missed
    assert ("missed" in one.line()) == missed
