"""It bites: one fault at a time in the API or around it, in each engine; each turns the engine's own verdict red, and the
engine names what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jivsgen.plan.model import calls
from jivsgen.rehearsal.patience import FACTOR
from jivsgen.rehearsal.verdict import Run, Verdict

from .conftest import Faults
from .rehearsed import SECRETS, rehearsal_of, run_alone, subject_of, unit_of
from .run import ENGINES, ROOT

CALLS = ("createExtraction", "startExtraction", "getExtraction", "listExtractions")

FAULTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "wrong status": ([{"operation": "startExtraction", "status": 200}], "startExtraction"),
    "missing field": ([{"operation": "createExtraction", "remove": ["$.data.id"]}], "createExtraction"),
    "wrong enum": ([{"operation": "createExtraction", "set": {"$.data.status": "RUNNING"}}], "createExtraction"),
    "another type": ([{"operation": "createExtraction", "set": {"$.data.recordsExtracted": "0"}}], "createExtraction"),
    "no JSON": ([{"operation": "createExtraction", "body": "<html>"}], "createExtraction"),
    "slow beyond the SLO": ([{"operation": "listExtractions", "delay": "1.2s"}], "listExtractions"),
    "poll never ends": ([{"operation": "getExtraction", "set": {"$.data.status": "RUNNING"}}], "getExtraction"),
    "poll ends in FAILED": ([{"operation": "getExtraction", "set": {"$.data.status": "FAILED"}}], "getExtraction"),
    "5 % errors": ([{"operation": name, "share": "5%", "status": 500} for name in CALLS], ""),
    "connection dropped": ([{"operation": "listExtractions", "drop": True}], "listExtractions"),
    "dead login": ([{"operation": "login", "status": 503}], "login"),
    "login without a token": ([{"operation": "login", "remove": ["$.accessToken"]}], "login"),
    "SLO of what is never called": ([{"operation": "createExtraction", "status": 500}], "startExtraction"),
}  # fmt: skip


def names(run: Run, subject: str) -> bool:
    """Whether the engine names the subject where it says what is wrong (Artillery writes `_` for what is no letter)."""
    wrong = [line for line in run.said if "ok:" not in line and not line.startswith("ok ")]
    return any(subject in line for line in wrong)


Runs = Callable[[str], dict[str, Verdict]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The verdicts of all engines on a fault, which are asked at the same time: red is no matter of speed."""

    @cache
    def run(fault: str) -> dict[str, Verdict]:
        planted, _ = FAULTS[fault]
        factor = 1.0 if fault == "slow beyond the SLO" else FACTOR
        subjects = [subject_of("extraction-load", engine, factor) for engine in ENGINES]
        folders = [tmp_path_factory.mktemp(engine) for engine in ENGINES]
        with ThreadPoolExecutor(len(ENGINES)) as pool:
            found = pool.map(rehearsal_of, subjects, ENGINES, folders, [planted] * len(ENGINES))
            return dict(zip(ENGINES, found, strict=True))

    return run


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_fault_is_red(fault: str, engine: str, runs: Runs, fault_table: Faults) -> None:
    verdict, named = runs(fault)[engine], FAULTS[fault][1]
    fault_table.setdefault(fault, {})[engine] = verdict.run.slos
    assert verdict.run.slos not in ("met", "not ended")
    assert names(verdict.run, named), "\n".join(verdict.run.said)
    assert not verdict.is_right
    if fault == "5 % errors":
        hit = [line.split(": ")[1] for line in verdict.reasons if line.startswith("check: ")]
        assert any(names(verdict.run, operation) for operation in hit)
        assert verdict.as_planned >= 0.8 * verdict.requests
    if named == "login":
        assert verdict.requests == 1
    if fault == "SLO of what is never called":
        assert "-call startExtraction" in verdict.difference


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("engine", ENGINES)
def test_a_refused_connection_is_red(engine: str, fault_table: Faults, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    run = run_alone(subject_of("extraction-load", engine), engine, tmp_path, url, SECRETS)
    fault_table.setdefault("connection refused", {})[engine] = run.slos
    assert run.slos not in ("met", "not ended")
    assert names(run, "login")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_variable_is_red(engine: str, fault_table: Faults, tmp_path: Path) -> None:
    run = run_alone(
        subject_of("extraction-load", engine), engine, tmp_path, f"http://127.0.0.1:{closed_port()}", {}
    )
    fault_table.setdefault("missing variable", {})[engine] = run.slos
    assert run.slos not in ("met", "not ended")
    assert names(run, "JIVS_PASSWORD")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_base_url_that_is_none_is_red(engine: str, fault_table: Faults, tmp_path: Path) -> None:
    run = run_alone(subject_of("extraction-load", engine), engine, tmp_path, "ftp://127.0.0.1", SECRETS)
    fault_table.setdefault("a base URL that is none", {})[engine] = run.slos
    assert run.slos not in ("met", "not ended")
    assert names(run, "BASE_URL")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_upload_is_red(engine: str, fault_table: Faults, tmp_path: Path) -> None:
    whole = subject_of("document-archive", engine)
    files = {path: content for path, content in whole.files.items() if not path.endswith("/invoice.pdf")}
    assert len(files) == len(whole.files) - 1
    verdict = rehearsal_of(replace(whole, files=files), engine, tmp_path)
    fault_table.setdefault("missing upload", {})[engine] = verdict.run.slos
    assert verdict.run.slos not in ("met", "not ended")
    assert names(verdict.run, "invoice.pdf") or names(verdict.run, "uploadDocument")
    assert not verdict.is_right


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_feed_is_red(engine: str, fault_table: Faults, tmp_path: Path) -> None:
    header = subject_of("compliance-stress", engine).files[f"{engine}/subjects.csv"].partition("\n")[0]
    subject = subject_of("compliance-stress", engine, files={f"{engine}/subjects.csv": f"{header}\n"})
    verdict = rehearsal_of(subject, engine, tmp_path)
    fault_table.setdefault("empty feed", {})[engine] = verdict.run.slos
    assert verdict.run.slos not in ("met", "not ended")
    assert names(verdict.run, "feed") or names(verdict.run, "subjects")
    assert not verdict.is_right


# --- in every profile --------------------------------------------------------------------------------------------------

FIRST = {
    profile.stem: next((call for call in calls(unit_of(profile.stem).plan) if call.captures), None)
    for profile in sorted((ROOT / "specs/profiles").glob("*.yaml"))
}
"""The first call of each committed profile that captures something."""


@pytest.mark.parametrize("profile", [name for name, call in FIRST.items() if call])
def test_the_first_capturing_call_answered_500_is_red(profile: str, tmp_path: Path) -> None:
    """No iteration goes beyond it, and each engine says so in its exit code."""
    call = FIRST[profile]
    assert call
    fault = {"operation": call.request.operation, "status": 500}

    def run(engine: str) -> Verdict:
        return rehearsal_of(subject_of(profile, engine), engine, tmp_path / engine, [fault])

    for engine in ENGINES:
        (tmp_path / engine).mkdir()
    with ThreadPoolExecutor(len(ENGINES)) as pool:
        verdicts = list(pool.map(run, ENGINES))
    for verdict in verdicts:
        assert verdict.run.slos not in ("met", "not ended"), verdict.run.engine
        assert names(verdict.run, call.name), "\n".join(verdict.run.said)
        assert verdict.requests == 1 + 3 * 5, "a login, and one request an iteration"


def test_most_profiles_capture() -> None:
    assert len([call for call in FIRST.values() if call]) >= 6
