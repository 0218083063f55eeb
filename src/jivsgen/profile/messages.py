"""What pydantic finds, in our words and at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing, shown
from jivsgen.profile import model
from jivsgen.source import Pointer

Locate: TypeAlias = Callable[[Pointer, bool], Place]


@dataclass(frozen=True, slots=True)
class _Fault:
    """One of pydantic's errors. `value` is what stands at the pointer, in `parent`; with `is_key` it is about the key."""

    kind: str
    context: Mapping[str, Any]
    pointer: Pointer
    is_key: bool
    parent: Any
    value: Any


@dataclass(frozen=True, slots=True)
class _Said:
    code: str
    message: str
    hint: str = ""


def report(problem: ValidationError, content: Any, locate: Locate, diagnostics: Diagnostics) -> None:
    """Report all of pydantic's errors. That a collection is too short is left out where an item of it is at fault."""
    faults = [_fault(error, content) for error in problem.errors(include_url=False)]
    for fault in faults:
        depth = len(fault.pointer)
        inside = any(
            len(other.pointer) > depth and other.pointer[:depth] == fault.pointer for other in faults
        )
        if fault.kind == "too_short" and inside:
            continue
        said = _WORDS.get(fault.kind, _wrong_type)(fault)
        place = locate(fault.pointer, fault.is_key or fault.kind in _AT_KEY)
        diagnostics.add(said.code, said.message, place, said.hint)


def _fault(error: Any, content: Any) -> _Fault:
    """pydantic's location less what is not in the file: the tags of unions, the marks of keys. A mapping written in
    short form (`think: 1s`, a list of checks) ends it early; a key that is missing is its last step."""
    loc = error["loc"]
    pointer: Pointer = ()
    parent: Any = None
    value: Any = content
    for step in loc:
        if (found := _found(value, step)) is not None:
            parent, value, pointer = value, value[found], (*pointer, found)
        elif isinstance(value, dict) and step == loc[-1] and step != "[key]" and step not in model.LOADS:
            parent, value, pointer = value, None, (*pointer, step)
    is_key = "[key]" in loc and isinstance(parent, dict)
    return _Fault(error["type"], error.get("ctx", {}), pointer, is_key, parent, value)


def _found(value: Any, step: str | int) -> str | int | None:
    """The key or index that a step of pydantic's stands for; in a list of checks the step is the check itself."""
    if isinstance(value, dict):
        return step if step in value else None
    if isinstance(value, list):
        return step if isinstance(step, int) else value.index(step) if step in value else None
    return None


# --- one function for each kind of error ------------------------------------------------------------------------------


def _unknown_key(fault: _Fault) -> _Said:
    found = _model_at(fault.pointer[:-1], fault.parent)
    known = [field.alias or name for name, field in found.model_fields.items()] if found else []
    known += ["extends"] if found is model.Profile else ["p95"] if found is model.Limits else []
    otherwise = f"the keys here are {listing(known, limit=20)}"
    hint = did_you_mean(str(fault.pointer[-1]), known, otherwise=otherwise if known else "")
    return _Said("unknown-key", f"unknown key `{fault.pointer[-1]}`{_where(fault.pointer)}", hint)


def _missing_key(fault: _Fault) -> _Said:
    executor = fault.parent.get("executor") if isinstance(fault.parent, dict) else None
    why = f"; {executor} needs it" if executor else ""
    return _Said("missing-key", f"`{fault.pointer[-1]}` is missing{_where(fault.pointer)}{why}")


def _unknown_executor(fault: _Fault) -> _Said:
    said = f"there is no executor {shown(fault.value['executor'])}"
    hint = did_you_mean(
        fault.context["tag"], model.LOADS, otherwise=f"the executors are {listing(model.LOADS)}"
    )
    return _Said("wrong-value", said, hint)


def _missing_executor(fault: _Fault) -> _Said:
    hint = f"the executors are {listing(model.LOADS)}"
    return _Said("missing-key", f"`executor` is missing{_where((*fault.pointer, 'executor'))}", hint)


def _refused(fault: _Fault) -> _Said:
    """The sentence of one of our own validators: about a part as a whole, or about a value."""
    said = str(fault.context["error"])
    if isinstance(fault.value, dict) or said.startswith("has "):
        return _Said("wrong-value", f"{_subject(fault)} {said}")
    return _Said("wrong-value", f"{_subject(fault)} is {shown(fault.value)}, which {said}")


