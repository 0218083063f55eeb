"""What a profile says of a body that the compiler builds from the spec: what has to be new each time, what an earlier
answer knows better, and that an optional body is sent at all."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jivsgen.plan.bodies import escaped
from jivsgen.plan.media import kind_of, preferred
from jivsgen.plan.samples import UNIQUE
from jivsgen.plan.synthesis import NoValue, body_of, value_of
from jivsgen.profile.rules import is_secret
from jivsgen.spec import Api, MediaType, Node, Operation
from jivsgen.spec.names import joined, singular

_DISTINCT = frozenset(
    {"name", "username", "login", "email", "slug", "key", "code", "sku", "handle", "externalid"}
)
_TELLING = ("description", "name", "title", "summary", "comment", "notes", "note", "text", "body")
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
MOST_OPTIONAL = 6
_PROSE = ("Load test ${unique}", "load-${unique}", "${unique}")
_HANDLE = ("load-${unique}", "load${unique}", "${unique}", "Load test ${unique}")
_ADDRESS = ("load-${unique}@example.com",)


class Known(Struct, frozen=True):
    """What is known before a call. `captures` are names and types by their joined name. `own` is the joined name of the
    capture that is the id of what the call is about, or empty; `only_in_body` says that the path does not hold it."""

    captures: Mapping[str, tuple[str, frozenset[str]]]
    own: str
    only_in_body: bool


def additions(api: Api, operation: Operation, known: Known) -> dict[str, Any] | None:
    """What `with:` says in a call; None where the body needs no word."""
    media = _of_members(api, operation)
    if media is None or media.schema is None or operation.method not in ("POST", "PUT", "PATCH"):
        return None
    try:
        built = body_of(api.schemas, media)
    except NoValue:
        return None
    if not isinstance(built, dict):
        return None if operation.body_required else {}
    members = _written(api, media)
    added = _references(api, members, built, known)
    if operation.method == "POST":
        offered = built or _optional(api, members)
        added = {**{name: value for name, value in offered.items() if name not in built}, **added}
        added |= _distinct(api, members, offered, added)
    elif not built and not added:
        added = _change(api, members)
    return _kept(api, media, built, added) or (None if operation.body_required else {})


def _of_members(api: Api, operation: Operation) -> MediaType | None:
    """The media type that is sent, where its bodies are objects."""
    media = preferred(api.schemas, operation.bodies)
    return media if media and kind_of(api.schemas, media) in ("json", "form", "multipart") else None


def _written(api: Api, media: MediaType) -> Mapping[str, Node]:
    """The members that a profile may write: of a form with parts, no files."""
    members = api.schemas.members(media.schema)
    if kind_of(api.schemas, media) != "multipart":
        return members
    return {name: schema for name, schema in members.items() if not api.schemas.is_bytes(schema)}


def _optional(api: Api, members: Mapping[str, Node]) -> dict[str, Any]:
    """Of a document that requires nothing: the scalars, so that something is created. Ids and secrets are nobody's to
    guess."""
    found: dict[str, Any] = {}
    for name, schema in members.items():
        node = api.documents.resolve(schema)
        types = api.schemas.types(node) - {"null"}
        if (
            node is None
            or node.flag("readOnly")
            or not types
            or types - _SCALARS
            or len(found) == MOST_OPTIONAL
        ):
            continue
        if joined(name).endswith("id") or is_secret(name):
            continue
        with contextlib.suppress(NoValue):
            found[name] = escaped(value_of(api.schemas, node))
    return found


def reference_members(api: Api, operation: Operation) -> list[tuple[str, Node]]:
    """Required members of the body that look like ids of something else, and their schemas."""
    media = _of_members(api, operation)
    if media is None or media.schema is None:
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
    api: Api, members: Mapping[str, Node], built: Mapping[str, Any], known: Known
) -> dict[str, Any]:
    """Members that are called like a capture; `id` is the resource's own."""
    added = {}
    for name, schema in members.items():
        is_own = joined(name) == "id" and (name in built or known.only_in_body)
        capture, types = known.captures.get(known.own if is_own else joined(name), ("", frozenset[str]()))
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
        is_free = "${" not in str(taken.get(name, ""))
        if joined(name) in _DISTINCT and isinstance(value, str) and name in members and is_free:
            text = _unique_text(api, name, members[name])
            if text is not None:
                found[name] = text
    return found


def _unique_text(api: Api, name: str, schema: Node) -> str | None:
    """A text that suits the member, is legal, and unlike in every iteration."""
    node = api.documents.resolve(schema)
    if node is None or any(part.get("enum") or part.get("const") for part in api.schemas.parts(node)):
        return None
    return next(
        (
            text
            for text in (*_texts(name), *_ADDRESS)
            if not api.schemas.violations(node, text.replace("${unique}", UNIQUE))
        ),
        None,
    )


def _texts(name: str) -> tuple[str, ...]:
    if joined(name).endswith("email"):
        return _ADDRESS
    return _HANDLE if joined(name) in _DISTINCT - {"name"} else _PROSE


def _change(api: Api, members: Mapping[str, Node]) -> dict[str, str]:
    """An update without a required member would change nothing."""
    for wanted in _TELLING:
        for name, schema in members.items():
            if joined(name) == wanted and (text := _unique_text(api, name, schema)) is not None:
                return {name: text}
    return {}


def _kept(api: Api, media: MediaType, built: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    """The additions, unless what is sure of them breaks the schema as a whole."""
    sure = {
        name: value.replace("${unique}", UNIQUE) for name, value in added.items() if "${unique}" in str(value)
    }
    assert media.schema is not None
    if sure and api.schemas.violations(media.schema, {**built, **sure}):
        return {name: value for name, value in added.items() if name not in sure}
    return added
