"""The real engines read the scripts; none of them sends a request.

k6: `k6 inspect --execution-requirements`. JMeter: `SaveService.loadTree`, called by a plan that does nothing else.
Artillery has no such command, so its own parser and the processor are loaded in its own Node.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

PROBES = Path(__file__).parent / "probes"
LONGEST_S = 120
QUIET = {
    "K6_NO_USAGE_REPORT": "true",
    "K6_AUTO_EXTENSION_RESOLUTION": "false",
    "ARTILLERY_DISABLE_TELEMETRY": "true",
    "NO_COLOR": "1",
}


class Refusal(Struct, frozen=True):
    """An engine refuses a script; `script` is its path as it was given."""

    script: str
    message: str


class EngineMissing(Exception):
    """The engine could not be found or started; says where it was looked for."""


def find(name: str, root: Path) -> Path:
    """The engine's command: named by JIVSGEN_K6, JIVSGEN_JMETER or JIVSGEN_ARTILLERY, in `.engines/bin` of the project,
    or on PATH. Raises EngineMissing."""
    variable = f"JIVSGEN_{name.upper()}"
    if named := os.environ.get(variable):
        if not os.access(named, os.X_OK):
            raise EngineMissing(f"{variable} names {named}, which cannot be run")
        return Path(named).resolve()
    local = root / ".engines" / "bin" / name
    if os.access(local, os.X_OK):
        return local
    if found := shutil.which(name):
        return Path(found).resolve()
    raise EngineMissing(f"{name} is neither in .engines/bin nor on PATH ({variable} can name it)")


def refusals(
    engine: str, command: Path, scripts: Mapping[str, Path], environment: Mapping[str, str]
) -> list[Refusal]:
    """What the engine says against the scripts (name to file). `environment` holds the variables that the scripts ask
    for. Raises EngineMissing where the engine itself does not start."""
    gate = {"k6": _k6, "jmeter": _jmeter, "artillery": _artillery}[engine]
    try:
        return gate(command, dict(scripts), {**os.environ, **QUIET, **environment})
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise EngineMissing(f"{engine} could not be run: {problem}") from problem


def _k6(command: Path, scripts: dict[str, Path], environment: dict[str, str]) -> list[Refusal]:
    found = []
    for name, path in scripts.items():
        ended = _run([str(command), "inspect", "--execution-requirements", str(path)], environment)
        said = [
            line for line in ended.stderr.splitlines() if "level=error" in line or "level=warning" in line
        ]
        if ended.returncode or said:
            found.append(
                Refusal(name, (said or ended.stderr.splitlines() or [f"exit code {ended.returncode}"])[0])
            )
    return found


def _jmeter(command: Path, scripts: dict[str, Path], environment: dict[str, str]) -> list[Refusal]:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "scripts.json").write_text(json.dumps({name: str(path) for name, path in scripts.items()}))
        shutil.copyfile(PROBES / "load.jmx", work / "load.jmx")
        ended = _run(
            [str(command), "-n", "-t", str(work / "load.jmx"), "-j", str(work / "log"), f"-Jprobe={work}",
             "-Jjmeterengine.force.system.exit=true"],
            environment,
        )  # fmt: skip
        return _answers(work / "answers.json", ended, "jmeter")


def _artillery(command: Path, scripts: dict[str, Path], environment: dict[str, str]) -> list[Refusal]:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "scripts.json").write_text(json.dumps({name: str(path) for name, path in scripts.items()}))
        hooked = {
            **environment,
            "JIVSGEN_PROBE": folder,
            "NODE_OPTIONS": f"--import {(PROBES / 'parse.mjs').as_uri()}",
        }
        ended = _run([str(command), "--version"], hooked)
        return _answers(work / "answers.json", ended, "artillery")


def _answers(file: Path, ended: subprocess.CompletedProcess[str], engine: str) -> list[Refusal]:
    if not file.is_file():
        last = (ended.stderr or ended.stdout).strip().splitlines()[-1:] or [f"exit code {ended.returncode}"]
        raise EngineMissing(f"{engine} did not answer: {last[0]}")
    answers: dict[str, str] = json.loads(file.read_text("utf-8"))
    return [Refusal(name, message) for name, message in answers.items() if message]


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
