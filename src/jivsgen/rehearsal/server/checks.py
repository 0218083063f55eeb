"""What a server refuses: parameters and bodies that the contract does not allow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from jivsgen.plan.samples import read_as
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.spec import MediaType, Node, Operation, Parameter
from jivsgen.spec.schema import Schemas

NOTHING = object()


class Checks:
    """Reads requests of one API and holds them against it; validators are compiled once."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self._types: dict[object, frozenset[str]] = {}

    def faults(self, asked: Asked, operation: Operation, bound: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with the parameters."""
        pairs = asked.pairs()
        cookies = asked.cookies()
        for parameter in operation.parameters:
            if parameter.place == "path":
                given: list[str] = [bound[parameter.name]] if parameter.name in bound else []
            elif parameter.place == "query":
                given = [value for name, value in pairs if name == parameter.name]
            elif parameter.place == "header":
                given = (
                    [asked.headers[parameter.name.lower()]] if parameter.name.lower() in asked.headers else []
                )
                if parameter.name.lower() in ("accept", "content-type", "authorization"):
                    continue
            else:
                given = [cookies[parameter.name]] if parameter.name in cookies else []
            yield from self._parameter(parameter, given, pairs)

    def _parameter(
        self, parameter: Parameter, given: list[str], pairs: list[tuple[str, str]]
    ) -> Iterator[str]:
        schema = parameter.schema
        if not given:
            if parameter.required and not self._spread(parameter, pairs):
                yield f"{parameter.name} is missing"
            return
        types = self.types(schema)
        if schema is None or parameter.media_type or not types or types & {"array", "object"}:
            return
        value = read_as(given[0], types)
        if found := self.schemas.violations(schema, value):
            yield f"{parameter.name}: {found[0].said}"

    def _spread(self, parameter: Parameter, pairs: list[tuple[str, str]]) -> bool:
        """An object whose members are parameters of their own, or in brackets behind its name."""
        members = self.schemas.members(parameter.schema)
        return any(name in members or name.startswith(f"{parameter.name}[") for name, _ in pairs)

    def types(self, schema: Node | None) -> frozenset[str]:
        key = schema.identity if schema else None
        if key not in self._types:
            self._types[key] = self.schemas.types(schema)
        return self._types[key]

    # --- bodies -----------------------------------------------------------------------------------------------------

    def body(self, asked: Asked, operation: Operation) -> tuple[Any, str | None]:
        """(what was sent, what is wrong with it). NOTHING was sent where there is no body."""
        if not asked.body:
            missing = bool(operation.bodies) and operation.body_required
            return NOTHING, "the body is missing" if missing else None
        media = _media(operation, asked.headers.get("content-type", ""))
        if media is None:
            return NOTHING, "a body of this type is not taken" if operation.bodies else None
        if media.is_json:
            try:
                value = json.loads(asked.body)
            except ValueError:
                return NOTHING, "the body is no JSON"
        elif media.name.startswith("application/x-www-form-urlencoded"):
            value = self._form(asked.body, media)
        else:
            return NOTHING, None
        if media.schema is not None and (found := self.schemas.violations(media.schema, value)):
            where = ".".join(map(str, found[0].path))
            return value, f"{where}: {found[0].said}" if where else found[0].said
        return value, None

    def _form(self, body: bytes, media: MediaType) -> dict[str, Any]:
        members = self.schemas.members(media.schema)
        value: dict[str, Any] = {}
        for name, text in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
            types = self.types(members.get(name))
            if "array" in types:
                value.setdefault(name, []).append(text)
            else:
                value[name] = read_as(text, types)
        return value


def _media(operation: Operation, content_type: str) -> MediaType | None:
    essence = content_type.split(";", maxsplit=1)[0].strip().lower()
    for media in operation.bodies:
        own = media.name.split(";")[0].strip().lower()
        if own == essence or (media.is_json and (essence.endswith(("/json", "+json")) or "*" in own)):
            return media
    return None