def _not_a_name(fault: _Fault) -> _Said:
    pattern = fault.context["pattern"]
    if pattern == model.PERCENTILE:
        return _unknown_key(fault)
    if fault.is_key:
        said = f"`{fault.pointer[-1]}` cannot be a name{_where(fault.pointer)}"
    else:
        said = f"{_subject(fault)} is {shown(fault.value)}, which cannot be a name"
    return _Said("wrong-value", said, f"allowed: {_NAMES[pattern]}")


def _empty(fault: _Fault) -> _Said:
    return _Said("wrong-value", f"{_subject(fault)} is empty")


def _too_small(fault: _Fault) -> _Said:
    least = fault.context["ge"]
    return _Said("wrong-value", f"{_subject(fault)} is {shown(fault.value)}, but must be at least {least}")


def _not_an_option(fault: _Fault) -> _Said:
    options = re.findall(r"'([^']*)'", fault.context["expected"])
    listed = " or ".join(f"`{option}`" for option in options)
    said = f"{_subject(fault)} is {shown(fault.value)}, but must be {listed}"
    return _Said("wrong-value", said, did_you_mean(str(fault.value), options))


def _wrong_type(fault: _Fault) -> _Said:
    wanted = _TYPES.get(fault.kind, "something else")
    return _Said("wrong-value", f"{_subject(fault)} is {shown(fault.value)}, but must be {wanted}")


_WORDS: dict[str, Callable[[_Fault], _Said]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "union_tag_invalid": _unknown_executor,
    "union_tag_not_found": _missing_executor,
    "value_error": _refused,
    "string_pattern_mismatch": _not_a_name,
    "too_short": _empty,
    "greater_than_equal": _too_small,
    "literal_error": _not_an_option,
}

_AT_KEY = ("extra_forbidden", "too_short", "union_tag_not_found")

_TYPES = {
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "`true` or `false`",
}

_NAMES = {
    model.NAME: "letters, digits and `_`, no digit first",
    model.SCENARIO: "letters, digits, `_` and `-`",
    model.LABEL: "letters, digits, spaces and `._/-`, a letter or digit first, at most 80 characters",
    model.METRIC: "2 to 128 letters, digits and `_`, no digit first",
}


# --- what the parts of a profile are called ---------------------------------------------------------------------------

_SECTIONS = {"auth": "the role", "feeds": "the feed", "scenarios": "the scenario"}
_ITEMS = {"steps": "step", "stages": "stage", "choose": "branch"}


def _subject(fault: _Fault) -> str:
    match fault.pointer:
        case ():
            return "the profile"
        case (section, name) if section in _SECTIONS:
            return f"{_SECTIONS[str(section)]} `{name}`"
        case (*_, name, int()):
            return f"this {_ITEMS[name]}" if name in _ITEMS else f"an item of `{name}`"
    return f"`{fault.pointer[-1]}`"


def _where(pointer: Pointer) -> str:
    """Where a key stands, for the end of a sentence."""
    match pointer[:-1]:
        case ():
            return ""
        case (*_, "load"):
            return " in this load"
        case (*_, str(name), int()):
            return f" in this {_ITEMS[name]}" if name in _ITEMS else f" in an item of `{name}`"
        case (section, name) if section in _SECTIONS:
            return f" in {_SECTIONS[str(section)]} `{name}`"
    return f" in `{pointer[-2]}`"


def _model_at(pointer: Pointer, value: Any) -> type[BaseModel] | None:
    """The model that reads what stands at the pointer."""
    match pointer:
        case ():
            return model.Profile
        case ("target",):
            return model.Target
        case ("target", "tls"):
            return model.Tls
        case ("auth", _):
            return model.Role
        case ("feeds", _):
            return model.Feed
        case ("scenarios", _):
            return model.Scenario
        case ("slo", _):
            return model.Limits
    return _model_inside(pointer, value)


def _model_inside(pointer: Pointer, value: Any) -> type[BaseModel] | None:
    match pointer:
        case (*_, "load"):
            return model.LOADS.get(value["executor"])
        case (*_, "stages", int()):
            return model.Stage
        case (*_, "choose", int()):
            return model.BranchStep
        case (*_, "steps", int()):
            return next(kind for key, kind in model.STEP_KINDS.items() if key in value)
        case (*_, "think"):
            return model.Span
    return None
