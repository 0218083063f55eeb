"""Every call of every committed profile, with one thing in it changed to what the spec does not know: each change is an error,
at the line of what was changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from msgspec import Struct

from jivsgen.compiler import Compiler
from jivsgen.diagnostics import Diagnostics
from jivsgen.project import load_project

ROOT = Path(__file__).resolve().parents[1]
PROFILES = sorted(ROOT.glob("specs/profiles/*.yaml"))
ENUMS = frozenset(
    (
        "sourceType",
        "status",
        "type",
        "transformation",
        "dimension",
        "severity",
        "priority",
        "requestType",
        "regulation",
    )
)
KINDS = {
    "operation": ("unknown-operation",),
    "path parameter": ("unknown-parameter", "misnamed-path-parameter"),
    "query parameter": ("unknown-parameter",),
    "field": ("unknown-field",),
    "type": ("wrong-type", "schema-violation"),
    "enum value": ("not-in-enum",),
    "status": ("undocumented-status",),
    "capture path": ("unknown-path",),
    "checked path": ("unknown-path",),
    "ending path": ("unknown-path",),
    "ending value": ("impossible-value",),
}


class Change(Struct, frozen=True):
    """The characters from `start` to `end` of a profile, which stand in `line` (from 1), become `text`."""

    kind: str
    line: int
    start: int
    end: int
    text: str


def changed(kind: str, node: yaml.Node, text: str) -> Change:
    return Change(kind, node.start_mark.line + 1, node.start_mark.index, node.end_mark.index, text)


def members(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key, value) for key, value in node.value}


def calls(node: yaml.Node) -> Iterator[dict[str, tuple[yaml.Node, yaml.Node]]]:
    """Every step of a profile that asks something, wherever it stands."""
    own = members(node)
    if {"call", "poll"} & set(own) and "token" not in own:
        yield own
    for child in node.value if isinstance(node, yaml.SequenceNode) else [value for _, value in own.values()]:
        if isinstance(child, yaml.CollectionNode):
            yield from calls(child)


def enums(given: dict[str, tuple[yaml.Node, yaml.Node]]) -> Iterator[Change]:
    for name, (_, value) in given.items():
        if name in ENUMS and "$" not in value.value and "file" not in given:  # whose type is no enum
            yield changed("enum value", value, value.value + "S")


def fields(given: dict[str, tuple[yaml.Node, yaml.Node]]) -> Iterator[Change]:
    """Those of a body, at every depth."""
    yield from enums(given)
    for name, (key, value) in given.items():
        yield changed("field", key, f"{name}s")
        if isinstance(value, yaml.ScalarNode):
            yield changed("type", value, "[[1]]")
        for inner in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            yield from fields(members(inner))


def changes(step: dict[str, tuple[yaml.Node, yaml.Node]]) -> Iterator[Change]:
    """One change of each kind for each place in a step that has it."""
    named = (step.get("call") or step["poll"])[1]
    yield changed("operation", named, named.value + "s")
    parts = {name: members(value) for name, (_, value) in step.items()}
    yield from (changed("path parameter", key, f"{key.value}s") for key, _ in parts.get("path", {}).values())
    refused = "expect" in step and re.fullmatch("4..", str(step["expect"][1].value))
    if not refused:
        query = parts.get("query", {})
        yield from (changed("query parameter", key, f"{key.value}s") for key, _ in query.values())
        yield from enums(query)
        yield from fields(parts.get("body", {}))
    if "expect" in step:
        yield changed("status", step["expect"][1], "299")
    yield from (
        changed("capture path", value, f"{value.value}s") for _, value in parts.get("capture", {}).values()
    )
    listed = step["check"][1] if "check" in step else None
    paths = (
        listed.value
        if isinstance(listed, yaml.SequenceNode)
        else [k for k, _ in parts.get("check", {}).values()]
    )
    yield from (changed("checked path", path, f"{path.value}s") for path in paths)
    for name in ("until", "fail_on"):
        for key, value in parts.get(name, {}).values():
            yield changed("ending path", key, f"{key.value}s")
            yield changed("ending value", value, "[NEVER]")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_call_is_held_against_the_spec(profile: Path, tmp_path: Path) -> None:
    (tmp_path / "jivsgen.toml").write_text('profiles = "profiles"\n')
    (tmp_path / "jivs.openapi.yaml").symlink_to(ROOT / "specs/jivs.openapi.yaml")
    shutil.copytree(ROOT / "specs/data", tmp_path / "data")
    (tmp_path / "profiles").mkdir()
    for other in PROFILES:
        (tmp_path / "profiles" / other.name).write_bytes(other.read_bytes())
    text, target = profile.read_text("utf-8"), tmp_path / "profiles" / profile.name
    project = load_project(tmp_path, Diagnostics())
    assert project is not None
    compiler = Compiler(project, Diagnostics())
    assert compiler.compile((target,)), "as it is committed, it has no error"
    for change in {one for step in calls(yaml.compose(text)) for one in changes(step)}:
        target.write_text(text[: change.start] + change.text + text[change.end :], "utf-8")
        compiler.diagnostics = Diagnostics()
        assert compiler.compile((target,)) == [], change
        said = [
            (one.code, one.place.line)
            for one in compiler.diagnostics
            if one.severity == "error" and one.place
        ]
        assert any(code in KINDS[change.kind] and line == change.line for code, line in said), (change, said)


def test_every_kind_of_change_is_made() -> None:
    made = [
        one.kind
        for profile in PROFILES
        for step in calls(yaml.compose(profile.read_text("utf-8")))
        for one in changes(step)
    ]
    assert set(made) == set(KINDS)
    assert len(made) > 150
