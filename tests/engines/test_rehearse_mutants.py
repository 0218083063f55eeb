"""The comparison bites: a template altered on purpose makes an engine mean another load, and the rehearsal says so, in each
engine."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .rehearsed import jivsgen
from .run import ENGINES, ROOT

Change = tuple[str, str, str]
"""A template, what stands there once, and what takes its place."""

K6 = "{% for line in function.lines %}\n{{ line }}"
ARTILLERY = "{% for line in view.flow %}\n      {{ line }}"
JMETER = "{% for element in elements %}"
MUTANTS: dict[str, tuple[str, dict[str, Change]]] = {
    "a step is dropped": ("-call startExtraction", {
        "k6": ("k6/script.js.j2", K6,
               ("{% for line in function.lines %}\n"
               """{{ line | replace("call = calls.startExtraction;", 'if (false) {')"""
               """ | replace("verify(call, { 'startExtraction answers 202': res.status === 202 });", '}') }}""")),
        "jmeter": ("jmeter/plan.jmx.j2", JMETER, "{% for element in elements if element.name != 'startExtraction' %}"),
        "artillery": ("artillery/script.yml.j2", ARTILLERY,
                      ARTILLERY + """{{ '\\n      ' ~ line | replace('name: startExtraction', 'ifTrue: "1 == 2"')"""
                      """ if line.endswith('name: startExtraction') else '' }}"""),
    }),
    "an expectation is swapped": ("-call startExtraction", {
        "k6": ("k6/script.js.j2", K6, K6.replace("line }}", "line | replace('status === 201', 'status === 202') }}")),
        "jmeter": ("jmeter/elements.xml.j2", ">{{ status }}<", ">{{ 202 if status == 201 else status }}<"),
        "artillery": ("artillery/hook.mjs.j2", "  {{ line }}", "  {{ line | replace('res.statusCode === 201', 'res.statusCode === 202') }}"),
    }),
    "a pause is removed": ("+no pause, or too short a one", {
        "k6": ("k6/script.js.j2", K6, K6.replace("lines %}", "lines if 'sleep(0.1)' not in line %}")),
        "jmeter": ("jmeter/plan.jmx.j2", JMETER, "{% for element in elements if element.name != 'think 100ms' %}"),
        "artillery": ("artillery/script.yml.j2", ARTILLERY, ARTILLERY.replace("flow %}", """flow if '- think: "100ms"' not in line %}""")),
    }),
}  # fmt: skip

Runs = dict[str, dict[str, Any]]


def rehearse(mutant: str, folder: Path) -> Runs:
    """The runs of a mutant, by engine."""
    for part in ("src", "templates"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for template, good, bad in MUTANTS[mutant][1].values():
        file = folder / "templates" / template
        text = file.read_text("utf-8")
        assert text.count(good) == 1
        file.write_text(text.replace(good, bad), "utf-8")
    ended = jivsgen("extraction-load", "--json", PYTHONPATH=str(folder / "src"))
    assert ended.returncode == 1, ended.stderr
    return {one["engine"]: one for one in json.loads(ended.stdout)["runs"]}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Runs]:
    """All mutants, side by side."""
    folders = [tmp_path_factory.mktemp("mutant") for _ in MUTANTS]
    with ThreadPoolExecutor() as pool:
        return dict(zip(MUTANTS, pool.map(rehearse, MUTANTS, folders), strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_tells_another_story(mutant: str, engine: str, rehearsed: dict[str, Runs]) -> None:
    found = rehearsed[mutant][engine]
    assert "the story is not the plan's; see the difference" in found["reasons"]
    assert MUTANTS[mutant][0] in found["difference"]
    if mutant == "a pause is removed":
        assert found["slos"] == "met", "nothing else would have noticed"
