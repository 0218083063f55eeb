"""Where a node of a JSON text stands, without reading all of it as YAML: of a large document, only the collections on
the way to the node are gone through, each once, and their other members skipped by the JSON scanner."""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from msgspec import Struct, field

_SPACE = re.compile(r"[ \t\n\r]*")


class _Child(Struct, frozen=True):
    """Offsets into the text: of the value, and of the key before it (of an element: of the value too)."""

    key: int
    value: int


class JsonPositions(Struct):
    """Of a text that has been read as JSON without a fault."""

    text: str
    _lines: list[int] = field(default_factory=list)
    _children: dict[int, dict[str | int, _Child]] = field(default_factory=dict)
    _decoder: json.JSONDecoder = field(default_factory=json.JSONDecoder)

    def find(self, pointer: tuple[str | int, ...], key: bool) -> tuple[int, int]:
        """(line, column) from 1 of the node at `pointer` (with `key`, of the key before it), or of the last one on the
        way to it."""
        root = _Child(0, self._after_space(0))
        node = root
        for step in pointer:
            child = self._members(node.value).get(step)
            if child is None:
                return self._spot(node.value if node is root else node.key)
            node = child
        return self._spot(node.key if key and node is not root else node.value)

    def _spot(self, offset: int) -> tuple[int, int]:
        if not self._lines:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def _members(self, start: int) -> dict[str | int, _Child]:
        if start not in self._children:
            opening = self.text[start : start + 1]
            self._children[start] = self._scan(start + 1, opening == "{") if opening in ("{", "[") else {}
        return self._children[start]

    def _scan(self, position: int, is_mapping: bool) -> dict[str | int, _Child]:
        """The members of the collection whose first one begins at, or after spaces from, `position`."""
        found: dict[str | int, _Child] = {}
        position = self._after_space(position)
        while self.text[position : position + 1] not in ("}", "]"):
            name: str | int = len(found)
            key = position
            if is_mapping:
                name, position = self._decoder.raw_decode(self.text, position)
                position = self._after_space(self._after_space(position) + 1)
            found[name] = _Child(key, position)
            _, position = self._decoder.raw_decode(self.text, position)
            position = self._after_space(position)
            if self.text[position : position + 1] == ",":
                position = self._after_space(position + 1)
        return found

    def _after_space(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        assert match is not None
        return match.end()
