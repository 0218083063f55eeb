"""What the compiler costs, as ratios to `python -c pass`, measured in turns in one run: medians of several.

make bench
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7
JIVSGEN = [sys.executable, "-m", "jivsgen"]


def cpu_s(command: list[str]) -> float:
    """CPU seconds (user and system) of a command that succeeds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "jivsgen --version": [*JIVSGEN, "--version"],
            "jivsgen check, clean": [*JIVSGEN, "check"],
            "jivsgen lint": [*JIVSGEN, "lint"],
            "jivsgen build, nothing changed": [*JIVSGEN, "build"],
            "jivsgen build, everything": [*JIVSGEN, "build", "--out", str(Path(folder) / "same")],
            "jivsgen plan": [*JIVSGEN, "plan", "extraction-load"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(cpu_s(command))
    floor = statistics.median(times["python -c pass"])
    print(f"CPU, medians of {ROUNDS}, as ratios to `python -c pass`")
    for name, measured in times.items():
        print(f"  {statistics.median(measured) / floor:6.1f} x  {name}")


if __name__ == "__main__":
    main()
