"""A file, read once."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.source import kept
from jivsgen.source.bounds import DEEPEST, LARGEST

Pointer: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root of a document: `("paths", "/users", "get")`."""

_ESCAPED_SURROGATE = r"\\u[dD][89a-fA-F]"
_SURROGATE = "[\ud800-\udfff]"


class Document(Struct, eq=False, dict=True):
    """A YAML or JSON file. `shown` is its path as messages print it; `content` its data: dicts, lists and scalars of
    the YAML 1.2 core schema, with string keys only."""

    path: Path
    shown: str
    text: str
    content: Any

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.shown}>"

    def place(self, pointer: Pointer = (), key: bool = False) -> Place:
        """Where the value stands (or, with `key`, the key before it). Of a pointer that leads nowhere: its nearest
        ancestor. Positions are made at the first question, since most documents are never asked."""
        return Place.looked_up(self.shown, lambda: self._positions.find(pointer, key))

    @cached_property
    def _positions(self) -> Any:
        return _positions(self.text)

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


def is_file(path: Path) -> bool:
    """Whether a plain file stands there; a name that no file can have (too long, with a NUL) is none either."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_text(path: Path, shown: str, diagnostics: Diagnostics) -> str | None:
    """The text of a UTF-8 file, without its byte order mark and with `\\n` for every line end; None after a report."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as problem:
        diagnostics.add("unreadable-file", f"cannot read the file: {problem.strerror}", Place(shown))
        return None
    except ValueError:  # a NUL in the name
        diagnostics.add("unreadable-file", "cannot read the file: its name holds a NUL", Place(shown))
        return None
    if len(raw) > LARGEST:
        diagnostics.add("too-large", f"the file has more than {LARGEST:,} bytes", Place(shown))
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

    file = kept.place_of(text)
    if file is None:
        return read_yaml(text, shown, diagnostics)
    content = kept.read(file)
    if content is None and (content := read_yaml(text, shown, diagnostics)) is not None:
        kept.write(file, content)
    return content


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
        content = json.loads(text, object_pairs_hook=pairs, parse_float=_finite, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        place = Place(shown, problem.lineno, problem.colno)
        diagnostics.add("syntax", f"not JSON: {problem.msg[0].lower()}{problem.msg[1:]}", place)
        return None
    except _NoNumber as problem:
        line = text.count("\n", 0, max(text.find(str(problem)), 0)) + 1
        diagnostics.add("syntax", f"not JSON: {str(problem)[:40]} is no number", Place(shown, line))
        return None
    except ValueError:  # sys.get_int_max_str_digits()
        diagnostics.add("syntax", "not JSON that can be read: a number has thousands of digits", Place(shown))
        return None
    except RecursionError:
        content = None
    if content is None or _is_deep(content):
        diagnostics.add("too-deep", f"the document is nested deeper than {DEEPEST} levels", Place(shown))
        return None
    if twice:
        return _from_yaml(text, shown, diagnostics)  # which knows where
    if re.search(_ESCAPED_SURROGATE, text) and (pointer := _surrogate(content)) is not None:
        said = (
            "not JSON that can be exchanged: half of a surrogate pair is no character (RFC 7493 section 2.1)"
        )
        diagnostics.add("syntax", said, Document(Path(shown), shown, text, content).place(pointer))
        return None
    return content


class _NoNumber(Exception):
    """`NaN`, `Infinity`, or a number that is too large to be one; says how it is written."""


def _finite(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise _NoNumber(written)
    return number


def _no_constant(written: str) -> float:
    raise _NoNumber(written)


def _is_deep(content: Any) -> bool:
    """Whether plain data is nested deeper than DEEPEST; level by level, since recursion is what depth would break."""
    level = [content]
    for _ in range(DEEPEST + 1):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _surrogate(content: Any, pointer: Pointer = ()) -> Pointer | None:
    """Where the first text stands that holds half of a surrogate pair; of a key, its value's place."""
    if isinstance(content, str):
        return pointer if re.search(_SURROGATE, content) else None
    listed = enumerate(content) if isinstance(content, list) else ()
    for key, value in content.items() if isinstance(content, dict) else listed:
        if isinstance(key, str) and re.search(_SURROGATE, key):
            return (*pointer, key)
        if (found := _surrogate(value, (*pointer, key))) is not None:
            return found
    return None
