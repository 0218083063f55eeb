"""What a document allows as an answer."""

from __future__ import annotations

from pathlib import Path

from jivsgen.diagnostics import Diagnostics
from jivsgen.spec import Api, Operation, load_api

from .client import Reply


def api_of(path: Path) -> Api:
    api = load_api(path, path.name, Diagnostics())
    assert api
    return api


def wrong(api: Api, operation: Operation, reply: Reply) -> list[str]:
    """What the document does not allow about an answer."""
    documented = operation.responses.get(str(reply.status))
    if documented is None:
        return [f"{operation.id} does not document {reply.status}: {reply.text}"]
    if documented.json_schema is None:
        return [f"{operation.id} {reply.status} has a body"] if reply.text and not documented.content else []
    found = api.schemas.violations(documented.json_schema, reply.json, sending=False)
    return [f"{operation.id} {reply.status}: {one.path} {one.said}" for one in found]
