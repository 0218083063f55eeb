"""Forms, with pairs or with parts, as the object that their schema describes: what `plan/forms.py` and
`plan/multipart.py` write, read backwards."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from jivsgen.contract.multipart import parts_of
from jivsgen.plan.part_headers import declared_headers
from jivsgen.plan.samples import read_as
from jivsgen.rehearsal.server.styles import ABSENT, Reader
from jivsgen.spec import MediaType, Node, Parameter
from jivsgen.spec.names import essence
from jivsgen.spec.schema import Schemas

_STYLED = frozenset({"style", "explode", "allowReserved"})


def read_pairs(body: bytes, media: MediaType, schemas: Schemas) -> dict[str, Any]:
    """The object in an urlencoded body. Raises ValueError."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    value: dict[str, Any] = {}
    taken: set[str] = set()
    for name, schema in schemas.members(media.schema).items():
        encoding = media.node.at("encoding", name)
        if encoding is None or not isinstance(encoding.value, dict):
            continue
        if not _STYLED & set(encoding.value) and "json" not in (encoding.text("contentType") or ""):
            continue
        reader = Reader(schemas, _as_parameter(name, schemas.documents.resolve(schema), encoding))
        if (found := reader.read(pairs)) is not ABSENT:
            value[name] = found
        spread = reader.members if reader.parameter.is_spread else ()
        taken |= {key for key, _ in pairs if key == name or key.startswith(f"{name}[") or key in spread}
    rest = [(name, text) for name, text in pairs if name not in taken]
    return {**value, **read_members(rest, media.schema, schemas)}


def _as_parameter(name: str, schema: Node | None, encoding: Node) -> Parameter:
    """A member whose encoding names a style is written as a query parameter of that style, any other one as JSON."""
    style = encoding.text("style") or "form"
    explode = encoding.value.get("explode", style == "form") is True
    kind = None if _STYLED & set(encoding.value) else "application/json"
    return Parameter(name, "query", False, schema, style, explode, kind, False, True, encoding)


def read_parts(body: bytes, content_type: str, media: MediaType, schemas: Schemas) -> dict[str, Any]:
    """The object in a body with parts: JSON parts as values, others as text, with a replacement character for each byte
    that is none. Raises ValueError."""
    found: list[tuple[str, Any]] = []
    for part in parts_of(body, content_type):
        sent = {name for name, _ in part.headers}
        for name, header in declared_headers(schemas.documents, media.node.at("encoding", part.name)):
            if header.flag("required") and name.lower() not in sent:
                raise ValueError(f"the part {part.name} has no header {name}")
        is_json = essence(part.media_type).endswith(("/json", "+json")) and part.file is None
        text = part.content.decode("utf-8", "replace")
        found.append((part.name, read_json(text) if is_json else text))
    if not found:
        raise ValueError("it has no parts")
    return read_members(found, media.schema, schemas)


def read_members(pairs: list[tuple[str, Any]], schema: Node | None, schemas: Schemas) -> dict[str, Any]:
    """Pairs as the members of an object: an array has each pair of its name, an object is JSON text."""
    members = schemas.members(schema)
    value: dict[str, Any] = {}
    for name, one in pairs:
        types = schemas.types(members.get(name))
        if "array" in types and not isinstance(one, list):
            wanted = _element(schemas, members[name])
            value.setdefault(name, []).append(read_as(one, wanted) if isinstance(one, str) else one)
        elif "object" in types and isinstance(one, str):
            value[name] = read_json(one)
        else:
            value[name] = read_as(one, types) if types and isinstance(one, str) else one
    return value


def _element(schemas: Schemas, schema: Node) -> frozenset[str]:
    return schemas.types(schemas.items(schema)) or frozenset({"string"})


def read_json(text: str | bytes) -> Any:
    """JSON, and nothing that Python takes for it besides. Raises ValueError."""
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
