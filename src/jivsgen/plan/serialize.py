"""A plan as JSON: always inspectable, stable, and complete."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

from jivsgen.plan.model import Plan


def as_json(plan: Plan) -> str:
    """The plan as JSON text: each value an object with `kind` (the class), then its fields in order. Of bytes, which no
    JSON holds: how many and which."""
    return json.dumps(_plain(plan), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        members = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__, **members}
    if isinstance(value, bytes):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
