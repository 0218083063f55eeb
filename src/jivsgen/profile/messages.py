"""What pydantic finds, in our words and at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing, shown
from jivsgen.profile import model
from jivsgen.source import Pointer

Locate = Callable[[Pointer, bool], Place]

_KINDS = {
    "dict_type": "a mapping", "mapping_type": "a mapping", "model_type": "a mapping", "model_attributes_type": "a mapping",
    "tuple_type": "a list", "list_type": "a list", "string_type": "text", "int_type": "a whole number",
    "bool_type": "`true` or `false`", "bool_parsing": "`true` or `false`",
}  # fmt: skip

_PATTERNS = {
    model.NAME: "letters, digits and `_`, no digit first",
    model.SCENARIO: "letters, digits, `_` and `-`",
    model.LABEL: "letters, digits, spaces and `._/-`, at most 80 characters",
    model.METRIC: "2 to 128 letters, digits and `_`, no digit first",
    r"^p\d{1,2}(\.\d)?$": "`avg`, `min`, `max`, `errors`, `rate`, `abort_on_fail` and percentiles such as `p95`",
}


def report(problem: ValidationError, content: Any, locate: Locate, diagnostics: Diagnostics) -> None:
    """All of pydantic's errors as diagnostics. An error of a collection that only follows from one inside is left out."""
    errors = problem.errors(include_url=False)
    pointers = [_pointer(error["loc"], content) for error in errors]
    for error, (pointer, is_key) in zip(errors, pointers, strict=True):
        if error["type"] == "too_short" and any(
            p != pointer and p[: len(pointer)] == pointer for p, _ in pointers
        ):
            continue
        _one(error, pointer, is_key, content, locate, diagnostics)


def _pointer(loc: tuple[str | int, ...], content: Any) -> tuple[Pointer, bool]:
    """pydantic's location less what is not in the file: the tags of unions, the marks of keys. A mapping written in
    short form (`think: 1s`, a list of checks) ends the pointer early."""
    value, pointer, is_key = content, (), False
    for step in loc:
        if step == "[key]":
            is_key = True
        elif isinstance(value, dict):
            if step in value:
                value, pointer = value[step], (*pointer, step)  # type: ignore[assignment]
            elif step == loc[-1] and not str(step).endswith(("-vus", "-rate", "-iterations")):
                pointer = (*pointer, step)  # type: ignore[assignment]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value, pointer = value[step], (*pointer, step)  # type: ignore[assignment]
    return pointer, is_key


def _one(
    error: Any, pointer: Pointer, is_key: bool, content: Any, locate: Locate, diagnostics: Diagnostics
) -> None:
    kind, name = error["type"], _name(pointer)
    if kind == "extra_forbidden":
        known = _known(pointer, content)
        hint = did_you_mean(
            str(pointer[-1]), known, otherwise=f"known here: {listing(known, limit=20)}" if known else ""
        )
        diagnostics.add(
            "unknown-key", f"unknown key `{pointer[-1]}`{_where(pointer[:-1])}", locate(pointer, True), hint
        )
    elif kind == "missing":
        said = f"`{pointer[-1]}` is missing{_where(pointer[:-1])}"
        diagnostics.add("missing-key", said, locate(pointer[:-1], False))
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        executors = (
            error["ctx"].get("expected_tags", "").replace("'", "").split(", ")
            if kind == "union_tag_invalid"
            else []
        )
        tag = error["ctx"].get("tag")
        executors = executors or ["constant-vus", "ramping-vus", "constant-arrival-rate", "ramping-arrival-rate",
                                  "per-vu-iterations", "shared-iterations"]  # fmt: skip
        said = f"there is no executor `{tag}`" if tag else f"`executor` is missing{_where(pointer)}"
        hint = did_you_mean(str(tag), executors, otherwise=f"the executors are {listing(executors)}")
        at = locate((*pointer, "executor"), False) if tag else locate(pointer, True)
        diagnostics.add("wrong-value" if tag else "missing-key", said, at, hint)
    elif kind == "value_error":
        said = str(error["ctx"]["error"])
        value = (
            ""
            if isinstance(error["input"], dict | BaseModel)
            else f" is {shown(_plain(error['input']))}, which"
        )
        diagnostics.add("wrong-value", f"{name}{value} {said}", locate(pointer, is_key))
    elif kind == "string_pattern_mismatch":
        allowed = _PATTERNS[error["ctx"]["pattern"]]
        said = f"`{error['input']}` cannot be a name{_where(pointer[:-1])}"
        diagnostics.add(
            "wrong-value",
            said,
            locate(pointer, is_key or pointer[-1:] == (error["input"],)),
            f"allowed: {allowed}",
        )
    elif kind == "too_short":
        diagnostics.add("wrong-value", f"{name} is empty", locate(pointer, True))
    elif kind == "greater_than_equal":
        said = f"{name} is {shown(error['input'])}, but must be at least {error['ctx']['ge']}"
        diagnostics.add("wrong-value", said, locate(pointer, False))
    elif kind == "literal_error":
        options = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        hint = did_you_mean(str(error["input"]), options, otherwise=f"allowed: {listing(options)}")
        diagnostics.add("wrong-value", f"{name} is {shown(error['input'])}", locate(pointer, False), hint)
    else:
        said = f"{name} is {shown(_plain(error['input']))}, but must be {_KINDS.get(kind, 'something else')}"
        diagnostics.add("wrong-value", said, locate(pointer, False))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _name(pointer: Pointer) -> str:
    names = [step for step in pointer if isinstance(step, str)]
    return f"`{names[-1]}`" if names else "the profile"


def _where(pointer: Pointer) -> str:
    """` in the step \\`call\\``, where that helps."""
    if len(pointer) >= 2 and pointer[-2] == "steps":
        return " in this step"
    names = [step for step in pointer if isinstance(step, str)]
    return f" in `{names[-1]}`" if names else ""


def _known(pointer: Pointer, content: Any) -> list[str]:
    """The keys that the model at this place has."""
    value = content
    for step in pointer[:-1]:
        value = value[step]
    parent = pointer[:-1]
    found = _model_of(parent, value)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _model_of(parent: Pointer, value: Any) -> type[BaseModel] | None:
    if not parent:
        return model.Profile
    fixed: dict[str, type[BaseModel]] = {"target": model.Target, "tls": model.Tls, "think": model.Span}
    if len(parent) == 2 and parent[0] in ("auth", "feeds", "scenarios"):
        sections: dict[str, type[BaseModel]] = {
            "auth": model.Role,
            "feeds": model.Feed,
            "scenarios": model.Scenario,
        }
        return sections[str(parent[0])]
    if parent[-1] == "load":
        return _LOADS.get(value.get("executor"))
    if isinstance(parent[-1], int) and len(parent) > 1:
        if parent[-2] == "stages":
            return model.Stage
        if parent[-2] == "choose":
            return model.BranchStep
        kinds: list[type[BaseModel]] = [step for kind, step in model.STEP_KINDS.items() if kind in value]
        return kinds[0] if kinds else None
    return fixed.get(str(parent[-1]))


_LOADS: dict[str, type[BaseModel]] = {
    "constant-vus": model.ConstantVus,
    "ramping-vus": model.RampingVus,
    "constant-arrival-rate": model.ConstantArrivalRate,
    "ramping-arrival-rate": model.RampingArrivalRate,
    "per-vu-iterations": model.PerVuIterations,
    "shared-iterations": model.SharedIterations,
}
