"""Fingerprints of what operations mean."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from jivsgen.spec import Api, Node, Operation

_PROSE = frozenset({"description", "summary", "title", "externalDocs", "tags"})


def meaning(api: Api, operation: Operation) -> str:
    """A digest (64 hex digits) of the operation with all that it references, prose left out: reordered members, moved
    components and reworded descriptions do not change it. Made once for all profiles that share the API."""
    key = (operation.method, operation.path)
    if key not in api.meanings:
        api.meanings[key] = digest(_meant(api, operation))
    return api.meanings[key]


def _meant(api: Api, operation: Operation) -> dict[str, Any]:
    return {
        "method": operation.method,
        "path": operation.path,
        "server": api.base_path,
        "parameters": [_closed(api, parameter.node, ()) for parameter in operation.parameters],
        "operation": _closed(api, operation.node, ()),
        "schemes": {
            name: _closed(api, scheme.node, ())
            for alternative in operation.security
            for name in alternative
            if (scheme := api.scheme(name))
        },
    }


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON value, whatever the order of its members."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _closed(api: Api, node: Node, above: tuple[object, ...]) -> Any:
    """The value with its references written out; one that leads back into itself becomes its distance upwards."""
    if isinstance(node.value, dict) and "$ref" in node.value:
        target = api.documents.resolve(node)
        if target is None:
            return {"$ref": node.value["$ref"]}
        if target.identity in above:
            return {"$recursive": len(above) - above.index(target.identity)}
        closed = _closed(api, target, (*above, target.identity))
        beside = {name: child for name, child in node.items() if name != "$ref" and name not in _PROSE}
        if api.version == "3.0" or not beside:
            return closed
        return {"$ref": closed, **{name: _named(api, name, child, above) for name, child in beside.items()}}
    if isinstance(node.value, list):
        return [_closed(api, child, above) for child in node.elements()]
    if not isinstance(node.value, dict):
        return node.value
    prose = frozenset[str]() if _is_member(node) else _PROSE
    return {
        name: _named(api, name, child, above) if isinstance(child.value, dict | list) else child.value
        for name, child in node.items()
        if name not in prose or not isinstance(child.value, str | dict | list)
    }


def _named(api: Api, name: str, child: Node, above: tuple[object, ...]) -> Any:
    if isinstance(child.value, list) and name == "required":
        return sorted(child.value, key=lambda value: json.dumps(value, sort_keys=True))
    if isinstance(child.value, list) and name == "enum":
        return child.value
    return _closed(api, child, above)


def _is_member(node: Node) -> bool:
    """Whether the node's keys are names of somebody's own (properties called `title`), not keywords."""
    return bool(node.pointer) and node.pointer[-1] in (
        "properties",
        "example",
        "default",
        "patternProperties",
        "schemas",
    )
