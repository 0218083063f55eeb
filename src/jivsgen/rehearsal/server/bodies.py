"""Answers from examples and schemas: whole ones, with every member that is documented."""

from __future__ import annotations

import copy
from http import HTTPStatus
from typing import Any

from jivsgen.plan.synthesis import NoValue, body_of, media_examples, value_of
from jivsgen.spec import MediaType, Node, Operation, Response
from jivsgen.spec.schema import Schemas

DEEPEST = 4
_STATUS = frozenset({"status", "code", "statusCode", "status_code"})
_MESSAGE = frozenset({"message", "detail", "description", "msg"})
_PHRASE = frozenset({"error", "title", "reason"})


class Bodies:
    """Builds a body once for each operation and status, and hands out copies."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
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

    def error(self, operation: Operation | None, status: int, said: str) -> tuple[Any, str]:
        """The body of a refusal, in the document's own error schema where it has one."""
        value, media_type = self.of(operation, status) if operation else (None, "")
        if not isinstance(value, dict):
            known = operation is not None and operation.response(status) is not None
            return (value, media_type) if known else ({"status": status, "message": said}, "application/json")
        for name, old in value.items():
            if name in _STATUS and isinstance(old, int) and not isinstance(old, bool):
                value[name] = status
            elif name in _MESSAGE and isinstance(old, str):
                value[name] = said
            elif name in _PHRASE and isinstance(old, str):
                value[name] = HTTPStatus(status).phrase
        return value, media_type

    def _build(self, response: Response | None) -> tuple[Any, str]:
        if response is None or not response.content:
            return None, ""
        media = next((one for one in response.content if one.is_json), response.content[0])
        name = "application/json" if "*" in media.name else media.name
        if not media.is_json:
            example = media.node.get("example")
            return (example.value if example and isinstance(example.value, str) else ""), name
        return self._whole_body(media), name

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
        return value if self.schemas.violations(media.schema, whole, sending=False) else whole

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
            items = next((found for part in self.schemas.parts(schema) if (found := part.get("items"))), None)
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
            schema = header.get("schema") if header else None
            if schema is None or name.lower() in ("content-type", "set-cookie"):
                continue
            try:
                value = value_of(self.schemas, schema)
            except NoValue:
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found[name] = text.encode("ascii", "replace").decode()
        return found
