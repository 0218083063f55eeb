"""Real documents and profiles with something wrong in them, and documents that nobody has written: every verb gives a
diagnostic or a result, never a traceback.

A run in CI is the same each time, and takes seconds; `make fuzz` takes JIVSGEN_FUZZ examples, other ones each time.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hostile.documents import documents, profile_of

from jivsgen.cli import run
from jivsgen.diagnostics import Diagnostics
from jivsgen.source import load_document

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = int(os.environ.get("JIVSGEN_FUZZ", "0"))
BOUNDED = settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**53, 10**399, 1.5, -0.0, 1e308, "", " ", "x", "object", "string", "array", "null", "$ref",
    "#/", "#/paths", "#/components/schemas/X", "a/../b", "{", "{id}", "}{", "/", "^(a", "2XX", "default", "application/json",
    "*/*", "multipart/form-data", "date-time", "${x}", "$${x}", "${env.X}", "${unique}", "${pick()}", "1h", "999999999999h",
    "0s", "201", "__proto__", "x" * 2000, "\u0000", "\u2028", "é", "😀",
    [], {}, [[]], [{}], [None], {"": None}, {"$ref": "#"}, {"$ref": "#/components"}, {"$ref": 5}, {"$ref": "a.yaml"},
    {"type": "object", "required": ["a"]}, {"allOf": [{"$ref": "#/components/schemas/X"}]}, {"not": {}}, {"enum": []},
    {"type": ["string", "null"]}, {"type": "array", "minItems": 3}, {"type": "string", "minLength": 10**12},
    {"type": "integer", "multipleOf": 0}, {"type": "number", "minimum": "a"}, {"oneOf": []}, {"additionalProperties": 5},
]  # fmt: skip
KEYS = [
    "$ref", "type", "properties", "required", "items", "allOf", "oneOf", "anyOf", "not", "enum", "default", "example",
    "examples", "content", "schema", "parameters", "in", "name", "style", "explode", "security", "servers", "responses",
    "requestBody", "get", "operationId", "nullable", "pattern", "format", "minimum", "maxLength", "discriminator", "",
    "load", "steps", "call", "poll", "choose", "group", "repeat", "think", "capture", "check", "until", "slo", "auth", "feeds",
    "extends", "overlays", "limits", "body", "with", "query", "path", "headers", "as", "expect", "within", "<<",
]  # fmt: skip


@cache
def pairs() -> list[tuple[Any, Any, dict[str, bytes]]]:
    """(document, profile, data files) of every case in this repository that has all in one folder, and JiVS itself."""
    found = []
    profiles = [*sorted(ROOT.glob("tests/cases/*/profile.yaml")), *sorted(ROOT.glob("specs/profiles/*.yaml"))]
    for path in profiles:
        profile = _content(path)
        if profile is None or not isinstance(profile.get("spec"), str):
            continue
        spec = _content(path.parent / profile["spec"])
        feeds = [feed["file"] for feed in profile.get("feeds", {}).values()]
        data = {Path(name).name: (path.parent / name).read_bytes() for name in feeds}
        for feed in profile.get("feeds", {}).values():
            feed["file"] = Path(feed["file"]).name
        found.append((spec, {**profile, "spec": "spec.json"}, data))
    assert len(found) > 10
    return found


def _content(path: Path) -> Any:
    document = load_document(path, path.name, Diagnostics())
    return None if document is None else document.content


def spoiled(value: Any, chance: random.Random) -> Any:
    """The value with a few changes: members replaced, removed, renamed, copied from elsewhere."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        nodes = list(_nodes(value))
        owner = chance.choice(nodes)
        if isinstance(owner, dict):
            _change(owner, chance, nodes)
        elif owner:
            place = chance.randrange(len(owner))
            owner[place] = copy.deepcopy(chance.choice([*ODD, owner[place - 1], chance.choice(nodes)]))
    return value


def _change(owner: dict[str, Any], chance: random.Random, nodes: list[Any]) -> None:
    key = chance.choice([*owner, chance.choice(KEYS)])
    way = chance.randrange(5)
    if way == 0:
        owner.pop(key, None)
    elif way == 1 and key in owner:
        owner[str(chance.choice([*KEYS, *(odd for odd in ODD if isinstance(odd, str))]))] = owner.pop(key)
    elif way == 2:
        owner[key] = copy.deepcopy(chance.choice(nodes))
    else:
        owner[key] = copy.deepcopy(chance.choice(ODD))


def _nodes(value: Any) -> Any:
    yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _nodes(inner)


VERBS = (
    ["lint", "profile.yaml"],
    ["plan", "profile.yaml"],
    ["plan", "profile.yaml", "--summary"],
    ["build", "--profile", "profile.yaml", "--stdout"],
    ["init", "spec.json", "--stdout"],
)


def answered(
    folder: Path, spec: Any, profile: Any, data: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> dict[str, int]:
    """The exit code of each verb."""
    codes: dict[str, int] = {}
    (folder / "spec.json").write_text(json.dumps(spec), "utf-8")
    (folder / "profile.yaml").write_text(json.dumps(profile), "utf-8")
    for name, content in data.items():
        (folder / name).write_bytes(content)
    for verb in VERBS:
        with contextlib.chdir(folder):
            code = codes[verb[0]] = run(verb)
        said = capsys.readouterr()
        assert code in (0, 1, 2), f"{verb}\n{said.err[-4000:]}"
        assert code == 0 or "error" in said.err.lower(), f"{verb} says nothing\n{said.err}"
        assert "broken-artifact" not in said.err, said.err[-4000:]
    return codes


@BOUNDED
@given(seed=st.integers(0, 2**64 - 1))
def test_a_spoiled_document_is_answered(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    spec, profile, data = chance.choice(pairs())
    answered(tmp_path, spoiled(spec, chance), profile, data, capsys)


@BOUNDED
@given(seed=st.integers(0, 2**64 - 1))
def test_a_spoiled_profile_is_answered(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(seed)
    spec, profile, data = chance.choice(pairs())
    answered(tmp_path, spec, spoiled(profile, chance), data, capsys)


def test_a_made_document_is_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Most of them with scripts: a document that is refused at the door has not been looked at."""
    built: list[bool] = []

    @settings(BOUNDED, max_examples=EXAMPLES or 150, suppress_health_check=list(HealthCheck))
    @given(document=documents())
    def check(document: dict[str, Any]) -> None:
        built.append(answered(tmp_path, document, profile_of(document), {}, capsys)["build"] == 0)

    check()
    assert sum(built) > len(built) / 3, f"{sum(built)} of {len(built)} were built"


@settings(BOUNDED, max_examples=EXAMPLES or 50, suppress_health_check=list(HealthCheck))
@given(document=documents(), seed=st.integers(0, 2**64 - 1))
def test_a_made_document_is_answered_when_it_is_spoiled(
    document: dict[str, Any], seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(tmp_path, spoiled(document, random.Random(seed)), profile_of(document), {}, capsys)
