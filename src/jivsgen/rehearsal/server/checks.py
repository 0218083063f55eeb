"""What a server refuses: parameters and bodies that the contract does not allow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from jivsgen.plan.samples import read_as
from jivsgen.rehearsal.server.bodies import Refusal
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.styles import ABSENT, Reader
from jivsgen.spec import MediaType, Node, Operation, Parameter
from jivsgen.spec.schema import Schemas

_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters of these names mean nothing (OpenAPI 3.0.3, Parameter Object)."""


class Checks:
    """Reads requests of one API and holds them against it; validators are compiled once."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self._readers: dict[tuple[str, str], list[tuple[Parameter, Reader]]] = {}

    def faults(self, asked: Asked, operation: Operation, bound: Mapping[str, str]) -> Iterator[Refusal]:
        """What is wrong with the parameters."""
        readers = self._read_by(operation)
        if not readers:
            return
        pairs = asked.pairs()
        sources: dict[str, Any] = {
            "path": list(bound.items()), "query": pairs, "header": list(asked.headers.items()),
            "cookie": asked.cookies(),
        }  # fmt: skip
        for parameter, reader in readers:
            try:
                value = reader.read(sources[parameter.place])
            except ValueError as wrong:
                yield Refusal(f"{parameter.name}: {wrong}", parameter.name)
                continue
            if value is ABSENT:
                if parameter.required:
                    yield Refusal(f"{parameter.name} is missing", parameter.name)
            elif parameter.schema is not None and (found := self.schemas.violations(parameter.schema, value)):
                yield Refusal(f"{parameter.name}: {found[0].said}", parameter.name)

    def _read_by(self, operation: Operation) -> list[tuple[Parameter, Reader]]:
        key = (operation.method, operation.path)
        if key not in self._readers:
            self._readers[key] = [
                (parameter, Reader(self.schemas, parameter))
                for parameter in operation.parameters
                if not (parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS)
            ]
        return self._readers[key]

    # --- bodies -----------------------------------------------------------------------------------------------------

    def body(self, asked: Asked, operation: Operation) -> tuple[Any, Refusal | None]:
        """(what was sent as a JSON value, what is wrong with it). ABSENT where nothing was sent, or nothing that has
        members."""
        if not asked.body:
            missing = bool(operation.bodies) and operation.body_required
            return ABSENT, Refusal("the body is missing") if missing else None
        if not operation.bodies:
            return ABSENT, None
        content_type = asked.headers.get("content-type", "")
        media = _media(operation, content_type)
        if media is None:
            listed = " or ".join(one.name for one in operation.bodies)
            return ABSENT, Refusal(f"the body must be {listed}", "content-type")
        try:
            value = self._read(asked.body, content_type, media)
        except (ValueError, RecursionError) as wrong:
            return ABSENT, Refusal(f"the body cannot be read: {wrong}")
        if value is ABSENT or media.schema is None:
            return value, None
        found = self.schemas.violations(media.schema, value)
        if not found:
            return value, None
        where = ".".join(map(str, found[0].path))
        return value, Refusal(f"{where}: {found[0].said}" if where else found[0].said, where)

    def form(self, asked: Asked) -> dict[str, Any]:
        """A form as it is, its members texts."""
        return dict(parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True))

    def _read(self, body: bytes, content_type: str, media: MediaType) -> Any:
        if media.is_json:
            return json.loads(body, parse_constant=_no_constant)
        name = media.name.lower()
        if name.startswith("application/x-www-form-urlencoded"):
            return self._members(parse_qsl(body.decode(), keep_blank_values=True), media.schema)
        if name.startswith("multipart/"):
            return self._members(_parts(body, content_type), media.schema)
        return body.decode() if name.startswith("text/") else ABSENT

    def _members(self, pairs: list[tuple[str, Any]], schema: Node | None) -> dict[str, Any]:
        """A form as the object that its schema describes."""
        members = self.schemas.members(schema)
        value: dict[str, Any] = {}
        for name, one in pairs:
            types = self.schemas.types(members.get(name))
            if "array" in types and not isinstance(one, list):
                value.setdefault(name, []).append(read_as(one, self._element(members[name])))
            else:
                value[name] = read_as(one, types) if types and isinstance(one, str) else one
        return value

    def _element(self, schema: Node) -> frozenset[str]:
        items = (found for part in self.schemas.parts(schema) if (found := part.get("items")))
        return self.schemas.types(next(items, None)) or frozenset({"string"})


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _parts(body: bytes, content_type: str) -> list[tuple[str, Any]]:
    """The named parts of a multipart body (RFC 7578): JSON parts as values, others as text (bytes one by one)."""
    from email.parser import BytesParser
    from email.policy import HTTP

    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if not message.is_multipart():
        raise ValueError("it has no parts")
    found: list[tuple[str, Any]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise ValueError("a part has no name")
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        is_json = part.get_content_subtype() == "json" and "content-type" in part
        text = content.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
        found.append((name, json.loads(content, parse_constant=_no_constant) if is_json else text))
    return found


def _media(operation: Operation, content_type: str) -> MediaType | None:
    """The media type of the document that the request's is: the same, of a range (`text/*`), or JSON of another name."""
    essence = content_type.split(";", maxsplit=1)[0].strip().lower()
    for media in operation.bodies:
        own = media.essence
        is_range = own.endswith("/*") and (own == "*/*" or essence.startswith(own[:-1]))
        if own == essence or is_range or (media.is_json and essence.endswith(("/json", "+json"))):
            return media
    return None
