"""A file, and the ones that it extends, become a `Profile`."""

from __future__ import annotations

from pathlib import Path

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.profile.kinds import Keys
from jivsgen.profile.layers import LoadedProfile, laid, place
from jivsgen.profile.messages import WRONG, Faults
from jivsgen.profile.model import Profile
from jivsgen.profile.rules import check_rules
from jivsgen.source import Document, is_file, load_document

LONGEST_CHAIN = 10


def load_profile(path: Path, shown: str, diagnostics: Diagnostics) -> LoadedProfile | None:
    """The profile in a file; None after a report of everything that is wrong with it on its own."""
    layers = _layers(path, shown, diagnostics)
    return read_profile(layers, diagnostics) if layers else None


def read_profile(layers: tuple[Document, ...], diagnostics: Diagnostics) -> LoadedProfile | None:
    """The profile that documents are together, the overriding one first; None after a report."""
    faults = len(diagnostics)
    content = laid(layers)
    if len(layers) > 1 and "profile" not in layers[0].content:
        hint = "give this one a name of its own: `profile: extraction-soak`"
        diagnostics.add(
            "missing-key",
            "`profile` is missing: the name of a profile is not inherited",
            layers[0].place(),
            hint,
        )
    found = Faults(lambda pointer, key: place(layers, pointer, key), diagnostics)
    profile = Keys(Profile).read(content, (), found)
    if profile is WRONG or len(diagnostics) > faults:
        return None
    loaded = LoadedProfile(profile, layers)
    check_rules(loaded, content, diagnostics)
    return loaded


def _layers(path: Path, shown: str, diagnostics: Diagnostics) -> tuple[Document, ...]:
    """The document and those that it extends; none after a report."""
    layers: list[Document] = []
    named_at: Place | None = None
    while True:
        if named_at is not None and not is_file(path):
            hint = "a path is relative to the file that names it"
            diagnostics.add("unreadable-file", f"there is no file {shown} to extend", named_at, hint)
            return ()
        if any(layer.path.resolve() == path.resolve() for layer in layers) or len(layers) > LONGEST_CHAIN:
            diagnostics.add("extends-cycle", f"`extends` leads back to {shown}", named_at)
            return ()
        document = load_document(path, shown, diagnostics)
        if document is None:
            return ()
        layers.append(document)
        extends = document.content.get("extends")
        if extends is None:
            return tuple(layers)
        named_at = document.place(("extends",))
        if not isinstance(extends, str):
            diagnostics.add("wrong-value", "`extends` is the path of another profile", named_at)
            return ()
        path, shown = path.parent / extends, _beside(shown, extends)


def _beside(shown: str, relative: str) -> str:
    import posixpath

    return posixpath.normpath(posixpath.join(posixpath.dirname(shown), relative))
