"""The links of a document (OpenAPI 3.0.3, Link Object): what it says itself of the way from one operation to the next.

Runtime expressions, which Arazzo has too, are understood as far as a profile can follow them: `$response.body#/POINTER` and
`$request.path.NAME` (query, header), with or without braces around all of it; and constants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote

from msgspec import Struct

from jivsgen.init.answers import Key, Path, Want
from jivsgen.spec import Api, Node, Operation

Named: TypeAlias = tuple[str, str]
"""The place and the name of a parameter; the place is empty where a link does not say it."""


class Link(Struct, frozen=True):
    """Parameters of the operation `target`. `answered` are paths into the answer of `source`, `repeated` parameters of its
    request, `fixed` constants, `unfollowed` expressions that no profile can follow."""

    source: Key
    target: Key
    answered: tuple[tuple[Named, Path], ...]
    repeated: tuple[tuple[Named, Named], ...]
    fixed: tuple[tuple[Named, Any], ...]
    unfollowed: tuple[tuple[Named, str], ...]


def is_for(named: Named, want: Want) -> bool:
    """Whether a link means that parameter."""
    return named[1] == want.name and named[0] in ("", want.place)


def links_of(api: Api, key: Key, operation: Operation) -> Iterator[Link]:
    """The links that the 2xx answers of an operation document."""
    for status, response in operation.responses.items():
        if not status.startswith("2") and status != "default":
            continue
        links = response.node.get("links")
        for _, listed in links.items() if links else ():
            node = api.documents.resolve(listed)
            target = _target(api, node) if node else None
            members = node.get("parameters") if node else None
            if target is not None and members is not None:
                yield _link(key, target, {_named(name): value.value for name, value in members.items()})


def _link(source: Key, target: Key, said: dict[Named, Any]) -> Link:
    answered, repeated, fixed, unfollowed = [], [], [], []
    for named, value in said.items():
        expression = value.strip("{}") if isinstance(value, str) else ""
        if path := _answered(expression):
            answered.append((named, path))
        elif own := _repeated(expression):
            repeated.append((named, own))
        elif isinstance(value, str) and re.search(r"^\$|\{\$", value):
            unfollowed.append((named, value))
        elif isinstance(value, str | int | float | bool):
            fixed.append((named, value))
    return Link(source, target, tuple(answered), tuple(repeated), tuple(fixed), tuple(unfollowed))


def _target(api: Api, link: Node) -> Key | None:
    """By operationId, or by a reference into the document itself, whose fragment may be percent-encoded (RFC 6901 section 6)."""
    name, reference = link.text("operationId"), link.text("operationRef")
    if name is not None:
        found = api.by_id.get(name, [])
        return found[0] if len(found) == 1 else None
    steps = (reference or "").removeprefix("#/paths/").split("/") if reference else []
    if len(steps) != 2:
        return None
    for path in (steps[0], unquote(steps[0])):
        key = steps[1].upper(), path.replace("~1", "/").replace("~0", "~")
        if key in api.index:
            return key
    return None


def _answered(expression: str) -> Path:
    """`$response.body#/data/0/id` as a path; empty for anything else."""
    start = "$response.body#/"
    if not expression.startswith(start):
        return ()
    steps = [step.replace("~1", "/").replace("~0", "~") for step in expression.removeprefix(start).split("/")]
    return tuple(
        int(step) if step.isdecimal() and step.isascii() and len(step) < 10 else step for step in steps
    )


def _repeated(expression: str) -> Named | None:
    """`$request.path.id` as place and name."""
    found = re.fullmatch(r"\$request\.(path|query|header)\.(.+)", expression)
    return (found[1], found[2]) if found else None


def _named(name: str) -> Named:
    """`path.id` names the parameter `id` of the path."""
    place, dot, rest = name.partition(".")
    return (place, rest) if dot and place in ("path", "query", "header", "cookie") else ("", name)
