"""The door: what can be answered without a heavy import is answered here, the rest by the command line."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

GARBAGE_LOOKED_FOR_EVERY = 200_000
"""New objects. What a compiler makes it keeps until it ends: looking every 700 finds nothing, at a twentieth of its time."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 fine, 1 findings or drift, 2 cannot run, 3 a bug of jivsgen."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        from jivsgen.version import VERSION

        print(f"jivsgen {VERSION}")
        return 0
    if arguments in (["check"], ["build"]):
        from jivsgen.drift.clean import artifacts_if_clean

        if (known := artifacts_if_clean(".")) is not None:
            say(f"{known} artifacts up to date" if arguments == ["check"] else nothing_written(known + 1))
            return 0
    gc.set_threshold(GARBAGE_LOOKED_FOR_EVERY)
    from jivsgen.cli import run

    return run(arguments)


def command() -> NoReturn:
    """What is typed: `main`, and then the end. All is written and flushed by then; to free every object first, as Python does, is a
    twentieth of a build's time."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads any more
            stream.flush()
    os._exit(code)


def say(line: str) -> None:
    """Print, whether or not anybody still reads."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def nothing_written(files: int) -> str:
    """What a build says that found everything as it should be, the lock included."""
    return f"0 files written, {files} unchanged"


if __name__ == "__main__":
    command()
