"""Documents that nobody has written: hypothesis-openapi makes the paths, parameters and responses, which are valid and odd; what it
leaves empty, the schemas, is filled in here."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis_openapi import openapis

NAMES = st.sampled_from(["id", "name", "a", "$ref", "__proto__", "x-y", "", "é", "items", "type"])
REFERENCES = st.sampled_from(["A", "B", "C", "C/properties/a", "D"]).map(
    lambda name: {"$ref": f"#/components/schemas/{name}"}
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
SIZES = st.integers(0, 3)
TYPES = ["string", "integer", "number", "boolean", "array", "object"]
FORMATS = ["date-time", "uuid", "email", "byte", "binary", "int32", "int64", "password", "uri", "none"]


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the keywords beside each other, whether or not they make sense together."""
    several = st.lists(inner, min_size=1, max_size=3)
    members = st.dictionaries(NAMES, inner, max_size=3)
    discriminator = {"propertyName": "name", "mapping": {"a": "#/components/schemas/A", "b": "B"}}
    listed: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(TYPES), "format": st.sampled_from(FORMATS), "nullable": st.booleans(), "enum": st.lists(VALUES, min_size=1, max_size=3),
        "default": VALUES, "example": VALUES, "pattern": st.sampled_from(["^a+$", "[0-9]{3}", "(?=x)y", "^(a|b)?c$"]),
        "minLength": SIZES, "maxLength": SIZES, "minimum": SIZES, "maximum": SIZES, "multipleOf": st.sampled_from([1, 2, 0.5]), "minItems": SIZES,
        "maxItems": SIZES, "uniqueItems": st.booleans(), "minProperties": SIZES, "properties": members, "required": st.lists(NAMES, unique=True, max_size=2),
        "items": inner, "additionalProperties": st.booleans() | inner, "allOf": several, "oneOf": several, "anyOf": several, "not": inner,
        "readOnly": st.booleans(), "writeOnly": st.booleans(), "discriminator": st.just(discriminator),
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=listed)


SCHEMAS = st.recursive(
    REFERENCES | st.sampled_from(TYPES).map(lambda name: {"type": name}), keywords, max_leaves=6
)
MEDIA_TYPES = st.sampled_from(["application/json", "application/problem+json", "*/*", "text/plain", "application/xml", "application/octet-stream"])  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document of OpenAPI 3.0 or 3.1. Its components A to D are referenced at will, by themselves too; D is not always there."""
    document: dict[str, Any] = copy.deepcopy(draw(openapis("3.0")))
    if draw(st.booleans()):
        document["openapi"] = "3.1.0"
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                _fill(draw, operation)
    names = draw(st.sampled_from(["ABC", "ABCD"]))
    document["components"]["schemas"] = {name: draw(SCHEMAS) for name in names}
    return document


def _fill(draw: st.DrawFn, operation: dict[str, Any]) -> None:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"] = draw(SCHEMAS)
    for parameter in operation.get("parameters", []):
        if "schema" in parameter and draw(st.booleans()):
            parameter["schema"] = draw(SCHEMAS)
    for response in operation.get("responses", {}).values():
        if "$ref" not in response and draw(st.booleans()):
            response["content"] = {draw(MEDIA_TYPES): {"schema": draw(SCHEMAS)}}


def profile_of(document: dict[str, Any]) -> dict[str, Any]:
    """A profile that calls every operation, by METHOD and path, with the bodies that the compiler builds."""
    calls = [
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    ]
    role = {"headers": {"X-Api-Key": "${env.API_KEY}"}}
    steps = [{"call": name, "name": f"call {number}"} for number, name in enumerate(calls)]
    load = {"executor": "per-vu-iterations", "vus": 1, "iterations": 1}
    return {
        "profile": "made",
        "spec": "spec.json",
        "target": {"base_url": "http://localhost:8080"},
        "auth": {"partner": role},
        "scenarios": {"s": {"load": load, "steps": steps or [{"call": "GET /"}]}},
    }
