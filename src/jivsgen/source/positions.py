"""Where each node of a YAML or JSON text stands; asked for only when a message needs it."""

from __future__ import annotations

import re
from typing import Any

import yaml
from msgspec import Struct, field

from jivsgen.source.yaml_reader import Merge, Pieces

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")

Spot = tuple[int, int]


class Node(Struct):
    """A value and, in a mapping, the key before it: (line, column) from 1. `children` by key or index."""

    value: Spot
    key: Spot
    children: dict[str | int, Node] = field(default_factory=dict)
    is_list: bool = False

    def find(self, pointer: tuple[str | int, ...], key: bool) -> Spot:
        """The place of the node at `pointer` below this root, or of the last one on the way to it."""
        node = self
        for step in pointer:
            child = node.children.get(step)
            if child is None:
                return node.value if node is self else node.key
            node = child
        return node.key if key else node.value


def tree_of(text: str) -> Node:
    """The positions of all nodes of a text that has been read without a fault. JSON is read as the part of YAML that
    it is; of its escapes only halves of surrogate pairs trouble libyaml, and they are blanked out."""
    tree = _Tree()
    try:
        for event in yaml.parse(Pieces(_SURROGATE.sub(" " * 6, text)), Loader=yaml.CSafeLoader):
            tree.take(event)
    except yaml.YAMLError:
        pass  # what has been seen until here still helps
    return tree.open[0] if tree.open else tree.root


class _Tree:
    """`open` holds the collections that are not closed yet, `keys` the keys that they stand under."""

    def __init__(self) -> None:
        self.root = Node((1, 1), (1, 1))
        self.open: list[Node] = []
        self.keys: list[tuple[str, Spot] | None] = []
        self.key: tuple[str, Spot] | None = None
        self.anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        spot = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event, spot)
        elif isinstance(event, yaml.CollectionStartEvent):
            node = self.anchored(event, Node(spot, spot, is_list=isinstance(event, yaml.SequenceStartEvent)))
            self.keys.append(self.key)
            self.key = None
            self.open.append(node)
        elif isinstance(event, yaml.CollectionEndEvent):
            node = self.open.pop()
            self.key = self.keys.pop()
            self.place(node)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event, spot)

    def scalar(self, event: Any, spot: Spot) -> None:
        if self.awaits_key():
            plain = event.style is None or event.style == ""
            self.key = (Merge(event.value) if plain and event.value == "<<" else event.value, spot)
        else:
            self.place(self.anchored(event, Node(spot, spot)))

    def alias(self, event: Any, spot: Spot) -> None:
        aliased = self.anchors.get(event.anchor)
        if self.awaits_key():
            self.key = (event.anchor, spot)
        elif aliased:
            self.place(Node(aliased.value, spot, aliased.children, aliased.is_list))

    def awaits_key(self) -> bool:
        return self.key is None and bool(self.open) and not self.open[-1].is_list

    def anchored(self, event: Any, node: Node) -> Node:
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def place(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if parent.is_list:
            parent.children[len(parent.children)] = node
        elif self.key is not None:
            name, node.key = self.key
            self.key = None
            if isinstance(name, Merge):
                _merge(parent, node)
            else:
                parent.children[name] = node


def _merge(parent: Node, node: Node) -> None:
    for one in node.children.values() if node.is_list else [node]:
        for name, child in one.children.items():
            parent.children.setdefault(name, child)
