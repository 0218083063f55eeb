"""The only code that writes into the tree.

What is to be written is complete before the first file changes; each file is replaced whole (written into a folder beside
it, then renamed, POSIX rename(2)); the lock, which lists the digest of every artifact, is replaced last, when stale files
are gone too. A run that dies half-way leaves old and new files whole, and a lock that does not match: `jivsgen check` says
so, and the next build finishes the work.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from msgspec import Struct, field

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.drift.lock import STAGING, Content, as_bytes, plain, plain_lines

Wanted: TypeAlias = Callable[[], tuple[Mapping[str, Content], Iterable[str]]]
"""Relative path to content of all files that there shall be, and the paths of those that shall go."""


class Published(Struct):
    """What became of each path: relative to the output folder, with slashes."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def publish(out: Path, wanted: Wanted, shown: str, diagnostics: Diagnostics) -> Published | None:
    """Make `out` hold the files that `wanted` says, written where they differ in more than line ends, in their order (so
    that a lock comes last), and without the stale ones. `wanted` is asked when nobody else can write there any more. None
    after a report; then nothing was written, unless the disk itself failed between two files."""
    try:
        with _exclusive(out):
            files, stale = wanted()
            folders: dict[Path, bool] = {}
            for name in [*files, *stale]:
                _refuse_odd(out, name, shown, folders, diagnostics)
            return None if diagnostics.has_errors() else _published(out, files, stale)
    except OSError as problem:
        hint = "what was there before is still there, file by file"
        diagnostics.add("cannot-write", _said(problem), Place(_where(problem, out, shown)), hint)
        return None


def _published(out: Path, files: Mapping[str, Content], stale: Iterable[str]) -> Published:
    result = Published()
    changed = {}
    for name, content in files.items():
        if _is_current(out / name, content):
            result.unchanged.append(name)
        else:
            changed[name] = content
            result.written.append(name)
    with _staged(out, changed.values()) as staged:
        moves = dict(zip(changed, staged, strict=True))
        last = list(files)[-1]
        for name, path in moves.items():
            if name != last:
                _install(path, out / name)
        for name in stale:
            with contextlib.suppress(FileNotFoundError):
                (out / name).unlink()
                result.removed.append(name)
        if last in moves:
            _install(moves[last], out / last)
    return result


def publish_new(target: Path, text: str, shown: str, diagnostics: Diagnostics) -> bool:
    """Write one file that is not there yet, whole or not at all; what stands in its place is never touched, not even
    when it came into being meanwhile (link(2) refuses then). False after a report."""
    if not is_free(target, shown, diagnostics):
        return False
    try:
        _put(target, text, os.link)
    except OSError as problem:
        if is_free(target, shown, diagnostics):
            diagnostics.add("cannot-write", _said(problem), Place(shown))
        return False
    return True


def replace(target: Path, text: str, shown: str, diagnostics: Diagnostics) -> bool:
    """Write one file in the place of the one that is there, whole or not at all. False after a report."""
    if not _is_plain(target, shown, diagnostics):
        return False
    try:
        _put(target, text, _install)
    except OSError as problem:
        hint = "what was there before is still there"
        diagnostics.add("cannot-write", _said(problem), Place(shown), hint)
        return False
    return True


def is_free(target: Path, shown: str, diagnostics: Diagnostics) -> bool:
    """Whether nothing stands there, not even a link that leads nowhere; False after a report."""
    if os.path.lexists(target):
        hint = "choose another name with --name, another folder with --out, or move the file away"
        diagnostics.add("file-exists", "the file is there already, and is left as it is", Place(shown), hint)
        return False
    return True


def _said(problem: OSError) -> str:
    return f"cannot write: {problem.strerror}"


def _where(problem: OSError, out: Path, shown: str) -> str:
    """The file that the system names, if it is one that a user knows."""
    named = problem.filename2 or problem.filename
    below = os.path.relpath(named, out) if named else "."
    return shown if below == "." or below.startswith(("..", STAGING)) else f"{shown}/{below}"


def _refuse_odd(
    out: Path, name: str, shown: str, folders: dict[Path, bool], diagnostics: Diagnostics
) -> None:
    """A path that leaves the folder, or where something stands that is not a plain file, is never written. `folders` keeps what
    has been seen of them."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        diagnostics.add("cannot-write", f"`{name}` is outside of the output folder", Place(shown))
        return
    place = out
    for part in path.parts[:-1]:
        place = place / part
        if place not in folders:
            folders[place] = not place.is_symlink() and (place.is_dir() or not place.exists())
        if not folders[place]:
            said = f"`{place.name}` is in the way: it is no folder of its own"
            diagnostics.add("cannot-write", said, Place(f"{shown}/{name}"), "move it away")
            return
    _is_plain(out / name, f"{shown}/{name}", diagnostics)


def _is_plain(target: Path, shown: str, diagnostics: Diagnostics) -> bool:
    """Whether a plain file stands there, or nothing; False after a report."""
    if not target.is_symlink() and (target.is_file() or not target.exists()):
        return True
    kinds = ((target.is_symlink(), "a symbolic link"), (target.is_dir(), "a folder"), (True, "no plain file"))
    kind = next(kind for holds, kind in kinds if holds)
    hint = "move it away; jivsgen will not replace it"
    diagnostics.add("cannot-write", f"{kind} stands where the file belongs", Place(shown), hint)
    return False


def _is_current(path: Path, content: Content) -> bool:
    try:
        there = path.read_bytes()
        return (plain_lines(there) if isinstance(content, str) else there) == plain(content)
    except OSError:
        return False


def _put(target: Path, text: str, place: Callable[[Path, Path], None]) -> None:
    """One file into its place."""
    folder = target.parent
    with _exclusive(folder), _staged(folder, [text]) as (staged,):
        place(staged, target)


def _install(staged: Path, target: Path) -> None:
    """In the place of what is there, with its permissions."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.copymode(target, staged)
    os.replace(staged, target)


@contextlib.contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """One writer at a time: an advisory lock on the folder itself, where the system has them (flock(2)). It ends with the
    process that holds it, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


@contextlib.contextmanager
def _staged(folder: Path, wanted: Iterable[Content]) -> Iterator[list[Path]]:
    """Each content in a file of its own, on the disk where it will belong, so that a full disk is found out before the first
    rename. What is left there in the end is cleared away, and what a run that was killed left before."""
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    contents = [as_bytes(one) for one in wanted]
    if not contents:
        yield []
        return
    staging.mkdir()
    try:
        paths = [staging / str(number) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        yield paths
    finally:
        shutil.rmtree(staging, ignore_errors=True)
