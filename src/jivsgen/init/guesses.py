"""Values for what no answer provides: from the document where it gives one, else the shortest legal one."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from jivsgen.init.answers import examples_of
from jivsgen.init.names import variable
from jivsgen.plan.bodies import escaped
from jivsgen.plan.synthesis import NoValue, value_of
from jivsgen.profile.rules import is_secret
from jivsgen.spec import Api, Operation, Parameter

_DEFAULT = re.compile(r"[0-9A-Za-z._@/+:,~-]{1,120}")
"""What stands after `:-` without a doubt where it ends, in every place that a value may have."""


class Guess(Struct, frozen=True):
    """`source` is what the profile says, `value` what it comes to unless somebody says otherwise; `given` whether the
    document itself names it. `variable` is the environment variable that replaces it, if one does."""

    source: Any
    given: bool
    value: Any = None
    variable: str = ""


def guess_beside_path(api: Api, parameter: Parameter, prefix: str) -> Guess | None:
    """A value for a required parameter; a secret from the environment; None where no legal one was found."""
    if is_secret(parameter.name):
        name = variable(prefix, parameter.name)
        return Guess(f"${{env.{name}}}", given=False, variable=name)
    found = _value(api, parameter)
    return None if found is None else Guess(escaped(found[0]), found[1])


def guess_path(api: Api, operation: Operation, hole: str, owner: str, prefix: str) -> Guess | None:
    """A value for `{hole}` that the environment can replace; `owner` is the resource that it is an id of."""
    parameter = next((p for p in operation.parameters if p.place == "path" and p.name == hole), None)
    found = _value(api, parameter) if parameter else ("1", False)
    if found is None:
        return None
    value, given = found
    if isinstance(value, bool | list | dict) or value is None or not _DEFAULT.fullmatch(str(value)):
        return Guess(escaped(value), given) if value not in ("", None) else None
    generic = hole.lower() in ("id", "uuid", "name", "key", "slug", "code")
    name = variable(prefix, owner, hole) if generic else variable(prefix, hole)
    return Guess(f"${{env.{name}:-{value}}}", given, value, name)


def _value(api: Api, parameter: Parameter) -> tuple[Any, bool] | None:
    """A legal value, and whether the document gives it."""
    for example in examples_of(api, parameter.node):
        if parameter.schema is None or not api.schemas.violations(parameter.schema, example):
            return example, True
    if parameter.schema is None:
        return "x", False
    try:
        value = value_of(api.schemas, parameter.schema)
    except NoValue:
        return None
    node = parameter.schema.value
    given = isinstance(node, dict) and any(
        key in node for key in ("example", "examples", "default", "enum", "const")
    )
    return (value if not isinstance(value, list) or value else _one_element(api, parameter)), given


def _one_element(api: Api, parameter: Parameter) -> Any:
    """A required array without elements would be no parameter at all in a URL."""
    items = api.schemas.items(parameter.schema)
    try:
        return [value_of(api.schemas, items)] if items else ["x"]
    except NoValue:
        return ["x"]
