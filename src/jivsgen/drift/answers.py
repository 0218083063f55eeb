"""What a changed spec says otherwise of the parts of an answer that a step looks at, though the step still compiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics.model import listing
from jivsgen.drift.uses import Key, Use
from jivsgen.plan.model import JsonPath
from jivsgen.plan.violations import article
from jivsgen.profile.json_path import written
from jivsgen.spec import Api, Node, Operation


class Facets(Struct, frozen=True):
    """What is documented at a path: JSON types, the values of an enum (None: any), whether it must be there."""

    types: frozenset[str]
    values: frozenset[Any] | None
    required: bool


def answer_changes(use: Use, old: tuple[Api, Key], new: tuple[Api, Key]) -> Iterator[tuple[str, str]]:
    """(rule, sentence) for each path of the use that is documented otherwise."""
    before, after = old[0].operation(old[1]), new[0].operation(new[1])
    if before is None or after is None:
        return
    for path in _paths(use.step):
        one, two = _facets(old[0], before, path), _facets(new[0], after, path)
        if one is None or two is None:
            continue
        name = f"`{written(path)}` of {before.id}"
        if (one.types ^ two.types) - {"null"}:
            yield "response-property-retyped", f"{name} is {_typed(two)} now, not {_typed(one)}"
        if one.values is not None and (fresh := (two.values or frozenset()) - one.values):
            yield (
                "response-property-enum-value-added",
                f"{name} may be {listing(sorted(map(str, fresh)))} now",
            )
        if "null" in two.types - one.types:
            yield "response-property-became-nullable", f"{name} may be null now"
        if one.required and not two.required:
            yield "response-property-became-optional", f"{name} may be left out now"


def _typed(facets: Facets) -> str:
    return article(sorted(facets.types - {"null"})) or "anything"


def _paths(step: Any) -> list[JsonPath]:
    """What the step captures, checks and waits for; of a login its token."""
    found: dict[JsonPath, None] = {}
    if (token := getattr(step, "token", None)) is not None:
        found[token] = None
    found.update(dict.fromkeys((getattr(step, "capture", None) or {}).values()))
    for key in ("check", "until", "fail_on"):
        found.update(dict.fromkeys(getattr(step, key, None) or {}))
    return list(found)


def _facets(api: Api, operation: Operation, path: JsonPath) -> Facets | None:
    response = operation.response(operation.successes[0]) if operation.successes else None
    schema = response.json_schema if response else None
    if schema is None:
        return None
    schemas = api.schemas
    reach = schemas.reach(schema, path)
    if not reach.schemas or reach.free:
        return None
    types = frozenset[str]().union(*(schemas.types(node) for node in reach.schemas))
    parts = [part for node in reach.schemas for part in schemas.parts(node)]
    listed = [enum.value for part in parts if (enum := part.get("enum")) and isinstance(enum.value, list)]
    values = frozenset(str(value) for enum in listed for value in enum) if listed else None
    return Facets(types, values, _is_required(api, schema, path))


def _is_required(api: Api, schema: Node, path: JsonPath) -> bool:
    """Whether every member on the way must be there."""
    for depth, step in enumerate(path):
        if isinstance(step, int):
            return False
        owners = api.schemas.reach(schema, path[:depth]).schemas
        named = [
            part.value.get("required")
            for owner in owners
            for part in api.schemas.parts(owner)
            if isinstance(part.value, dict)
        ]
        if not any(step in one for one in named if isinstance(one, list)):
            return False
    return True
