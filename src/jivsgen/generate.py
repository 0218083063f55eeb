"""Profiles in, a folder of scripts and their lock out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from jivsgen.compiler import Compiler, Unit, artifacts, check_text
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.lock import NAME, Entry, Lock, digest, read_lock, text_digest
from jivsgen.plan.smoke import smoke as reduced
from jivsgen.project import Project
from jivsgen.publish import Published, publish
from jivsgen.version import VERSION


@dataclass(frozen=True)
class Made:
    """`files`: `<engine>/<file>` to text, in the order of profiles and engines."""

    units: tuple[Unit, ...]
    files: dict[str, str] = field(default_factory=dict)


def generate(
    project: Project, profiles: tuple[Path, ...], engines: tuple[str, ...], diagnostics: Diagnostics, *,
    smoke: bool = False, strict: bool = False,
) -> Made | None:  # fmt: skip
    """Compile, render and check; None when there is an error (with `strict`, a warning). `engines` empty: those that
    each profile names."""
    units = Compiler(project, diagnostics).compile(profiles)
    if smoke:
        units = [replace(unit, plan=reduced(unit.plan)) for unit in units]
    files: dict[str, str] = {}
    for unit in units:
        wanted = tuple(name for name in unit.engines if not engines or name in engines)
        files.update(artifacts(unit, wanted, diagnostics))
    check_text(files, diagnostics, project.shown(project.out))
    if diagnostics.has_errors(strict=strict):
        return None
    return Made(tuple(units), files)


def write(
    project: Project, made: Made, folder: Path, diagnostics: Diagnostics, *, whole: bool
) -> Published | None:
    """Publish into `folder`. With `whole`, the files are all that there should be: what an earlier build wrote and this
    one did not is removed, and the lock lists exactly these; else the rest stays, in the folder and in the lock."""
    before = read_lock(folder / NAME)
    owned = before.of("artifact") if before else {}
    stale = [name for name in owned if name not in made.files and _is_plain(name)] if whole else []
    lock = lock_of(project, made, before=None if whole else before)
    shown = project.shown(folder) if folder.is_relative_to(project.root) else str(folder)
    return publish(folder, {**made.files, NAME: lock.text()}, stale, shown, diagnostics)


def _is_plain(name: str) -> bool:
    """A lock is a file that anybody may have edited: it names nothing to remove outside of its folder."""
    return not name.startswith("/") and ".." not in name.split("/")


def lock_of(project: Project, made: Made, before: Lock | None = None) -> Lock:
    """The lock of what was made, with what `before` knew of the rest."""
    from jivsgen.engines.templates import folder as templates

    entries = {("artifact", name): digest(text.encode()) for name, text in made.files.items()}
    for unit in made.units:
        profile = unit.loaded.layers[0].path
        for path in unit.sources:
            kind = "profile" if path == profile else "source"
            entries[kind, project.shown(path)] = text_digest(path)
    for path in sorted(templates().rglob("*")):
        if path.is_file():
            entries["template", path.relative_to(templates()).as_posix()] = text_digest(path)
    kept = {(entry.kind, entry.path): entry.digest for entry in before.entries} if before else {}
    return Lock(VERSION, tuple(Entry(kind, sha, path) for (kind, path), sha in {**kept, **entries}.items()))
