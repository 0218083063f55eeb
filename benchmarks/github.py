"""Ten calls of GitHub's REST description (1,223 operations, 13 MB of JSON) as scripts, beside what other tools need for the
same file."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from operator import attrgetter
from pathlib import Path

from benchmarks.measure import ROOT, CommandFailed, Cost, cost, in_turns, ratio, typical
from benchmarks.peers import NotInstalled, Peer, installed
from benchmarks.table import Measured, Row

DOCUMENT = "api.github.com.json"
GENERATOR = "openapi-generator's k6 generator"
JIVSGEN = "`jivsgen build` of ten calls of GitHub's description for three engines"
ROWS = (
    Row(f"{JIVSGEN} : {GENERATOR}, CPU time", most=0.2, decimals=2),
    Row(f"{JIVSGEN} : {GENERATOR}, elapsed time", most=0.2, decimals=2),
    Row(f"{JIVSGEN} : {GENERATOR}, memory", most=0.2, decimals=2),
    Row(f"Grafana's openapi-to-k6 : {GENERATOR}, CPU time", decimals=2),
    Row(f"Taurus's swagger2yaml : {GENERATOR}, CPU time", decimals=2),
)


def measure() -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copy(ROOT / ".documents/github" / DOCUMENT, folder)
        shutil.copy(Path(__file__).with_name("ten-calls.yaml"), folder)
        fresh = (folder / f"out{number}" for number in count())
        try:
            generator = _generator(installed("openapi-generator"), folder, fresh)
            turns = in_turns({"jivsgen": _jivsgen(folder, fresh), "peer": generator}, rounds=3)
        except (NotInstalled, CommandFailed) as problem:
            yield from (row.not_measured(_short(problem)) for row in ROWS)
            return
        for row, of in zip(ROWS, ("cpu_s", "elapsed_s", "rss_mib"), strict=False):
            yield row.measured(ratio(turns, "jivsgen", "peer", attrgetter(of)))
        peer_s = typical(turns, lambda turn: turn["peer"].cpu_s)
        for row, one in ((ROWS[3], _openapi_to_k6), (ROWS[4], _swagger2yaml)):
            try:
                yield row.measured(one(folder, fresh).cpu_s / peer_s)
            except (NotInstalled, CommandFailed) as problem:
                yield row.not_measured(_short(problem))


def _jivsgen(folder: Path, fresh: Iterator[Path]) -> Callable[[], Cost]:
    build = (sys.executable, "-m", "jivsgen", "build", "--profile", "ten-calls.yaml", "--out")
    return lambda: cost((*build, str(next(fresh))), cwd=folder)


def _generator(peer: Peer, folder: Path, fresh: Iterator[Path]) -> Callable[[], Cost]:
    """It is spared its own check of the document."""
    generate = (
        str(peer.bin / "openapi-generator-cli"),
        "generate",
        "-g",
        "k6",
        "--skip-validate-spec",
        "-i",
        DOCUMENT,
        "-o",
    )
    return lambda: cost((*generate, str(next(fresh))), cwd=folder, env=peer.env)


def _openapi_to_k6(folder: Path, fresh: Iterator[Path]) -> Cost:
    peer = installed("openapi-to-k6")
    return cost((str(peer.bin / "openapi-to-k6"), DOCUMENT, str(next(fresh))), cwd=folder)


def _swagger2yaml(folder: Path, fresh: Iterator[Path]) -> Cost:
    peer = installed("taurus")
    return cost((str(peer.bin / "swagger2yaml"), DOCUMENT, "-o", str(next(fresh))), cwd=folder, env=peer.env)


def _short(problem: Exception) -> str:
    """The line of an exception that says most, as a cell of a table."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    raised = (line for line in lines if re.search(r"[a-z]Error: ", line))
    named = (line for line in lines if "error: " in line.lower())
    telling = next(raised, next(named, lines[0]))
    return telling.rpartition("Error: ")[2].partition(" (from")[0].replace("|", "/")
