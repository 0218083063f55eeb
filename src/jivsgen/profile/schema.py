"""The JSON Schema of the profile language, from the models: what editors complete with.

python -m jivsgen.profile.schema > specs/profile.schema.json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from msgspec import NODEFAULT, UNSET, Struct, to_builtins

from jivsgen.profile import durations, model
from jivsgen.profile.kinds import (
    Anything,
    Keys,
    Kind,
    ListOf,
    MappingOf,
    Model,
    OneOf,
    OrNull,
    Parsed,
    Short,
    Tagged,
    Text,
    Whole,
    YesOrNo,
    keys_of,
    rest_of,
)
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


def profile_schema() -> dict[str, Any]:
    """The schema as a JSON value (JSON Schema 2020-12), every key with a sentence."""
    writer = _Writer({})
    schema = {"$schema": ID, "$defs": {}, **writer.mapping(model.Profile)}
    definitions = schema["$defs"] = dict(sorted(writer.definitions.items()))
    schema["properties"]["extends"] = {"type": "string", "description": WORDS["Profile.extends"]}
    schema["required"] = ["profile"]  # the rest may come from the profile that it extends
    for partial in ("Scenario", "Target"):
        definitions[partial].pop("required", None)
    _describe(schema, "Profile")
    for name, definition in definitions.items():
        _describe(definition, name)
    _nullable(schema)
    return schema


class _Writer(Struct, frozen=True):
    """Writes kinds as schemas; of each model that they name, a definition."""

    definitions: dict[str, dict[str, Any]]

    def of(self, kind: Kind) -> dict[str, Any]:
        match kind:
            case Text(pattern, _):
                return {"pattern": pattern, "type": "string"} if pattern else {"type": "string"}
            case Whole(least):
                return {"minimum": least, "type": "integer"}
            case YesOrNo():
                return {"type": "boolean"}
            case OneOf((only,)):
                return {"const": only, "type": "string"}
            case OneOf(options):
                return {"enum": list(options), "type": "string"}
            case Parsed(parse):
                return dict(_TEXTS[parse])
            case OrNull(inner):
                return {"anyOf": [self.of(inner), {"type": "null"}]}
            case _:
                return self._of_parts(kind)

    def _of_parts(self, kind: Kind) -> dict[str, Any]:
        match kind:
            case Short(longer, inner):
                paths = {"items": self.of(model.PATH), "type": "array"}
                short = paths if longer is model._checks else self.of(Parsed(durations.parse_duration))
                return {"anyOf": [short, self.of(inner)]}
            case ListOf(item, may_be_empty):
                least = {} if may_be_empty else {"minItems": 1}
                return {"items": self.of(item), **least, "type": "array"}
            case MappingOf(name, member, may_be_empty):
                least = {} if may_be_empty else {"minProperties": 1}
                return {**least, **self._members(self.of(name), self.of(member)), "type": "object"}
            case Keys(of):
                return self.reference(of)
            case Tagged(tag, models):
                references = {name: self.reference(one) for name, one in models}
                mapping = {name: references[name]["$ref"] for name in sorted(references)}
                chosen = {"mapping": mapping, "propertyName": tag}
                return {"discriminator": chosen, "oneOf": list(references.values())}
            case model.StepKind():
                return self.step()
            case _:
                assert isinstance(kind, Anything)
                return {}

    def _members(self, name: dict[str, Any], member: dict[str, Any]) -> dict[str, Any]:
        """Of a mapping with names of somebody's own."""
        if "pattern" not in name:
            return {"additionalProperties": member or True}
        rest = {key: value for key, value in name.items() if key not in ("pattern", "type")}
        return {"patternProperties": {name["pattern"]: member}, **({"propertyNames": rest} if rest else {})}

    def mapping(self, of: type[Model]) -> dict[str, Any]:
        """The schema of a model."""
        keys = keys_of(of)
        rest = rest_of(of)
        others = self.of(rest.member) if isinstance(rest, MappingOf) else False
        required = [name for name, key in keys.items() if key.default is NODEFAULT]
        return {
            "additionalProperties": others,
            "properties": {name: self._property(key.kind, key.default) for name, key in keys.items()},
            **({"required": required} if required else {}),
            "type": "object",
        }

    def _property(self, kind: Kind, default: Any) -> dict[str, Any]:
        schema = self.of(kind)
        if default is NODEFAULT or isinstance(default, type):
            return schema
        return {**schema, "default": None if default is UNSET else to_builtins(default)}

    def reference(self, of: type[Model]) -> dict[str, Any]:
        if of.__name__ not in self.definitions:
            self.definitions[of.__name__] = {}
            self.definitions[of.__name__].update(self.mapping(of))
        return {"$ref": f"#/$defs/{of.__name__}"}

    def step(self) -> dict[str, Any]:
        if "Step" not in self.definitions:
            self.definitions["Step"] = {}
            kinds = [self.reference(kind) for kind in model.STEP_KINDS.values()]
            self.definitions["Step"].update(
                {"oneOf": kinds, "description": "One step: what its first key says."}
            )
        return {"$ref": "#/$defs/Step"}


def _describe(schema: dict[str, Any], name: str) -> None:
    """A sentence for the model and for each of its keys."""
    if name in WORDS:
        schema["description"] = WORDS[name]
    for key, member in schema.get("properties", {}).items():
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
