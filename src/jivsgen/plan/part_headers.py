"""Headers of the parts of a form: `headers` of an Encoding Object (OpenAPI 3.0.3 section 4.7.15, 3.1.1 section 4.8.15)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jivsgen.plan.bodies import JsonBody
from jivsgen.plan.gaps import action
from jivsgen.plan.parameters import Array, Object, Value, in_header
from jivsgen.plan.samples import plain
from jivsgen.plan.synthesis import NoValue, media_examples, value_of
from jivsgen.plan.texts import join
from jivsgen.profile.values import constant
from jivsgen.spec import MediaType, Node
from jivsgen.spec.api import FIELD_NAME
from jivsgen.spec.node import Documents
from jivsgen.spec.schema import Schemas

OF_EVERY_PART = frozenset({"content-type", "content-disposition", "content-transfer-encoding"})
"""What an encoding says otherwise, what every part has, and what no part has any more (RFC 7578 sections 4.2 and 4.7)."""


def declared_headers(documents: Documents, encoding: Node | None) -> Iterator[tuple[str, Node]]:
    """The name and the Header Object of each header of a part that is not every part's own."""
    listed = encoding.get("headers") if encoding else None
    for name, node in listed.items() if listed else ():
        header = documents.resolve(node)
        if header is not None and name.lower() not in OF_EVERY_PART:
            yield name, header


def part_headers(
    reader: JsonBody, part: str, encoding: Node | None, *, lawful: bool
) -> tuple[tuple[str, str], ...]:
    """The headers of a part whose values the spec knows; one that is required and cannot be sent is reported."""
    found = []
    for name, header in declared_headers(reader.schemas.documents, encoding):
        text = _known(reader.schemas, header)
        if text is not None and re.fullmatch(FIELD_NAME, name):
            found.append((name, text))
        elif header.flag("required") and lawful:
            _report(reader, part, name, header)
    return tuple(found)


def _report(reader: JsonBody, part: str, name: str, header: Node) -> None:
    place = reader.locate((part,), False)
    if not re.fullmatch(FIELD_NAME, name):
        said = f"the part `{part}` of {reader.subject} needs `{name}`, which is not the name of a header"
        reader.scope.diagnostics.add("bad-header", said, place, "", header.says_so())
        return
    said = (
        f"the part `{part}` of {reader.subject} needs the header `{name}`, and the spec knows no value for it"
    )
    schema = header.get("schema")
    try:
        value = value_of(reader.schemas, schema) if schema else "x"
    except NoValue:
        value = "x"
    hint = f"teach it one with an overlay:\n{action(header, {'example': value})}"
    reader.scope.diagnostics.add("missing-parameter", said, place, hint, header.says_so())


def _known(schemas: Schemas, header: Node) -> str | None:
    """The first value that the spec gives and its schema allows, in `simple` style."""
    schema = header.get("schema")
    for value in _given(schemas, header, schema):
        if schema is None or not schemas.violations(schema, value):
            return constant(in_header(_value(value), header.flag("explode"))) or ""
    return None


def _given(schemas: Schemas, header: Node, schema: Node | None) -> Iterator[Any]:
    """Its examples, and those of its schema; its default; what it always is."""
    yield from media_examples(schemas, MediaType("", schema, header))
    meant = schemas.meant(schema)
    rules = meant.value if meant is not None and isinstance(meant.value, dict) else {}
    if "example" in rules:
        yield rules["example"]
    yield from rules["examples"] if isinstance(rules.get("examples"), list) else ()
    yield from (rules[keyword] for keyword in ("default", "const") if keyword in rules)
    if isinstance(allowed := rules.get("enum"), list) and len(allowed) == 1:
        yield from allowed


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return Array(tuple(join(plain(item)) for item in value))
    if isinstance(value, dict):
        return Object(tuple((name, join(plain(member))) for name, member in value.items()))
    return join(plain(value))
