"""A plan as JSON: always inspectable, stable, and complete."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from msgspec import Struct

from jivsgen.plan.model import Plan


def as_json(plan: Plan) -> str:
    """The plan as JSON text: each value an object with `kind` (the class), then its fields in order. Of bytes, which no
    JSON holds: how many and which."""
    return json.dumps(_plain(plan), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        members = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        return {"kind": type(value).__name__, **members}
    if isinstance(value, bytes):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
