"""Overlays: what an action does to a document, and where each value then says that it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import Document, load_document
from jivsgen.spec.overlay import OverlaidDocument, load_overlay, overlaid

SPEC = """\
info: {title: Shelf}
paths:
  /books:
    get: {tags: [a, b, c]}
    post: {tags: [d]}
list:
  - one
  - two
  - three
"""


def laid(tmp_path: Path, *actions: str, spec: str = SPEC) -> tuple[Document, list[str]]:
    base = _written(tmp_path / "spec.yaml", spec)
    text = "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions:\n" + "".join(
        f"- {one}\n" for one in actions
    )
    (tmp_path / "overlay.yaml").write_text(text)
    diagnostics = Diagnostics()
    overlay = load_overlay(tmp_path / "overlay.yaml", "overlay.yaml", diagnostics)
    assert overlay, list(diagnostics)
    before = json.dumps(base.content)
    result = overlaid(base, [overlay], diagnostics)
    assert json.dumps(base.content) == before
    return result, [found.code for found in diagnostics]


def _written(path: Path, text: str) -> Document:
    path.write_text(text)
    document = load_document(path, path.name, Diagnostics())
    assert document
    return document


CASES: dict[str, tuple[list[str], str, Any]] = {
    "an object is merged": (["{target: $.info, update: {version: '2'}}"], "info", {"title": "Shelf", "version": "2"}),
    "a value is replaced": (["{target: $.info, update: {title: {x: 1}}}"], "info", {"title": {"x": 1}}),
    "members are merged at any depth": (
        ["{target: $, update: {paths: {/books: {get: {x: 1}}}}}"],
        "paths",
        {"/books": {"get": {"tags": ["a", "b", "c"], "x": 1}, "post": {"tags": ["d"]}}},
    ),
    "lists are concatenated": (
        ["{target: $.paths.*.post, update: {tags: [e, f]}}"],
        "paths",
        {"/books": {"get": {"tags": ["a", "b", "c"]}, "post": {"tags": ["d", "e", "f"]}}},
    ),
    "an entry is appended": (["{target: $.list, update: four}"], "list", ["one", "two", "three", "four"]),
    "entries are appended": (["{target: $.list, update: [4, 5]}"], "list", ["one", "two", "three", 4, 5]),
    "a member is removed": (["{target: $.info.title, remove: true}"], "info", {}),
    "elements are removed, the last first": (["{target: '$.list[0,2]', remove: true}"], "list", ["two"]),
    "several targets": (
        ["{target: $.paths.*.*, update: {x: [1]}}", "{target: $.paths.*.get.x, update: 2}"],
        "paths",
        {"/books": {"get": {"tags": ["a", "b", "c"], "x": [1, 2]}, "post": {"tags": ["d"], "x": [1]}}},
    ),
    "parent and child": (["{target: '$..[?@.tags || @.get]', remove: true}"], "paths", {}),
    "remove wins over update": (["{target: $.info.title, update: 1, remove: true}"], "info", {}),
    "in their order": (
        ["{target: $.info.title, remove: true}", "{target: $.info, update: {title: New}}"], "info", {"title": "New"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_action(name: str, tmp_path: Path) -> None:
    actions, member, expected = CASES[name]
    document, codes = laid(tmp_path, *actions)
    assert document.content[member] == expected
    assert codes == []


def test_a_target_that_matches_nothing_is_said(tmp_path: Path) -> None:
    assert laid(tmp_path, "{target: $.nothing, update: {}}")[1] == ["overlay-without-effect"]


def test_every_value_knows_its_place(tmp_path: Path) -> None:
    document, _ = laid(
        tmp_path,
        "{target: '$.list[0]', remove: true}",
        "{target: $.list, update: four}",
        "{target: $.paths.*, update: {get: {tags: [z], x: 1}}}",
    )
    places = {
        "list 0": str(document.place(("list", 0))),
        "list 1": str(document.place(("list", 1))),
        "list 2": str(document.place(("list", 2))),
        "tag c": str(document.place(("paths", "/books", "get", "tags", 2))),
        "tag z": str(document.place(("paths", "/books", "get", "tags", 3))),
        "x": str(document.place(("paths", "/books", "get", "x"), key=True)),
        "title": str(document.place(("info", "title"))),
    }
    assert places == {
        "list 0": "spec.yaml:8:5", "list 1": "spec.yaml:9:5", "list 2": "overlay.yaml:5:28",
        "tag c": "spec.yaml:4:24", "tag z": "overlay.yaml:6:45", "x": "overlay.yaml:6:49", "title": "spec.yaml:1:15",
    }  # fmt: skip


NAMES = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(NAMES, TREES, min_size=1, max_size=3),
    st.lists(st.tuples(st.booleans(), TREES), max_size=4),
    st.data(),
)
def test_places_lead_to_equal_values(
    content: dict[str, Any], actions: list[tuple[bool, Any]], data: st.DataObject
) -> None:
    """Whatever was done: what stands in the file that a scalar names as its origin is that scalar, and the document that
    the overlays were laid over is as it was."""
    base = Document(Path("spec.yaml"), "spec.yaml", "", content)
    before = json.dumps(content)
    overlays = []
    for remove, update in actions:
        target = data.draw(st.sampled_from(["$.a", "$.*", "$.*.*", "$..a", "$", "$.b[0]", "$..[0]"]))
        action = {"target": target, "remove": True} if remove else {"target": target, "update": update}
        overlays.append(Document(Path("o.yaml"), "o.yaml", "", {"overlay": "1.0.0", "actions": [action]}))
    document = overlaid(base, overlays, Diagnostics())
    assert json.dumps(content) == before
    if isinstance(document, OverlaidDocument):
        for pointer, value in _scalars(document.content):
            source, own = document.origin(pointer)
            stands = source.content
            for step in own:
                stands = stands[step]
            assert stands == value


def _scalars(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        return [found for key, child in value.items() for found in _scalars(child, (*pointer, key))]
    if isinstance(value, list):
        return [found for index, child in enumerate(value) for found in _scalars(child, (*pointer, index))]
    return [(pointer, value)]


def test_overlays_of_the_project_come_first(tmp_path: Path, root: Path, jivsgen) -> None:
    for name in ("spec.yaml", "profile.yaml", "fields.yaml", "statuses.yaml"):
        (tmp_path / name).write_bytes((root / "tests/cases/overlay" / name).read_bytes())
    profile = (
        (tmp_path / "profile.yaml")
        .read_text()
        .replace("overlays: [statuses.yaml, fields.yaml]", "overlays: [fields.yaml]")
    )
    (tmp_path / "profile.yaml").write_text(profile)
    (tmp_path / "jivsgen.toml").write_text('profiles = "profile.yaml"\noverlays = ["statuses.yaml"]\n')
    assert jivsgen("build", cwd=tmp_path).returncode == 0
    made = (tmp_path / "generated/k6/taught.js").read_text()
    golden = (root / "tests/cases/overlay/expected/k6/taught.js").read_text()
    assert made == golden.replace("tests/cases/overlay/", "")
    (tmp_path / "jivsgen.toml").write_text('profiles = "profile.yaml"\noverlays = ["nothing.yaml"]\n')
    ended = jivsgen("build", cwd=tmp_path)
    assert ended.returncode == 1
    assert "error[unreadable-file]: there is no overlay nothing.yaml" in ended.stderr


def test_a_message_points_into_the_overlay(tmp_path: Path, root: Path, jivsgen) -> None:
    for name in ("spec.yaml", "profile.yaml", "fields.yaml", "statuses.yaml"):
        (tmp_path / name).write_bytes((root / "tests/cases/overlay" / name).read_bytes())
    profile = (tmp_path / "profile.yaml").read_text().replace("$.shelf: LENT", "$.meta.pages: many")
    (tmp_path / "profile.yaml").write_text(profile.replace("$.meta.pages: present, ", ""))
    (tmp_path / "jivsgen.toml").write_text('profiles = "profile.yaml"\n')
    ended = jivsgen("lint", cwd=tmp_path)
    assert ended.returncode == 1
    assert "  fields.yaml:7:34: the spec says so here" in ended.stderr
