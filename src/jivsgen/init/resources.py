"""Operations as resources: what the paths say belongs together.

`/pets` is a collection, `/pets/{id}` its item; `/pets/{id}/toys` and everything else below the item belongs to it. Two
paths that differ only in the names of their parameters are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct, field

from jivsgen.init.answers import Key
from jivsgen.spec import Operation
from jivsgen.spec.names import HOLE

Shape: TypeAlias = tuple[str, ...]
"""The segments of a path, each parameter as `{}`."""


def shape_of(path: str) -> Shape:
    """The segments of a path; a final slash is none."""
    return tuple(HOLE.sub("{}", segment) for segment in path.strip("/").split("/"))


def noun_of(shape: Shape) -> str:
    """What the path is about: its last segment that is no parameter."""
    return next((segment for segment in reversed(shape) if "{}" not in segment), "")


def holes_of(path: str) -> Iterator[tuple[Shape, int, str]]:
    """Each parameter of the path: the shape of the path up to its segment, its number there, its name."""
    segments = path.strip("/").split("/")
    for end, segment in enumerate(segments, 1):
        for number, name in enumerate(HOLE.findall(segment)):
            yield shape_of("/".join(segments[:end])), number, name


class Resource(Struct, eq=False):
    """`shape` is that of the item, or, for what has no items, of the only path. `below` are operations on paths under
    the item, and reads under the collection, that are no resources of their own."""

    shape: Shape
    has_items: bool
    parent: Resource | None = None
    on_collection: dict[str, Operation] = field(default_factory=dict)
    on_item: dict[str, Operation] = field(default_factory=dict)
    below: list[Operation] = field(default_factory=list)
    children: list[Resource] = field(default_factory=list)

    @property
    def noun(self) -> str:
        """What it is called."""
        return noun_of(self.shape)

    @property
    def creation(self) -> Operation | None:
        return self.on_collection.get("POST") if self.has_items else None

    @property
    def listing(self) -> Operation | None:
        return self.on_collection.get("GET")

    @property
    def updates(self) -> list[Operation]:
        """PATCH before PUT; some documents have them on the collection, with the id in the body."""
        found = (on.get(method) for method in ("PATCH", "PUT") for on in (self.on_item, self.on_collection))
        return [one for one in found if one is not None]

    @property
    def operations(self) -> list[Operation]:
        """All of its own, without those of its children."""
        return [*self.on_collection.values(), *self.on_item.values(), *self.below]

    @property
    def ancestors(self) -> list[Resource]:
        """From the root down to the parent."""
        return [*self.parent.ancestors, self.parent] if self.parent else []


def resources_of(operations: dict[Key, Operation]) -> list[Resource]:
    """The resources of the operations, parents before children, else in the order of the document."""
    found: dict[Shape, Resource] = {}
    for operation in operations.values():
        shape = shape_of(operation.path)
        for end, segment in enumerate(shape, 1):
            if "{}" in segment:
                found.setdefault(shape[:end], Resource(shape[:end], has_items=True))
    by_collection = {shape[:-1]: resource for shape, resource in reversed(found.items())}
    for operation in operations.values():
        _place(operation, shape_of(operation.path), found, by_collection)
    for resource in found.values():
        resource.parent = _owner(resource.shape, found)
        if resource.parent:
            resource.parent.children.append(resource)
    return sorted(found.values(), key=lambda resource: len(resource.ancestors))


def _place(
    operation: Operation, shape: Shape, found: dict[Shape, Resource], by_collection: dict[Shape, Resource]
) -> None:
    if "{}" in shape[-1]:
        found[shape].on_item[operation.method] = operation
        return
    if shape in by_collection:
        by_collection[shape].on_collection[operation.method] = operation
        return
    if operation.method == "GET" and shape[:-1] in by_collection:
        by_collection[shape[:-1]].below.append(operation)  # another list: `/pets/findByStatus`
        return
    if (owner := _owner(shape, found)) is not None:
        owner.below.append(operation)
        return
    found.setdefault(shape, Resource(shape, has_items=False)).on_collection[operation.method] = operation


def _owner(shape: Shape, found: dict[Shape, Resource]) -> Resource | None:
    """The resource whose item a longer path goes through last."""
    ends = (end for end in range(len(shape) - 1, 0, -1) if "{}" in shape[end - 1])
    return next((found[shape[:end]] for end in ends), None)
