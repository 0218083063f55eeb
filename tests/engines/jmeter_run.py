"""Runs a plan in the real JMeter."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jivsgen.engines import jmeter
from jivsgen.plan.model import Plan
from jivsgen.verify.jmeter import check

JMETER = Path(__file__).resolve().parents[2] / ".engines" / "bin" / "jmeter"


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, what it printed and logged, and the rows of its results."""

    code: int
    out: str
    log: str
    rows: list[dict[str, str]]

    @property
    def labels(self) -> list[str]:
        return [row["label"] for row in self.rows]

    @property
    def failed(self) -> list[str]:
        """The limits that were missed, as they were printed."""
        return [line.removeprefix("FAIL ") for line in self.out.splitlines() if line.startswith("FAIL ")]


def run(
    plan: Plan,
    folder: Path,
    base_url: str,
    *options: str,
    spoil: tuple[str, str] = ("", ""),
    **environment: str,
) -> Ended:
    """Writes the plan and its feeds into a folder, and runs it from another one. `spoil` replaces a text of it."""
    scripts = folder / "scripts"
    scripts.mkdir(exist_ok=True)
    rendered = jmeter.render(plan)
    assert check(rendered) == {name: [] for name in rendered}
    for name, text in rendered.items():
        (scripts / name).write_text(text.replace(*spoil), "utf-8")
    for feed in plan.tables:
        (scripts / feed.file).write_text(feed.text, "utf-8")
    command = [
        os.environ.get("JIVSGEN_JMETER", str(JMETER)), "-n", "-t", f"scripts/{plan.name}.jmx", "-j", "jmeter.log",
        "-Jjmeterengine.force.system.exit=true", *options,
    ]  # fmt: skip
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "BASE_URL": base_url, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    log = (folder / "jmeter.log").read_text("utf-8") if (folder / "jmeter.log").exists() else ""
    results = folder / f"{plan.name}.jtl"
    rows = csv.DictReader(io.StringIO(results.read_bytes().decode() if results.exists() else "", newline=""))
    return Ended(ended.returncode, ended.stdout + ended.stderr, log, list(rows))
