"""What a document leaves out and a plan needs: said once for each answer and body, with the overlay that teaches it.

Exporters know less than the people who wrote the API: springdoc documents only 200, and writes a `Map<String, Object>` as an
object whose members are all objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from jivsgen.diagnostics import Diagnostics, Place, Related
from jivsgen.diagnostics.model import listing
from jivsgen.plan.model import JsonPath, Scalar
from jivsgen.profile.json_path import written
from jivsgen.profile.text import parse_text
from jivsgen.profile.values import constant
from jivsgen.source import Pointer
from jivsgen.spec import Node, Operation
from jivsgen.spec.api import MediaType, Response

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Answer(Struct):
    """What a plan wants to find in the answer of an operation with one status."""

    operation: Operation
    status: int
    undocumented_at: Place | None = None
    paths: dict[JsonPath, tuple[Place, str, tuple[Scalar, ...]]] = field(default_factory=dict)


class Gaps(Struct):
    """Collects while a profile is compiled, and reports at its end."""

    answers: dict[tuple[str, int], _Answer] = field(default_factory=dict)
    bodies: dict[object, tuple[Operation, Node, Place, Any]] = field(default_factory=dict)

    def status(self, operation: Operation, status: int, place: Place) -> None:
        """A step expects a status that is not documented."""
        answer = self._answer(operation, status)
        answer.undocumented_at = answer.undocumented_at or place

    def path(
        self,
        operation: Operation,
        status: int,
        path: JsonPath,
        place: Place,
        reason: str,
        values: tuple[Scalar, ...] = (),
    ) -> None:
        """A step looks at a path that the answer's schema says nothing about; `values` are what it compares it with."""
        self._answer(operation, status).paths.setdefault(path, (place, reason, values))

    def body(self, operation: Operation, schema: Node, place: Place, raw: Any) -> None:
        """A step sends a body whose members the document does not name."""
        self.bodies.setdefault(schema.identity, (operation, schema, place, raw))

    def _answer(self, operation: Operation, status: int) -> _Answer:
        return self.answers.setdefault((operation.id, status), _Answer(operation, status))

    def report(self, diagnostics: Diagnostics) -> None:
        for answer in self.answers.values():
            if answer.undocumented_at:
                _report_status(answer, diagnostics)
            else:
                _report_paths(answer, diagnostics)
        for operation, schema, place, raw in self.bodies.values():
            said = f"the spec does not name the fields of the body of {operation.id}: none of them can be checked"
            taught = action(schema, _described(raw))
            diagnostics.add(
                "untyped-body", said, place, f"teach them with an overlay:\n{taught}", schema.says_so()
            )


def _report_status(answer: _Answer, diagnostics: Diagnostics) -> None:
    operation, status = answer.operation, answer.status
    said = f"{operation.id} does not document an answer with status {status}"
    known = ", ".join(operation.responses) or "none"
    node = operation.node.get("responses") or operation.node
    response: dict[str, Any] = {"description": _phrase(status)}
    if answer.paths:
        response["content"] = {"application/json": {"schema": _schema(answer)}}
    update = {str(status): response}
    taught = action(node, update if node is not operation.node else {"responses": update})
    hint = f"documented: {known}; if the server does answer so, teach it with an overlay:\n{taught}"
    diagnostics.add("undocumented-status", said, answer.undocumented_at, hint, node.says_so())


def _report_paths(answer: _Answer, diagnostics: Diagnostics) -> None:
    if not answer.paths:
        return
    operation = answer.operation
    (place, reason, _), *others = answer.paths.values()
    said = f"the spec does not say whether {operation.id} answers with {listing(map(written, answer.paths))}: {reason}"
    response = operation.response(answer.status)
    schema = response.json_schema if response else None
    node = schema or (response.node if response else operation.node)
    update: Any = _schema(answer)
    if (found := of_any_type(response)) is not None:
        node, update = found[0], {"application/json": {"schema": update}}
    elif schema is None:
        update = {"content": {"application/json": {"schema": update}}}
    hint = f"teach it with an overlay, with the types that it really has:\n{action(node, update)}"
    related = [Related(other, "and here") for other, _, _ in others if other != place]
    diagnostics.add("spec-silent", said, place, hint, (*operation.node.says_so(), *related))


