"""One operation of the document, read with everything that it references."""

from __future__ import annotations

from collections.abc import Iterator

from jivsgen.spec.api import Api, MediaType, Operation, Parameter, Response
from jivsgen.spec.node import Node

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


def read_operation(api: Api, key: tuple[str, str]) -> Operation | None:
    """The operation at (METHOD, path). What is broken in it is reported; the rest of it is still there."""
    method, path = key
    item = api.documents.resolve(api.root.at("paths", path))
    node = item.get(method.lower()) if item else None
    if item is None or node is None:
        return None
    bodies, required = _body(api, node)
    security = _security(api, node)
    return Operation(
        id=api.index.get(key) or f"{method} {path}",
        method=method,
        path=path,
        node=node,
        parameters=tuple(_parameters(api, item, node)),
        bodies=bodies,
        body_required=required,
        responses=dict(_responses(api, node)),
        security=tuple(tuple(one) for one in security),
        scopes={name: scopes for one in security for name, scopes in one.items()},
        server=api.foreign_server(node if node.get("servers") else item),
        tags=tuple(tag.value for tag in (node.get("tags") or node).elements() if isinstance(tag.value, str)),
    )


def _parameters(api: Api, item: Node, operation: Node) -> Iterator[Parameter]:
    """Those of the operation, then those of its path that it does not replace (OpenAPI 3.0.3, Operation Object)."""
    seen = set()
    for owner in (operation, item):
        for listed in (owner.get("parameters") or Node(owner.document, (), [])).elements():
            node = api.documents.resolve(listed)
            name, place = (node.text("name"), node.text("in")) if node else (None, None)
            if node is None or name is None or place not in _STYLES:
                if node is not None:
                    message = "a parameter needs a `name` and an `in` of path, query, header or cookie"
                    api.diagnostics.add("malformed-spec", message, node.place())
                continue
            if (name, place) not in seen:
                seen.add((name, place))
                yield _parameter(api, node, name, place)


def _parameter(api: Api, node: Node, name: str, place: str) -> Parameter:
    style = node.text("style") or _STYLES[place]
    explode = node.value.get("explode")
    content = next((node.get("content") or Node(node.document, (), {})).items(), None)
    schema = content[1].get("schema") if content else node.get("schema")
    return Parameter(
        name=name,
        place=place,
        required=node.flag("required") or place == "path",
        schema=api.schemas.meant(schema),
        style=style,
        explode=explode if isinstance(explode, bool) else style == "form",
        media_type=content[0] if content else None,
        is_reserved=node.flag("allowReserved") and place == "query",
        may_be_empty=node.flag("allowEmptyValue") and place == "query",
        node=node,
    )


def _body(api: Api, operation: Node) -> tuple[tuple[MediaType, ...], bool]:
    node = api.documents.resolve(operation.get("requestBody"))
    return (_content(api, node), node.flag("required")) if node else ((), False)


def _content(api: Api, owner: Node) -> tuple[MediaType, ...]:
    listed = owner.get("content") or Node(owner.document, (), {})
    return tuple(
        MediaType(name, api.schemas.meant(media.get("schema")), media) for name, media in listed.items()
    )


def _responses(api: Api, operation: Node) -> Iterator[tuple[str, Response]]:
    for status, listed in (operation.get("responses") or Node(operation.document, (), {})).items():
        if (node := api.documents.resolve(listed)) is not None and not status.startswith("x-"):
            yield (
                status.upper() if status != "default" else status,
                Response(status, _content(api, node), node),
            )


def _security(api: Api, operation: Node) -> list[dict[str, tuple[str, ...]]]:
    """The alternatives, each the scopes of its schemes; the operation's own replace those of the document."""
    asked = operation.get("security") or api.root.get("security")
    return [
        {
            name: tuple(scope.value for scope in scopes.elements() if isinstance(scope.value, str))
            for name, scopes in one.items()
        }
        for one in (asked.elements() if asked else ())
    ]
