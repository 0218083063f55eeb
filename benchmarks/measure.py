"""What a command costs: CPU and memory of a child process, beside others in one run, medians of several."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu_s`: user and system time of the process and its children, so that whatever else the machine does counts
    little; `rss_mib`: the largest resident set of any of them."""

    cpu_s: float
    rss_mib: float


def cost(command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Cost:
    """Runs a command that has to succeed. `env` is added to an environment in which Python keeps its bytecode, as it does
    for users. Raises SystemExit with the end of what it said."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=cwd, env={**own, **(env or {})}, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            tail = said.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}\n{tail}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turns(runs: Mapping[str, Callable[[], Cost]], rounds: int = ROUNDS) -> dict[str, Cost]:
    """The medians of each. They take turns, so that a busy minute of the machine meets all of them; the first turn, which
    fills caches, does not count."""
    measured: dict[str, list[Cost]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            one = run()
            if turn:
                measured[name].append(one)
    return {name: median(costs) for name, costs in measured.items()}


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(one.cpu_s for one in costs), statistics.median(one.rss_mib for one in costs)
    )
