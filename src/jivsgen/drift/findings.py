"""What is not as the last build left it, and why: the lock, the disk and a fresh render are held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import listing
from jivsgen.drift.lock import NAME, Content, Lock, plain

BUILD = "`jivsgen check --fix` (or `jivsgen build`) writes it anew; `jivsgen check --diff` shows what differs"
_INPUTS = {
    "profile": "changed-profile",
    "feed": "changed-feed",
    "overlay": "changed-overlay",
    "spec": "changed-spec",
    "template": "changed-template",
    "configuration": "changed-configuration",
    "folder": "changed-profile",
    "upload": "changed-upload",
    "remote": "changed-spec",
}


class Comparison(Struct, frozen=True, dict=True):
    """`before` is the lock on the disk, `now` the one that a build would write; `fresh` are the artifacts of that build and
    `disk` all that lies in the output folder (None: unreadable, or no plain file), with its digests. `out` is the folder's
    name for messages. Without a usable lock (`whole` false) `before` is the best guess, and only the artifacts count."""

    before: Lock
    now: Lock
    fresh: Mapping[str, Content]
    disk: Mapping[str, bytes | None]
    digests: Mapping[str, str]
    out: str
    whole: bool = True

    def report(self, diagnostics: Diagnostics) -> None:
        """Every finding; a change that changes no artifact is a note."""
        self._inputs(diagnostics)
        self._artifacts(diagnostics)
        if self.whole:
            self._lock(diagnostics)

    # --- artifacts --------------------------------------------------------------------------------------------------

    @cached_property
    def differing(self) -> frozenset[str]:
        """The artifacts that are on the disk otherwise than a build would write them."""
        return frozenset(
            path
            for path, content in self.fresh.items()
            if path in self.disk and self.disk[path] != plain(content)
        )

    @cached_property
    def outdated(self) -> frozenset[str]:
        """Those of them that nobody touched since they were built: what they are made from has changed."""
        known = self.before.artifacts
        return frozenset(path for path in self.differing if self.digests.get(path) == known.get(path, ""))

    @cached_property
    def explained(self) -> frozenset[str]:
        """The artifacts of all profiles that have a changed input."""
        return frozenset(path for change in self.changes for path in change.affects)

    def _artifacts(self, diagnostics: Diagnostics) -> None:
        known = self.before.artifacts
        for path in sorted(self.fresh):
            place = Place(f"{self.out}/{path}")
            if path not in self.disk:
                said = "the artifact is missing" if path in known else "the artifact has not been built yet"
                diagnostics.add("missing-artifact", said, place, BUILD)
            elif path in self.outdated and path not in self.explained:
                said = "this is not what jivsgen writes now"
                diagnostics.add("outdated-artifact", said, place, BUILD)
            elif path in self.differing and path not in self.outdated:
                diagnostics.add("edited-artifact", *self._edit(path))
        for path in sorted(set(self.disk) - set(self.fresh) - {NAME}):
            place = Place(f"{self.out}/{path}")
            if self.whole and path in known:
                said = "no profile makes this artifact any more"
                diagnostics.add("stray-artifact", said, place, "`jivsgen check --fix` removes it")
            else:
                said = "this file is in the folder of generated files, and no profile makes it"
                diagnostics.add("stray-artifact", said, place, "move it elsewhere, or remove it")

    def _edit(self, path: str) -> tuple[str, Place, str]:
        content = self.disk[path]
        if content is None:
            return (
                "something that is not a plain file stands here",
                Place(f"{self.out}/{path}"),
                "move it away",
            )
        own = self.fresh[path]
        if isinstance(own, bytes):
            said = "the artifact was changed by hand: it is not the file that it is a copy of"
            return said, Place(f"{self.out}/{path}"), BUILD
        theirs = content.decode("utf-8", "replace").split("\n")
        ours = own.split("\n")
        same = next((n for n, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), None)
        line = (min(len(theirs), len(ours)) if same is None else same) + 1
        said = "the artifact was edited by hand: from this line on it is not what jivsgen writes"
        hint = "say it in the profile, then build: generated files are never edited. " + BUILD
        return said, Place(f"{self.out}/{path}", line), hint

    # --- inputs -----------------------------------------------------------------------------------------------------

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every input whose bytes are not those that the lock knows, in the order of their names."""
        found = [
            Change(self, kind, path, path in old, path in new)
            for kind in ("file", "remote", "upload", "folder", "template", "configuration")
            for old, new in ((self.before.of(kind), self.now.of(kind)),)
            for path in sorted({*old, *new})
            if old.get(path) != new.get(path)
        ]
        if self.before.version != self.now.version:
            found.append(Change(self, "version", self.before.version, True, True))
        return tuple(found)

    def _inputs(self, diagnostics: Diagnostics) -> None:
        for change in self.changes:
            change.report(diagnostics)

    # --- the lock ---------------------------------------------------------------------------------------------------

    def _lock(self, diagnostics: Diagnostics) -> None:
        """What the lock says of things that are as they should be, and as it does not say."""
        place = Place(f"{self.out}/{NAME}")
        wrong = [
            path
            for path, sha in sorted(self.before.artifacts.items())
            if path in self.fresh and path not in self.differing and self.digests.get(path, sha) != sha
        ]
        unlisted = sorted(set(self.fresh) & set(self.disk) - set(self.before.artifacts))
        if wrong or unlisted:
            said = f"the lock does not know {listing([*wrong, *unlisted])} as built"
            hint = "it was edited, merged from two builds, or not committed with them; `jivsgen check --fix` mends it"
            diagnostics.add("broken-lock", said, place, hint)
        elif not self.changes and not self.differing and self.before.text() != self.now.text():
            said = "the lock is not the one of these inputs and artifacts: it was edited, or merged from two builds"
            diagnostics.add("broken-lock", said, place, "`jivsgen check --fix` mends it")


