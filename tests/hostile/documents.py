"""Documents that nobody has written: hypothesis-openapi makes the paths, parameters and responses, which are valid and odd; what it
leaves empty, the schemas, is filled in here."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis_openapi import openapis

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
NAMES = ["id", "name", "a", "$ref", "__proto__", "x-y", "", "é", "items", "type"]
TYPES = ["string", "integer", "number", "boolean", "array", "object"]
FORMATS = ["date-time", "uuid", "email", "byte", "binary", "int32", "int64", "password", "uri", "none"]
VALUES: list[Any] = [
    None,
    True,
    0,
    1,
    -7,
    2.5,
    "",
    "a",
    "aaa",
    "\u2028",
    [],
    ["a"],
    {},
    {"id": "1"},
    {"a": {"a": 1}},
]
REFERENCES = ["A", "B", "C"] * 5 + ["A/properties/a", "gone"]
MEDIA_TYPES = ["application/json", "application/problem+json", "*/*", "text/plain", "application/xml", "application/octet-stream"]  # fmt: skip
PATTERNS = ["^a+$", "[0-9]{3}", "(?=x)y", "^(a|b)?c$"]

SAID = {"array": ["a", "b"], "object": {"id": "1"}, "integer": 1, "number": 1.5, "boolean": True}

Keyword = Callable[[random.Random, int], Any]


def _several(chance: random.Random, deep: int) -> list[Any]:
    return [schema(chance, deep) for _ in range(chance.choice([1, 1, 2, 3]))]


def _members(chance: random.Random, deep: int) -> dict[str, Any]:
    return {name: schema(chance, deep) for name in chance.sample(NAMES, chance.randrange(4))}


def _size(chance: random.Random, _deep: int) -> int:
    return chance.randrange(4)


def _flag(chance: random.Random, _deep: int) -> bool:
    return chance.random() < 0.5


def _one_of(values: list[Any]) -> Keyword:
    return lambda chance, _deep: chance.choice(values)


def _schema(chance: random.Random, deep: int) -> dict[str, Any]:
    return schema(chance, deep)


KEYWORDS: dict[str, Keyword] = {
    "format": _one_of(FORMATS), "nullable": _flag, "enum": lambda chance, _: chance.sample(VALUES, chance.randint(1, 3)), "default": _one_of(VALUES),
    "example": _one_of(VALUES), "pattern": _one_of(PATTERNS), "minLength": _size, "maxLength": _size, "minimum": _size, "maximum": _size,
    "multipleOf": _one_of([1, 2, 0.5]), "minItems": _size, "maxItems": _size, "uniqueItems": _flag, "minProperties": _size, "properties": _members,
    "required": lambda chance, _: chance.sample(NAMES, chance.randrange(3)), "items": _schema,
    "additionalProperties": lambda chance, deep: chance.choice([True, False, schema(chance, deep)]), "allOf": _several, "oneOf": _several,
    "anyOf": _several, "not": _schema, "readOnly": _flag, "writeOnly": _flag,
    "discriminator": _one_of([{"propertyName": "name", "mapping": {"a": "#/components/schemas/A", "b": "B"}}]),
}  # fmt: skip


def schema(chance: random.Random, deep: int = 0) -> dict[str, Any]:
    """A schema: a reference, a plain one, or keywords beside each other whether or not they make sense together."""
    way = chance.random()
    if way < 0.3 and deep:
        return {"$ref": f"#/components/schemas/{chance.choice(REFERENCES)}"}
    if way < 0.6 or deep > 3:
        return {"type": chance.choice(TYPES)}
    chosen = chance.sample(sorted(KEYWORDS), chance.randint(1, 4))
    found = {name: KEYWORDS[name](chance, deep + 1) for name in chosen}
    return found if chance.random() < 0.2 else {"type": chance.choice(TYPES), **found}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document of OpenAPI 3.0 or 3.1 with an operation at least. Its components A to C are referenced at will, by themselves
    too, and one that is not there is, now and then."""
    document: dict[str, Any] = copy.deepcopy(draw(openapis("3.0").filter(lambda made: any(operations(made)))))
    chance = random.Random(draw(st.integers(0, 2**32)))
    if chance.random() < 0.5:
        document["openapi"] = "3.1.0"
    document["paths"] = dict(_spoken(chance, path, item) for path, item in document["paths"].items())
    for _, _, operation in operations(document):
        _fill(chance, operation)
    document["components"]["schemas"] = {name: schema(chance) for name in "ABC"}
    return document


def _spoken(chance: random.Random, path: str, item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path item with most of its names such as a request can bring, and most of its path parameters in the path."""
    shared = item.setdefault("parameters", []) if "$ref" not in item else []
    owners = [item, *(item[method] for method in METHODS if method in item)]
    listed = [
        one for owner in owners for one in owner.get("parameters", []) if one.get("in", "query") != "query"
    ]
    for number, one in enumerate(listed):
        if chance.random() < 0.9:
            one["name"] = f"p{number}"
            if one["in"] == "path":
                path += f"/{{p{number}}}"
                shared.append(one)
    return path, item


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """METHOD, path and what is said of the operation."""
    for path, item in document["paths"].items():
        there = document["x-paths"]["Entry"] if "$ref" in item else item
        for method in METHODS:
            if method in there:
                yield method.upper(), path, there[method]


def _fill(chance: random.Random, operation: dict[str, Any]) -> None:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"] = schema(chance)
    for parameter in operation.get("parameters", []):
        if "schema" in parameter and chance.random() < 0.3:
            parameter["schema"] = schema(chance)
    for response in operation.get("responses", {}).values():
        if "$ref" not in response and chance.random() < 0.5:
            response["content"] = {chance.choice(MEDIA_TYPES): {"schema": schema(chance)}}


def profile_of(document: dict[str, Any]) -> dict[str, Any]:
    """A profile that calls the first operations of the document, by METHOD and path: with a value for each parameter, a status
    that may be documented, and the bodies that the compiler builds."""
    load = {"executor": "per-vu-iterations", "vus": 1, "iterations": 1}
    steps = [
        _step(document, number, *one) for number, one in zip(range(3), operations(document), strict=False)
    ]
    return {
        "profile": "made",
        "spec": "spec.json",
        "target": {"base_url": "http://localhost:8080"},
        "auth": {"partner": {"api_key": "${env.API_KEY}"}},
        "scenarios": {"s": {"load": load, "steps": steps}},
    }


def _step(
    document: dict[str, Any], number: int, method: str, path: str, operation: dict[str, Any]
) -> dict[str, Any]:
    places = {"path": "path", "query": "query", "header": "headers", "cookie": "cookies"}
    said: dict[str, dict[str, Any]] = {}
    for listed in (*operation.get("parameters", []), *document["paths"][path].get("parameters", [])):
        if "in" in listed:
            value = SAID.get(str(listed["schema"].get("type")), "a")
            said.setdefault(places[listed["in"]], {})[listed["name"]] = value
    status = next((int(name) for name in operation["responses"] if name.isdecimal()), 200)
    return {"call": f"{method} {path}", "name": f"call {number}", "expect": status, **said}
