"""A document in its normal form: the same bytes for the same API, whatever the order and the names that a server made up."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import yaml

from jivsgen.source.yaml_reader import scalar
from jivsgen.spec.api import METHODS
from jivsgen.spec.names import NUMBERED, stable_name

_ORDERS = {
    "root": ("openapi", "info", "jsonSchemaDialect", "servers", "security", "tags", "paths", "webhooks", "components"),
    "operation": ("operationId", "tags", "summary", "description", "deprecated", "security", "parameters", "requestBody",
                  "responses", "callbacks", "servers"),
    "item": ("summary", "description", "servers", "parameters", *METHODS),
    "any": ("$ref", "name", "in", "title", "description", "required", "type", "format", "enum", "items", "properties"),
}  # fmt: skip
_NAMED_BY_OTHERS = frozenset(
    {"properties", "patternProperties", "schemas", "responses", "parameters", "examples", "requestBodies", "headers",
     "securitySchemes", "links", "callbacks", "pathItems", "paths", "content", "variables", "mapping", "scopes", "encoding"}
)  # fmt: skip
_DATA = frozenset({"example", "default", "const", "value", "enum"})


def normal(content: dict[str, Any], *, actuator: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The document in its normal form, and what was changed in it, in sentences: operations with unstable names are named
    by METHOD and path, the paths of Spring's actuator are left out unless wanted."""
    document = json.loads(json.dumps(content))
    remarks = [] if actuator else _without_actuator(document)
    remarks += _named(document)
    return _sorted(document, "root"), remarks


def _without_actuator(document: dict[str, Any]) -> list[str]:
    paths = document.get("paths")
    listed = (
        [path for path in paths if path.split("/")[1:2] == ["actuator"]] if isinstance(paths, dict) else []
    )
    for path in listed:
        del document["paths"][path]
    tags = document.get("tags")
    if listed and isinstance(tags, list):
        used = {tag for _, _, one in operations_of(document) for tag in _texts(one.get("tags"))}
        document["tags"] = [
            tag
            for tag in tags
            if not isinstance(tag, dict) or tag.get("name") != "Actuator" or "Actuator" in used
        ]
    return [f"{len(listed)} paths of the actuator were left out (--actuator keeps them)"] if listed else []


def _named(document: dict[str, Any]) -> list[str]:
    """Names that another build may give to another operation: numbered ones, the plain one of their family, doubles."""
    found = list(operations_of(document))
    names = [name for _, _, one in found if isinstance(name := one.get("operationId"), str)]
    families = {match[1] for name in names if (match := NUMBERED.fullmatch(name))}
    count = Counter(names)
    remarks = []
    for method, path, operation in found:
        old = operation.get("operationId")
        steady = (
            isinstance(old, str) and not NUMBERED.fullmatch(old) and old not in families and count[old] == 1
        )
        if not steady:
            new = stable_name(method, path)
            operation["operationId"] = new
            remarks.append(f"{method.upper()} {path} is called {new}, not {old or 'nothing'}")
    doubled = {
        name for name, times in Counter(one["operationId"] for _, _, one in found).items() if times > 1
    }
    for method, path, operation in found:
        if operation["operationId"] in doubled:
            operation["operationId"] = f"{method} {path}".replace("{", "").replace("}", "").replace("/", "_")
    return remarks


def operations_of(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of each."""
    paths = document.get("paths")
    return [
        (method, path, operation)
        for path, item in (paths.items() if isinstance(paths, dict) else ())
        if isinstance(item, dict)
        for method, operation in item.items()
        if method in METHODS and isinstance(operation, dict)
    ]


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _sorted(value: Any, kind: str) -> Any:
    """Members in the customary order of their kind, then by name; data as it is."""
    if isinstance(value, list):
        items = [_sorted(one, "any") for one in value]
        if kind == "tags":
            items.sort(key=lambda one: str(one.get("name")) if isinstance(one, dict) else str(one))
        return items
    if not isinstance(value, dict):
        return value
    order = _ORDERS.get(kind, ())
    names = sorted(value, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: _member(name, value[name], kind) for name in names}


def _member(name: str, value: Any, kind: str) -> Any:
    if kind == "map":
        return _sorted(value, "any")
    if kind == "paths":
        return _sorted(value, "item")
    if kind == "item" and name in METHODS:
        return _sorted(value, "operation")
    if name in _DATA:
        return value
    if name == "required" and isinstance(value, list):
        return sorted(value, key=str)
    if name == "paths" and kind == "root":
        return _sorted(value, "paths")
    if name == "tags" and kind == "root":
        return _sorted(value, "tags")
    return _sorted(value, "map" if name in _NAMED_BY_OTHERS and isinstance(value, dict) else "any")


class _Dumper(yaml.CSafeDumper):
    """Quotes what a reader of YAML 1.1 or 1.2 would take for something else than text, and writes nothing by alias."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if (
        "\n" in value
        and not any(line != line.rstrip() for line in value.split("\n"))
        and value.isprintable() is False
    ):
        style = "|" if all(c.isprintable() or c == "\n" for c in value) else '"'
    elif value and not isinstance(scalar(value), str):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def written(document: dict[str, Any], *, as_json: bool) -> str:
    """The document as text, to be read in a diff: YAML (or JSON), `\\n` at the end of each line."""
    if as_json:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
