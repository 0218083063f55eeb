"""A profile and the ones that it extends: documents laid over each other, and where their parts stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics import Place
from jivsgen.profile.model import Profile
from jivsgen.source import Document, Pointer, stands


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
