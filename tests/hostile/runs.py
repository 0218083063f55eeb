"""A world, compiled and run in a real engine, with everything in reach that a text could trip over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engines.server import Exchange, Server

from jivsgen.compiler import Compiler, Unit, artifacts, check_text
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.lock import Content
from jivsgen.engines import ENGINES, SUFFIXES
from jivsgen.project import load_project
from jivsgen.rehearsal.engines import command_line, environment, find_engine
from jivsgen.rehearsal.processes import running, wait

from .wire import beyond, decoded, key_of
from .world import CANARY, SECRET, World

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 150.0
JUDGED = ("engine.log", "jmeter.log", "results.jtl")


@dataclass(frozen=True)
class Ran:
    """What a run left: its exit code (None: it did not end), what the server was asked, what the engine said."""

    engine: str
    code: int | None
    exchanges: Sequence[Exchange]
    said: str
    trips: Sequence[str]

    def wrong(
        self, world: World, allowed: Callable[[str, str, str], list[str]]
    ) -> dict[str, tuple[str, str]]:
        """Key to (what should have arrived, what did): the steps whose text did not arrive as it is, once, and nowhere
        else. `allowed` says what an engine makes of a text in a place by the approximations that its scripts confess."""
        arrived: dict[str, list[str]] = {key: [] for key in world.sent}
        for one in self.exchanges:
            key = key_of(one)
            if key in arrived:
                arrived[key].append(_read(world.sent[key][0], one))
        found = {}
        for key, (_, text) in world.sent.items():
            may = [one for place in world.owner(key)[1] for one in allowed(self.engine, place, text)]
            if len(arrived[key]) != 1 or arrived[key][0] not in may:
                found[key] = (text, "; ".join(arrived[key]) or "(no request)")
        return found


def _read(read: Any, exchange: Exchange) -> str:
    try:
        return str(read(exchange))
    except (ValueError, KeyError, IndexError, TypeError) as problem:
        return f"(cannot be read: {problem!r:.80} in {exchange!s:.80} {exchange.body[:80]!r})"


def compiled(world: World, folder: Path) -> tuple[Unit | None, Diagnostics]:
    """The unit of a world, and what the compiler says of it."""
    diagnostics = Diagnostics()
    project = load_project(folder, diagnostics)
    assert project is not None
    units = Compiler(project, diagnostics).compile((world.write(folder),))
    return (None if diagnostics.has_errors() else units[0]), diagnostics


def built(unit: Unit, engines: tuple[str, ...] = ENGINES) -> tuple[dict[str, Content], list[str]]:
    """The artifacts, and what the verifiers say against them."""
    files = artifacts(unit, engines)
    faults = Diagnostics()
    check_text(files, faults, "out")
    return files, [f"{one.place}: {one.message}" for one in faults]


def run(world: World, engine: str, folder: Path, trap: Path, *, verified: bool = True) -> Ran:
    """A world made into a script, which holds before its verifiers, and one run of it against the world's server."""
    with Server(world.play) as server:
        seen = environment({**SECRET, **world.environment}, server.url)
        if world.base_url:
            world.profile["target"]["base_url"] = server.url + world.base_url
            del seen["BASE_URL"]
        script = _written(world, engine, folder, verified)
        command = command_line(find_engine(engine, ROOT), script, folder)
        before = {path.name for path in trap.iterdir()}
        with running(command, seen, folder, folder / "engine.log") as process:
            code = wait(process, LONGEST_S, lambda _: None)
    logs = [(folder / name).read_text("utf-8", "replace") for name in JUDGED if (folder / name).exists()]
    said = "\n".join(logs)
    left = [f"the file {path.name}" for path in trap.iterdir() if path.name not in before]
    exchanges = [beyond(world.base, one) for one in server.exchanges]
    return Ran(engine, code, exchanges, said, [*left, *_trips(exchanges, said)])


def _written(world: World, engine: str, folder: Path, verified: bool) -> Path:
    unit, diagnostics = compiled(world, folder)
    assert unit is not None, list(diagnostics)
    files, faults = built(unit, (engine,))
    assert faults == [] or not verified
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / engine / (unit.plan.name + SUFFIXES[engine])


def _trips(exchanges: Sequence[Exchange], said: str) -> Iterator[str]:
    for line in said.splitlines():
        if CANARY in line:
            yield f"printed: {line.strip()[:120]}"
    for one in exchanges:
        if one.path.endswith("/login"):
            continue
        whole = f"{one.method} {one.path} {one.headers} {one.body.decode('latin-1')}"
        if CANARY in whole or CANARY in decoded(whole):
            yield f"sent: {one}"
        if "x-injected" in one.headers or one.path == "/injected":
            yield f"a second request in one text: {one}"
        if not (key_of(one) or one.path.endswith("/whole")):
            yield f"another path: {one}"
