"""The real engines: found, and run on one script."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from jivsgen.engines import ENGINES
from jivsgen.verify.engines import QUIET, EngineMissing, find

_MISSED = {"k6": 99, "jmeter": 99, "artillery": 1}
_BENDING = re.compile(r"(?i)(?:https?|all|no)_proxy|K6_\w+|(\w+_)?BASE_URL")


class Engine(Struct, frozen=True):
    """`kind`: one of ENGINES, whose scripts it runs; `label`: what it is called in the table."""

    kind: str
    label: str
    command: Path


def find_engine(asked: str, root: Path) -> Engine:
    """The engine that is asked for: `k6`, or `k6=PATH` for a command of one's own, which is then called as its file
    is. Raises EngineMissing, and ValueError for a kind that nobody knows."""
    kind, _, path = asked.partition("=")
    if kind not in ENGINES:
        raise ValueError(kind)
    if not path:
        return Engine(kind, kind, find(kind, root))
    command = shutil.which(path) or shutil.which(str(root / path))
    if command is None:
        raise EngineMissing(f"{kind}: {path} cannot be run")
    return Engine(kind, Path(path).name, Path(command).absolute())


def command_line(engine: Engine, script: Path, results: Path) -> list[str]:
    """How the header of the script says that it is run, with all by-products in `results`."""
    command = str(engine.command)
    if engine.kind == "k6":
        return [command, "run", "--quiet", str(script)]
    if engine.kind == "jmeter":
        return [
            command, "-n", "-t", str(script), "-j", str(results / "jmeter.log"), f"-Jjtl={results / 'results.jtl'}",
            "-Jjmeterengine.force.system.exit=true",
        ]  # fmt: skip
    return [command, "run", str(script)]


def environment(variables: Mapping[str, str], base_url: str) -> dict[str, str]:
    """What an engine sees: this process's environment, without what would bend the load or lead it off this machine."""
    own = {name: value for name, value in os.environ.items() if not _BENDING.fullmatch(name)}
    return {**own, **QUIET, **variables, "BASE_URL": base_url}


def verdict_of(kind: str, code: int | None) -> str:
    """What an exit code says about the SLOs: `met`, `missed`, or that there is no verdict and why."""
    if code is None:
        return "not ended"
    if code < 0:
        return f"signal {-code}"
    return "met" if code == 0 else "missed" if code == _MISSED[kind] else f"broken ({code})"


def serve_command(spec: Path, overlays: Sequence[Path], behaviour: Path | None, recording: Path) -> list[str]:
    """The loopback server in a process of its own, so that it has a core and an interpreter to itself."""
    played = ["--behaviour", str(behaviour)] if behaviour else []
    played += [part for overlay in overlays for part in ("--overlay", str(overlay))]
    return [
        sys.executable,
        "-m",
        "jivsgen",
        "serve",
        str(spec),
        *played,
        "--port",
        "0",
        "--record",
        str(recording),
        "--quiet",
    ]
