"""Where each node of a YAML or JSON text stands; asked for only when a message needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass(slots=True)
class Node:
    """A value and, in a mapping, the key before it: (line, column) from 1. `children` by key or index."""

    value: tuple[int, int]
    key: tuple[int, int]
    children: dict[str | int, Node] = field(default_factory=dict)
    is_list: bool = False


def tree_of(text: str) -> Node:
    """The positions of all nodes of a text that has been read without a fault. JSON is read as the part of YAML that
    it is; of its escapes only halves of surrogate pairs trouble libyaml, and they are blanked out."""
    root = Node((1, 1), (1, 1))
    open_nodes: list[Node] = []
    anchors: dict[str, Node] = {}
    key: tuple[str, tuple[int, int]] | None = None
    keys: list[tuple[str, tuple[int, int]] | None] = []

    def place(node: Node) -> None:
        nonlocal key, root
        if not open_nodes:
            root = node
            return
        parent = open_nodes[-1]
        if parent.is_list:
            parent.children[len(parent.children)] = node
        elif key is not None:
            name, node.key = key
            key = None
            if name == "<<":
                merge(parent, node)
            else:
                parent.children[name] = node

    def merge(parent: Node, node: Node) -> None:
        for one in node.children.values() if node.is_list else [node]:
            for name, child in one.children.items():
                parent.children.setdefault(name, child)

    try:
        for event in yaml.parse(_SURROGATE.sub(" " * 6, text), Loader=yaml.CSafeLoader):
            mark = (event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.ScalarEvent):
                if open_nodes and not open_nodes[-1].is_list and key is None:
                    key = (event.value, mark)
                    continue
                node = Node(mark, mark)
                if event.anchor:
                    anchors[event.anchor] = node
                place(node)
            elif isinstance(event, yaml.CollectionStartEvent):
                node = Node(mark, mark, is_list=isinstance(event, yaml.SequenceStartEvent))
                if event.anchor:
                    anchors[event.anchor] = node
                keys.append(key)
                key = None
                open_nodes.append(node)
            elif isinstance(event, yaml.CollectionEndEvent):
                node = open_nodes.pop()
                key = keys.pop()
                place(node)
            elif isinstance(event, yaml.AliasEvent):
                aliased = anchors.get(event.anchor)
                if open_nodes and not open_nodes[-1].is_list and key is None:
                    key = (event.anchor, mark)
                elif aliased:
                    place(Node(aliased.value, mark, aliased.children, aliased.is_list))
    except yaml.YAMLError:
        pass  # what has been seen until here still helps
    return open_nodes[0] if open_nodes else root


def find(root: Node, pointer: tuple[str | int, ...], key: bool) -> tuple[int, int]:
    """The place of the node at `pointer`, or of the last one on the way to it."""
    node = root
    for step in pointer:
        child = node.children.get(step)
        if child is None:
            return node.value if node is root else node.key
        node = child
    return node.key if key else node.value
