"""What a server refuses: parameters and bodies that the contract does not allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from jivsgen.rehearsal.server.bodies import Refusal
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.forms import read_json, read_pairs, read_parts
from jivsgen.rehearsal.server.styles import ABSENT, Reader
from jivsgen.spec import MediaType, Operation, Parameter
from jivsgen.spec.names import essence
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
        sent = essence(content_type)
        if media.is_json and ("*" not in media.essence or sent.endswith(("/json", "+json"))):
            return read_json(body)
        if sent == "application/x-www-form-urlencoded":
            return read_pairs(body, media, self.schemas)
        if sent.startswith("multipart/"):
            return read_parts(body, content_type, media, self.schemas)
        return body.decode() if sent.startswith("text/") else ABSENT


def _media(operation: Operation, content_type: str) -> MediaType | None:
    """The media type of the document that the request's is: the same, of a range (`text/*`), or JSON of another name."""
    essence = content_type.split(";", maxsplit=1)[0].strip().lower()
    for media in operation.bodies:
        own = media.essence
        is_range = own.endswith("/*") and (own == "*/*" or essence.startswith(own[:-1]))
        if own == essence or is_range or (media.is_json and essence.endswith(("/json", "+json"))):
            return media
    return None
