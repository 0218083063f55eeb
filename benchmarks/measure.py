"""What a command costs: CPU and memory of a child process, beside others in one run, medians of several."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 9


class Cost(Struct, frozen=True):
    """`cpu_s`: user and system time of the process and its children, so that whatever else the machine does counts
    little; `rss_mib`: the largest resident set of any of them; `elapsed_s`: what a person waits."""

    cpu_s: float
    rss_mib: float
    elapsed_s: float


Turn: TypeAlias = Mapping[str, Cost]
"""What each command cost in one turn."""


class CommandFailed(Exception):
    """A command ended with another exit code than 0; says how it ended."""

    def __init__(self, command: Sequence[str], code: int, said: str) -> None:
        super().__init__(f"exit code {code}: {' '.join(command)}\n{said[-2000:]}")


NOTHING_KEPT = {"JIVSGEN_CACHE_DIR": ""}
"""An environment where documents are read, and not what an earlier run kept of them."""

_LAUNCHER = """
import os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, file=file)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def cost(command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Cost:
    """Runs a command that has to succeed. `env` is added to an environment in which Python keeps its bytecode, as it does
    for users. Raises CommandFailed with the end of what it said.

    A small process stands between: what is the largest in a process on Linux begins with what it was in its parent.
    """
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as scratch:
        usage = Path(scratch) / "usage"
        launched = (sys.executable, "-I", "-S", "-c", _LAUNCHER, str(usage), *command)
        began = time.monotonic()
        ran = subprocess.run(
            launched, cwd=cwd, env={**own, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True
        )
        elapsed = time.monotonic() - began
        if ran.returncode:
            raise CommandFailed(command, ran.returncode, (ran.stdout + ran.stderr).decode(errors="replace"))
        cpu_s, rss_mib = map(float, usage.read_text().split())
    return Cost(cpu_s, rss_mib, elapsed)


def in_turns(runs: Mapping[str, Callable[[], Cost]], rounds: int = ROUNDS) -> list[Turn]:
    """What each costs, turn by turn, so that a busy minute of the machine meets all of them; the first turn, which fills
    caches, does not count."""
    turns = [{name: run() for name, run in runs.items()} for _ in range(rounds + 1)]
    return turns[1:]


def typical(turns: Sequence[Turn], figure: Callable[[Turn], float]) -> float:
    """The median of a figure that compares what was measured side by side: a machine that is slow for some turns is slow for
    both."""
    return statistics.median(map(figure, turns))


def ratio(
    turns: Sequence[Turn], one: str, other: str, of: Callable[[Cost], float] = attrgetter("cpu_s")
) -> float:
    """How many times as much one command costs as the other."""
    return typical(turns, lambda turn: of(turn[one]) / of(turn[other]))
