"""Answers from examples and schemas: whole ones, with every member that is documented."""

from __future__ import annotations

import copy
from functools import cached_property
from http import HTTPStatus
from typing import Any

from msgspec import Struct

from jivsgen.plan.synthesis import NoValue, body_of, media_examples, value_of
from jivsgen.spec import Api, MediaType, Node, Operation, Response

DEEPEST = 4
_STATUS = frozenset({"status", "code", "statusCode", "status_code"})
_MESSAGE = frozenset({"message", "detail", "description", "msg"})
_PHRASE = frozenset({"error", "title", "reason"})
_PATH = frozenset({"path", "instance"})
_OWN_HEADERS = frozenset(
    {"content-type", "content-length", "connection", "transfer-encoding", "set-cookie", "date"}
)
"""What the server itself says."""
_FIELD = frozenset({"field", "property", "parameter", "pointer"})
_PHRASES = {one.value: one.phrase for one in HTTPStatus}


class Refusal(Struct, frozen=True):
    """Why a request is refused, and which part of it is at fault: a parameter, or a place in its body."""

    said: str
    where: str = ""


class Bodies:
    """Builds a body once for each operation and status, and hands out copies."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.schemas = api.schemas
        self._made: dict[tuple[str, str, int], tuple[Any, str]] = {}
        self._headers: dict[tuple[str, str, int], dict[str, str]] = {}

    def of(self, operation: Operation, status: int) -> tuple[Any, str]:
        """(JSON value or text, media type) of the answer; (None, "") where it has no body."""
        key = (operation.method, operation.path, status)
        if key not in self._made:
            self._made[key] = self._build(operation.response(status))
        value, media_type = self._made[key]
        return copy.deepcopy(value), media_type

    def headers(self, operation: Operation, status: int) -> dict[str, str]:
        """The headers that the answer documents."""
        key = (operation.method, operation.path, status)
        if key not in self._headers:
            self._headers[key] = self._documented(operation.response(status))
        return self._headers[key]

    def error(self, operation: Operation | None, status: int, refusal: Refusal, path: str) -> tuple[Any, str]:
        """The body of a refusal, in the document's own error schema where it has one: that of the answer itself, else that
        of another refusal."""
        own = operation.response(status) if operation else None
        if operation is None or own is None:
            value, media_type = copy.deepcopy(self._borrowed)
            return _filled_in(value, status, refusal, path), media_type
        value, media_type = self.of(operation, status)
        told = _filled_in(copy.deepcopy(value), status, refusal, path)
        schema = own.json_schema
        return value if schema and self.schemas.violations(schema, told, sending=False) else told, media_type

    @cached_property
    def _borrowed(self) -> tuple[Any, str]:
        """The first refusal that the document describes, an object."""
        for key in self.api.index:
            operation = self.api.operation(key)
            for status in sorted(operation.responses) if operation else ():
                if operation and (status[0] in "45" or status == "default"):
                    value, media_type = self._build(operation.responses[status])
                    if isinstance(value, dict) and value:
                        return value, media_type
        return {"status": 500, "message": ""}, "application/json"

    def _build(self, response: Response | None) -> tuple[Any, str]:
        if response is None or not response.content:
            return None, ""
        media = next((one for one in response.content if one.is_json), response.content[0])
        if not media.is_json:
            return self._text(media), media.sent_as
        return self._whole_body(media), media.sent_as

    def _text(self, media: MediaType) -> str:
        """An answer that is no JSON, and never an empty one: the document says that there is something."""
        try:
            value = next(media_examples(self.schemas, media), None) or body_of(self.schemas, media)
        except NoValue:
            value = ""
        return value if isinstance(value, str) and value else "<x/>" if "xml" in media.essence else "x"

    def _whole_body(self, media: MediaType) -> Any:
        examples = media_examples(self.schemas, media)
        if media.schema is None:
            return next(examples, {})
        for example in examples:
            if not self.schemas.violations(media.schema, example, sending=False):
                return example
        try:
            value = body_of(self.schemas, media)
        except NoValue:
            return {}
        whole = self._filled(media.schema, copy.deepcopy(value), 0)
        if not self.schemas.violations(media.schema, whole, sending=False):
            return whole
        if isinstance(value, dict):
            for name, member in whole.items():
                if not self.schemas.violations(media.schema, {**value, name: member}, sending=False):
                    value = {**value, name: member}
        return value

    def _filled(self, schema: Node, value: Any, depth: int) -> Any:
        """The value with the documented members that it lacks, and one element in each empty list."""
        if depth > DEEPEST:
            return value
        if isinstance(value, dict):
            for name, member in self.schemas.members(schema).items():
                if name not in value:
                    self._fill(value, name, member, depth)
                else:
                    value[name] = self._filled(member, value[name], depth + 1)
        elif isinstance(value, list) and not value:
            items = self.schemas.items(schema)
            if items is not None:
                self._fill(value, None, items, depth)
        return value

    def _fill(self, owner: Any, name: str | None, schema: Node, depth: int) -> None:
        resolved = self.schemas.documents.resolve(schema)
        if resolved is None or resolved.flag("writeOnly"):
            return
        try:
            value = self._filled(resolved, copy.deepcopy(value_of(self.schemas, resolved)), depth + 1)
        except NoValue:
            return
        if name is None:
            owner.append(value)
        else:
            owner[name] = value

    def _documented(self, response: Response | None) -> dict[str, str]:
        found: dict[str, str] = {}
        listed = response.node.get("headers") if response else None
        for name, reference in listed.items() if listed else ():
            header = self.schemas.documents.resolve(reference)
            if header is None or name.lower() in _OWN_HEADERS:
                continue
            value = self._header(header)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if value is not None and text.isprintable():
                found[name.lower()] = text.encode("ascii", "replace").decode()
        return found

    def _header(self, header: Node) -> Any:
        """The header's own example, else what its schema allows; None where there is nothing that one line can hold."""
        schema, example = header.get("schema"), header.get("example")
        if example is not None and (schema is None or not self.schemas.violations(schema, example.value)):
            return example.value if isinstance(example.value, str | int | float) else None
        try:
            value = value_of(self.schemas, schema) if schema else None
        except NoValue:
            return None
        return value if isinstance(value, str | int | float) else None


def _filled_in(value: Any, status: int, refusal: Refusal, path: str) -> Any:
    """An error's members, by their usual names (RFC 9457's, Spring's), with what is true; what is wrong with the request
    stands in the first element of a list."""
    if isinstance(value, list):
        return [_filled_in(one, status, refusal, path) for one in value[:1]]
    if not isinstance(value, dict):
        return value
    for name, old in value.items():
        if isinstance(old, dict | list):
            value[name] = _filled_in(old, status, refusal, path)
        elif name in _STATUS and isinstance(old, int) and not isinstance(old, bool):
            value[name] = status
        elif isinstance(old, str):
            value[name] = _text(name, old, status, refusal, path)
    return value


def _text(name: str, old: str, status: int, refusal: Refusal, path: str) -> str:
    if name in _MESSAGE:
        return refusal.said
    if name in _PHRASE and status in _PHRASES:
        return _PHRASES[status]
    if name in _PATH:
        return path
    return refusal.where if name in _FIELD else old
