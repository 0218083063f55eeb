"""A value of the document that knows where it stands, and the `$ref`s between values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics, Place, Related
from jivsgen.source import Document, Pointer, is_file, load_document
from jivsgen.spec.remote import RemoteDocument, Remotes

LONGEST_CHAIN = 50


class Node(Struct, frozen=True, gc=False):
    """`value` is what stands at `pointer` in `document`. Asking a node for what it lacks, or is not, gives None or
    nothing: somebody else's document may hold anything anywhere. Small, because a large document has very many."""

    document: Document
    pointer: Pointer
    value: Any

    def get(self, key: str) -> Node | None:
        """The member of that name, null members left out."""
        if isinstance(self.value, dict) and (value := self.value.get(key)) is not None:
            return Node(self.document, (*self.pointer, key), value)
        return None

    def at(self, *keys: str) -> Node | None:
        """The member of a member, and so on."""
        node: Node | None = self
        for key in keys:
            node = node.get(key) if node else None
        return node

    def items(self) -> Iterator[tuple[str, Node]]:
        """The members of a mapping, in the order of the document; extensions (`x-…`) too."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield key, Node(self.document, (*self.pointer, key), value)

    def elements(self) -> Iterator[Node]:
        """The elements of a list."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Node(self.document, (*self.pointer, index), value)

    def text(self, key: str) -> str | None:
        """The member of that name where it is text."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return value if isinstance(value, str) else None

    def flag(self, key: str) -> bool:
        """Whether the member of that name is true."""
        return isinstance(self.value, dict) and self.value.get(key) is True

    def place(self, key: bool = False) -> Place:
        return self.document.place(self.pointer, key)

    def says_so(self) -> tuple[Related, ...]:
        """For a message that contradicts it: the place of the contract."""
        return (Related(self.place(), "the spec says so here"),)

    @property
    def identity(self) -> tuple[str, Pointer]:
        """Equal for the same place in the same file: what a walk over a recursive schema remembers."""
        return self.document.shown, self.pointer


class Documents:
    """The files of one spec. A `$ref` may name a file below the folder of the first one, or a URL that `remotes` allows; in
    what came from a URL, URLs only. Nothing else is ever read."""

    def __init__(self, root: Document, diagnostics: Diagnostics, remotes: Remotes | None = None) -> None:
        self.root = root
        self.diagnostics = diagnostics
        self.remotes = remotes or Remotes()
        self.fetched: dict[str, RemoteDocument] = {}
        """By its URL, every document that came from one."""
        self._by_path: dict[Path, Document | None] = {root.path.resolve(): root}
        self._found: dict[tuple[str, str], Node] = {}
        self.is_broken = False

    def report_to(self, diagnostics: Diagnostics) -> None:
        """From now on, what is broken is told to this collector, though another one has heard of it."""
        self.diagnostics = diagnostics
        if self.is_broken:
            self._by_path = {path: document for path, document in self._by_path.items() if document}
            self.is_broken = False

    def _complain(self, code: str, said: str, node: Node) -> None:
        self.is_broken = True
        self.diagnostics.add(code, said, node.place())

    def resolve(self, node: Node | None) -> Node | None:
        """What the node means: itself, or where its chain of `$ref`s ends; None after a report."""
        seen = 0
        while node is not None and (reference := node.text("$ref")) is not None:
            seen += 1
            if seen > LONGEST_CHAIN:
                self._complain("broken-reference", f"`{reference}` leads to itself", node)
                return None
            node = self._follow(node, reference)
        return node

    def _follow(self, node: Node, reference: str) -> Node | None:
        """Where the reference of a node leads; what was found once is not looked for again."""
        key = (node.document.shown, reference)
        found = self._found.get(key) or self._target(node, reference)
        if found is not None:
            self._found[key] = found
        return found

    def _target(self, node: Node, reference: str) -> Node | None:
        document: Document | None = node.document
        if not reference.startswith("#"):
            document = self._elsewhere(node, reference)
        if document is None:
            return None
        fragment = unquote(reference.partition("#")[2])
        is_pointer = not fragment or fragment.startswith("/")
        found = _at(document, fragment) if is_pointer else _anchored(document, fragment)
        if found is None:
            self._complain("broken-reference", f"`{reference}` leads nowhere", node)
        return found

    def _elsewhere(self, node: Node, reference: str) -> Document | None:
        """The document of a reference that names one."""
        try:
            parts = urlsplit(reference)
        except ValueError:  # a `[` that begins no IPv6 address
            self._complain("broken-reference", f"`{reference}` is no reference", node)
            return None
        if isinstance(node.document, RemoteDocument):
            return self._remote(node, node.document.url(reference))
        if parts.scheme or parts.netloc:
            return self._remote(node, reference)
        return self._document(node, unquote(parts.path)) if parts.path else node.document

    def _remote(self, node: Node, url: str) -> Document | None:
        document = self.remotes.document(url, node.place(), self.diagnostics)
        if document is None:
            self.is_broken = True
        else:
            self.fetched[document.shown] = document
        return document

    def _document(self, node: Node, relative: str) -> Document | None:
        folder = self.root.path.resolve().parent
        try:
            path = (node.document.path.parent / relative).resolve()
        except (ValueError, RuntimeError):  # a NUL, or links that lead to each other
            self._complain("broken-reference", f"`{relative}` is no path", node)
            return None
        if not path.is_relative_to(folder):
            self._complain("remote-reference", f"`{relative}` is outside of the spec's own folder", node)
            return None
        if path not in self._by_path and not is_file(path):
            said = f"there is no file `{relative}` beside {node.document.shown}"
            self._complain("broken-reference", said, node)
            return None
        if path not in self._by_path:
            shown = str(Path(self.root.shown).parent / path.relative_to(folder))
            self._by_path[path] = load_document(path, shown, self.diagnostics)
            self.is_broken |= self._by_path[path] is None
        return self._by_path[path]

    def content_at(self, uri: str) -> Any:
        """The data of the document at an absolute URI, for whoever follows references on their own. Raises LookupError where
        a `$ref` of the root may not lead there, or there is nothing."""
        documents = Documents(self.root, Diagnostics(), self.remotes)
        parts = urlsplit(uri)
        reference = os.path.relpath(unquote(parts.path), self.root.path.resolve().parent)
        named = quote(reference) if parts.scheme == "file" else uri
        node = documents._follow(Node(self.root, (), {}), named)
        if node is None:
            raise LookupError(uri)
        return node.value

    @property
    def read(self) -> tuple[Document, ...]:
        """Every file that was read; what came from a URL is `fetched`."""
        return tuple(document for document in self._by_path.values() if document)


def within(document: Document, reference: str) -> Node | None:
    """What a reference into the document itself (`#/…`) leads to; None where it is another one, or leads nowhere."""
    return _at(document, unquote(reference[1:])) if reference.startswith("#/") else None


def _anchored(document: Document, name: str) -> Node | None:
    """The schema with that `$anchor` (JSON Schema 2020-12 section 8.2.2)."""
    waiting = [Node(document, (), document.content)]
    while waiting:
        node = waiting.pop()
        if node.text("$anchor") == name:
            return node
        waiting.extend(node.elements())
        waiting.extend(child for _, child in node.items())
    return None


def _at(document: Document, fragment: str) -> Node | None:
    """RFC 6901: `/paths/~1users/get`."""
    value, pointer = document.content, ()
    for step in fragment.split("/")[1:]:
        name: str | int = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and str(name).isdecimal() and int(name) < len(value):
            name = int(name)
        elif not (isinstance(value, dict) and name in value):
            return None
        value, pointer = value[name], (*pointer, name)  # type: ignore[assignment]
    return Node(document, pointer, value)
