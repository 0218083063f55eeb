"""A file, and the ones that it extends, become a `Profile`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.profile.messages import report
from jivsgen.profile.model import Profile
from jivsgen.source import Document, Pointer, is_file, load_document, stands

LONGEST_CHAIN = 10


class LoadedProfile(Struct, frozen=True):
    """A profile and where its parts stand: `layers` are the documents, the overriding one first."""

    profile: Profile
    layers: tuple[Document, ...]

    @property
    def content(self) -> dict[str, Any]:
        """The layers laid over each other: plain data, as written."""
        return laid(self.layers)

    def place(self, pointer: Pointer = (), key: bool = False) -> Place:
        """Where a value (or its key) stands: in the first layer that has it."""
        return place(self.layers, pointer, key)

    def path(self, pointer: Pointer, value: str) -> Path:
        """A path that the profile names, relative to the file that names it."""
        return owner(self.layers, pointer).path.parent / value


def owner(layers: tuple[Document, ...], pointer: Pointer) -> Document:
    """The layer that says what stands at the pointer, or the first one."""
    return next((layer for layer in layers if stands(layer.content, pointer)), layers[0])


def place(layers: tuple[Document, ...], pointer: Pointer, key: bool = False) -> Place:
    """See `LoadedProfile.place`; of a pointer that no layer has, the place of its nearest ancestor."""
    while pointer and not any(stands(layer.content, pointer) for layer in layers):
        pointer, key = pointer[:-1], True
    return owner(layers, pointer).place(pointer, key)


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
    try:
        profile = Profile.model_validate(content)
    except ValidationError as problem:
        report(problem, content, lambda pointer, key: place(layers, pointer, key), diagnostics)
        return None
    if len(diagnostics) > faults:
        return None
    from jivsgen.profile.rules import check_rules

    loaded = LoadedProfile(profile, layers)
    check_rules(loaded, content, diagnostics)
    return loaded


def laid(layers: tuple[Document, ...]) -> dict[str, Any]:
    """Each layer over the one that it extends, `extends` itself left out."""
    content: dict[str, Any] = {}
    for layer in reversed(layers):
        content = overridden(content, layer.content)
    content.pop("extends", None)
    return content


def overridden(base: Any, over: Any) -> Any:
    """`over` laid over `base` key by key: null removes, lists and scalars are replaced.

    A load of another executor replaces the whole load: the keys of the old one mean nothing to it.
    """
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return dict(over.items()) if isinstance(over, dict) else over
    if "executor" in base and over.get("executor", base["executor"]) != base["executor"]:
        return overridden(None, over)
    merged = dict(base)
    for name, value in over.items():
        if value is None and name in base:
            del merged[name]
        else:
            merged[name] = overridden(merged.get(name), value)
    return merged


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