class Change(Struct, frozen=True):
    """One input that is not what it was; `kind` of the lock, or `version`."""

    comparison: Comparison
    kind: str
    path: str
    was: bool
    stands: bool

    @property
    def affects(self) -> tuple[str, ...]:
        """The artifacts of the profiles that were, or are, made from it."""
        units = [*self.comparison.before.units.values(), *self.comparison.now.units.values()]
        every = self.kind not in ("file", "remote", "upload")
        return tuple(path for unit in units if every or self.path in unit.files for path in unit.artifacts)

    @property
    def role(self) -> str:
        """What kind of file it is: as the lock's meanings say."""
        if self.kind != "file":
            return self.kind
        for lock in (self.comparison.now, self.comparison.before):
            for kind in ("profile", "feed", "overlay"):
                if (kind, self.path) in lock.digests:
                    return kind
        return "spec"

    def report(self, diagnostics: Diagnostics) -> None:
        stale = sorted(set(self.affects) & self.comparison.outdated)
        gone = sorted(set(self.affects) - set(self.comparison.fresh) & set(self.comparison.disk))
        absent = sorted(set(self.affects) & set(self.comparison.fresh) - set(self.comparison.disk))
        if self.kind == "version":
            what = f"the lock is of jivsgen {self.path}, this is {self.comparison.now.version}"
            place, code = Place(f"{self.comparison.out}/{NAME}"), "changed-version"
        else:
            what, place, code = self._what(), self._place(), _INPUTS[self.role]
        if stale:
            said = f"{what}; {_count(len(stale))} out of date"
            diagnostics.add(code, said, place, f"{listing(stale, limit=6)}\n{BUILD}")
        elif not (gone or absent):
            said = f"{what}; no artifact changes with it"
            diagnostics.add("unchanged-meaning", said, place, "`jivsgen check --fix` refreshes the lock")

    def _place(self) -> Place:
        folder = "templates/" if self.kind == "template" else ""
        path = NAME if self.path == "-" else self.path
        return Place(folder + path)

    def _what(self) -> str:
        odd = {
            "folder": "the set of profiles",
            "configuration": "the configuration",
            "upload": "a file that is sent",
            "remote": "what the spec references here",
        }
        name = odd.get(self.role, f"the {self.role}")
        if not self.stands:
            return f"{name} is not used any more"
        if not self.was:
            return f"{name} is new"
        return f"{name} has changed{self._meaning()}"

    def _meaning(self) -> str:
        """The operations of a changed spec that mean something else now, and who uses them."""
        if self.role not in ("spec", "remote"):
            return ""
        old, new = self.comparison.before.of("operation"), self.comparison.now.of("operation")
        moved = [path.partition("#")[2] for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
        return f": {listing(moved)} {'means' if len(moved) == 1 else 'mean'} something else" if moved else ""


def _count(number: int) -> str:
    return "1 artifact is" if number == 1 else f"{number} artifacts are"
