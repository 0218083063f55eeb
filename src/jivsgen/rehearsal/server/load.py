"""A behaviour file becomes a `Behaviour` that agrees with its API."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean
from jivsgen.rehearsal.server.agreement import check_agreement
from jivsgen.rehearsal.server.behaviour import (
    Answer,
    Behaviour,
    Fault,
    Latency,
    Limit,
    Login,
    Move,
    Resource,
    Role,
    User,
)
from jivsgen.source import load_document
from jivsgen.spec import Api


def load_behaviour(path: Path, shown: str, api: Api, diagnostics: Diagnostics) -> Behaviour | None:
    """The behaviour in a file, for that API; None after a report of everything that is wrong with it."""
    document = load_document(path, shown, diagnostics)
    if document is None:
        return None
    try:
        behaviour = Behaviour.model_validate(document.content)
    except ValidationError as problem:
        for error in problem.errors(include_url=False):
            pointer = tuple(step for step in error["loc"] if step != "[key]")
            is_unknown = error["type"] == "extra_forbidden"
            said = "unknown key" if is_unknown else error["msg"].removeprefix("Value error, ")
            hint = did_you_mean(str(pointer[-1]), _KEYS) if is_unknown else ""
            named = f"`{'.'.join(map(str, pointer)) or 'the file'}`"
            diagnostics.add("bad-behaviour", f"{named}: {said}", document.place(pointer, is_unknown), hint)
        return None
    faults = len(diagnostics)
    check_agreement(behaviour, document, api, diagnostics)
    return None if len(diagnostics) > faults else behaviour


_KEYS = sorted(
    {
        name
        for model in (Behaviour, User, Role, Login, Move, Resource, Latency, Limit, Fault, Answer)
        for name in model.model_fields
    }
)
"""Every key of the language: what a misspelt one may mean."""
