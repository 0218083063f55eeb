"""Rehearsals inside a test: a profile, an API with a fault, an engine, a verdict."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from jivsgen.compiler import Compiler, Unit, artifacts
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.lock import as_bytes
from jivsgen.engines import SUFFIXES
from jivsgen.project import load_project
from jivsgen.rehearsal.engines import command_line, environment, find_engine, verdict_of
from jivsgen.rehearsal.patience import FACTOR, rehearsed
from jivsgen.rehearsal.processes import running, wait
from jivsgen.rehearsal.rehearse import LONGEST_S, Stage, Subject, rehearse
from jivsgen.rehearsal.verdict import Run, Verdict

from .run import ROOT

SECRETS = {"JIVS_PASSWORD": "not-a-secret", "JIVS_VIEWER_PASSWORD": "not-a-secret"}


def jivsgen(
    *arguments: str, cwd: Path = ROOT, verb: str = "rehearse", **environment: str
) -> subprocess.CompletedProcess[str]:
    """`jivsgen rehearse` (or another verb), without the secrets that this machine may have."""
    command = [sys.executable, "-m", "jivsgen", verb, *arguments]
    known = {name: value for name, value in os.environ.items() if not name.startswith("JIVS")}
    return subprocess.run(
        command, cwd=cwd, env={**known, **environment}, capture_output=True, text=True, timeout=900
    )


@cache
def unit_of(profile: str) -> Unit:
    """A committed profile, compiled once."""
    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    assert project is not None
    (unit,) = Compiler(project, diagnostics).compile((ROOT / f"specs/profiles/{profile}.yaml",))
    return unit


def subject_of(
    profile: str, engine: str, factor: float = FACTOR, files: Mapping[str, str | bytes] | None = None
) -> Subject:
    """The profile reduced for one engine; `files` stand in the place of rendered ones."""
    unit = unit_of(profile)
    plan = rehearsed(unit.plan, factor)
    rendered = artifacts(replace(unit, plan=plan), (engine,))
    assert set(files or ()) <= set(rendered)
    return Subject(plan, unit.api, {**rendered, **(files or {})})


def behaviour_with(folder: Path, faults: Sequence[Mapping[str, Any]]) -> Path:
    """The committed behaviour of JiVS, with faults."""
    honest = (ROOT / "specs/jivs.behaviour.yaml").read_text("utf-8")
    target = folder / "behaviour.yaml"
    target.write_text(f"{honest}\n{yaml.safe_dump({'faults': list(faults)})}", "utf-8")
    return target


def rehearsal_of(
    subject: Subject, engine: str, folder: Path, faults: Sequence[Mapping[str, Any]] = (), **variables: str
) -> Verdict:
    """The verdict of one engine on an API with faults."""
    stage = Stage(folder, SECRETS | variables, lambda *_: None)
    found = rehearse(stage, subject, [find_engine(engine, ROOT)], behaviour_with(folder, faults))
    (verdict,) = found
    return verdict


def run_alone(
    subject: Subject, engine: str, folder: Path, base_url: str, variables: Mapping[str, str]
) -> Run:
    """An engine without a server of ours."""
    for path, content in subject.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(as_bytes(content))
    script = folder / engine / (subject.plan.name + SUFFIXES[engine])
    log = folder / "engine.log"
    command = command_line(find_engine(engine, ROOT), script, folder)
    seen = environment(variables, base_url)
    seen = {name: value for name, value in seen.items() if name not in SECRETS or name in variables}
    with running(command, seen, folder, log) as process:
        code = wait(process, LONGEST_S, lambda _: None)
    return Run(engine, verdict_of(engine, code), 0.0, tuple(log.read_text("utf-8", "replace").splitlines()))
