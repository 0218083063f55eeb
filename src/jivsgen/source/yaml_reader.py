"""YAML to plain data: one pass over libyaml's events, with a stack of our own, so that depth costs no recursion.

PyYAML's own constructors would resolve YAML 1.1 (`no`, `1:30`, `0777`, dates) and keep the last of two equal keys. Here
scalars are those of the YAML 1.2 core schema (YAML 1.2.2 section 10.3), `<<` merges, and every key is a string.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any

import yaml

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.source.bounds import DEEPEST, MOST_VALUES

_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMERIC = frozenset("0123456789+-.")


def scalar(text: str) -> Any:
    """The value of a plain scalar. `.inf` and `.nan` stay text: JSON has neither."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMERIC:
        if _INTEGER.fullmatch(text) and len(text) < 400:
            return int(text)
        if _BASED.fullmatch(text) and len(text) < 400:
            return int(text, 0)
        if _FLOAT.fullmatch(text) and (value := float(text)) not in (float("inf"), float("-inf")):
            return value
    return text


class _Problem(Exception):
    def __init__(self, code: str, message: str, mark: Any) -> None:
        super().__init__(code)
        self.code, self.message, self.mark = code, message, mark


def read_yaml(text: str, shown: str, diagnostics: Diagnostics) -> Any:
    """The data of the only document in `text`; None after a report."""
    try:
        return _Builder(text).build()
    except _Problem as problem:
        place = Place(shown, problem.mark.line + 1, problem.mark.column + 1)
        diagnostics.add(problem.code, problem.message, place)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        place = Place(shown, mark.line + 1, mark.column + 1) if mark else Place(shown)
        said = " ".join(filter(None, (problem.context, problem.problem)))
        hint = (
            "indent with spaces, not with tabs" if "cannot start any token" in said and "\t" in text else ""
        )
        diagnostics.add("syntax", f"not YAML: {said}", place, hint)
    except yaml.YAMLError as problem:  # a character that YAML cannot hold
        position = getattr(problem, "position", 0)
        before = text.encode()[: position or 0].decode("utf-8", "ignore")
        place = Place(shown, before.count("\n") + 1, len(before) - before.rfind("\n"))
        diagnostics.add("syntax", "not YAML: control characters are not allowed", place)
    return None