def of_any_type(response: Response | None) -> tuple[Node, MediaType] | None:
    """The content of a response that is taken for JSON though it is only said to be of any type (`*/*`), and what it says there; None
    where a type is named, or a text or a file described."""
    content = response.node.get("content") if response else None
    if (
        response is None
        or content is None
        or any(media.is_json and not media.is_range for media in response.content)
    ):
        return None
    ranges = (media for media in response.content if media.is_json and media.is_range)
    media = next((media for media in ranges if media.schema and media.schema.text("type") != "string"), None)
    return (content, media) if media else None


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "An answer"


def _schema(answer: _Answer) -> dict[str, Any]:
    """A schema that has all the paths."""
    schema: dict[str, Any] = {}
    for path, (_, _, values) in answer.paths.items():
        inner = schema
        for step in path:
            if isinstance(step, int):
                inner["type"] = "array"
                inner = inner.setdefault("items", {})
            else:
                inner["type"] = "object"
                inner = inner.setdefault("properties", {}).setdefault(step, {})
        types = sorted({_type(value) for value in values} - {"null"}) or ["string"]
        inner.setdefault("type", types[0])
    return schema


def _described(raw: Any) -> dict[str, Any]:
    """A schema for what the profile sends."""
    if isinstance(raw, Mapping):
        members = {name: _described(value) for name, value in raw.items()}
        return {"type": "object", "properties": members, "additionalProperties": False}
    if isinstance(raw, list):
        return {"type": "array", "items": _described(raw[0]) if raw else {}}
    if isinstance(raw, str):
        parts = parse_text(raw)
        alone = isinstance(parts, tuple) and len(parts) == 1 and constant(parts) is None
        return {} if alone else {"type": "string"}
    return {"type": _type(raw)}


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value), "null")


def action(node: Node, update: Any) -> str:
    """An overlay's action that updates the node, ready to paste below `actions:`."""
    import yaml

    text = yaml.dump(
        update,
        Dumper=yaml.CSafeDumper,
        default_flow_style=True,
        sort_keys=False,
        width=10**6,
        allow_unicode=True,
    )
    return f"- target: {_quiet(target(node))}\n  update: {text.removesuffix('...' + chr(10)).strip()}"


def removal(node: Node) -> str:
    """The action that takes the node away, and no other that gets its name by an action before."""
    return f"- target: {_quiet(target(node, exact=True))}\n  remove: true"


def _quiet(path: str) -> str:
    """The path as it is, or in double quotes where YAML would read it otherwise."""
    import yaml

    if path.isprintable() and path.isascii() and not re.search(r":(\s|$)|\s#|\s$", path):
        return path
    quoted: str = yaml.dump(path, Dumper=yaml.CSafeDumper, default_style='"', width=10**6, allow_unicode=True)
    return quoted.strip()


def target(node: Node, *, exact: bool = False) -> str:
    """The JSONPath (RFC 9535) of a node. An element of a list that has a name is selected by it: its index would be another
    one after an action before."""
    *above, last = node.pointer or ("",)
    if isinstance(last, int) and (name := node.text("name")):
        place = node.text("in") if exact or _shares_its_name(node) else None
        also = f" && @.in=={quoted(place)}" if place else ""
        return f"{_path(tuple(above))}[?@.name=={quoted(name)}{also}]"
    return _path(node.pointer)


def _shares_its_name(node: Node) -> bool:
    """Whether another element of its list has the same name: parameters in two places may."""
    siblings: Any = node.document.content
    for step in node.pointer[:-1]:
        siblings = siblings[step]
    named = [one for one in siblings if isinstance(one, dict) and one.get("name") == node.text("name")]
    return len(named) > 1


def quoted(name: str) -> str:
    """A string of a JSONPath (RFC 9535 section 2.3.1.1), which holds no control character as it is."""
    text = name.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(one if one >= " " else f"\\u{ord(one):04x}" for one in text) + "'"


def _path(pointer: Pointer) -> str:
    steps = (
        f"[{step}]" if isinstance(step, int) else f".{step}" if _NAME.fullmatch(step) else f"[{quoted(step)}]"
        for step in pointer
    )
    return "$" + "".join(steps)
