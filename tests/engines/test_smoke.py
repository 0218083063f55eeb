"""Every committed profile, reduced to seconds, in every real engine against a loopback JiVS: it runs as it comes, it asks the
same in all three, and it turns red when the API is broken."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from jivsgen.compiler import Compiler, artifacts
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Call, DurationCheck, Scenario, Slo, Step
from jivsgen.plan.smoke import smoke as reduced
from jivsgen.project import load_project
from jivsgen.verify.engines import QUIET

from .jivs import Fault, Jivs
from .jmeter_server import Answer, Server

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted(path.stem for path in (ROOT / "specs/profiles").glob("*.yaml"))
SECRETS = {"JIVS_PASSWORD": "not-a-secret", "JIVS_VIEWER_PASSWORD": "not-a-secret"}
RED = {"k6": {99}, "jmeter": {99}, "artillery": {1}}
FIRST_CAPTURE = {
    "compliance-stress": "createComplianceRequest", "data-quality": "createQualityRule", "extraction-load": "createExtraction",
    "extraction-progress": "createExtraction", "extraction-soak": "createExtraction", "migration-load": "createMigration",
}  # fmt: skip


def written(folder: Path, *, patient: bool) -> Path:
    """The smoke scripts of all profiles, as `jivsgen build --smoke` makes them; `patient` ones have twenty times the time, so
    that a busy machine is no failure of theirs."""
    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    for unit in Compiler(project, diagnostics).compile(project.profiles):
        plan = reduced(unit.plan)
        if patient:
            plan = replace(
                plan,
                slos=tuple(_patient(slo) for slo in plan.slos),
                scenarios=tuple(map(_unhurried, plan.scenarios)),
            )
        for path, text in artifacts(replace(unit, plan=plan), unit.engines, diagnostics).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8", newline="")
    return folder


def _patient(slo: Slo) -> Slo:
    return replace(slo, limit=slo.limit * 20) if slo.stat not in ("errors", "rate") else slo


def _unhurried(scenario: Scenario) -> Scenario:
    def step(one: Step) -> Step:
        if isinstance(one, Call):
            checks = (
                replace(c, limit_ms=c.limit_ms * 20) if isinstance(c, DurationCheck) else c
                for c in one.checks
            )
            return replace(one, checks=tuple(checks))
        return one

    return replace(scenario, steps=tuple(step(one) for one in scenario.steps))


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("smoke"), patient=False)


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("patient"), patient=True)


def run(
    engine: str, profile: str, folder: Path, results: Path, fault: Fault | None = None, **environment: str
):
    """(exit code, what was printed, requests by operation and role)."""
    command = str(ROOT / ".engines/bin" / engine)
    kind = engine.partition("-")[0]
    script = str(folder / kind / (profile + {"k6": ".js", "jmeter": ".jmx", "artillery": ".yml"}[kind]))
    arguments = {
        "k6": [command, "run", "--quiet", script],
        "jmeter": [command, "-n", "-t", script, "-j", str(results / "log"), f"-Jjtl={results / 'x.jtl'}",
                   "-Jjmeterengine.force.system.exit=true"],
        "artillery": [command, "run", script],
    }[kind]  # fmt: skip
    jivs = Jivs(ROOT / "specs/jivs.openapi.yaml", fault)
    with Server(jivs) as server:
        env = {**os.environ, **QUIET, **SECRETS, "BASE_URL": server.url, **environment}
        ended = subprocess.run(arguments, env=env, cwd=results, capture_output=True, text=True, timeout=120)
    return ended.returncode, ended.stdout + ended.stderr, jivs.asked


@pytest.mark.parametrize("profile", PROFILES)
def test_it_runs_and_means_the_same(profile: str, patient: Path, tmp_path: Path) -> None:
    stories: dict[str, Counter[str]] = {}
    for engine in ("k6", "k6-1.1.0", "jmeter", "artillery"):
        results = tmp_path / engine
        results.mkdir()
        code, said, stories[engine] = run(engine, profile, patient, results)
        assert code == 0, f"{engine}: {said[-3000:]}"
    assert sum(stories["k6"].values()) > 15
    assert stories["k6"]["login"] == len(
        [name for name in ("admin", "viewer") if f"as {name}" in _flow(profile)]
    )
    assert all(story == stories["k6"] for story in stories.values()), stories


def _flow(profile: str) -> str:
    """The summary of a plan, where each call says who makes it."""
    from jivsgen.plan.summary import summary

    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    (unit,) = Compiler(project, diagnostics).compile((ROOT / f"specs/profiles/{profile}.yaml",))
    return summary(unit.plan)


@pytest.mark.parametrize("engine", ["k6", "k6-1.1.0", "jmeter", "artillery"])
@pytest.mark.parametrize("profile", sorted(FIRST_CAPTURE))
def test_a_broken_api_is_red(profile: str, engine: str, smoke: Path, tmp_path: Path) -> None:
    def broken(operation: str, answer: Answer) -> Answer:
        return Answer(500, {}) if operation == FIRST_CAPTURE[profile] else answer

    code, said, asked = run(engine, profile, smoke, tmp_path, broken)
    assert code in RED[engine.partition("-")[0]], said[-3000:]
    assert FIRST_CAPTURE[profile] in said
    assert asked[FIRST_CAPTURE[profile]] == 15
    assert set(asked) <= {"login", FIRST_CAPTURE[profile]}


FAULTS = {
    "a field is missing": ("createExtraction", lambda a: Answer(201, {"data": {"status": "PENDING"}})),
    "a poll never ends": ("getExtraction", lambda a: Answer(200, {"data": {**a.json["data"], "status": "RUNNING"}})),
    "a poll ends badly": ("getExtraction", lambda a: Answer(200, {"data": {**a.json["data"], "status": "FAILED"}})),
    "another status": ("startExtraction", lambda a: Answer(200, a.json)),
    "another value": ("listExtractions", lambda a: Answer(200, {"data": {**a.json["data"], "size": 10}})),
    "slow": ("listExtractions", lambda a: Answer(a.status, a.json, delay_s=1.2)),
    "no answer": ("listExtractions", lambda a: Answer(0)),
    "no JSON": ("createExtraction", lambda a: Answer(201, text="<html>")),
    "login refused": ("login", lambda a: Answer(401, {})),
    "login without a token": ("login", lambda a: Answer(200, {})),
}  # fmt: skip


@pytest.mark.parametrize("engine", ["k6", "jmeter", "artillery"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_red(fault: str, engine: str, smoke: Path, tmp_path: Path) -> None:
    target, change = FAULTS[fault]

    def planted(operation: str, answer: Answer) -> Answer:
        return change(answer) if operation == target and answer.status else answer

    code, said, asked = run(engine, "extraction-load", smoke, tmp_path, planted)
    assert code not in (0, 3), said[-3000:]
    if target == "login":
        assert "createExtraction" not in asked
        assert "login" in said


@pytest.mark.parametrize("engine", ["k6", "jmeter", "artillery"])
def test_it_refuses_to_start_without_its_variables(engine: str, smoke: Path, tmp_path: Path) -> None:
    code, said, asked = run(engine, "extraction-load", smoke, tmp_path, JIVS_PASSWORD="")
    assert code != 0
    assert "JIVS_PASSWORD" in said
    assert not asked


@pytest.mark.parametrize("engine", ["k6", "jmeter", "artillery"])
def test_it_refuses_a_base_url_that_is_none(engine: str, smoke: Path, tmp_path: Path) -> None:
    code, said, asked = run(engine, "extraction-load", smoke, tmp_path, BASE_URL="ftp://127.0.0.1")
    assert code != 0
    assert "BASE_URL" in said
    assert not asked