class Pieces:
    """A text that libyaml reads a piece at a time: given whole, PyYAML makes a second one of it first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def read(self, size: int = 4096) -> str:
        piece = self.text[self.position : self.position + size]
        self.position += size
        return piece


class Merge(str):
    """The key `<<`, unquoted: what stands behind it is merged (https://yaml.org/type/merge)."""

    __slots__ = ()


class _Builder:
    """`collection` is open, a mapping waits for its `key` or for the value of that; `above` are those around it, each with the
    key that waits in it and the mark of the one inside."""

    def __init__(self, text: str) -> None:
        self.events = iter(yaml.CSafeLoader(Pieces(text)).get_event, None)
        self.anchors: dict[str, Any] = {}
        self.measures: dict[
            int, tuple[Any, int, int]
        ] = {}  # the collection itself, so that its id stays its own
        self.values = 0
        self.collection: Any = None
        self.key: str | None = None
        self.above: list[tuple[Any, str | None, Any]] = []
        self.inherited: dict[int, set[str]] = {}  # keys that a mapping has from `<<` only
        self.root: Any = None
        self.documents = 0

    def build(self) -> Any:
        text, of_text = yaml.ScalarEvent, self.scalar
        for event in self.events:
            kind = type(event)
            if kind is text:
                of_text(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.start(event, {} if kind is yaml.MappingStartEvent else [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.end()
            elif kind is yaml.AliasEvent:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    raise _Problem("unsupported-yaml", "the file holds a second document", event.start_mark)
        return self.root

    def scalar(self, event: Any) -> None:
        tag, value = event.tag, event.value
        if tag is not None and tag not in ("!", "tag:yaml.org,2002:str"):
            raise _Problem("unsupported-yaml", f"the tag `{tag}` has no meaning here", event.start_mark)
        is_key = self.key is None and type(self.collection) is dict
        if not (is_key or event.style or tag):
            value = scalar(value)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        if is_key:
            self.take_key(Merge(value) if value == "<<" and not event.style else intern(value), event)
        else:
            self.put(value, event.start_mark)

    def start(self, event: Any, collection: Any) -> None:
        if event.tag is not None:
            raise _Problem("unsupported-yaml", f"the tag `{event.tag}` has no meaning here", event.start_mark)
        if self.awaits_key():
            raise _Problem("unsupported-yaml", "a mapping or a list cannot be a key", event.start_mark)
        if len(self.above) >= DEEPEST:
            self.too_deep(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = collection
        self.above.append((self.collection, self.key, event.start_mark))
        self.collection, self.key = collection, None

    def end(self) -> None:
        closed = self.collection
        if self.inherited:
            self.inherited.pop(id(closed), None)
        self.collection, self.key, mark = self.above.pop()
        self.put(closed, mark)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise _Problem("syntax", f"the alias `*{event.anchor}` has no anchor before it", event.start_mark)
        value = self.anchors[event.anchor]
        if value is self.collection or any(collection is value for collection, _, _ in self.above):
            raise _Problem("unsupported-yaml", f"the alias `*{event.anchor}` holds itself", event.start_mark)
        if self.awaits_key():
            if not isinstance(value, str):
                raise _Problem("unsupported-yaml", "only text can be a key", event.start_mark)
            self.take_key(value, event)
            return
        size, depth = self.measure(value)
        self.values += size
        if self.values > MOST_VALUES:
            raise _Problem("alias-bomb", "the aliases here would grow beyond every measure", event.start_mark)
        if len(self.above) + depth > DEEPEST:
            self.too_deep(event)
        self.put(value, event.start_mark)

    def measure(self, value: Any) -> tuple[int, int]:
        """How many values it would be, written out, and how many levels. Counted once for each anchored collection."""
        if not isinstance(value, dict | list):
            return 1, 0
        if id(value) not in self.measures:
            parts = [self.measure(part) for part in (value.values() if isinstance(value, dict) else value)]
            size = 1 + sum(size for size, _ in parts)
            self.measures[id(value)] = value, size, 1 + max((depth for _, depth in parts), default=0)
        return self.measures[id(value)][1:]

    def too_deep(self, event: Any) -> None:
        raise _Problem("too-deep", f"the document is nested deeper than {DEEPEST} levels", event.start_mark)

    def awaits_key(self) -> bool:
        return self.key is None and type(self.collection) is dict

    def take_key(self, key: str, event: Any) -> None:
        mapping = self.collection
        if key in mapping and key not in self.inherited.get(id(mapping), ()):
            raise _Problem(
                "duplicate-key", f"the key `{key}` stands here for the second time", event.start_mark
            )
        self.key = key

    def put(self, value: Any, mark: Any) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            raise _Problem("too-large", f"the document has more than {MOST_VALUES:,} values", mark)
        collection, key = self.collection, self.key
        if key is None:
            if collection is None:
                self.root = value
            else:
                collection.append(value)
            return
        self.key = None
        if type(key) is Merge:
            self.merge(collection, value, mark)
            return
        collection[key] = value
        if self.inherited and (inherited := self.inherited.get(id(collection))):
            inherited.discard(key)

    def merge(self, collection: dict[Any, Any], value: Any, mark: Any) -> None:
        """What stands in the mapping itself wins, wherever in it the `<<` stands (https://yaml.org/type/merge)."""
        merged = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in merged):
            raise _Problem("unsupported-yaml", "`<<` merges mappings only", mark)
        own = set(collection)
        for one in merged:
            for key, inherited in one.items():
                collection.setdefault(key, inherited)
        self.inherited[id(collection)] = set(collection) - own
