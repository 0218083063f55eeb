"""Data from schemas: always the same for the same schema, boring on purpose, and valid or not there at all.

Precedence: example of the media type, example of the schema, default, first of the enum, shortest legal value.
An example is data only when it holds against its own schema: a quarter of those in real documents do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from msgspec import Struct

from jivsgen.spec import MediaType, Node
from jivsgen.spec.schema import Schemas

DEEPEST = 12
"""Schemas, one in the other."""
MOST_FAILED = 200
"""Alternatives that are tried in vain for one value: those within others multiply."""
MOST = 100_000
"""Elements or characters of one value: what wants more is no body of a load test."""

Above: TypeAlias = tuple[object, ...]

_NUMBERS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "minItems"}
)

_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00Z", "duration": "PT1S",
    "email": "user@example.com", "idn-email": "user@example.com", "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/", "url": "https://example.com/", "uri-reference": "/", "iri": "https://example.com/",
    "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "byte": "eA==", "binary": "",
    "json-pointer": "", "regex": ".*",
}  # fmt: skip


class NoValue(Exception):
    """The schema has no value that could be found; says why."""


def body_of(schemas: Schemas, media: MediaType) -> Any:
    """A legal body for the media type. Raises NoValue."""
    if media.schema is None:
        raise NoValue("the body has no schema")
    for example in media_examples(schemas, media):
        if not schemas.violations(media.schema, example):
            return example
    return value_of(schemas, media.schema)


def media_examples(schemas: Schemas, media: MediaType) -> Iterator[Any]:
    """The examples of a media type, valid or not."""
    if (example := media.node.get("example")) is not None:
        yield example.value
    named_examples = media.node.get("examples")
    for _, listed in named_examples.items() if named_examples else ():
        named = schemas.documents.resolve(listed)
        if named is not None and (value := named.get("value")) is not None:
            yield value.value


def value_of(schemas: Schemas, schema: Node) -> Any:
    """A legal value of the schema. Raises NoValue."""
    value = _Builder(schemas).value(schema, ())
    if found := schemas.violations(schema, value):
        raise NoValue(found[0].said)
    return value


class _Builder(Struct):
    """Builds one value; `failed` counts the alternatives that did not do."""

    schemas: Schemas
    failed: int = 0

    def value(self, schema: Node | None, above: Above) -> Any:
        """`above` are the schemas that are being built: what needs itself has no value."""
        schemas = self.schemas
        node = schemas.meant(schema)
        if node is None or not isinstance(node.value, dict):
            return {}
        if node.identity in above or len(above) > DEEPEST:
            raise NoValue("the schema needs itself without end")
        above = (*above, node.identity)
        for candidate in _given(node):
            if not schemas.violations(node, candidate):
                return candidate
        alternatives: list[Node | None] = [*_alternatives(schemas, node)]
        problem = NoValue("none of the alternatives can be built")
        for alternative in alternatives or [None]:
            if self.failed >= MOST_FAILED:
                raise NoValue(f"{MOST_FAILED} alternatives were tried in vain")
            try:
                value = self.typed(node, alternative, above)
            except NoValue as nothing:
                problem = nothing
                self.failed += 1
                continue
            value = _discriminated(schemas, node, alternative, value)
            if not alternatives or not schemas.violations(node, value):
                return value
            self.failed += 1
        raise problem

    def typed(self, node: Node, alternative: Node | None, above: Above) -> Any:
        schemas = self.schemas
        beside = schemas.documents.resolve(node) if node.text("$ref") is not None else None
        owners = [node, beside, *(node.get("allOf") or node).elements(), alternative]
        found = map(schemas.meant, owners)
        merged = [part for part in found if part is not None and isinstance(part.value, dict)]
        types = {name for owner in merged for name in schemas.types(owner)} - {"null"}
        rules: dict[str, Any] = {}
        for part in merged:
            rules.update(
                {
                    key: value
                    for key, value in part.value.items()
                    if key not in ("properties", "required") and (key not in _NUMBERS or _is_number(value))
                }
            )
        if "object" in types or (not types and schemas.members(node)):
            return self.object(merged, above)
        if "array" in types:
            least = range(_least(rules, "minItems"))
            elements = [
                next(filter(None, (schemas.element(part, index) for part in merged)), None) for index in least
            ]
            return [self.value(element, above) for element in elements]
        if "string" in types:
            return _string(rules)
        if types & {"integer", "number"}:
            return _number(rules, whole="number" not in types)
        if "boolean" in types:
            return True
        if any(schemas.types(owner) == {"null"} for owner in merged):
            return None
        if alternative is not None:
            return self.value(alternative, above)
        return next((self.value(part, above) for part in merged[1:]), {})

    def object(self, owners: list[Node], above: Above) -> dict[str, Any]:
        """The required members only, in the order in which they are documented."""
        schemas = self.schemas
        required: dict[str, None] = {}
        members: dict[str, Node] = {}
        for owner in owners:
            for part in schemas.parts(owner, subtypes=False) if owner is not owners[0] else [owner]:
                members = {**schemas.members(part), **members}
                listed = part.value.get("required")
                names = listed if isinstance(listed, list) else []
                required.update(dict.fromkeys(name for name in names if isinstance(name, str)))
        value = {}
        for name in [
            *(name for name in members if name in required),
            *(name for name in required if name not in members),
        ]:
            member = schemas.meant(members.get(name))
            if member is None or not member.flag("readOnly"):
                value[name] = self.value(member, above)
        return value


def _alternatives(schemas: Schemas, node: Node) -> list[Node]:
    """Those of `oneOf` and `anyOf`; of a base without them, the schemas that its discriminator names."""
    listed = [one for keyword in ("oneOf", "anyOf") for one in (node.get(keyword) or node).elements()]
    return listed or [target for _, target in schemas.mapping(node) if target.identity != node.identity]


def _discriminated(schemas: Schemas, node: Node, alternative: Node | None, value: Any) -> Any:
    """The value with the name of its alternative where the discriminator looks for it (OpenAPI 3.0.3, Discriminator Object): a
    key of the mapping, else the name of the schema. Left as it is where that is not legal."""
    discriminator = node.get("discriminator")
    member = discriminator.text("propertyName") if discriminator else None
    chosen = schemas.documents.resolve(alternative) if alternative else None
    if member is None or chosen is None or not isinstance(value, dict):
        return value
    keys = [key for key, target in schemas.mapping(node) if target.identity == chosen.identity]
    named = ({**value, member: name} for name in [*keys, str(chosen.pointer[-1])])
    return next((one for one in named if not schemas.violations(chosen, one)), value)


def _given(node: Node) -> Iterator[Any]:
    if "example" in node.value:
        yield node.value["example"]
    for keyword in ("examples", "enum"):
        if isinstance(listed := node.value.get(keyword), list):
            if keyword == "enum" and "default" in node.value:
                yield node.value["default"]
            yield from listed[:8]
    for keyword in ("default", "const"):
        if keyword in node.value:
            yield node.value[keyword]


def _string(rules: dict[str, Any]) -> str:
    if isinstance(pattern := rules.get("pattern"), str):
        from jivsgen.plan.patterns import shortest

        return shortest(pattern, _least(rules, "minLength"))
    text = _FORMATS.get("byte" if rules.get("contentEncoding") == "base64" else str(rules.get("format")), "")
    return text or "x" * _least(rules, "minLength") or "x"


def _least(rules: dict[str, Any], keyword: str) -> int:
    least = rules.get(keyword) or 0
    if least > MOST:
        raise NoValue(f"`{keyword}` asks for {least:,} of them")
    return int(least)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _number(rules: dict[str, Any], *, whole: bool) -> int | float:
    low, high = rules.get("minimum"), rules.get("maximum")
    above, below = rules.get("exclusiveMinimum"), rules.get("exclusiveMaximum")
    low, above = (None, low) if above is True else (low, above if not isinstance(above, bool) else None)
    high, below = (None, high) if below is True else (high, below if not isinstance(below, bool) else None)
    step = rules.get("multipleOf") or 1
    value: float = 0
    if low is not None and value < low:
        value = low
    if above is not None and value <= above:
        value = above + step
    if high is not None and value > high:
        value = high
    if below is not None and value >= below:
        value = below - step
    if rules.get("multipleOf"):
        value = -(-value // step) * step
    return int(-(-value // 1)) if whole else value
