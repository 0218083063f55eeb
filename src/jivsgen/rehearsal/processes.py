"""Child processes that end when they are told to, when their time is over, and when the one who started them is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

GRACE_S = 5.0
"""How long a process may take to end after SIGTERM, before SIGKILL."""


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, *, piped: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is gone afterwards with all that it started. What it prints goes to `log`;
    with `piped`, its standard output to the caller. Raises OSError where it cannot be started."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL, stderr=said,
            stdout=subprocess.PIPE if piped else said, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process's group to end, then make it."""
    for way in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, way)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    if process.stdout is not None:
        process.stdout.close()


def wait(process: subprocess.Popen[bytes], longest_s: float, tick: Callable[[float], None]) -> int | None:
    """The exit code; None when `longest_s` were over. `tick` is told the seconds so far, four times a second."""
    waited = 0.0
    while waited < longest_s:
        try:
            return process.wait(0.25)
        except subprocess.TimeoutExpired:
            waited += 0.25
            tick(waited)
    return None


@contextmanager
def stopped_like_ctrl_c() -> Iterator[None]:
    """While this holds, SIGTERM and SIGHUP end the work as Ctrl-C does, so that no child outlives it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
