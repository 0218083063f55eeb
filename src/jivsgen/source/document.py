"""A file, read once."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from jivsgen.diagnostics import Diagnostics, Place

Pointer: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root of a document: `("paths", "/users", "get")`."""

LARGEST = 128 * 1024 * 1024
DEEPEST = 200


@dataclass(eq=False)
class Document:
    """A YAML or JSON file. `shown` is its path as messages print it; `content` its data: dicts, lists and scalars of
    the YAML 1.2 core schema, with string keys only."""

    path: Path
    shown: str
    text: str = field(repr=False)
    content: Any = field(repr=False)
    _places: Any = field(default=None, repr=False)

    def place(self, pointer: Pointer = (), key: bool = False) -> Place:
        """Where the value stands (or, with `key`, the key before it). Of a pointer that leads nowhere: its nearest
        ancestor. Positions are made at the first question, since most documents are never asked."""
        if self._places is None:
            self._places = _positions(self.text)
        line, column = self._places.find(pointer, key)
        return Place(self.shown, line, column)

    @cached_property
    def digest(self) -> str:
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """SHA-256 (64 hex digits) of a text as `read_text` gives it: what a file said when it was read, and not what it says
    when somebody looks again."""
    return hashlib.sha256(text.encode()).hexdigest()


def stands(content: Any, pointer: Pointer) -> bool:
    """Whether something (a null, too) stands at the pointer of plain data."""
    for step in pointer:
        inside = isinstance(content, dict) and step in content
        if not inside and not (isinstance(content, list) and isinstance(step, int) and step < len(content)):
            return False
        content = content[step]
    return True


def read_text(path: Path, shown: str, diagnostics: Diagnostics) -> str | None:
    """The text of a UTF-8 file, without its byte order mark and with `\\n` for every line end; None after a report."""
    try:
        if path.stat().st_size > LARGEST:
            diagnostics.add("too-large", f"the file has {path.stat().st_size:,} bytes", Place(shown))
            return None
        raw = path.read_bytes()
    except OSError as problem:
        diagnostics.add("unreadable-file", f"cannot read the file: {problem.strerror}", Place(shown))
        return None
    except ValueError:  # a NUL in the name
        diagnostics.add("unreadable-file", "cannot read the file: its name holds a NUL", Place(shown))
        return None
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as problem:
        before = raw[: problem.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        diagnostics.add(
            "not-utf-8", f"byte 0x{raw[problem.start]:02X} is not UTF-8", Place(shown, line, column)
        )
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def load_document(path: Path, shown: str, diagnostics: Diagnostics) -> Document | None:
    """The document in a file; None after a report.

    A file whose name ends in `.json` is read as JSON; any other as YAML 1.2 core (which JSON is a part of, but slower).
    """
    text = read_text(path, shown, diagnostics)
    return None if text is None else document_of(text, path, shown, diagnostics)


def document_of(text: str, path: Path, shown: str, diagnostics: Diagnostics) -> Document | None:
    """The document that a text is, as if it stood in the file `path`; None after a report."""
    if not text.strip():
        diagnostics.add("empty-file", "the file is empty", Place(shown))
        return None
    loader = _from_json if path.suffix.lower() == ".json" or text.lstrip().startswith('{"') else _from_yaml
    before = len(diagnostics)
    content = loader(text, shown, diagnostics)
    if len(diagnostics) > before:
        return None
    if not isinstance(content, dict):
        kind = {list: "a list", type(None): "empty"}.get(type(content), "a single value")
        diagnostics.add("not-a-mapping", f"the document is {kind}, not a mapping", Place(shown))
        return None
    return Document(path, shown, text, content)


def _positions(text: str) -> Any:
    """Those of JSON are found where they are asked for; those of YAML, all of them at once."""
    if text.lstrip().startswith(("{", "[")):
        from jivsgen.source.json_positions import JsonPositions

        with contextlib.suppress(ValueError, RecursionError):
            json.loads(text)
            return JsonPositions(text)
    from jivsgen.source.positions import tree_of

    return tree_of(text)


def _from_yaml(text: str, shown: str, diagnostics: Diagnostics) -> Any:
    from jivsgen.source.yaml_reader import read_yaml

    return read_yaml(text, shown, diagnostics)


def _from_json(text: str, shown: str, diagnostics: Diagnostics) -> Any:
    """Duplicates are looked for only where the pairs and the dict differ in length: no cost for a good document."""
    twice: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(members)
        if len(mapping) != len(members):
            names = [name for name, _ in members]
            twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return mapping

    try:
        content = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as problem:
        place = Place(shown, problem.lineno, problem.colno)
        diagnostics.add("syntax", f"not JSON: {problem.msg[0].lower()}{problem.msg[1:]}", place)
        return None
    except RecursionError:
        diagnostics.add("too-deep", f"the document is nested deeper than {DEEPEST} levels", Place(shown))
        return None
    if twice:
        return _from_yaml(text, shown, diagnostics)  # which knows where
    return content
