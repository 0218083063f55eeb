"""What a profile says of a body that the compiler builds from the spec: what has to be new each time, what an earlier
answer knows better, and that an optional body is sent at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jivsgen.init.names import joined, singular
from jivsgen.plan.samples import UNIQUE
from jivsgen.plan.synthesis import NoValue, body_of
from jivsgen.spec import Api, MediaType, Node, Operation

_DISTINCT = frozenset(
    {"name", "username", "login", "email", "slug", "key", "code", "sku", "handle", "externalid"}
)
_TELLING = ("description", "name", "title", "summary", "comment", "notes", "note", "text", "body")
_UNIQUE_TEXTS = ("Load test ${unique}", "load-${unique}", "load-${unique}@example.com", "${unique}")


def additions(
    api: Api, operation: Operation, captures: Mapping[str, tuple[str, frozenset[str]]], owner: str
) -> dict[str, Any] | None:
    """What `with:` says in a call; None where the body needs no word. `captures` are names and types by their joined
    name; `owner` is the capture of the resource's own id, or empty."""
    media = next((one for one in operation.bodies if one.is_json), None)
    if media is None or media.schema is None or operation.method not in ("POST", "PUT", "PATCH"):
        return None
    try:
        built = body_of(api.schemas, media)
    except NoValue:
        return None
    if not isinstance(built, dict):
        return None if operation.body_required else {}
    members = api.schemas.members(media.schema)
    added = _references(api, members, built, captures, owner)
    if operation.method == "POST":
        added |= _distinct(api, members, built, added)
    elif not built and not added:
        added = _change(api, members)
    return _kept(api, media, built, added) or (None if operation.body_required else {})


def reference_members(api: Api, operation: Operation) -> list[tuple[str, Node]]:
    """Required members of the body that look like ids of something else, and their schemas."""
    media = next((one for one in operation.bodies if one.is_json and one.schema), None)
    if media is None:
        return []
    required = {
        name
        for part in api.schemas.parts(media.schema)
        if isinstance(listed := part.value.get("required") if isinstance(part.value, dict) else None, list)
        for name in listed
        if isinstance(name, str)
    }
    members = api.schemas.members(media.schema)
    return [
        (name, schema)
        for name, schema in members.items()
        if name in required and len(joined(name)) > 2 and joined(name).endswith("id")
    ]


def is_reference(name: str, noun: str) -> bool:
    """Whether `customerId` is the id of one of the `customers`."""
    return joined(name).removesuffix("id") == singular(joined(noun))


def _references(
    api: Api,
    members: Mapping[str, Node],
    built: Mapping[str, Any],
    captures: Mapping[str, tuple[str, frozenset[str]]],
    owner: str,
) -> dict[str, Any]:
    """Members that are called like a capture; `id` is the resource's own."""
    added = {}
    for name, schema in members.items():
        own = joined(name) == "id" and name in built
        capture, types = captures.get(owner if own else joined(name), ("", frozenset[str]()))
        wanted = api.schemas.types(schema) - {"null"}
        if (
            capture
            and types
            and (not wanted or types <= wanted | ({"integer"} if "number" in wanted else set()))
        ):
            added[name] = f"${{{capture}}}"
    return added


def _distinct(
    api: Api, members: Mapping[str, Node], built: Mapping[str, Any], taken: Mapping[str, Any]
) -> dict[str, str]:
    """Names that a server may want only once."""
    found = {}
    for name, value in built.items():
        if joined(name) in _DISTINCT and isinstance(value, str) and name in members and name not in taken:
            text = _unique_text(api, members[name])
            if text is not None:
                found[name] = text
    return found


def _unique_text(api: Api, schema: Node) -> str | None:
    node = api.documents.resolve(schema)
    if node is None or any(part.get("enum") or part.get("const") for part in api.schemas.parts(node)):
        return None
    return next(
        (
            text
            for text in _UNIQUE_TEXTS
            if not api.schemas.violations(node, text.replace("${unique}", UNIQUE))
        ),
        None,
    )


def _change(api: Api, members: Mapping[str, Node]) -> dict[str, str]:
    """An update without a required member would change nothing."""
    for wanted in _TELLING:
        for name, schema in members.items():
            if joined(name) == wanted and (text := _unique_text(api, schema)) is not None:
                return {name: text}
    return {}


def _kept(api: Api, media: MediaType, built: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    """The additions, unless what is sure of them breaks the schema as a whole."""
    sure = {name: value.replace("${unique}", UNIQUE) for name, value in added.items() if "${unique}" in value}
    assert media.schema is not None
    if sure and api.schemas.violations(media.schema, {**built, **sure}):
        return {name: value for name, value in added.items() if name not in sure}
    return added
