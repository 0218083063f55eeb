"""Each verifier against broken scripts: one change each to a fresh, good one, so that a mutant cannot outlive what it mutates."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from jivsgen.compiler import Compiler, artifacts
from jivsgen.diagnostics import Diagnostics
from jivsgen.project import load_project

ROOT = Path(__file__).parents[1]
SUFFIX = {"k6": ".js", "artillery": "", "jmeter": ".jmx"}
LEAST = {"k6": 15, "artillery": 15, "jmeter": 25}
MUTANTS = {
    path.stem: yaml.safe_load(path.read_text("utf-8"))
    for path in sorted((ROOT / "tests/mutants").glob("*.yaml"))
}


@cache
def good() -> dict[str, dict[str, str]]:
    """Engine to file name to text, of every committed profile."""
    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    files: dict[str, dict[str, str]] = {}
    for unit in Compiler(project, diagnostics).compile(project.profiles):
        for path, text in artifacts(unit, unit.engines).items():
            engine, _, name = path.partition("/")
            files.setdefault(engine, {})[name] = text
    return files


def check(engine: str, files: dict[str, str]):
    return import_module(f"jivsgen.verify.{engine}").check(files)


@pytest.mark.parametrize("engine", SUFFIX)
def test_good_scripts_have_no_fault(engine: str) -> None:
    checked = check(engine, good()[engine])
    assert len(checked) >= 8
    assert not [fault for faults in checked.values() for fault in faults]


@pytest.mark.parametrize(
    ("engine", "mutant"),
    [(engine, mutant) for engine, mutants in MUTANTS.items() for mutant in mutants],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_a_mutant_is_refused(engine: str, mutant: dict[str, str]) -> None:
    files = dict(good()[engine])
    name = mutant["in"] + SUFFIX[engine]
    assert mutant["find"] in files[name], "the mutant has nothing left to change"
    files[name] = files[name].replace(mutant["find"], mutant["replace"], 1)
    faults = check(engine, files)[name]
    assert faults
    assert all(1 <= fault.line <= files[name].count("\n") + 1 and fault.message for fault in faults)


@pytest.mark.parametrize("engine", MUTANTS)
def test_there_are_enough_mutants(engine: str) -> None:
    assert len(MUTANTS[engine]) >= LEAST[engine]


def test_a_form_of_jmeter_has_its_boundary_from_one_side() -> None:
    """JMeter's own, or that of the script which writes parts with headers."""
    good = (ROOT / "tests/cases/multipart/expected/jmeter/multipart.jmx").read_text("utf-8")
    assert not check("jmeter", {"it.jmx": good})["it.jmx"]
    header = '<stringProp name="Header.name">Content-Type</stringProp>\n                <stringProp name="Header.value">multipart'
    for find, replace in (
        ("props.run.form(sampler", "props.run.cookies(sampler"),
        (header, header.replace("Content-Type", "X-Type")),
    ):
        assert find in good
        said = [fault.message for fault in check("jmeter", {"it.jmx": good.replace(find, replace)})["it.jmx"]]
        assert "this form is sent without its boundary" in said
