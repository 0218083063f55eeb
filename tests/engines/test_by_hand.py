"""The scripts that `make bench` holds the emitted ones against are worth the comparison: they tell the plan's story, as the
emitted ones do, and turn red on the same faults. A script that checks less would be no comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from jivsgen.compiler import Compiler, Unit, artifacts
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.lock import Content
from jivsgen.plan.model import PerVuIterations, Plan
from jivsgen.project import load_project
from jivsgen.rehearsal.engines import find_engine
from jivsgen.rehearsal.patience import rehearsed
from jivsgen.rehearsal.rehearse import Stage, Subject, rehearse
from jivsgen.rehearsal.verdict import Verdict

from .rehearsed import SECRETS
from .run import ENGINES, ROOT

SCRIPTS = ROOT / "benchmarks/scripts"

FAULTS: dict[str, list[dict[str, Any]]] = {
    "createExtraction answers 200": [{"operation": "createExtraction", "status": 200}],
    "startExtraction answers 200": [{"operation": "startExtraction", "status": 200}],
    "getExtraction answers 202": [{"operation": "getExtraction", "status": 202}],
    "listExtractions answers 206": [{"operation": "listExtractions", "status": 206}],
    "no id": [{"operation": "createExtraction", "remove": ["$.data.id"]}],
    "another status": [{"operation": "createExtraction", "set": {"$.data.status": "RUNNING"}}],
    "a number as text": [{"operation": "createExtraction", "set": {"$.data.recordsExtracted": "0"}}],
    "no totalPages": [{"operation": "listExtractions", "remove": ["$.data.totalPages"]}],
    "a size as text": [{"operation": "listExtractions", "set": {"$.data.size": "20"}}],
    "no JSON": [{"operation": "createExtraction", "body": "<html>"}],
    "a poll never ends": [{"operation": "getExtraction", "set": {"$.data.status": "RUNNING"}}],
    "a poll ends in FAILED": [{"operation": "getExtraction", "set": {"$.data.status": "FAILED"}}],
    "slow beyond the SLO": [{"operation": "listExtractions", "delay": "2.2s"}],
    "connection dropped": [{"operation": "listExtractions", "drop": True}],
    "dead login": [{"operation": "login", "status": 503}],
}
"""One for each check, capture and verdict."""

NEGLIGENT = {
    "k6": ("    'listExtractions has $.data.totalPages': at(res, 'data.totalPages') != null,\n", "extraction.js"),
    "jmeter": (
        "        check(verdict, data.get('totalPages') != null, 'listExtractions has $.data.totalPages')\n",
        "extraction.jmx",
    ),
    "artillery": (
        "    'listExtractions has $.data.totalPages': data?.totalPages != null,\n",
        "extraction.processor.mjs",
    ),
}  # fmt: skip
"""A check of each script, and the file that it stands in."""


@cache
def unit() -> Unit:
    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    assert project is not None
    (found,) = Compiler(project, diagnostics).compile((SCRIPTS / "extraction.yaml",))
    return found


def plan_of() -> Plan:
    """The plan of the benchmark's profile, reduced as for a rehearsal; its limits as they are."""
    return rehearsed(unit().plan, 1.0)


def load_of(plan: Plan) -> dict[str, str]:
    """What the scripts by hand are told of the load."""
    load = plan.scenarios[0].load
    assert isinstance(load, PerVuIterations)
    return {"USERS": str(load.vus), "ITERATIONS": str(load.iterations)}


def by_hand(engine: str) -> dict[str, str]:
    """The committed script of an engine, as an emitted one would be named."""
    return {f"{engine}/{file.name}": file.read_text("utf-8") for file in (SCRIPTS / engine).iterdir()}


def emitted(engine: str) -> dict[str, Content]:
    """What jivsgen makes of the same profile."""
    return artifacts(replace(unit(), plan=plan_of()), (engine,))


def run(files: Mapping[str, Content], engine: str, folder: Path, faults: list[dict[str, Any]]) -> Verdict:
    """The verdict of one engine on the benchmark's API, with faults."""
    plan = plan_of()
    behaviour = folder / "behaviour.yaml"
    honest = (SCRIPTS / "behaviour.yaml").read_text("utf-8")
    behaviour.write_text(f"{honest}\n{yaml.safe_dump({'faults': faults})}", "utf-8")
    stage = Stage(folder, SECRETS | load_of(plan), lambda *_: None)
    (verdict,) = rehearse(stage, Subject(plan, unit().api, files), [find_engine(engine, ROOT)], behaviour)
    return verdict


@pytest.mark.parametrize("scripts", [by_hand, emitted])
@pytest.mark.parametrize("engine", ENGINES)
def test_it_tells_the_story_of_the_plan(
    engine: str, scripts: Callable[[str], Mapping[str, Content]], tmp_path: Path
) -> None:
    """The same requests with the same bodies, in the same iterations; and green."""
    verdict = run(scripts(engine), engine, tmp_path, [])
    assert verdict.difference == ()
    assert verdict.is_right, (verdict.reasons, verdict.run.said)
    assert verdict.run.slos == "met"
    assert verdict.requests == 1 + 3 * 5 * 5


Runs = Callable[[str], dict[str, Verdict]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The verdicts of all engines on a fault, which are asked at the same time: red is no matter of speed."""

    @cache
    def ask(fault: str) -> dict[str, Verdict]:
        folders = [tmp_path_factory.mktemp(engine) for engine in ENGINES]
        with ThreadPoolExecutor(len(ENGINES)) as pool:
            found = pool.map(run, map(by_hand, ENGINES), ENGINES, folders, [FAULTS[fault]] * len(ENGINES))
            return dict(zip(ENGINES, found, strict=True))

    return ask


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_script_by_hand_turns_red(fault: str, engine: str, runs: Runs) -> None:
    verdict = runs(fault)[engine]
    assert verdict.run.slos not in ("met", "not ended"), "\n".join(verdict.run.said)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_script_that_checks_less_is_found(engine: str, tmp_path: Path) -> None:
    """Without one of its checks it stays green where it has to be red: the test above bites."""
    line, file = NEGLIGENT[engine]
    files = by_hand(engine)
    assert files[f"{engine}/{file}"].count(line) == 1
    files[f"{engine}/{file}"] = files[f"{engine}/{file}"].replace(line, "")
    verdict = run(files, engine, tmp_path, FAULTS["no totalPages"])
    assert verdict.run.slos == "met"
    assert not verdict.is_right
