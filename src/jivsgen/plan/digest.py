"""Fingerprints of what operations mean."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import Struct, field
from msgspec.json import Encoder

from jivsgen.spec import Api, Node, Operation

MOST_VALUES = 200_000
MOST_LEVELS = 120
"""How much is written out of what an operation references; more is written as a list of parts that name each other."""

_canonical = Encoder(order="sorted").encode
_PROSE = frozenset({"description", "summary", "title", "externalDocs", "tags"})
_OWN_NAMES = frozenset({"properties", "example", "default", "patternProperties", "schemas"})
"""Below these, keys are names of somebody's own (properties called `title`), not keywords."""
_NONE = frozenset[str]()


def meaning(api: Api, operation: Operation) -> str:
    """A digest (64 hex digits) of the operation with all that it references, prose left out: reordered members, moved
    components and reworded descriptions do not change it. Made once for all profiles that share the API."""
    key = (operation.method, operation.path)
    if key not in api.meanings:
        api.meanings[key] = digest(_meant(api, operation))
    return api.meanings[key]


def _meant(api: Api, operation: Operation) -> dict[str, Any]:
    try:
        return _written(_Closure(api), operation)
    except _TooLarge:
        parts = _Parts(api)
        found = _written(parts, operation)
        return {**found, "parts": parts.all()}


def _written(closure: _Closure, operation: Operation) -> dict[str, Any]:
    api = closure.api
    return {
        "method": operation.method,
        "path": operation.path,
        "server": api.base_path,
        "parameters": [closure.of(parameter.node) for parameter in operation.parameters],
        "operation": closure.of(operation.node),
        "schemes": {
            name: closure.of(scheme.node)
            for alternative in operation.security
            for name in alternative
            if (scheme := api.scheme(name))
        },
    }


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON value, whatever the order of its members."""
    return hashlib.sha256(_canonical(value)).hexdigest()


class _TooLarge(Exception):
    """What is referenced, written out, has no end in sight."""


class _Known(Struct, frozen=True):
    """What a reference leads to, written out: how many `values` that is, and how many `levels` below it the last reference is."""

    written: Any
    values: int
    levels: int


class _Closure(Struct):
    """Values with their references written out; one that leads back into itself becomes its distance upwards."""

    api: Api
    above: list[object] = field(default_factory=list)
    values: int = 0
    levels: int = 0
    deepest: int = 0
    recursions: int = 0

    def of(self, node: Node) -> Any:
        self.values += 1
        self.levels += 1
        written = self.written(node)
        self.levels -= 1
        return written

    def written(self, node: Node) -> Any:
        if isinstance(node.value, dict) and "$ref" in node.value:
            target = self.api.documents.resolve(node)
            if target is None:
                return {"$ref": node.value["$ref"]}
            closed = self.reference(target)
            beside = {name: child for name, child in node.items() if name != "$ref" and name not in _PROSE}
            if self.api.version == "3.0" or not beside or target.identity in self.above:
                return closed
            return {"$ref": closed, **{name: self.member(name, child) for name, child in beside.items()}}
        if isinstance(node.value, list):
            return [self.of(child) for child in node.elements()]
        if not isinstance(node.value, dict):
            return node.value
        document, pointer = node.document, node.pointer
        prose = _NONE if pointer and pointer[-1] in _OWN_NAMES else _PROSE
        found = {}
        for name, value in node.value.items():  # most are scalars, which need not know where they stand
            if not isinstance(value, (dict, list)):
                if name not in prose or not isinstance(value, str):
                    found[name] = value
            elif name not in prose:
                found[name] = self.member(name, Node(document, (*pointer, name), value))
        return found

    def member(self, name: str, child: Node) -> Any:
        if name in ("required", "enum") and isinstance(child.value, list):
            return sorted(child.value, key=_canonical) if name == "required" else child.value
        return self.of(child)

    def reference(self, target: Node) -> Any:
        if target.identity in self.above:
            self.recursions += 1
            return {"$recursive": len(self.above) - self.above.index(target.identity)}
        known: _Known | None = self.api.closures.get(target.identity)
        if known is None:
            return self.closed(target)
        self.values += known.values
        self.reach(self.levels + known.levels)
        return known.written

    def closed(self, target: Node) -> Any:
        """Kept for all references to it where nothing leads back: only then is it the same wherever it stands."""
        self.reach(self.levels)
        values, recursions, deepest = self.values, self.recursions, self.deepest
        self.deepest = self.levels
        self.above.append(target.identity)
        written = self.of(target)
        self.above.pop()
        if self.recursions == recursions:
            known = _Known(written, self.values - values, self.deepest - self.levels)
            self.api.closures[target.identity] = known
        self.reach(max(self.deepest, deepest))
        return written

    def reach(self, levels: int) -> None:
        """Raises _TooLarge; the same for what was known and for what is written now, since a digest must not depend on that."""
        self.deepest = max(self.deepest, levels)
        if self.values > MOST_VALUES or levels >= MOST_LEVELS:
            raise _TooLarge


class _Parts(_Closure):
    """What is referenced becomes a number, in the order of the references; `all` writes it out, each part once."""

    numbers: dict[object, int] = field(default_factory=dict)
    waiting: list[Node] = field(default_factory=list)

    def reference(self, target: Node) -> Any:
        if target.identity not in self.numbers:
            self.numbers[target.identity] = len(self.numbers)
            self.waiting.append(target)
        return {"$part": self.numbers[target.identity]}

    def all(self) -> list[Any]:
        """The parts by their numbers; writing one may ask for more."""
        written: list[Any] = []
        while len(written) < len(self.waiting):
            written.append(self.of(self.waiting[len(written)]))
        return written
