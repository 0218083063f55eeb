"""JavaScript, held against its grammar by tree-sitter; and the questions that checks of scripts ask of a syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property, lru_cache
from typing import Any

from jivsgen.verify.fault import Fault

_ASKED = (
    "arrow_function", "assignment_expression", "catch_clause", "class_declaration", "for_in_statement", "formal_parameters",
    "function_declaration", "identifier", "import_clause", "import_statement", "member_expression", "new_expression",
    "shorthand_property_identifier", "string", "variable_declarator",
)  # fmt: skip
"""The types of nodes that questions are about."""
_BETWEEN_STATEMENTS = re.compile(r"\n\n(?=[A-Za-z]|//)")
"""Where a module is cut: what begins like this ends every statement before it (ECMAScript 2025 section 12.10), or cannot be read
alone; then the module is not cut."""


class _Piece:
    """Some statements of a module: their tree, and the nodes that questions are about, by their type. One query, answered outside
    of Python, serves all questions."""

    def __init__(self, text: str) -> None:
        from tree_sitter import QueryCursor

        parser, query = _reader()
        self.root: Any = parser.parse(text.encode()).root_node
        self._by_type: dict[str, list[Any]] = QueryCursor(query).captures(self.root)

    def of(self, *types: str) -> Iterator[Any]:
        """All nodes of these types (some of those that are asked for), in no order."""
        for one in types:
            assert one in _ASKED
            yield from self._by_type.get(one, ())

    @cached_property
    def declared(self) -> set[bytes]:
        """Every name that is declared, in whatever scope."""
        names: set[bytes] = set()
        for node in self.of("variable_declarator", "function_declaration", "class_declaration"):
            names |= _bound(node.child_by_field_name("name"))
        for node in self.of("formal_parameters"):
            names |= _bound(node)
        for node in self.of("arrow_function"):
            names |= _bound(node.child_by_field_name("parameter"))
        for node in self.of("import_clause", "catch_clause", "for_in_statement"):
            names |= _bound(node.child_by_field_name("parameter") or node.child_by_field_name("left") or node)
        return names

    @cached_property
    def used(self) -> list[tuple[bytes, Any]]:
        """Every name, declared or used, and its node."""
        return [(node.text, node) for node in self.of("identifier", "shorthand_property_identifier")]


_shared = lru_cache(256)(_Piece)
_LARGEST_SHARED = 4096
"""Characters of a piece that is kept for other modules; what is larger has the steps of one profile."""


class Module:
    """A module in pieces, since scripts share most of theirs, each of which is read once; or `whole`, whose nodes alone know the line
    that they stand on."""

    def __init__(self, text: str, *, whole: bool = False) -> None:
        self.text = text
        cut = [] if whole else _BETWEEN_STATEMENTS.split(text)
        self.pieces = [_shared(one) if len(one) <= _LARGEST_SHARED else _Piece(one) for one in cut]
        if whole or self.is_broken:
            self.pieces = [_Piece(text)]

    @property
    def is_broken(self) -> bool:
        return any(piece.root.has_error for piece in self.pieces)

    @property
    def statements(self) -> Iterator[Any]:
        """Those of the module itself."""
        return (node for piece in self.pieces for node in piece.root.named_children)

    def of(self, *types: str) -> Iterator[Any]:
        """All nodes of these types (some of those that are asked for), in no order."""
        return (node for piece in self.pieces for node in piece.of(*types))


def faults_of(module: Module, rules: Callable[[Module], list[Fault]]) -> list[Fault]:
    """What the rules find in a module: asked of its pieces, and where that finds anything, of the whole."""
    return rules(Module(module.text, whole=True)) if rules(module) else []


@cache
def _reader() -> tuple[Any, Any]:
    import tree_sitter_javascript
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_javascript.language())
    return Parser(language), Query(language, "\n".join(f"({name}) @{name}" for name in _ASKED))


def walk(node: Any) -> Iterator[Any]:
    """The node and all below it, in order."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.children))


def fault(node: Any, message: str) -> Fault:
    return Fault(node.start_point[0] + 1, node.start_point[1] + 1, message)


def text_of(node: Any) -> str:
    return node.text.decode()  # type: ignore[no-any-return]


def string(node: Any) -> str | None:
    """The value of a string literal without escapes; None for anything else."""
    if node.type == "string" and all(child.type in ("'", '"', "string_fragment") for child in node.children):
        return text_of(node)[1:-1]
    return None


def syntax_faults(module: Module) -> list[Fault]:
    """Where the grammar breaks."""
    if not module.is_broken:
        return []
    root = module.pieces[0].root
    found = [
        fault(
            node, f"`{text_of(node)[:40]}` is no JavaScript" if node.is_error else f"`{node.type}` is missing"
        )
        for node in walk(root)
        if node.is_error or node.is_missing
    ]
    return found or [fault(root, "is no JavaScript")]


def members(node: Any) -> dict[str, Any]:
    """The members of an object literal by name, `['__proto__']` too; other computed and spread ones left out."""
    found = {}
    for pair in node.named_children:
        if pair.type == "pair":
            key = pair.child_by_field_name("key")
            key = key.named_children[0] if key.type == "computed_property_name" else key
            name = string(key) if key.type == "string" else text_of(key)
            if name is not None:
                found[name] = pair.child_by_field_name("value")
    return found


def _bound(node: Any) -> set[bytes]:
    names: set[bytes] = set()
    waiting = [node] if node is not None else []
    while waiting:
        current = waiting.pop()
        if current.type in ("identifier", "shorthand_property_identifier_pattern"):
            names.add(current.text)
        else:
            waiting += current.named_children
    return names


GLOBALS = frozenset(
    [
        "Array",
        "Boolean",
        "Buffer",
        "Date",
        "Error",
        "Float64Array",
        "Infinity",
        "JSON",
        "Map",
        "Math",
        "NaN",
        "Number",
        "Object",
        "Promise",
        "RegExp",
        "Set",
        "String",
        "Symbol",
        "URL",
        "Uint8Array",
        "console",
        "crypto",
        "decodeURIComponent",
        "encodeURIComponent",
        "isNaN",
        "parseFloat",
        "parseInt",
        "process",
        "setTimeout",
        "undefined",
        "__ENV",
        "__VU",
        "__ITER",
        "open",
    ]
)


def undeclared(module: Module, also: frozenset[str] = frozenset()) -> list[Fault]:
    """Names that are used and never declared: the engines find these at run time, if at all."""
    known = {name.encode() for name in GLOBALS | also}.union(*(piece.declared for piece in module.pieces))
    used = (one for piece in module.pieces for one in piece.used)
    return [fault(node, f"`{name.decode()}` is declared nowhere") for name, node in used if name not in known]


def exported(module: Module) -> set[str]:
    """The names that the module exports."""
    names: set[str] = set()
    for node in module.statements:
        if node.type == "export_statement" and (declaration := node.child_by_field_name("declaration")):
            if declaration.type == "function_declaration":
                names.add(text_of(declaration.child_by_field_name("name")))
            else:
                names |= {
                    text_of(d.child_by_field_name("name"))
                    for d in declaration.named_children
                    if d.type == "variable_declarator"
                }
    return names
