"""The comparison bites: a template altered on purpose makes one engine mean another load, and the rehearsal says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .rehearsed import ROOT, jivsgen

MUTANTS = {
    "a step is dropped": (
        "jmeter", "plan.jmx.j2",
        "{% for element in elements %}", "{% for element in elements if element.name != 'startExtraction' %}",
        "-call startExtraction",
    ),
    "an expectation is swapped": (
        "artillery", "hook.mjs.j2",
        "  {{ line }}", "  {{ line | replace('res.statusCode === 201', 'res.statusCode === 202') }}",
        "-call startExtraction",
    ),
    "a pause is removed": (
        "k6", "script.js.j2",
        "{% for line in function.lines %}", "{% for line in function.lines if 'sleep(0.1)' not in line %}",
        "+no pause, or too short a one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_tells_another_story(mutant: str, tmp_path: Path) -> None:
    engine, template, good, bad, shown = MUTANTS[mutant]
    for part in ("src", "templates"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "templates" / engine / template
    text = file.read_text("utf-8")
    assert text.count(good) == 1
    file.write_text(text.replace(good, bad), "utf-8")
    ended = jivsgen("extraction-load", "--engine", engine, "--json", PYTHONPATH=str(tmp_path / "src"))
    assert ended.returncode == 1, ended.stderr
    (run,) = json.loads(ended.stdout)["runs"]
    assert "the story is not the plan's; see the difference" in run["reasons"]
    assert shown in run["difference"]
    if mutant == "a pause is removed":
        assert run["slos"] == "met", "nothing else would have noticed"
