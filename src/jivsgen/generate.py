"""Profiles in, a folder of scripts and their lock out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jivsgen.compiler import Compiler, Unit, artifacts, check_text
from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.drift.clean import NO_CONFIGURATION, configuration_table
from jivsgen.drift.lock import (
    NAME,
    BrokenLock,
    Content,
    Lock,
    as_bytes,
    digest,
    files_below,
    folder_digest,
    plain,
    plain_lines,
    read_lock,
    text_digest,
)
from jivsgen.drift.lock import Unit as Sealed
from jivsgen.installation import templates_folder
from jivsgen.plan.digest import digest as meaning_of
from jivsgen.plan.smoke import smoke as reduced
from jivsgen.project import Project
from jivsgen.publish import Published, publish
from jivsgen.version import VERSION

if TYPE_CHECKING:
    from jivsgen.drift.findings import Comparison


class Made(Struct, frozen=True):
    """`files`: `<engine>/<file>` to content, in the order of profiles and engines; `owned`: what each profile made of it, by
    name; `whole`: the profiles that were rendered for every engine that they name; `around`: the lock's digests of what
    belongs to no profile, from before anything was rendered, so that what changes meanwhile is not taken for built."""

    units: tuple[Unit, ...]
    files: dict[str, Content]
    owned: dict[str, list[str]]
    whole: frozenset[str]
    around: dict[tuple[str, str], str]


def generate(
    compiler: Compiler,
    profiles: tuple[Path, ...],
    engines: tuple[str, ...],
    *,
    smoke: bool = False,
    strict: bool = False,
) -> Made | None:
    """Compile, render and check; None when there is an error (with `strict`, a warning). `engines` empty: those that
    each profile names."""
    project, diagnostics, timings = compiler.project, compiler.diagnostics, compiler.timings
    around = _around(project)
    units = compiler.compile(profiles)
    if smoke:
        units = [replace(unit, plan=reduced(unit.plan)) for unit in units]
    if diagnostics.has_errors():
        return None
    with timings.room("render"):
        rendered = {unit.plan.name: artifacts(unit, wanted(unit, engines)) for unit in units}
    owned = {name: list(own) for name, own in rendered.items()}
    files = {path: content for own in rendered.values() for path, content in own.items()}
    _no_copy_is_a_script(units, rendered, diagnostics)
    with timings.room("verify"):
        check_text(files, diagnostics, project.shown(project.out))
    if diagnostics.has_errors(strict=strict):
        return None
    whole = frozenset(unit.plan.name for unit in units if wanted(unit, engines) == unit.engines)
    return Made(tuple(units), files, owned, whole, around)


def _no_copy_is_a_script(
    units: list[Unit], made: dict[str, dict[str, Content]], diagnostics: Diagnostics
) -> None:
    """What is copied beside the scripts would replace one of the same name, whosever it is."""
    stand: dict[str, set[bytes]] = {}
    copied = {copy.name.lower() for unit in units for copy in unit.plan.copies}
    for files in made.values():
        for path, content in files.items():
            if path.lower().partition("/")[2] in copied:
                stand.setdefault(path.lower(), set()).add(as_bytes(content))
    for unit in units:
        for copy in unit.plan.copies:
            places = (path for path in made[unit.plan.name] if path.endswith(f"/{copy.name}"))
            if any(stand[path.lower()] != {copy.content} for path in places):
                said = f"`{copy.name}` is the name of a script too"
                hint = "both would be written to one place; rename the file"
                diagnostics.add("name-clash", said, unit.loaded.place(("profile",)), hint)


def wanted(unit: Unit, engines: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a unit's engines that are asked for; where none is named, all of them."""
    return tuple(name for name in unit.engines if not engines or name in engines)


def write(
    project: Project, made: Made, folder: Path, diagnostics: Diagnostics, *, whole: bool
) -> Published | None:
    """Publish into `folder`. With `whole`, the files are all that there should be: what an earlier build wrote and this
    one did not is removed, and the lock lists exactly these; else the rest stays, in the folder and in the lock."""

    def published() -> tuple[dict[str, Content], list[str]]:
        before = _known(folder)
        owned = before.artifacts if before else {}
        stale = [name for name in owned if name not in made.files and _is_plain(name)] if whole else []
        lock = lock_of(project, made, before=None if whole else before)
        return {**made.files, NAME: lock.text()}, stale

    shown = project.shown(folder) if folder.is_relative_to(project.root) else str(folder)
    return publish(folder, published, shown, diagnostics)


