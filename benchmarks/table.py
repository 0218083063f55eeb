"""Rows of the table in README.md: what is measured, its limit, and whether it was met."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.measure import ROOT
from msgspec import Struct

README = ROOT / "README.md"
BEGIN, END = "<!-- make bench writes this table -->\n", "<!-- so far -->\n"


class Row(Struct, frozen=True):
    """`most` or `least` is the limit; a row without either is told, and not judged. `unit` stands behind the number."""

    what: str
    most: float | None = None
    least: float | None = None
    unit: str = " ×"
    decimals: int = 1

    def measured(self, value: float) -> Measured:
        return Measured(self, value)

    def not_measured(self, reason: str) -> Measured:
        return Measured(self, None, reason)

    def number(self, value: float) -> str:
        return f"{value:,.{self.decimals}f}{self.unit}"

    @property
    def limit(self) -> str:
        if self.most is not None:
            return f"≤ {self.number(self.most)}"
        return f"≥ {self.number(self.least)}" if self.least is not None else ""


class Measured(Struct, frozen=True):
    """A row with its value; None, and why, where it could not be measured, which is no limit met."""

    row: Row
    value: float | None
    reason: str = ""

    @property
    def is_missed(self) -> bool:
        if self.row.most is None and self.row.least is None:
            return False
        if self.value is None:
            return True
        return (self.row.most is not None and self.value > self.row.most) or (
            self.row.least is not None and self.value < self.row.least
        )

    def line(self) -> str:
        """The row in Markdown."""
        said = f"not measured: {self.reason}" if self.value is None else self.row.number(self.value)
        verdict = ("missed" if self.is_missed else "met") if self.row.limit else ""
        return f"| {self.row.what} | {said} | {self.row.limit} | {verdict} |"


HEAD = "| what | measured | limit | |\n|---|---|---|---|\n"


def table_of(readme: str) -> str:
    """What stands between the markers."""
    _, begin, rest = readme.partition(BEGIN)
    table, end, _ = rest.partition(END)
    if not (begin and end):
        raise SystemExit("README.md has lost the markers of the table")
    return table


def rows_shown(readme: str) -> list[tuple[str, str]]:
    """(what, limit) of each row of the table that stands in the README."""
    cells = [[cell.strip() for cell in line.split("|")] for line in table_of(readme).splitlines()[2:]]
    return [(what, limit) for _, what, _, limit, _, _ in cells]


def written(readme: str, rows: Iterable[Row], measured: Iterable[Measured]) -> str:
    """The README with a table of `rows`: what was measured now, and of the others what an earlier run has left there."""
    before = table_of(readme)
    earlier = {line.split("|")[1].strip(): line for line in before.splitlines()[2:]}
    now = {one.row.what: one.line() for one in measured}
    lines = [
        now.get(row.what) or earlier.get(row.what) or row.not_measured("not run yet").line() for row in rows
    ]
    return readme.replace(BEGIN + before + END, BEGIN + HEAD + "\n".join(lines) + "\n" + END)
