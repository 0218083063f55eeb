"""The tree is the old one or the new one, and nothing that was there is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jivsgen.diagnostics import Diagnostics
from jivsgen.publish import publish


def put(out: Path, files: dict[str, str], stale: tuple[str, ...] = ()):
    diagnostics = Diagnostics()
    return publish(out, lambda: (files, stale), "generated", diagnostics), [
        found.message for found in diagnostics
    ]


def test_only_what_changed_is_touched(tmp_path: Path) -> None:
    put(tmp_path, {"k6/a.js": "1", "k6/b.js": "2"})
    os.utime(tmp_path / "k6/a.js", ns=(1, 1))
    result, _ = put(tmp_path, {"k6/a.js": "1", "k6/b.js": "3"})
    assert (result.written, result.unchanged) == (["k6/b.js"], ["k6/a.js"])
    assert (tmp_path / "k6/a.js").stat().st_mtime_ns == 1
    assert not list(tmp_path.rglob(".*"))


def test_stale_files_go_and_strangers_stay(tmp_path: Path) -> None:
    put(tmp_path, {"k6/old.js": "1"})
    (tmp_path / "k6/mine.txt").write_text("mine")
    result, _ = put(tmp_path, {"k6/new.js": "1"}, ("k6/old.js", "k6/gone.js"))
    assert result.removed == ["k6/old.js"]
    assert sorted(path.name for path in (tmp_path / "k6").iterdir()) == ["mine.txt", "new.js"]


@pytest.mark.parametrize("name", ["../x.js", "/tmp/x.js", "a/../../x.js", "a\\x.js"])
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    result, messages = put(tmp_path / "out", {"ok.js": "1", name: "2"})
    assert result is None
    assert "outside" in messages[0]
    assert not list(tmp_path.rglob("*.js"))


def test_links_and_folders_in_the_way_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theirs.txt").write_text("theirs")
    out = tmp_path / "out"
    (out / "k6/folder.js").mkdir(parents=True)
    (out / "k6/link.js").symlink_to(tmp_path / "theirs.txt")
    (out / "linked").symlink_to(tmp_path)
    for name in ("k6/folder.js", "k6/link.js", "linked/x.js"):
        result, messages = put(out, {"k6/ok.js": "1", name: "2"})
        assert result is None
        assert messages
    assert (tmp_path / "theirs.txt").read_text() == "theirs"
    assert not (out / "k6/ok.js").exists()


def test_a_disk_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"a.js": "old", "b.js": "old"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "a.js")

    monkeypatch.setattr(os, "replace", full)
    result, messages = put(tmp_path, {"a.js": "new", "b.js": "new"})
    assert result is None
    assert messages == ["cannot write: No space left on device"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.js": "old", "b.js": "old"}
