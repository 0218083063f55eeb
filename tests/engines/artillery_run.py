"""Runs a plan in the real Artillery."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jivsgen.engines import artillery
from jivsgen.plan.model import Plan
from jivsgen.verify.engines import QUIET

ARTILLERY = Path(__file__).resolve().parents[2] / ".engines" / "bin" / "artillery"


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, what it printed, and the aggregate of its results."""

    code: int
    out: str
    results: dict[str, Any]

    @property
    def failed(self) -> list[str]:
        """The limits that were missed, as they were printed."""
        return [line.removeprefix("fail: ") for line in self.out.splitlines() if line.startswith("fail: ")]

    def count(self, counter: str) -> int:
        found: int = self.results.get("counters", {}).get(counter, 0)
        return found


def run(plan: Plan, folder: Path, base_url: str, **environment: str) -> Ended:
    """Writes the plan and its feeds into a folder, and runs it from another one."""
    scripts = folder / "scripts"
    scripts.mkdir(exist_ok=True)
    for name, text in artillery.render(plan).items():
        (scripts / name).write_text(text, "utf-8")
    for feed in plan.tables:
        (scripts / feed.file).write_text(feed.text, "utf-8")
    results = folder / "results.json"
    ended = subprocess.run(
        [
            os.environ.get("JIVSGEN_ARTILLERY", str(ARTILLERY)),
            "run",
            f"scripts/{plan.name}.yml",
            "-o",
            str(results),
        ],
        cwd=folder,
        env={**os.environ, **QUIET, "BASE_URL": base_url, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    aggregate = json.loads(results.read_text("utf-8"))["aggregate"] if results.exists() else {}
    return Ended(ended.returncode, ended.stdout + ended.stderr, aggregate)
