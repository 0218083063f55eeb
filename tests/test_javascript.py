"""A script that is read in pieces is the script that is read whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jivsgen.verify.javascript import Module, exported, faults_of, syntax_faults, undeclared

GENERATED = Path(__file__).resolve().parents[1] / "generated"
SCRIPTS = [
    path.read_text("utf-8")
    for path in sorted([*GENERATED.glob("k6/*.js"), *GENERATED.glob("artillery/*.mjs")])
]


def same(text: str) -> bool:
    """Whether the pieces say what the whole says; where they could not be read alone, they are the whole."""
    pieces, whole = Module(text), Module(text, whole=True)
    return (
        pieces.is_broken == whole.is_broken
        and exported(pieces) == exported(whole)
        and {one.message for one in undeclared(pieces)} == {one.message for one in undeclared(whole)}
    )


def test_scripts_are_cut() -> None:
    assert len(SCRIPTS) > 15
    assert all(len(Module(text).pieces) > 5 and same(text) for text in SCRIPTS)


@settings(max_examples=200)
@given(
    st.sampled_from(SCRIPTS),
    st.integers(0, 10_000),
    st.integers(0, 60),
    st.sampled_from(["", "`", "/*", "\n\n", "}\n\nx", "("]),
)
def test_whatever_is_cut_out_or_put_in(text: str, start: int, length: int, instead: str) -> None:
    start %= len(text)
    assert same(text[:start] + instead + text[start + length :])


@pytest.mark.parametrize(
    "text", ["a = `\n\nb`;\n", "/*\n\nb */\n", "if (1)\n\nb();\n", "f(\n\ng);\n", "x = 1\n\nin y\n"]
)
def test_what_is_no_statement_alone_is_not_cut(text: str) -> None:
    assert len(Module(text).pieces) == 1


def test_a_fault_stands_on_the_line_of_the_whole_script() -> None:
    (fault,) = faults_of(Module("const a = 1;\n\nfunction b() {\n  return a + c;\n}\n"), undeclared)
    assert (fault.line, fault.column, fault.message) == (4, 14, "`c` is declared nowhere")
    (fault, *_) = faults_of(Module("const a = 1;\n\nfunction b() {\n"), syntax_faults)
    assert fault.line == 3
