"""One rehearsal: scripts into a folder, a server, an engine, a verdict; for each profile and engine."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from jivsgen.contract.recorded import Judge
from jivsgen.contract.referee import Referee
from jivsgen.drift.lock import Content, as_bytes
from jivsgen.engines import SUFFIXES
from jivsgen.plan.model import Plan
from jivsgen.rehearsal.engines import Engine, command_line, environment, serve_command, verdict_of
from jivsgen.rehearsal.exchanges import BrokenRecording, read_recording
from jivsgen.rehearsal.masks import Settings
from jivsgen.rehearsal.processes import end, running, wait
from jivsgen.rehearsal.verdict import Run, Verdict, judge
from jivsgen.spec import Api

LONGEST_S = 180.0
"""How long an engine may take for one reduced script."""
READY_S = 30.0
LISTENING = "listening on "
LEFT_BEHIND = ("recording.jsonl", "engine.log", "server.log", "results.jtl", "jmeter.log")
"""What a run leaves in its folder. JMeter would add to the results of the run before, and judge both."""

Progress = Callable[[str, str, float], None]
"""Is told the profile, the engine and the seconds so far."""


class CannotRehearse(Exception):
    """The server or an engine does not start; says what it printed."""


class Subject(Struct, frozen=True):
    """What is rehearsed: a plan that `rehearsed` has reduced, and its scripts with what is copied beside them (`<engine>/<file>`
    to content)."""

    plan: Plan
    api: Api
    files: Mapping[str, Content]

    @property
    def engines(self) -> frozenset[str]:
        return frozenset(path.partition("/")[0] for path in self.files)


class Stage(Struct, frozen=True):
    """What is the same for all runs. `folder` takes the scripts and what each run leaves behind; `variables` are those
    that the scripts ask for and the environment lacks."""

    folder: Path
    variables: Mapping[str, str]
    progress: Progress
    longest_s: float = LONGEST_S


def behaviour_of(spec: Path) -> Path | None:
    """The behaviour file of a spec: `jivs.behaviour.yaml` beside `jivs.openapi.yaml`, where it is there."""
    stem = spec.name.rpartition(".")[0].removesuffix(".openapi")
    file = spec.with_name(f"{stem}.behaviour.yaml")
    return file if file.is_file() else None


def rehearse(
    stage: Stage, subject: Subject, engines: Sequence[Engine], behaviour: Path | None
) -> Iterator[Verdict]:
    """The verdicts on one profile, engine after engine: they would take each other's time. Raises CannotRehearse."""
    for path, content in subject.files.items():
        file = stage.folder / "scripts" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_bytes(content))
    contract = Judge(Referee(subject.api))
    for engine in engines:
        if engine.kind in subject.engines:
            yield _run(stage, subject, engine, behaviour, contract)


def _run(stage: Stage, subject: Subject, engine: Engine, behaviour: Path | None, contract: Judge) -> Verdict:
    name = subject.plan.name
    results = stage.folder / name / engine.label
    results.mkdir(parents=True, exist_ok=True)
    for left in LEFT_BEHIND:
        (results / left).unlink(missing_ok=True)
    script = stage.folder / "scripts" / engine.kind / (name + SUFFIXES[engine.kind])
    log = results / "engine.log"
    day = datetime.now(UTC).date()
    began = time.monotonic()
    with serving(subject.api, behaviour, results, stage.variables) as base_url:
        tokens = {server.variable: base_url for server in subject.plan.servers}
        seen = environment({**stage.variables, **tokens}, base_url)
        try:
            with running(command_line(engine, script, results), seen, results, log) as process:
                code = wait(process, stage.longest_s, lambda s: stage.progress(name, engine.label, s))
        except OSError as problem:
            raise CannotRehearse(f"{engine.label} does not start: {problem}") from problem
    seconds = time.monotonic() - began
    try:
        exchanges = read_recording(results / "recording.jsonl")
    except (BrokenRecording, OSError) as problem:
        raise CannotRehearse(f"{name} in {engine.label}: {problem}") from problem
    said = log.read_text("utf-8", errors="replace").splitlines()
    run = Run(engine.label, verdict_of(engine.kind, code), seconds, tuple(said))
    return judge(Settings(subject.plan, seen, day), exchanges, contract, run)


@contextmanager
def serving(api: Api, behaviour: Path | None, folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """The loopback server, for as long as this holds; its recording is whole afterwards. Yields its URL. Raises
    CannotRehearse."""
    log = folder / "server.log"
    spec = api.documents.root.path.resolve()
    overlays = [overlay.path.resolve() for overlay in api.overlays]
    command = serve_command(spec, overlays, behaviour, folder / "recording.jsonl")
    if api.documents.fetched:
        fetched = folder / "fetched.json"
        fetched.write_text(api.documents.remotes.told(), "utf-8")
        command += ["--fetched", str(fetched)]
    with running(command, environment(variables, ""), folder, log, piped=True) as process:
        assert process.stdout is not None
        ready = select.select([process.stdout], [], [], READY_S)[0]
        line = process.stdout.readline().decode("utf-8", "replace").strip() if ready else ""
        if not line.startswith(LISTENING):
            end(process)
            said = log.read_text("utf-8", errors="replace").strip()
            raise CannotRehearse(f"the loopback server does not start: {said or line or 'it says nothing'}")
        yield line.removeprefix(LISTENING)
