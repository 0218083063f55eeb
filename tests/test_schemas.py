"""Schemas as documents have them: bodies built from them are valid, and what contradicts them is refused, by openapi-core's
reading too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.agreement import Judged, judged

from jivsgen.contract.referee import Referee
from jivsgen.plan.model import JsonValue
from jivsgen.plan.parts import plain_json

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
PETS: dict[str, Any] = {
    "Pet": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": STRING},
        "discriminator": {"propertyName": "kind", "mapping": {"a dog": "#/components/schemas/Dog", "a cat": "Cat"}},
    },
    "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "required": ["bark"], "properties": {"bark": INTEGER}}]},
    "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "required": ["purr"], "properties": {"purr": STRING}}]},
    "Tree": {
        "type": "object",
        "required": ["name", "children"],
        "properties": {"name": STRING, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    },
    "Expression": {
        "oneOf": [
            {"type": "object", "required": ["not"], "properties": {"not": {"$ref": "#/components/schemas/Expression"}}},
            {"type": "object", "required": ["value"], "properties": {"value": INTEGER}, "additionalProperties": False},
        ]
    },
    "Endless": {
        "type": "object",
        "required": ["again"],
        "properties": {"again": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Endless"}}},
    },
    "Word": {"type": "string", "minLength": 2},
    "Home": {"$defs": {"Street": {"type": "string", "enum": ["Elm"]}}, "type": "object", "properties": {}},
    "Named": {"$anchor": "named", "type": "integer", "minimum": 7},
}  # fmt: skip


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def holding(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": ["it"], "properties": {"it": schema}}


BOTH, OLD, NEW = ("3.0.3", "3.1.0"), ("3.0.3",), ("3.1.0",)

ROWS: list[tuple[str, tuple[str, ...], dict[str, Any], Any, Any]] = [
    ("oneOf with a discriminator and a mapping", BOTH,
     {"oneOf": [ref("Dog"), ref("Cat")], "discriminator": {"propertyName": "kind", "mapping": {"woof": "#/components/schemas/Dog", "gone": "#/components/schemas/Gone", "far": "far.yaml"}}},
     {"kind": "woof", "bark": 0}, {"kind": 1, "bark": 0}),
    ("oneOf with a discriminator without a mapping", BOTH,
     {"oneOf": [ref("Dog"), ref("Cat")], "discriminator": {"propertyName": "kind"}},
     {"kind": "Dog", "bark": 0}, {"bark": 0}),
    ("a base with a discriminator", BOTH, ref("Pet"), {"kind": "a dog", "bark": 0}, {"kind": 5}),
    ("allOf of a base and more", BOTH, ref("Cat"), {"kind": "x", "purr": "x"}, {"kind": "x", "purr": 1}),
    ("recursion through a list", BOTH, ref("Tree"), {"name": "x", "children": []}, {"name": "x", "children": [{"name": "y"}]}),
    ("recursion in an alternative", BOTH, ref("Expression"), {"value": 0}, {"not": {"not": 5}}),
    ("nullable", OLD, holding({"type": "string", "nullable": True}), {"it": "x"}, {"it": 5}),
    ("a list of types", NEW, holding({"type": ["string", "null"]}), {"it": "x"}, {"it": 5}),
    ("only null", NEW, holding({"type": "null"}), {"it": None}, {"it": 0}),
    ("const", NEW, holding({"const": "fixed"}), {"it": "fixed"}, {"it": "other"}),
    ("an example of many", NEW, holding({"type": "string", "examples": ["no", "first"], "minLength": 3}), {"it": "first"}, {"it": "no"}),
    ("prefixItems", NEW,
     holding({"type": "array", "minItems": 3, "prefixItems": [STRING, INTEGER], "items": {"type": "boolean"}}),
     {"it": ["x", 0, True]}, {"it": [1, 0, True]}),
    ("a reference with more beside it", NEW, holding({**ref("Word"), "maxLength": 3, "default": "abc"}), {"it": "abc"}, {"it": "abcd"}),
    ("$defs", NEW, holding({"$ref": "#/components/schemas/Home/$defs/Street"}), {"it": "Elm"}, {"it": "Oak"}),
    ("exclusive bounds of 3.0", OLD, holding({"type": "integer", "minimum": 3, "exclusiveMinimum": True}), {"it": 4}, {"it": 3}),
    ("exclusive bounds of 3.1", NEW, holding({"type": "integer", "exclusiveMinimum": 3}), {"it": 4}, {"it": 3}),
]  # fmt: skip


def document(version: str, schema: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "put", "requestBody": body, "responses": {"200": {"description": "ok"}}}
    paths = {"/things": {"put": operation}}
    return {
        "openapi": version, "info": {"title": "It", "version": "1"}, "paths": paths, "components": {"schemas": PETS},
    }  # fmt: skip


def built(found: Judged) -> Any:
    body = found.request.body
    assert body is not None
    assert not isinstance(body.content, tuple)
    content: JsonValue = body.content  # type: ignore[assignment]
    return plain_json(content, lambda text, _path: text)


@pytest.mark.parametrize(
    ("schema", "good", "bad", "version"),
    [
        pytest.param(schema, good, bad, version, id=f"{name}, {version}")
        for name, versions, schema, good, bad in ROWS
        for version in versions
    ],
)
def test_both_read_it(tmp_path: Path, schema: dict[str, Any], good: Any, bad: Any, version: str) -> None:
    spec = document(version, schema)
    found = judged(tmp_path, spec, {"call": "put"})
    assert not found.said
    assert built(found) == good
    assert not found.objections
    wrong = judged(tmp_path, spec, {"call": "put", "body": bad})
    assert wrong.said
    assert wrong.objections


def test_beside_a_reference_3_0_reads_nothing(tmp_path: Path) -> None:
    """OpenAPI 3.0.3, Reference Object; openapi-core 0.23 reads it all the same."""
    spec = document("3.0.3", holding({**ref("Word"), "maxLength": 1}))
    found = judged_alone(tmp_path, spec, {"call": "put"})
    assert built(found) == {"it": "xx"}
    assert not found.said


def test_an_anchor_is_a_reference(tmp_path: Path) -> None:
    """openapi-core 0.23 knows none; the compiler alone is asked."""
    found = judged_alone(tmp_path, document("3.1.0", holding({"$ref": "#named"})), {"call": "put"})
    assert built(found) == {"it": 7}
    assert judged_alone(
        tmp_path, document("3.1.0", holding({"$ref": "#named"})), {"call": "put", "body": {"it": 6}}
    ).said
    nowhere = judged_alone(tmp_path, document("3.1.0", holding({"$ref": "#nobody"})), {"call": "put"})
    assert "`#nobody` leads nowhere" in nowhere.said


def judged_alone(folder: Path, spec: Any, step: dict[str, Any]) -> Judged:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Referee, "objections", lambda *_: [])
        return judged(folder, spec, step)


def test_what_needs_itself_has_no_value(tmp_path: Path) -> None:
    found = judged(tmp_path, document("3.1.0", ref("Endless")), {"call": "put"})
    assert found.said == ("no valid body could be built for put: the schema needs itself without end",)
