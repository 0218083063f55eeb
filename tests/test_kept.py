"""What a large YAML document says is kept between runs, and nobody can tell but by the time it takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import kept, load_document

SPECS = Path(__file__).resolve().parents[1] / "specs"
LONG = "# " + "x" * kept.WORTH_IT.start + "\n"


@pytest.fixture
def build(tmp_path: Path, jivsgen):
    """Builds one profile into a new folder each time; answers with all that was said and made."""
    project = tmp_path / "project"
    shutil.copytree(SPECS, project / "specs")
    for profile in (project / "specs/profiles").iterdir():
        if profile.stem != "data-quality":
            profile.unlink()

    def run(cache: Path | str) -> tuple[str, dict[str, bytes]]:
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        ended = jivsgen("build", "--out", out, cwd=project, env={"JIVSGEN_CACHE_DIR": str(cache)})
        made = {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*.*")}
        return ended.stdout + ended.stderr, made

    run.spec = project / "specs/jivs.openapi.yaml"
    return run


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def files(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


def test_the_next_build_reads_what_is_kept_and_makes_the_same(build, cache: Path) -> None:
    first = build(cache)
    (spec,) = files(cache)
    assert first[1]
    assert build(cache) == first
    said = msgspec.msgpack.decode(spec.read_bytes())
    said["paths"] = {path.replace("/api/v1/", "/doctored/"): item for path, item in said["paths"].items()}
    spec.write_bytes(msgspec.msgpack.encode(said))
    assert b"/doctored/" in build(cache)[1]["k6/data-quality.js"]


def test_a_document_that_changes_is_read(build, cache: Path) -> None:
    build(cache)
    text = build.spec.read_text("utf-8")
    build.spec.write_text(text.replace("/api/v1/auth/login", "/api/v1/auth/sign-in"), "utf-8")
    assert b"/auth/sign-in" in build(cache)[1]["k6/data-quality.js"]
    assert len(files(cache)) == 2


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x81\xa1"])
def test_what_is_damaged_is_read_again(build, cache: Path, damage: bytes) -> None:
    first = build(cache)
    (spec,) = files(cache)
    whole = spec.read_bytes()
    spec.write_bytes(damage)
    assert build(cache) == first
    assert spec.read_bytes() == whole


def test_without_a_cache_nothing_is_kept(build, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert build(tmp_path / "file") == build("") == build(cache)


def test_a_broken_document_is_not_kept_and_says_so_every_time(build, cache: Path) -> None:
    build.spec.write_text(build.spec.read_text("utf-8") + "\npaths: {}\n", "utf-8")
    first = build(cache)
    assert "duplicate-key" in first[0]
    assert build(cache) == first
    assert not cache.exists()


def test_a_message_about_a_kept_document_knows_its_lines(build, cache: Path) -> None:
    text = build.spec.read_text("utf-8")
    build.spec.write_text(text.replace("operationId: createQualityRule", "operationId: makeQualityRule"))
    first = build(cache)
    assert "jivs.openapi.yaml:" in first[0]
    assert build(cache) == first


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/home/a"}, "/home/a/.cache/jivsgen"),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "/cache"}, "/cache/jivsgen"),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "cache"}, "/home/a/.cache/jivsgen"),
        ({"LOCALAPPDATA": "/local"}, "/local/jivsgen"),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "/cache", "JIVSGEN_CACHE_DIR": "/own"}, "/own"),
        ({"HOME": "/home/a", "JIVSGEN_CACHE_DIR": ""}, None),
        ({}, None),
    ],
)
def test_where_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str | None
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "JIVSGEN_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    place = kept.place_of(LONG)
    assert (place and str(place.parent)) == folder


def load(path: Path, text: str) -> object:
    path.write_text(text)
    document = load_document(path, path.name, Diagnostics())
    assert document is not None
    return document.content


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (LONG + "a: [1, .5, no, ~, {b: true}]\n", 1),
        ("a: 1\n", 0),
        (LONG + "a: &a [1]\nb: *a\n", 0),
        (LONG + "a: 18446744073709551616\n", 0),
    ],
    ids=["large", "small", "aliases", "a number beyond MessagePack"],
)
def test_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path, text: str, number: int
) -> None:
    monkeypatch.setenv("JIVSGEN_CACHE_DIR", str(cache))
    content = load(tmp_path / "x.yaml", text)
    assert len(list(cache.rglob("*.*"))) == number
    assert load(tmp_path / "x.yaml", text) == content


def test_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path) -> None:
    monkeypatch.setenv("JIVSGEN_CACHE_DIR", str(cache))
    for number in range(kept.MOST + 3):
        load(tmp_path / "x.yaml", f"{LONG}a: {number}\n")
    left = {msgspec.msgpack.decode(file.read_bytes())["a"] for file in files(cache)}
    assert len(left) == kept.MOST
    assert kept.MOST + 2 in left
