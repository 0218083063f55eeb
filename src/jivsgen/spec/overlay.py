"""OpenAPI Overlay 1.0: actions that teach a document what it left out, without touching its file.

Each action selects nodes by an RFC 9535 JSONPath. `update` merges an object into an object (members recursively, lists
concatenated, anything else replaced) and appends to a list; `remove` takes the nodes away. The document that an overlay is
laid over stays as it was: only the containers on the way to a change are copied. Every value still knows its place, in the
overlay where it came from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean
from jivsgen.source import Document, Pointer, load_document, stands

Origin = tuple[Document, Pointer]

_KEYS = ("overlay", "info", "extends", "actions")
_ACTION_KEYS = ("target", "description", "update", "remove")


class OverlaidDocument(Document, eq=False):
    """`moved`: (identity of a container, key or index) to where the value there came from, for values that do not stand
    at the same place of the same file as their container. `copies` are the containers
    that were copied and may be changed, by their identity, which they keep by being held here."""

    base: Document | None = None
    moved: dict[tuple[int, str | int], Origin] = field(default_factory=dict)
    copies: dict[int, Any] = field(default_factory=dict)

    def place(self, pointer: Pointer = (), key: bool = False) -> Place:
        document, own = self.origin(pointer)
        return document.place(own, key)

    def origin(self, pointer: Pointer) -> Origin:
        """The file, and the place in it, that the value at the pointer is written at."""
        assert self.base is not None
        document: Document = self.base
        own: Pointer = ()
        value = self.content
        for step in pointer:
            document, own = self.moved.get((id(value), step), (document, (*own, step)))
            value = value[step] if stands(value, (step,)) else None
        return document, own


def load_overlay(path: Path, shown: str, diagnostics: Diagnostics) -> Document | None:
    """The overlay in a file; None after a report of everything that is wrong with it."""
    document = load_document(path, shown, diagnostics)
    if document is None:
        return None
    faults = list(_faults(document))
    for message, pointer, hint in faults:
        diagnostics.add("bad-overlay", message, document.place(pointer, bool(pointer)), hint)
    return None if faults else document


def _faults(document: Document) -> Iterator[tuple[str, Pointer, str]]:
    """What the Overlay Specification 1.0.0 does not allow: message, where, hint."""
    content = document.content
    version = content.get("overlay")
    if not (isinstance(version, str) and version.startswith("1.0.")):
        yield "this is no overlay of version 1.0", ("overlay",), "an overlay begins with `overlay: 1.0.0`"
        return
    for key in content:
        if key not in _KEYS and not key.startswith("x-"):
            yield f"an overlay has no `{key}`", (key,), did_you_mean(key, _KEYS)
    actions = content.get("actions")
    if not isinstance(actions, list) or not actions:
        yield "an overlay has a list of `actions`, one at least", ("actions",), ""
        return
    for number, action in enumerate(actions):
        yield from _faults_of(action, ("actions", number))


def _faults_of(action: Any, at: Pointer) -> Iterator[tuple[str, Pointer, str]]:
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        yield "an action has a `target`, which is a JSONPath", at, "target: $.paths['/users'].get"
        return
    for key in action:
        if key not in _ACTION_KEYS and not key.startswith("x-"):
            yield f"an action has no `{key}`", (*at, key), did_you_mean(key, _ACTION_KEYS)
    if "update" not in action and action.get("remove") is not True:
        yield "an action has an `update`, or `remove: true`", at, ""
    if fault := _query_fault(action["target"]):
        yield f"`{action['target']}` is no JSONPath (RFC 9535): {fault}", (*at, "target"), ""


def _query_fault(query: str) -> str:
    import jsonpath_rfc9535

    try:
        jsonpath_rfc9535.compile(query)
    except (jsonpath_rfc9535.JSONPathError, RecursionError) as problem:
        return str(problem)
    return ""


def overlaid(document: Document, overlays: list[Document], diagnostics: Diagnostics) -> Document:
    """The document with the actions of each overlay applied in their order; what cannot be applied is reported."""
    if not overlays:
        return document
    result = OverlaidDocument(document.path, document.shown, document.text, document.content, base=document)
    for overlay in overlays:
        for number, action in enumerate(overlay.content["actions"]):
            _Patch(result, overlay, ("actions", number), diagnostics).apply(action)
    return result


class _Patch(Struct):
    """One action."""

    document: OverlaidDocument
    overlay: Document
    at: Pointer
    diagnostics: Diagnostics

    def apply(self, action: dict[str, Any]) -> None:
        import jsonpath_rfc9535

        target = action["target"]
        found = [node.location for node in jsonpath_rfc9535.find(target, self.document.content)]
        if not found:
            place = self.overlay.place((*self.at, "target"))
            hint = f"look up how {self.document.shown} spells it; what an overlay no longer finds may have been mended there"
            self.diagnostics.add("overlay-without-effect", f"`{target}` matches nothing", place, hint)
        if action.get("remove") is True:
            for location in sorted(found, key=_from_the_end, reverse=True):
                self.remove(location)
            return
        for location in found:
            if stands(
                self.document.content, location
            ):  # what was updated before may have been replaced with all below it
                self.update(location, action["update"])

    def remove(self, location: Pointer) -> None:
        if not location:
            self.refuse("the whole document cannot be removed")
            return
        container = self.owned(location[:-1])
        step = location[-1]
        if isinstance(container, list):
            origins = [self.document.origin((*location[:-1], index)) for index in range(len(container))]
            del container[int(step)], origins[int(step)]
            self.renumber(container, origins)
        else:
            container.pop(step, None)
            self.document.moved.pop((id(container), step), None)

    def update(self, location: Pointer, value: Any) -> None:
        container = self.owned(location)
        at = (*self.at, "update")
        if isinstance(container, dict) and isinstance(value, dict):
            self.merge(container, location, value, at)
        elif isinstance(container, list):
            self.append(container, value, at)
        else:
            kind = "an object" if isinstance(container, dict) else "a single value"
            self.refuse(f"the target is {kind}, and the update does not fit it")

    def merge(self, container: dict[str, Any], location: Pointer, value: dict[str, Any], at: Pointer) -> None:
        for name, new in value.items():
            old = container.get(name)
            if isinstance(old, dict) and isinstance(new, dict):
                self.merge(self.owned((*location, name)), (*location, name), new, (*at, name))
            elif isinstance(old, list) and isinstance(new, list):
                self.append(self.owned((*location, name)), new, (*at, name))
            else:
                container[name] = new
                self.document.moved[id(container), name] = (self.overlay, (*at, name))

    def append(self, container: list[Any], value: Any, at: Pointer) -> None:
        entries = (
            [(one, (*at, n)) for n, one in enumerate(value)] if isinstance(value, list) else [(value, at)]
        )
        for one, origin in entries:
            self.document.moved[id(container), len(container)] = (self.overlay, origin)
            container.append(one)

    def owned(self, location: Pointer) -> Any:
        """The container at the location, copied with all above it, unless that was done before."""
        value = self.document.content = self.copied(self.document.content)
        for step in location:
            value[step] = self.copied(value[step])
            value = value[step]
        return value

    def copied(self, value: Any) -> Any:
        if id(value) in self.document.copies or not isinstance(value, dict | list):
            return value
        copy = value.copy()
        self.document.copies[id(copy)] = copy
        for step in value if isinstance(value, dict) else range(len(value)):
            if origin := self.document.moved.get((id(value), step)):
                self.document.moved[id(copy), step] = origin
        return copy

    def renumber(self, container: list[Any], origins: list[Origin]) -> None:
        for index, origin in enumerate(origins):
            self.document.moved[id(container), index] = origin
        self.document.moved.pop((id(container), len(origins)), None)

    def refuse(self, message: str) -> None:
        place = self.overlay.place((*self.at, "target"))
        self.diagnostics.add("bad-overlay", message, place)


def _from_the_end(location: Pointer) -> tuple[tuple[int, int, str], ...]:
    """So that taking one element away does not move those that go next."""
    return tuple((1, step, "") if isinstance(step, int) else (0, 0, step) for step in location)
