"""Children end: when they are done with, when they will not, and with all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jivsgen.rehearsal import processes
from jivsgen.rehearsal.processes import running, wait

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def is_alive(number: int) -> bool:
    """Whether the process runs (one that has ended and that nobody has asked for is none)."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_stubborn_process_and_its_children_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_S", 0.3)
    with running(python(STUBBORN), os.environ, tmp_path, tmp_path / "log", piped=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert is_alive(process.pid)
        assert is_alive(child)
    assert process.returncode == -9
    until = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(child)


def test_an_exception_ends_it(tmp_path: Path) -> None:
    kept: list[subprocess.Popen[bytes]] = []

    def interrupted() -> None:
        with running(
            python("import time; time.sleep(60)"), os.environ, tmp_path, tmp_path / "log"
        ) as process:
            kept.append(process)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert kept[0].returncode == -15


def test_the_wait_is_bounded_and_told(tmp_path: Path) -> None:
    told: list[float] = []
    with running(python("import time; time.sleep(60)"), os.environ, tmp_path, tmp_path / "log") as process:
        assert wait(process, 0.6, told.append) is None
    assert told == [0.25, 0.5, 0.75]
    with running(
        python("print('said'); raise SystemExit(7)"), os.environ, tmp_path, tmp_path / "log"
    ) as process:
        assert wait(process, 30, told.append) == 7
    assert (tmp_path / "log").read_text() == "said\n"


def test_what_is_not_there_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(OSError), running([str(tmp_path / "none")], {}, tmp_path, tmp_path / "log"):
        pytest.fail("it ran")
