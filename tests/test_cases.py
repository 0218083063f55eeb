"""A case is a directory: `profile.yaml`, what it needs, and `expected/` with every file that `jivsgen build` writes for it, byte for
byte. The same files are then read by the real engines. Adding a case needs no Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from jivsgen.verify.engines import find, refusals

HERE = Path(__file__).parent / "cases"
CASES = sorted(path for path in HERE.iterdir() if path.is_dir())
SUFFIX = {"k6": ".js", "k6-1.1.0": ".js", "jmeter": ".jmx", "jmeter-5.5": ".jmx", "artillery": ".yml"}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden(case: Path, tmp_path: Path, jivsgen, golden, bless: bool) -> None:
    ended = jivsgen("build", "--profile", "profile.yaml", "--out", tmp_path, cwd=case)
    assert ended.returncode == 0, ended.stderr
    written = {
        path.relative_to(tmp_path)
        for path in tmp_path.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }
    expected = {
        path.relative_to(case / "expected") for path in (case / "expected").rglob("*") if path.is_file()
    }
    if bless:
        for stray in expected - written:
            (case / "expected" / stray).unlink()
        expected = written
    assert written == expected
    for path in sorted(written):
        golden(case / "expected" / path, (tmp_path / path).read_bytes())


@pytest.mark.parametrize("engine", SUFFIX)
def test_goldens_and_generated_are_accepted_by_the_real_engine(engine: str, root: Path) -> None:
    folders = [*(case / "expected" for case in CASES), root / "generated"]
    scripts = {
        str(path.relative_to(root)): path
        for folder in folders
        for path in sorted((folder / engine.partition("-")[0]).glob(f"*{SUFFIX[engine]}"))
    }
    assert len(scripts) == len(CASES) + len(list((root / "specs/profiles").glob("*.yaml")))
    command = root / ".engines/bin" / engine if "-" in engine else find(engine, root)
    assert not refusals(engine.partition("-")[0], command, scripts, {})


def test_there_are_cases_for_every_executor_and_construct() -> None:
    text = "".join((case / "profile.yaml").read_text("utf-8") for case in CASES)
    for word in (
        *("constant-vus", "ramping-vus", "constant-arrival-rate", "ramping-arrival-rate", "per-vu-iterations", "shared-iterations"),
        *("poll:", "think:", "group:", "repeat:", "choose:", "weight:", "feeds:", "users:", "at_end: stop", "order: random"),
        *("start_after:", "abort_on_fail", "file:", "type:", "Content-Type:", "anonymous", "with:", "within:", "on_failure:", "${vu}", "uuid()", "random_string(",
          "pick(", "now()", "today(", ":-", "$${"),
    ):  # fmt: skip
        assert word in text, word
