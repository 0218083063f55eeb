"""What an emitted script costs its engine, beside the best one that is written by hand for the same engine: the same requests,
captures, checks and verdicts (`tests/engines/test_by_hand.py` holds that).

The two run at the same time against one server, so that both meet the same machine; only their own processes count. What
starting costs is in a short run as in a long one: the difference of the two is what requests cost. A run that ends red, or
the server's count of requests that is not the plan's, is no measurement.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import ROOT, CommandFailed, Cost, cost
from benchmarks.table import Measured, Row
from msgspec import Struct
from msgspec.structs import replace

from jivsgen.compiler import Compiler, artifacts
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.lock import as_bytes
from jivsgen.engines import SUFFIXES
from jivsgen.plan.model import PerVuIterations
from jivsgen.project import load_project
from jivsgen.rehearsal.engines import Engine, command_line, environment, find_engine
from jivsgen.verify.engines import EngineMissing

SCRIPTS = ROOT / "benchmarks/scripts"
"""`extraction.yaml` is the profile of the emitted scripts; the others are written by hand, in a folder for each engine."""
ITERATION = {"createExtraction": 1, "startExtraction": 1, "getExtraction": 2, "listExtractions": 1}
"""What one iteration asks for."""
VARIABLES = {"JIVS_PASSWORD": "not-a-secret"}


class NotAsPlanned(Exception):
    """The requests of a run are not those of the plan; says which."""


class Length(Struct, frozen=True):
    """Users, and the iterations of each in a short and in a long run."""

    users: int
    short: int
    long: int


LENGTHS = {"k6": Length(10, 50, 550), "jmeter": Length(8, 800, 2_000), "artillery": Length(8, 30, 130)}
"""Long enough for two seconds of CPU between the two; JMeter's short run is as long as its JVM compiles."""
HELD = Length(20, 0, 100)
PAIRS = 5
"""Each takes seconds of CPU, a minute for JMeter: the median of a few is as good as that of many short ones."""

RATIOS = {
    engine: Row(f"{name}: emitted script : the best by hand, CPU by request", most=1.1, decimals=2)
    for engine, name in {"k6": "k6", "jmeter": "JMeter", "artillery": "Artillery"}.items()
}
HOLDS = (
    Row(
        "k6 on two cores beside `jivsgen serve`: emitted script : the best by hand, requests by second",
        least=0.95,
        decimals=2,
    ),
    Row("k6 on two cores beside `jivsgen serve`: emitted script", least=1_000, unit=" / s", decimals=0),
)
ROWS = (*RATIOS.values(), *HOLDS)


def measure() -> Iterator[Measured]:
    for kind, row in RATIOS.items():
        try:
            yield row.measured(ratio(find_engine(kind, ROOT), LENGTHS[kind]))
        except (EngineMissing, CommandFailed, NotAsPlanned) as problem:
            yield row.not_measured(str(problem))
    try:
        yield from held(find_engine("k6", ROOT))
    except (EngineMissing, CommandFailed) as problem:
        yield from (row.not_measured(str(problem)) for row in HOLDS)


def ratio(engine: Engine, length: Length) -> float:
    """CPU by request, emitted to by hand: the median of pairs."""
    found = []
    with listening(("-m", "benchmarks.replay")) as url, tempfile.TemporaryDirectory() as folder:
        short = Pair(engine, Path(folder) / "short", length.users, length.short)
        long = Pair(engine, Path(folder) / "long", length.users, length.long)
        for _ in range(PAIRS):
            (ours, by_hand), (ours_long, by_hand_long) = short.run(url), long.run(url)
            found.append((ours_long.cpu_s - ours.cpu_s) / (by_hand_long.cpu_s - by_hand.cpu_s))
    return statistics.median(found)


class Pair:
    """An emitted script and the one by hand, of one length, each in a folder of its own."""

    def __init__(self, engine: Engine, folder: Path, users: int, iterations: int) -> None:
        self.engine, self.users, self.iterations = engine, users, iterations
        name = f"extraction{SUFFIXES[engine.kind]}"
        self.scripts = (_emitted(engine, folder, users, iterations) / name, SCRIPTS / engine.kind / name)
        self.folders = (folder / "emitted", folder / "by-hand")
        for one in self.folders:
            one.mkdir()

    def run(self, url: str) -> list[Cost]:
        """What the two cost, emitted first, when they run at the same time against a `benchmarks.replay`."""
        with ThreadPoolExecutor(2) as pool:
            costs = list(pool.map(lambda number: self.one(number, url), (0, 1)))
        with urllib.request.urlopen(f"{url}/asked") as answer:
            asked = json.load(answer)
        iterations = 2 * self.users * self.iterations
        planned = {name: times * iterations for name, times in ITERATION.items()} | {"login": 2}
        if asked != planned:
            raise NotAsPlanned(f"asked for {asked}, planned {planned}")
        return costs

    def one(self, number: int, url: str) -> Cost:
        """What the emitted script (0) or the one by hand (1) costs."""
        folder = self.folders[number]
        for left in folder.iterdir():  # JMeter would add to the results of the run before, and judge both
            left.unlink()
        load = {"USERS": str(self.users), "ITERATIONS": str(self.iterations)}
        command = command_line(self.engine, self.scripts[number], folder)
        return cost(command, cwd=folder, env=environment({**VARIABLES, **load}, url))


def _emitted(engine: Engine, folder: Path, users: int, iterations: int) -> Path:
    """The folder of the scripts of the profile with another load."""
    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    assert project is not None
    (unit,) = Compiler(project, diagnostics).compile((SCRIPTS / "extraction.yaml",))
    (scenario,) = unit.plan.scenarios
    assert isinstance(scenario.load, PerVuIterations)
    load = replace(scenario.load, vus=users, iterations=iterations)
    plan = replace(unit.plan, scenarios=(replace(scenario, load=load),))
    for path, content in artifacts(replace(unit, plan=plan), (engine.kind,)).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_bytes(content))
    return folder / engine.kind


def held(engine: Engine) -> Iterator[Measured]:
    """Requests by second of whole runs, one script after the other: each has two cores with the server."""
    rates: list[list[float]] = [[], []]
    command = (
        "-m", "jivsgen", "serve", "specs/jivs.openapi.yaml", "--behaviour", str(SCRIPTS / "behaviour.yaml"), "--quiet",
    )  # fmt: skip
    with listening(command) as url, tempfile.TemporaryDirectory() as folder:
        pair = Pair(engine, Path(folder) / "scripts", HELD.users, HELD.long)
        for _ in range(PAIRS):
            for number, found in enumerate(rates):
                began = time.monotonic()
                pair.one(number, url)
                requests = sum(ITERATION.values()) * HELD.users * HELD.long
                found.append(requests / (time.monotonic() - began))
    yield HOLDS[0].measured(statistics.median(ours / hand for ours, hand in zip(*rates, strict=True)))
    yield HOLDS[1].measured(statistics.median(rates[0]))


@contextmanager
def listening(arguments: Sequence[str]) -> Iterator[str]:
    """A server in Python, for as long as this holds. Yields its URL."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if not line.startswith("listening on "):
                raise SystemExit(f"{' '.join(command)} does not listen")
            yield line.removeprefix("listening on ").strip()
        finally:
            server.terminate()
