"""The only code that writes into the tree.

What is to be written is complete before the first file changes; each file is replaced whole (written into a folder beside
it, then renamed, POSIX rename(2)); the lock, which lists the digest of every artifact, is replaced last. A run that dies
half-way leaves old and new files whole, and a lock that does not match: `jivsgen check` says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from jivsgen.diagnostics import Diagnostics, Place

STAGING = ".jivsgen-staging"

Wanted: TypeAlias = Callable[[], tuple[Mapping[str, str], Iterable[str]]]
"""Relative path to text of all files that there shall be, and the paths of those that shall go."""


@dataclass(slots=True)
class Published:
    """What became of each path: relative to the output folder, with slashes."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def publish(out: Path, wanted: Wanted, shown: str, diagnostics: Diagnostics) -> Published | None:
    """Make `out` hold the files that `wanted` says, written where they differ, in their order (so that a lock comes last),
    and without the stale ones. `wanted` is asked when nobody else can write there any more. None after a report; then
    nothing was written, unless the disk itself failed between two files."""
    try:
        with _exclusive(out):
            files, stale = wanted()
            for name in [*files, *stale]:
                _refuse_odd(out, name, shown, diagnostics)
            return None if diagnostics.has_errors() else _published(out, files, stale)
    except OSError as problem:
        where = f"{shown}/{Path(problem.filename).name}" if problem.filename else shown
        said = f"cannot write: {problem.strerror}"
        hint = "what was there before is still there, file by file"
        diagnostics.add("cannot-write", said, Place(where), hint)
        return None


def _published(out: Path, files: Mapping[str, str], stale: Iterable[str]) -> Published:
    result = Published()
    changed = {}
    for name, text in files.items():
        content = text.encode()
        if _current(out / name) == content:
            result.unchanged.append(name)
        else:
            changed[name] = content
            result.written.append(name)
    _replace_all(out, changed)
    for name in stale:
        with contextlib.suppress(FileNotFoundError):
            (out / name).unlink()
            result.removed.append(name)
    return result


def publish_new(out: Path, name: str, text: str, shown: str, diagnostics: Diagnostics) -> bool:
    """Write one file that is not there yet, whole or not at all; what stands in its place is never touched, not even
    when it came into being meanwhile (link(2) refuses then). False after a report."""
    target = out / name
    if not is_free(target, shown, diagnostics):
        return False
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out, prefix=f".{name}.", delete=False) as file:
            file.write(text.encode())
        try:
            os.chmod(file.name, 0o644)
            os.link(file.name, target)
        finally:
            os.unlink(file.name)
    except OSError as problem:
        if is_free(target, shown, diagnostics):
            diagnostics.add("cannot-write", f"cannot write: {problem.strerror}", Place(shown))
        return False
    return True


def replace(target: Path, text: str, shown: str, diagnostics: Diagnostics) -> bool:
    """Write one file in the place of the one that is there, whole or not at all. False after a report."""
    if target.is_symlink() or (target.exists() and not target.is_file()):
        said = "something that is not a plain file stands there"
        diagnostics.add("cannot-write", said, Place(shown), "move it away; jivsgen will not replace it")
        return False
    staged = target.parent / f".{target.name}.jivsgen-staging"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.write_bytes(text.encode())
        os.replace(staged, target)
    except OSError as problem:
        with contextlib.suppress(OSError):
            staged.unlink()
        hint = "what was there before is still there"
        diagnostics.add("cannot-write", f"cannot write: {problem.strerror}", Place(shown), hint)
        return False
    return True


def is_free(target: Path, shown: str, diagnostics: Diagnostics) -> bool:
    """Whether nothing stands there, not even a link that leads nowhere; False after a report."""
    if os.path.lexists(target):
        hint = "choose another name with --name, another folder with --out, or move the file away"
        diagnostics.add("file-exists", "the file is there already, and is left as it is", Place(shown), hint)
        return False
    return True


def _refuse_odd(out: Path, name: str, shown: str, diagnostics: Diagnostics) -> None:
    """A path that leaves the folder, or where something stands that is not a plain file, is never written."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        diagnostics.add("cannot-write", f"`{name}` is outside of the output folder", Place(shown))
        return
    place = out
    for part in path.parts[:-1]:
        place = place / part
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            said = f"`{place.name}` is in the way: it is no folder of its own"
            diagnostics.add("cannot-write", said, Place(f"{shown}/{name}"), "move it away")
            return
    target = out / name
    if target.is_symlink() or (target.exists() and not target.is_file()):
        kind = "a symbolic link" if target.is_symlink() else "a folder"
        said = f"{kind} stands where a generated file belongs"
        diagnostics.add(
            "cannot-write", said, Place(f"{shown}/{name}"), "move it away; jivsgen will not replace it"
        )


def _current(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


@contextlib.contextmanager
def _exclusive(out: Path) -> Iterator[None]:
    """One writer at a time: an advisory lock on the folder itself, where the system has them (flock(2))."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    folder = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace_all(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write everything into a folder of its own first, so that a full disk is found out before the first rename. What a
    run that was killed left there is cleared away."""
    staging = out / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    if not contents:
        return
    staging.mkdir()
    try:
        staged = [staging / str(number) for number in range(len(contents))]
        for path, content in zip(staged, contents.values(), strict=True):
            path.write_bytes(content)
        for path, name in zip(staged, contents, strict=True):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, out / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
