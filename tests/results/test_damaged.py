"""Whatever happened to a file of results: it is judged, or refused with a place; never a traceback."""

from __future__ import annotations

import gzip
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jivsgen.cli.judge import legend
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan
from jivsgen.results import judge
from jivsgen.results.printers import as_json, as_text

from .test_alike import FORMS, compiled, recorded, written

PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b'"', b"\n", b",", b"{", b"}", b"null", b"-1", b"1e999", b"NaN", b"\0", b"[[", b"true", b"9" * 30]),
)  # fmt: skip


@cache
def files() -> tuple[Plan, dict[str, bytes]]:
    plan = compiled()
    with tempfile.TemporaryDirectory() as folder:
        paths = written(recorded(iterations=3), plan, Path(folder))
        return plan, {form: path.read_bytes() for form, path in paths.items()}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FORMS), st.floats(0, 1), st.integers(0, 12), PIECES, st.booleans())
def test_a_damaged_file_is_judged_or_refused(
    form: str, where: float, cut: int, piece: bytes, packed: bool
) -> None:
    plan, contents = files()
    content = contents[form]
    at = int(where * len(content))
    damaged = content[:at] + piece + content[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results"
        path.write_bytes(gzip.compress(damaged) if packed else damaged)
        diagnostics = Diagnostics()
        judgement = judge(path, "results", plan, legend(plan), None, diagnostics)
    if judgement is None:
        assert [one.place.path for one in diagnostics if one.place] == ["results"]
    else:
        assert as_text(judgement)
        assert as_json(judgement)
