"""Files in, artifacts out: the way of one command through the rooms. Pure but for reading; nothing here writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.drift.lock import Content
from jivsgen.plan.compile import compile_plan
from jivsgen.plan.model import Feed, File, Plan
from jivsgen.plan.uploads import Uploads
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.load import load_profile
from jivsgen.project import Project
from jivsgen.source import is_file
from jivsgen.spec import Api, Remotes, load_api
from jivsgen.timings import Timings

if TYPE_CHECKING:
    from jivsgen.drift.changes import Difference
    from jivsgen.drift.uses import Reading

UNREAD = ("cannot-fetch", "remote-reference")
"""What says that a part of a spec was not there to be read, so that nothing can be said about it."""


class Unit(Struct, frozen=True):
    """One profile, compiled. `feeds` are the files that hold its rows of data, `uploads` those that its requests send."""

    loaded: LoadedProfile
    api: Api
    plan: Plan
    feeds: dict[Path, Feed]
    uploads: dict[Path, File]

    @property
    def sources(self) -> dict[Path, str]:
        """Every file that it was made from but for the uploads, to the digest of what was read there."""
        documents = (*self.loaded.layers, *self.api.documents.read, *self.api.overlays)
        return {one.path: one.digest for one in documents} | {
            path: feed.digest for path, feed in self.feeds.items()
        }

    @property
    def fetched(self) -> dict[str, str]:
        """Every document on a server that it was made from, by URL, to the digest of what was fetched."""
        return {url: document.digest for url, document in self.api.documents.fetched.items()}

    @property
    def engines(self) -> tuple[str, ...]:
        return self.loaded.profile.engines


class Compiler(Struct):
    """Compiles the profiles of one command; a spec that several of them name is read once."""

    project: Project
    diagnostics: Diagnostics
    timings: Timings = field(default_factory=Timings)
    remotes: Remotes = field(default_factory=Remotes)
    _apis: dict[tuple[Path, ...], Api | None] = field(default_factory=dict)
    _names: dict[Path, str] = field(default_factory=dict)

    def compile(self, paths: tuple[Path, ...]) -> list[Unit]:
        """The units of all profiles that have no error. What is wrong with any of them is reported."""
        units = [unit for path in paths if (unit := self._unit(path))]
        self._unlike(units)
        return units

    def _unit(self, path: Path) -> Unit | None:
        found = Diagnostics()
        unit = self._compiled(path, found)
        self.diagnostics.extend(found)
        return unit

    def _compiled(self, path: Path, found: Diagnostics) -> Unit | None:
        with self.timings.room("read profiles"):
            loaded = load_profile(path, self._shown(path), found)
        if loaded is None:
            return None
        with self.timings.room("read spec"):
            api = self._api(loaded, found)
        if api is None:
            return None
        api.report_to(found)
        uploads = Uploads(loaded, self.project.root, self._shown, found)
        with self.timings.room("compile"):
            plan = compile_plan(loaded, api, self._shown, found, uploads)
        if plan is None:
            return None
        pools = [
            (("auth", name, "users"), role.users) for name, role in loaded.profile.auth.items() if role.users
        ]
        feeds = [(("feeds", name, "file"), feed.file) for name, feed in loaded.profile.feeds.items()]
        read = {feed.file: feed for feed in plan.tables}
        paths = [loaded.path(pointer, file) for pointer, file in (*feeds, *pools)]
        used = {path: read[path.name] for path in paths if path.name in read}
        return Unit(loaded, api, plan, used, uploads.files)

    def change(self, profiles: tuple[Path, ...], old: Path, new: Path) -> Difference | None:
        """What the change of a spec from `old` to `new` means for the profiles; None where none of them can be read against
        both, which is reported."""
        from jivsgen.drift.changes import difference

        before = [(path, self.read_against(path, old)) for path in profiles]
        pairs = [(one, self.read_against(path, new, one)) for path, one in before if one]
        whole = [(one, after) for one, after in pairs if after]
        return difference(whole, whole[0][0].api, whole[0][1].api) if whole else None

    def read_against(self, path: Path, spec: Path, before: Reading | None = None) -> Reading | None:
        """The profile in a file, compiled against `spec` in the place of its own; with `before`, its reading against an
        older one, it finds what that found, whatever it is called now. None where the profile or the spec cannot be read
        at all, which is reported, as is what no `$ref` may lead to."""
        from jivsgen.drift.uses import Reading, known_as, uses_of

        found = Diagnostics()
        loaded = load_profile(path, self._shown(path), self.diagnostics)
        api = self._api(loaded, self.diagnostics, spec) if loaded else None
        if loaded is None or api is None:
            return None
        api = known_as(before, api) if before else api
        api.report_to(found)
        uploads = Uploads(loaded, self.project.root, self._shown, found)
        plan = compile_plan(loaded, api, self._shown, found, uploads)
        self.diagnostics.extend(one for one in found if one.code in UNREAD)
        return Reading(loaded, api, plan, found, uses_of(loaded))

    def _api(self, loaded: LoadedProfile, found: Diagnostics, instead: Path | None = None) -> Api | None:
        """The spec of a profile (or the one `instead` of it) with the overlays of the project, then its own, laid over."""
        spec = instead or loaded.path(("spec",), loaded.profile.spec)
        own = [(("overlays", n), name) for n, name in enumerate(loaded.profile.overlays)]
        named = [(loaded.place(at), loaded.path(at, name)) for at, name in own]
        configured = [(None, path) for path in self.project.overlays]
        for place, path in ((loaded.place(("spec",)), spec), *configured, *named):
            if not is_file(path):
                kind = "spec" if path == spec else "overlay"
                said = f"there is no {kind} {self._shown(path)}"
                hint = "a path is relative to the file that names it"
                found.add("unreadable-file", said, place, hint)
                return None
        files = (spec.resolve(), *(path.resolve() for _, path in (*configured, *named)))
        if files not in self._apis:
            overlays = tuple((path, self._shown(path)) for path in files[1:])
            self._apis[files] = load_api(spec, self._shown(spec), found, overlays, self.remotes)
        return self._apis[files]

    def _shown(self, path: Path) -> str:
        """`Project.shown`, asked once for each path: profiles share most of their files."""
        if path not in self._names:
            self._names[path] = self.project.shown(path)
        return self._names[path]

    def _unlike(self, units: list[Unit]) -> None:
        """Two profiles of one name, or two feed files of one name, would overwrite each other."""
        seen: dict[str, Unit] = {}
        files: dict[str, tuple[bytes, Unit]] = {}
        for unit in units:
            other = seen.setdefault(unit.plan.name.lower(), unit)
            place = unit.loaded.place(("profile",))
            if other is not unit:
                said = f"the profile of {other.loaded.layers[0].shown} is called `{unit.plan.name}` too"
                self.diagnostics.add("name-clash", said, place, "each profile has a name of its own")
            for copy in unit.plan.copies:
                content, owner = files.setdefault(copy.name.lower(), (copy.content, unit))
                if content != copy.content:
                    said = f"`{copy.name}` is another file than the one of that name in {owner.loaded.layers[0].shown}"
                    hint = "both would be copied to one place; rename one"
                    self.diagnostics.add("name-clash", said, place, hint)


def approximations(unit: Unit, engines: tuple[str, ...]) -> list[str]:
    """What the engines cannot say exactly, in sentences that begin with their names; nothing is rendered for that."""
    from jivsgen import engines as targets

    said = ((name, targets.load(name).approximations(unit.plan)) for name in engines)
    return [f"{name}: {sentence}" for name, sentences in said for sentence in sentences]


def note_approximations(unit: Unit, engines: tuple[str, ...], diagnostics: Diagnostics) -> None:
    """Report them at the scenarios."""
    for sentence in approximations(unit, engines):
        diagnostics.add("approximation", sentence, unit.loaded.place(("scenarios",), True))


def artifacts(unit: Unit, engines: tuple[str, ...]) -> dict[str, Content]:
    """Every file of the unit, as `<engine>/<file>` to content: scripts and the feeds beside them as text, the files that
    requests send as bytes."""
    from jivsgen import engines as targets

    files: dict[str, Content] = {}
    for name in engines:
        for file, text in targets.load(name).render(unit.plan).items():
            files[f"{name}/{file}"] = text
        for table in unit.plan.tables:
            files.setdefault(f"{name}/{table.file}", table.text)
        for upload in unit.plan.uploads:
            files.setdefault(f"{name}/{upload.name}", upload.content)
    return files


def check_text(files: dict[str, Content], diagnostics: Diagnostics, out: str) -> None:
    """Hold every artifact against the grammar of its target; a fault is a bug of jivsgen, said with its place."""
    from importlib import import_module

    by_engine: dict[str, dict[str, str]] = {}
    for path, content in files.items():
        engine, _, name = path.partition("/")
        if isinstance(content, str):
            by_engine.setdefault(engine, {})[name] = content
    for engine, own in by_engine.items():
        faults = import_module(f"jivsgen.verify.{engine}").check(own)
        for name, found in faults.items():
            for fault in found:
                place = Place(f"{out}/{engine}/{name}", fault.line, fault.column)
                diagnostics.add("broken-artifact", fault.message, place)
