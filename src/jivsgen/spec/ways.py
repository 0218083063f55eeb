"""How often a validator would ask the same of one value. Validators remember nothing: where each schema references the next
one twice, sixty of them ask 2^60 times, and report as many errors. Such questions are not asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FEW_PATHS = 10_000
"""Ways through a schema that leads nowhere twice: it needs no look at values."""
MOST_REPEATED = 10_000
"""Pairs of a schema and a part of a value that are met again, beyond four times those that are met at all."""
MOST_HELD = 500_000
"""Pairs of a schema and a part of a value."""
SAID = (
    "no validator could tell in bounded time: the schemas reference each other in too many ways"
    f" (more than {MOST_REPEATED:,} times the same would be asked of the same value)"
)

_ONE = ("not", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_BELOW = (
    "items",
    "contains",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)


def is_tangled(schema: Any) -> bool:
    """Whether a JSON Schema (whose references lead into its `$defs`) leads to itself, or has more than FEW_PATHS ways through
    it: then how often it asks depends on the value."""
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    own = {name: _own(one) for name, one in definitions.items()}
    wanted = {name: len(set(references)) for name, (_, references) in own.items()}
    used_by: dict[str, set[str]] = {name: set() for name in own}
    for name, (_, references) in own.items():
        for other in references:
            used_by[other].add(name)
    paths: dict[str, int] = {}
    ready = [name for name, count in wanted.items() if not count]
    while ready:
        name = ready.pop()
        size, references = own[name]
        paths[name] = min(size + sum(paths[other] for other in references), FEW_PATHS + 1)
        for user in used_by[name]:
            wanted[user] -= 1
            if not wanted[user]:
                ready.append(user)
    size, references = _own(schema)
    return len(paths) < len(own) or size + sum(paths[other] for other in references) > FEW_PATHS


def _own(schema: Any) -> tuple[int, list[str]]:
    """How many schemas are written there, and the definitions that they name, each as often as they do."""
    size, references, waiting = 0, [], [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            size += 1
            if isinstance(name := _definition(one), str):
                references.append(name)
            waiting.extend(_inside(one))
    return size, references


def _definition(schema: dict[str, Any]) -> str | None:
    reference = schema.get("$ref")
    return reference.removeprefix("#/$defs/") if isinstance(reference, str) else None


def _inside(schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in (*_ONE, *_BELOW):
        yield schema.get(keyword)
    for keyword in (*_SEVERAL, "prefixItems"):
        yield from _list(schema.get(keyword))
    for keyword in _NAMED:
        yield from _mapping(schema.get(keyword)).values()


def multiplies(schema: Any, value: Any) -> bool:
    """Whether a validator would hold the value, or a part of it, more often than it may against the same."""
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    held: set[tuple[int, int]] = set()
    above: set[tuple[int, int]] = set()
    places: dict[tuple[int, object], int] = {}
    repeated = 0
    waiting: list[tuple[Any, Any, int, bool]] = [(schema, value, 0, False)]
    while waiting:
        one, part, place, done = waiting.pop()
        key = (id(one), place)
        if done:
            above.discard(key)
            continue
        if not isinstance(one, dict) or key in above:
            continue
        repeated += key in held
        held.add(key)
        if repeated > MOST_REPEATED + 4 * len(held) or len(held) > MOST_HELD:
            return True
        above.add(key)
        waiting.append((one, part, place, True))
        waiting.extend((other, part, place, False) for other in _beside(one, definitions))
        for step, other, inner in _below(one, part):
            waiting.append((other, inner, places.setdefault((place, step), len(places) + 1), False))
    return False


def _beside(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[Any]:
    """What is held against the same value."""
    if (name := _definition(schema)) is not None:
        yield definitions.get(name)
    for keyword in _ONE:
        yield schema.get(keyword)
    for keyword in _SEVERAL:
        yield from _list(schema.get(keyword))
    yield from _mapping(schema.get("dependentSchemas")).values()


def _below(schema: dict[str, Any], value: Any) -> Iterator[tuple[object, Any, Any]]:
    """Member or index, what is held against what stands there, and that."""
    if isinstance(value, dict):
        properties, patterns = _mapping(schema.get("properties")), _mapping(schema.get("patternProperties"))
        for name, inner in value.items():
            yield (name,), schema.get("propertyNames"), name
            rest = [] if name in properties else [schema.get("additionalProperties")]
            for other in (
                properties.get(name),
                *patterns.values(),
                *rest,
                schema.get("unevaluatedProperties"),
            ):
                yield name, other, inner
    elif isinstance(value, list):
        first = _list(schema.get("prefixItems"))
        for index, inner in enumerate(value):
            own = first[index] if index < len(first) else schema.get("items")
            for other in (own, schema.get("contains"), schema.get("unevaluatedItems")):
                yield index, other, inner


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
