"""Which engine wrote a file is told by its content, never by its name."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path

from jivsgen.plan.model import Plan
from jivsgen.results import artillery, jmeter, k6
from jivsgen.results.model import Legend, Run, Unreadable

_HEAD = 1 << 16
_GZIP = b"\x1f\x8b"
_K6 = re.compile(rb'\s*\{"(?:type|metric)":"')
_ARTILLERY = re.compile(rb'\s*\{\s*"(?:aggregate|intermediate)"\s*:')
_KINDS = "points of k6 (--out json=FILE), rows of JMeter (-l FILE), or a report of Artillery (-o FILE)"


def read_results(path: Path, plan: Plan, legend: Legend, engine: str | None) -> tuple[str, Run]:
    """The engine that wrote a file, gzip or not, and what it says. `engine`: what the user says that it is. Raises
    `Unreadable`, and OSError where the file itself cannot be read."""
    try:
        with _opened(path) as stream:
            return _read(stream, plan, legend, engine)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable("broken-results", "the gzip file is damaged or cut off") from None


def _opened(path: Path) -> io.BufferedReader:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return io.BufferedReader(gzip.open(path) if packed else path.open("rb", 0), _HEAD)


def _read(stream: io.BufferedReader, plan: Plan, legend: Legend, engine: str | None) -> tuple[str, Run]:
    head = stream.peek(_HEAD)[:_HEAD]
    form = _form(head)
    found = form.removesuffix("-csv")
    if engine is not None and found != engine:
        said = f"these are results of {found}, not of {engine}"
        raise Unreadable("unknown-results", said, 1, "leave out --engine, or name another file")
    if form == "k6":
        return found, k6.read_json(stream, plan)
    with io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="") as text:
        if form == "k6-csv":
            return found, k6.read_csv(text, plan)
        read = artillery.read if form == "artillery" else jmeter.read
        return found, read(text, plan, legend)


def _form(head: bytes) -> str:
    """`k6`, `k6-csv`, `jmeter` or `artillery`."""
    if not head.strip():
        raise Unreadable("empty-file", "the file is empty")
    if b"\0" in head:
        raise Unreadable("unknown-results", f"this is no text; results are {_KINDS}")
    if _K6.match(head):
        return "k6"
    if _ARTILLERY.match(head):
        return "artillery"
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
    columns = set(first.split(b","))
    if {b"timeStamp", b"elapsed", b"label"} <= columns:
        return "jmeter"
    if {b"metric_name", b"timestamp", b"metric_value"} <= columns:
        return "k6-csv"
    raise _unknown(head, first)


def _unknown(head: bytes, first: bytes) -> Unreadable:
    """What other files of these engines are called, and how to get the right ones."""
    known = (
        (b"<testResults" in head, "JMeter's results as XML", "run JMeter with -Jjmeter.save.saveservice.output_format=csv"),
        (b"timeStamp" in first, "JMeter's results with another delimiter", "run JMeter with its default delimiter, the comma"),
        (re.match(rb"\d{13},\d+,", first), "JMeter's results without a first line of names", "run JMeter with its default print_field_names"),
        (b'"sampleCount"' in head, "the statistics of JMeter's dashboard", "judge the file of -l instead"),
        (b'"root_group"' in head or b'"metrics"' in head, "a summary of k6, which lacks samples", "run k6 with --out json=FILE"),
    )  # fmt: skip
    for is_it, said, hint in known:
        if is_it:
            return Unreadable("unknown-results", f"this looks like {said}", 1, hint)
    return Unreadable("unknown-results", f"the file is none of: {_KINDS}")