def compare(project: Project, made: Made, diagnostics: Diagnostics) -> Comparison:
    """What was made, held against the output folder and its lock; a lock that is missing or broken is reported."""
    from jivsgen.drift.findings import Comparison

    out = project.shown(project.out)
    before = None
    try:
        before = read_lock(project.out / NAME)
        if before is None:
            hint = "`jivsgen build` writes it; commit it with the artifacts"
            diagnostics.add(
                "broken-lock", "there is no lock here: nothing was built yet", Place(f"{out}/{NAME}"), hint
            )
    except BrokenLock as broken:
        place = Place(f"{out}/{NAME}", broken.line)
        diagnostics.add(
            "broken-lock", f"the lock cannot be used: {broken}", place, "`jivsgen build` writes it anew"
        )
    now = lock_of(project, made)
    copies = {path for lock in (now, before) if lock for path in lock.of("copy")}
    disk = {path: _bytes(project.out / path, exact=path in copies) for path in _listed(project.out)}
    digests = {path: digest(content) for path, content in disk.items() if content is not None}
    known = before or Lock(VERSION, {**now.digests, **_on_disk(digests)}, now.units)
    return Comparison(known, now, made.files, disk, digests, out, whole=before is not None)


def _on_disk(digests: dict[str, str]) -> dict[tuple[str, str], str]:
    return {("artifact", path): sha for path, sha in digests.items() if path != NAME}


def _listed(out: Path) -> list[str]:
    return files_below(str(out)) if out.is_dir() else []


def _bytes(path: Path, *, exact: bool) -> bytes | None:
    """What is written there, line ends made plain unless `exact`; None of what is no plain file, or cannot be read."""
    try:
        content = path.read_bytes()
        return None if path.is_symlink() else content if exact else plain_lines(content)
    except OSError:
        return None


def _known(folder: Path) -> Lock | None:
    """What an earlier build left there; of a broken lock, nothing."""
    try:
        return read_lock(folder / NAME)
    except BrokenLock:
        return None


def _is_plain(name: str) -> bool:
    """A lock is a file that anybody may have edited: it names nothing to remove outside of its folder."""
    return not name.startswith("/") and ".." not in name.split("/")


def lock_of(project: Project, made: Made, before: Lock | None = None) -> Lock:
    """The lock of what was made, with what `before` knew of the rest. A profile that was rendered for some of its engines
    only keeps the seal that it had, which then holds no longer: its other artifacts may be of yesterday."""
    digests = dict(before.digests) if before else {}
    for name, content in made.files.items():
        kind, other = ("artifact", "copy") if isinstance(content, str) else ("copy", "artifact")
        digests[kind, name] = digest(plain(content))
        digests.pop((other, name), None)
    digests |= made.around
    relative = cache(project.relative)  # profiles share most of their files
    for unit in made.units:
        digests |= {("file", relative(path)): sha for path, sha in unit.sources.items()}
        digests |= {("upload", relative(path)): digest(one.content) for path, one in unit.uploads.items()}
        digests |= {("remote", url): sha for url, sha in unit.fetched.items()}
        digests |= _meanings(unit, relative)
    lock = Lock(VERSION, digests, {})
    for unit in made.units:
        name = unit.plan.name
        files = [*(relative(path) for path in {**unit.sources, **unit.uploads}), *unit.fetched]
        spec = relative(unit.api.documents.root.path)
        operations = [f"{spec}#{used}" for used, _ in unit.plan.origin.operations]
        lock.units[name] = Sealed(name, files, operations, made.owned[name])
    sealed = lock.sealed().units
    kept = before.units if before else {}
    lock.units = {
        **kept,
        **{name: one for name, one in sealed.items() if name in made.whole or name not in kept},
    }
    return lock


def _around(project: Project) -> dict[tuple[str, str], str]:
    """The configuration, the folders of profiles, and the templates."""
    lies = templates_folder()
    return {
        **_configuration(project),
        **{("folder", project.relative(path)): folder_digest(path) for path in project.folders},
        **{("template", path): text_digest(f"{lies}/{path}") for path in files_below(lies)},
    }


def _configuration(project: Project) -> dict[tuple[str, str], str]:
    file = project.configuration
    if file is None:
        return {("configuration", NO_CONFIGURATION): digest(b"")}
    table = configuration_table(file.name, file.read_text("utf-8")) or ""
    return {("configuration", file.name): digest(table.encode())}


def _meanings(unit: Unit, relative: Callable[[Path], str]) -> dict[tuple[str, str], str]:
    """What the inputs of a profile mean: equal where only their order, layout or prose changed."""
    spec = relative(unit.api.documents.root.path)
    return {
        **{("profile", relative(one.path)): meaning_of(one.content) for one in unit.loaded.layers},
        **{("overlay", relative(one.path)): meaning_of(one.content) for one in unit.api.overlays},
        **{("operation", f"{spec}#{name}"): sha for name, sha in unit.plan.origin.operations},
        **{("feed", relative(path)): digest(feed.text.encode()) for path, feed in unit.feeds.items()},
    }
