"""A CSV file becomes a feed."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.plan.model import Feed
from jivsgen.profile.rules import is_device
from jivsgen.source import digest_of, is_file, read_text

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILE = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]*")


def read_feed(
    name: str, path: Path, shown: str, order: str, at_end: str, diagnostics: Diagnostics, named_at: Place
) -> Feed | None:
    """The feed in a CSV file (RFC 4180, UTF-8, one header line); None after a report. `shown` is the file's path for
    messages, `named_at` where the profile names it."""
    if not is_file(path):
        said = f"the feed `{name}` has no file {shown}"
        diagnostics.add("unreadable-file", said, named_at, "a path is relative to the profile that names it")
        return None
    text = read_text(path, shown, diagnostics)
    if text is None:
        return None
    if not _FILE.fullmatch(path.name) or is_device(path.name):
        said = f"`{path.name}` cannot be copied beside the scripts under that name"
        diagnostics.add("bad-feed", said, named_at, "use letters, digits, `_`, `-` and `.` in its name")
        return None
    read = _rows(text, shown, diagnostics)
    if read is None:
        return None
    rows, lines = read
    columns, *data = rows
    plain = list(lines) == list(range(2, len(data) + 2))
    return Feed(
        name, path.name, _normalised(rows), tuple(columns), len(data), order, at_end, shown,
        () if plain else lines, digest_of(text),
    )  # fmt: skip


def _rows(text: str, shown: str, diagnostics: Diagnostics) -> tuple[list[list[str]], tuple[int, ...]] | None:
    """Header and data, without blank lines, and the line that each row of data begins at; None after a report."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    faults = len(diagnostics)
    last = 0
    try:
        for row in reader:
            begins, last = last + 1, reader.line_num
            if not row:
                continue
            lines += [begins] if rows else []
            if rows and len(row) != len(rows[0]):
                said = f"the row has {len(row)} fields, the header {len(rows[0])}"
                diagnostics.add("bad-feed", said, Place(shown, reader.line_num))
            rows.append(row)
    except csv.Error as problem:
        diagnostics.add("bad-feed", f"not CSV: {problem}", Place(shown, reader.line_num))
        return None
    if not rows or len(rows) == 1:
        diagnostics.add(
            "empty-feed", "the feed has no rows", Place(shown), "write a header line and at least one row"
        )
        return None
    for number, column in enumerate(rows[0]):
        if not _COLUMN.fullmatch(column):
            said = f"`{column}` cannot be the name of a column"
            hint = "the first line names the columns: letters, digits and `_`, no digit first"
            diagnostics.add("bad-feed", said, Place(shown), hint)
        elif column in rows[0][:number]:
            diagnostics.add("bad-feed", f"the column `{column}` stands in the header twice", Place(shown))
    return (rows, tuple(lines)) if len(diagnostics) == faults else None


def _normalised(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
