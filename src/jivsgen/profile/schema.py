"""The JSON Schema of the profile language, from the models: what editors complete with.

python -m jivsgen.profile.schema > specs/profile.schema.json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from jivsgen.profile import durations, model
from jivsgen.profile.words import WORDS

ID = "https://json-schema.org/draft/2020-12/schema"

_TEXTS: dict[Callable[..., Any], dict[str, Any]] = {
    durations.parse_duration: {"type": "string", "pattern": r"^(\d+(\.\d+)?(h|ms|m|s))+$", "examples": ["500ms", "30s", "2m"]},
    durations.parse_rate: {"type": "string", "examples": [">= 5/s", "500/1m"]},
    durations.parse_share: {"anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"}, {"const": 0}], "examples": ["1%"]},
    model._path: {"type": "string", "pattern": r"^\$", "examples": ["$.data.id"]},
    model._token: {"type": "string", "pattern": r"^\$|\$\{", "examples": ["$.accessToken", "${env.TOKEN}"]},
    model._api_key: {
        "anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}],
        "examples": ["${env.API_KEY}"],
    },
    model._base_url: {"type": "string", "pattern": "^https?://", "examples": ["http://localhost:8080"]},
    model._values: {"description": "`present`, a value, or a list of values"},
    model._statuses: {
        "anyOf": [
            {"type": "integer", "minimum": 100, "maximum": 599},
            {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 100, "maximum": 599}},
        ],
        "examples": [200, [200, 201]],
    },
}  # fmt: skip


_STEP = {"title": "a step"}
"""Stands for a step until the definitions are put together."""


class _Generator(GenerateJsonSchema):
    """Values that a function reads are described as people write them."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        function: Any = schema["function"]["function"]
        if function in _TEXTS:
            return dict(_TEXTS[function])
        inner = super().function_before_schema(schema)
        if function is model._step:
            return dict(_STEP)
        if function is model._span:
            return {"anyOf": [dict(_TEXTS[durations.parse_duration]), inner]}
        if function is model._checks:
            paths = {"type": "array", "items": dict(_TEXTS[model._path])}
            return {"anyOf": [inner, paths]}
        return inner

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return {"$schema": ID, **super().generate(schema, mode)}


def profile_schema() -> dict[str, Any]:
    """The schema as a JSON value (JSON Schema 2020-12), every key with a sentence."""
    schema = model.Profile.model_json_schema(schema_generator=_Generator)
    definitions = schema["$defs"]
    for kind in model.STEP_KINDS.values():
        own = kind.model_json_schema(schema_generator=_Generator, ref_template="#/$defs/{model}")
        own.pop("$schema", None)
        definitions.update(own.pop("$defs", {}))
        definitions[kind.__name__] = own
    steps = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in model.STEP_KINDS.values()]
    definitions["Step"] = {"oneOf": steps, "description": "One step: what its first key says."}
    schema["$defs"] = dict(sorted(definitions.items()))
    schema["properties"]["extends"] = {"type": "string", "description": WORDS["Profile.extends"]}
    schema["required"] = ["profile"]  # the rest may come from the profile that it extends
    for partial in ("Scenario", "Target"):
        definitions[partial].pop("required", None)
    _describe(schema, "Profile")
    for name, definition in schema["$defs"].items():
        _describe(definition, name)
    _nullable(schema)
    return cast(dict[str, Any], _with_steps(schema))


def _with_steps(value: Any) -> Any:
    if value == _STEP:
        return {"$ref": "#/$defs/Step"}
    if isinstance(value, dict):
        return {name: _with_steps(member) for name, member in value.items()}
    return [_with_steps(item) for item in value] if isinstance(value, list) else value


def _describe(schema: dict[str, Any], name: str) -> None:
    """Our sentences in place of titles and docstrings."""
    schema.pop("title", None)
    if name in WORDS:
        schema["description"] = WORDS[name]
    for key, member in schema.get("properties", {}).items():
        member.pop("title", None)
        if sentence := WORDS.get(f"{name}.{key}") or WORDS.get(key):
            member["description"] = sentence


def _nullable(schema: dict[str, Any]) -> None:
    """A profile that extends another may remove any key by null."""
    for key in ("title", "overlays", "auth", "feeds", "load", "slo", "limits", "engines"):
        member = schema["properties"][key]
        member.pop("default", None)
        schema["properties"][key] = {
            "anyOf": [member, {"type": "null"}],
            "description": member.get("description", ""),
        }


def text() -> str:
    """The file."""
    return json.dumps(profile_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
