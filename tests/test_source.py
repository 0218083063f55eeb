"""Bytes become data and places; bad bytes become a report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import load_document
from jivsgen.source.json_positions import JsonPositions
from jivsgen.source.positions import tree_of
from jivsgen.source.yaml_reader import read_yaml

TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xD7FF, exclude_categories=["Cc"]))
KEYS = TEXT.filter(lambda key: len(json.dumps(key)) < 1000)
"""A key of a mapping on one line has at most 1024 characters (YAML 1.2.2 section 7.4.2): libyaml keeps to that."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def load(folder: Path, text: str | bytes, name: str = "x.yaml"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    diagnostics = Diagnostics()
    return load_document(path, name, diagnostics), list(diagnostics)


def test_scalars_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    document, _ = load(tmp_path, "a: [no, on, 1:30, 2020-01-01, 0777, 0x1f, 1e3, .5, ~, true, '5', .inf]\n")
    assert document.content["a"] == [
        "no",
        "on",
        "1:30",
        "2020-01-01",
        777,
        31,
        1000.0,
        0.5,
        None,
        True,
        "5",
        ".inf",
    ]


def test_keys_are_text(tmp_path: Path) -> None:
    document, _ = load(tmp_path, "200: ok\ntrue: yes\n")
    assert document.content == {"200": "ok", "true": "yes"}


def test_anchors_and_merges(tmp_path: Path) -> None:
    document, _ = load(
        tmp_path, "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: {y: 4, <<: [*b, {z: 5}]}\n"
    )
    assert document.content["one"] == {"x": 1, "y": 3}
    assert document.content["two"] == {"y": 4, "x": 1, "z": 5}


@given(JSON)
def test_json_is_read_as_json_reads_it(value: object) -> None:
    assert read_yaml(json.dumps({"v": value}, ensure_ascii=False), "x", Diagnostics()) == {"v": value}


def test_places_in_yaml_and_json(tmp_path: Path) -> None:
    document, _ = load(tmp_path, "a:\n  b:\n    - x\n    - {c: 1}\n")
    assert str(document.place(("a", "b", 1, "c"))) == "x.yaml:4:11"
    assert str(document.place(("a", "b", 1, "c"), key=True)) == "x.yaml:4:8"
    document, _ = load(tmp_path, '{"a":\t{"\\ud83d\\ude00": "\\ud83d\\ude00",\n "e": 3}}', "x.json")
    assert str(document.place(("a", "e"))) == "x.json:2:7"


def test_the_place_of_what_is_not_there_is_its_nearest_ancestor(tmp_path: Path) -> None:
    document, _ = load(tmp_path, "a:\n  b: 1\n")
    assert str(document.place(("a", "zz", "y"))) == "x.yaml:1:1"


def test_a_merged_key_stands_where_it_is_written(tmp_path: Path) -> None:
    document, _ = load(tmp_path, "base: &b\n  x: 1\none:\n  <<: *b\n")
    assert str(document.place(("one", "x"))) == "x.yaml:2:6"


@pytest.mark.parametrize(
    ("text", "name", "code", "place"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "x.yaml", "duplicate-key", "x.yaml:4:3"),
        ('{"a": 1,\n "a": 2}', "x.json", "duplicate-key", "x.json:2:2"),
        ("a:\n\tb: 1\n", "x.yaml", "syntax", "x.yaml:2:1"),
        ('{"a": [}', "x.json", "syntax", "x.json:1:8"),
        ("a: *b\n", "x.yaml", "syntax", "x.yaml:1:4"),
        ("a: &a [*a]\n", "x.yaml", "unsupported-yaml", "x.yaml:1:8"),
        ("a: !!python/object/apply:os.system [x]\n", "x.yaml", "unsupported-yaml", "x.yaml:1:4"),
        ("? [a]\n: 1\n", "x.yaml", "unsupported-yaml", "x.yaml:1:3"),
        ("a: 1\n---\nb: 1\n", "x.yaml", "unsupported-yaml", "x.yaml:2:1"),
        (b"a: 1\nb: \xff\n", "x.yaml", "not-utf-8", "x.yaml:2:4"),
        ("", "x.yaml", "empty-file", "x.yaml:1:1"),
        ("[1]", "x.yaml", "not-a-mapping", "x.yaml:1:1"),
        ("[" * 100_000, "x.yaml", "too-deep", "x.yaml:1:201"),
        ('{"a":' * 100_000, "x.json", "too-deep", "x.json:1:1"),
    ],
)
def test_reports(tmp_path: Path, text: str | bytes, name: str, code: str, place: str) -> None:
    document, found = load(tmp_path, text, name)
    assert document is None
    assert [(diagnostic.code, str(diagnostic.place)) for diagnostic in found] == [(code, place)]


def test_a_bomb_of_aliases_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9 or ['x'])}]\n" for n in range(1, 30)]
    document, found = load(tmp_path, "a0: &a0 [x]\n" + "".join(lines))
    assert document is None
    assert found[0].code == "alias-bomb"


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    diagnostics = Diagnostics()
    assert load_document(path, "x.yaml", diagnostics) is None
    assert [found.code for found in diagnostics] == ["too-large"]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        diagnostics = Diagnostics()
        assert load_document(path, "x", diagnostics) is None
        assert [found.code for found in diagnostics] == ["unreadable-file"]


def test_line_ends_and_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    one, _ = load(tmp_path, "a: |\n  x\n  y\n")
    other, _ = load(tmp_path, b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\n")
    assert one.content == other.content


def pointers(value: object, pointer: tuple[str | int, ...] = ()):
    yield pointer
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        yield from pointers(member, (*pointer, name))


@given(st.dictionaries(KEYS, JSON, max_size=4), st.sampled_from([None, 0, 2]))
def test_places_in_json_are_those_of_a_yaml_reader(value: dict[str, object], indent: int | None) -> None:
    text = "\n " + json.dumps(value, indent=indent)
    tree, positions = tree_of(text), JsonPositions(text)
    for pointer in [*pointers(value), ("no", "such"), (0,)]:
        for key in (False, True):
            assert positions.find(pointer, key) == tree.find(pointer, key)


def test_yaml_that_looks_like_json_has_places_too(tmp_path: Path) -> None:
    document, _ = load(tmp_path, "{a: 1,\n b: [2, {c: 3}]}\n")
    assert str(document.place(("b", 1, "c"))) == "x.yaml:2:13"
