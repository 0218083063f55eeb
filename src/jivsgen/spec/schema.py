"""Questions about schemas: what stands at a path of a value, which types it may have, whether a value is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from jivsgen.spec.node import Documents, Node, within
from jivsgen.spec.ways import SAID, is_tangled, multiplies

Path: TypeAlias = tuple[str | int, ...]

_SCALAR_TYPES = frozenset({"string", "number", "integer", "boolean", "null"})


class Reach(Struct, frozen=True):
    """Where a path leads in a schema.

    `schemas`: what is documented there (several where the schema has alternatives). Without any: `depth` steps of the
    path are documented; beyond them the schema is free-form (`free`), or has only the members `known`, or is of
    the scalar types `types`.
    """

    schemas: tuple[Node, ...] = ()
    depth: int = 0
    free: bool = False
    known: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


class Schemas:
    """Reads the schemas of one document. `version` is `3.0` or `3.1`."""

    def __init__(self, documents: Documents, version: str) -> None:
        self.documents = documents
        self.version = version
        self._validators: dict[tuple[object, str], _Validator] = {}

    # --- walking ----------------------------------------------------------------------------------------------------

    def meant(self, node: Node | None) -> Node | None:
        """The schema itself, or where its reference leads; one with more than a reference is itself since OpenAPI 3.1 (JSON
        Schema 2020-12 section 8.2.3.1)."""
        if (
            node is not None
            and self.version != "3.0"
            and node.text("$ref") is not None
            and len(node.value) > 1
        ):
            return node
        return self.documents.resolve(node)

    def parts(self, node: Node | None, *, subtypes: bool = True) -> Iterator[Node]:
        """The schema and all that it is composed of by `$ref`, `allOf`, `oneOf` and `anyOf`; with `subtypes` what its
        discriminator names, too."""
        seen = set()
        waiting = [node]
        while waiting:
            part = self.meant(waiting.pop(0))
            if part is None or part.identity in seen:
                continue
            seen.add(part.identity)
            yield part
            if part.text("$ref") is not None:
                waiting.append(self.documents.resolve(part))
            for keyword in ("allOf", "oneOf", "anyOf"):
                if listed := part.get(keyword):
                    waiting.extend(listed.elements())
            if subtypes:
                waiting.extend(target for _, target in self.mapping(part))

    def mapping(self, node: Node) -> list[tuple[str, Node]]:
        """The values of a discriminator and the schemas that they stand for: by name among the components, or by a
        reference into the same file (OpenAPI 3.0.3, Discriminator Object). What leads nowhere harms nobody."""
        found = []
        listed = node.at("discriminator", "mapping")
        for key, target in listed.items() if listed else ():
            if isinstance(target.value, str):
                root = Node(self.documents.root, (), self.documents.root.content)
                named = root.at("components", "schemas", target.value) or within(
                    target.document, target.value
                )
                if (schema := self.documents.resolve(named)) is not None:
                    found.append((key, schema))
        return found

    def types(self, node: Node | None) -> frozenset[str]:
        """The JSON types that the schema names; empty where it leaves them open."""
        found: set[str] = set()
        for part in self.parts(node):
            named = part.value.get("type") if isinstance(part.value, dict) else None
            listed = named if isinstance(named, list) else [named]
            found.update(one for one in listed if isinstance(one, str))
            if part.flag("nullable") and found:
                found.add("null")
            if not named and part.get("properties"):
                found.add("object")
            elif not named and isinstance(part.value, dict):
                fixed = [part.value["const"]] if "const" in part.value else part.value.get("enum")
                values = fixed if isinstance(fixed, list) else []
                found.update(map(_type_of, values))
        return frozenset(found)

    def members(self, node: Node | None) -> dict[str, Node]:
        """The documented members of an object, the first documentation of each."""
        found: dict[str, Node] = {}
        for part in self.parts(node):
            if properties := part.get("properties"):
                for name, schema in properties.items():
                    found.setdefault(name, schema)
        return found

    def items(self, node: Node | None) -> Node | None:
        """The schema of all elements of an array (`items`), the first that there is."""
        return next((found for part in self.parts(node) if (found := part.get("items"))), None)

    def element(self, node: Node | None, index: int) -> Node | None:
        """The schema of an element: its own of `prefixItems`, else that of all (`items`)."""
        for part in self.parts(node):
            own = list((part.get("prefixItems") or part).elements())
            if index < len(own):
                return own[index]
            if items := part.get("items"):
                return items
        return None

    def is_open(self, node: Node | None) -> bool:
        """Whether an object of this schema may have members that are not documented and nobody minds: there are no
        documented ones at all, or `additionalProperties` (or a pattern) explicitly lets others in."""
        parts = list(self.parts(node))
        for part in parts:
            if isinstance(part.value, dict) and (
                part.value.get("additionalProperties") not in (None, False) or part.get("patternProperties")
            ):
                return True
        return not any(part.get("properties") for part in parts)

    def is_untyped_map(self, node: Node | None) -> bool:
        """What springdoc writes for a `Map<String, Object>`: an object whose members are all objects, which they are not."""
        return any(_is_untyped_map(part.value) for part in self.parts(node))

    def is_bytes(self, node: Node | None) -> bool:
        """Whether the schema stands for bytes that JSON could not hold: `format: binary` (OpenAPI 3.0.3, section 4.7.14.2),
        and since 3.1.0 an empty one, or a `contentMediaType` without a `contentEncoding` (section 4.8.14.2)."""
        parts = [part for part in self.parts(node) if isinstance(part.value, dict)]
        said = {key: part.value[key] for part in reversed(parts) for key in part.value}
        if said.get("format") == "binary":
            return True
        if self.version == "3.0":
            return False
        if "contentMediaType" in said:
            return "contentEncoding" not in said and self.types(node) <= {"string", "null"}
        return not set(said) - {"description", "title"}

    def reach(self, node: Node | None, path: Path) -> Reach:
        """Where `path` (members and indices) leads from a value of the schema."""
        current: list[Node | None] = [node]
        for depth, step in enumerate(path):
            following = {below.identity: below for schema in current for below in self._below(schema, step)}
            if not following:
                return self._stuck(current, depth, step)
            current = [*following.values()]
        resolved = map(self.meant, current)
        found = tuple(schema for schema in resolved if schema is not None)
        return Reach(found, len(path), free=not any(schema.value for schema in found))

    def _below(self, node: Node | None, step: str | int) -> Iterator[Node]:
        for part in self.parts(node):
            if isinstance(step, int):
                if element := self.element(part, step):
                    yield element
            elif (
                (properties := part.get("properties"))
                and isinstance(properties.value, dict)
                and step in properties.value
            ):
                yield Node(properties.document, (*properties.pointer, step), properties.value[step])
            elif (additional := part.get("additionalProperties")) and additional.value not in (
                {},
                True,
                False,
                _ANY_OBJECT,
            ):
                yield additional

    def _stuck(self, current: list[Node | None], depth: int, step: str | int) -> Reach:
        known = tuple(name for schema in current for name in self.members(schema))
        types = frozenset[str]().union(*(self.types(schema) for schema in current))
        if types and types <= _SCALAR_TYPES:
            return Reach(depth=depth, types=tuple(sorted(types)))
        if isinstance(step, int):
            return Reach(depth=depth, free=not types or "array" in types, types=tuple(sorted(types)))
        return Reach(depth=depth, free=any(self.is_open(schema) for schema in current), known=known)

    # --- validating -------------------------------------------------------------------------------------------------

    def violations(self, node: Node, value: Any, *, sending: bool = True) -> list[Violation]:
        """Where `value` breaks the schema, by jsonschema-rs; with `sending`, read-only members are not required, else
        write-only ones are not. What no validator could tell in bounded time is one of the keyword `ways`."""
        validator = self._validator(node, "readOnly" if sending else "writeOnly")
        if validator.multiplies(value):
            return [Violation((), "ways", None, None, SAID)]
        try:
            return [Violation.of(error) for error in validator.compiled.iter_errors(value)]
        except ValueError as problem:  # no JSON text can hold it: half a surrogate pair, say
            return [Violation((), "encoding", None, None, str(problem))]

    def is_told(self, node: Node, value: Any) -> bool:
        """Whether a validator can tell of an answer in bounded time if it is one of the schema."""
        return not self._validator(node, "writeOnly").multiplies(value)

    def _validator(self, node: Node, absent: str) -> _Validator:
        key = (node.identity, absent)
        if key not in self._validators:
            self._validators[key] = _Validator.of(
                _Converter(self.documents, self.version, absent).standalone(node)
            )
        return self._validators[key]


class _Validator(Struct, frozen=True):
    """A JSON Schema, compiled by jsonschema-rs; `is_tangled` where it may ask too often."""

    schema: Any
    compiled: Any
    is_tangled: bool

    @classmethod
    def of(cls, schema: Any) -> _Validator:
        import jsonschema_rs

        compiled: Any
        try:
            # Its own client would follow what looks like a reference, to servers and into files.
            compiled = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
        except (
            ValueError,
            jsonschema_rs.ValidationError,
        ):  # not a schema: nothing can be said about values
            schema, compiled = True, jsonschema_rs.Draft202012Validator(True)
        return cls(schema, compiled, is_tangled(schema))

    def multiplies(self, value: Any) -> bool:
        return self.is_tangled and multiplies(self.schema, value)


class Violation(Struct, frozen=True):
    """`path` leads to the value at fault; `keyword` of the schema is what it breaks; `expected` what that keyword says."""

    path: Path
    keyword: str
    expected: Any
    value: Any
    said: str

    @classmethod
    def of(cls, error: Any) -> Violation:
        kind = error.kind
        keyword = str(error.schema_path[-1]) if error.schema_path else "false"
        expected = next(
            (getattr(kind, name) for name in ("property", "properties", "options", "types", "limit", "format", "pattern",
             "expected_value", "multiple_of", "unexpected") if hasattr(kind, name)),
            None,
        )  # fmt: skip
        return cls(tuple(error.instance_path), keyword, expected, error.instance, error.message)


_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_DROPPED = frozenset(
    {"nullable", "discriminator", "readOnly", "writeOnly", "xml", "externalDocs", "example", "examples", "deprecated",
     "title", "description", "default", "$id", "$anchor", "$dynamicAnchor", "$schema", "$comment", "$defs", "definitions",
     "contentSchema", "dependencies"}
)  # fmt: skip


class _Converter(Struct):
    """Schema objects of OpenAPI 3.0.3 and 3.1 as one JSON Schema 2020-12 without outside references."""

    documents: Documents
    version: str
    absent: str
    names: dict[object, str] = field(default_factory=dict)
    waiting: list[Node] = field(default_factory=list)
    definitions: dict[str, Any] = field(default_factory=dict)

    def standalone(self, node: Node) -> Any:
        schema = self.convert(node)
        while self.waiting:  # references may lead deeper than recursion
            target = self.waiting.pop()
            self.definitions[self.names[target.identity]] = self.convert(target)
        if node.identity in self.names:  # a second one of it would be held against each value again
            schema = {"$ref": f"#/$defs/{self.names[node.identity]}"}
        return (
            {**schema, "$defs": self.definitions} if isinstance(schema, dict) and self.definitions else schema
        )

    def convert(self, node: Node) -> Any:
        if not isinstance(node.value, dict):
            return node.value if isinstance(node.value, bool) else True
        if "$ref" not in node.value:
            return self.members(node)
        reference = self.reference(node)
        if self.version == "3.0" or len(node.value) == 1:
            return reference
        return {"allOf": [reference, self.members(node)]}

    def reference(self, node: Node) -> Any:
        target = self.documents.resolve(node)
        if target is None:
            return True
        if target.identity not in self.names:
            self.names[target.identity] = str(len(self.names))
            self.waiting.append(target)
        return {"$ref": f"#/$defs/{self.names[target.identity]}"}

    def members(self, node: Node) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        for keyword, child in node.items():
            if keyword in _DROPPED or keyword.startswith("x-") or keyword == "$ref":
                continue
            schema[keyword] = self.keyword(keyword, child)
        self.bounds(node, schema)
        if _is_untyped_map(node.value):
            schema["additionalProperties"] = True
        if self.version == "3.0":
            _three_zero(node.value, schema)
        if isinstance(required := schema.get("required"), list):
            properties = node.get("properties")
            schema["required"] = [
                name
                for name in required
                if isinstance(name, str)
                and not (
                    properties
                    and (member := self.documents.resolve(properties.get(name)))
                    and member.flag(self.absent)
                )
            ]
        return schema

    def keyword(self, keyword: str, child: Node) -> Any:
        if keyword in ("properties", "patternProperties", "dependentSchemas"):
            return {name: self.convert(schema) for name, schema in child.items()}
        if keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            return [self.convert(schema) for schema in child.elements()]
        if keyword in ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
                       "unevaluatedProperties", "unevaluatedItems"):  # fmt: skip
            return self.convert(child)
        return child.value

    @staticmethod
    def bounds(node: Node, schema: dict[str, Any]) -> None:
        """The integer formats of the OpenAPI format registry are bounds, which JSON Schema does not know."""
        if node.value.get("type") == "integer" and (limits := _BOUNDS.get(str(node.value.get("format")))):
            schema.setdefault("minimum", limits[0])
            schema.setdefault("maximum", limits[1])


_ANY_OBJECT = {"type": "object"}


def _is_untyped_map(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("additionalProperties") == _ANY_OBJECT
        and not value.get("properties")
    )


def _three_zero(original: Mapping[str, Any], schema: dict[str, Any]) -> None:
    """What OpenAPI 3.0 says in its own way: boolean exclusive bounds, and `nullable` beside a `type` (3.0.3 section
    4.7.24; an `enum` beside it must still list null)."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    if original.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]


def _type_of(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    names = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    )
    return next(name for kind, name in names if isinstance(value, kind))


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=0, abs_tol=0)
    return type(one) is type(other) and one == other
