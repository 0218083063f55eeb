"""Every diagnostic, raised by the smallest input that raises it, with its whole message.

A directory `tests/invalid/<code>/` holds `profile.yaml`, what it needs, and `expected.txt`; `<code>-<variant>` is another
way to raise the same one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jivsgen.diagnostics.catalogue import CATALOGUE
from jivsgen.diagnostics.catalogue.drift import DRIFT

HERE = Path(__file__).parent / "invalid"
DIRECTORIES = sorted(path for path in HERE.iterdir() if path.is_dir())


def code_of(directory: Path) -> str:
    name = directory.name
    while name not in CATALOGUE and "-" in name:
        name = name.rpartition("-")[0]
    return name


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda path: path.name)
def test_message(directory: Path, jivsgen, golden) -> None:
    severity = CATALOGUE[code_of(directory)].severity
    ended = jivsgen("lint", "profile.yaml", cwd=directory)
    assert f"{severity}[{code_of(directory)}]" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.returncode == (
        2 if directory.name == "bad-configuration" else 1 if severity == "error" else 0
    )
    golden(directory / "expected.txt", ended.stderr)


def test_strict_makes_warnings_errors(jivsgen) -> None:
    warned = [d for d in DIRECTORIES if CATALOGUE[code_of(d)].severity == "warning"]
    assert warned
    for directory in warned:
        assert jivsgen("lint", "--strict", "profile.yaml", cwd=directory).returncode == 1


ELSEWHERE = {
    "too-large": "tests/test_source.py, which makes the file",
    "cannot-write": "tests/test_cli.py, which puts something in the way",
    "broken-artifact": "tests/test_cli.py, which breaks a template",
    "contract-violation": "tests/test_cli.py, which changes a plan behind the compiler's back",
    "file-exists": "tests/test_init.py, which writes twice",
    "nothing-to-call": "tests/test_init.py, which has such documents",
    **dict.fromkeys(
        ("broken-results", "ended-early", "failed-script", "foreign-results", "unknown-results"),
        "tests/test_judge.py, which hands over results and no profile",
    ),
    "engine-refused": "tests/test_cli.py, which hides the engines",
    "cannot-fetch": "tests/test_pull.py, which has such servers",
    "bad-behaviour": "tests/rehearsal/test_serve.py, which serves with one",
    **dict.fromkeys(DRIFT, "tests/test_check.py, which changes what was built"),
}
"""Codes that no input of a directory can raise, and the test that raises each."""


@pytest.mark.parametrize("code", sorted(set(CATALOGUE) - set(ELSEWHERE)))
def test_every_code_is_raised_somewhere(code: str) -> None:
    assert any(code_of(directory) == code for directory in DIRECTORIES), f"tests/invalid/{code}/ is missing"


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_is_explained(code: str, jivsgen, root) -> None:
    ended = jivsgen("explain", code, cwd=root)
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"{code} ({CATALOGUE[code].severity})\n")
    assert "How to mend it:" in ended.stdout


def test_no_directory_is_stray() -> None:
    assert {code_of(directory) for directory in DIRECTORIES} <= set(CATALOGUE)
