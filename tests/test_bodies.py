"""Bodies of requests: files that cannot be sent, what a built one holds, and the judges of those with parts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jivsgen.compiler import Compiler, Unit
from jivsgen.contract.multipart import BOUNDARY, BrokenForm, SentPart, parts_of, written
from jivsgen.contract.referee import Referee
from jivsgen.contract.samples import Sampler
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.uploads import LARGEST
from jivsgen.project import Project

CASES = Path(__file__).parent / "cases"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    """The case with forms, to be changed."""
    folder = Path(shutil.copytree(CASES / "multipart", tmp_path / "project"))
    shutil.rmtree(folder / "expected")
    return folder


def change(folder: Path, old: str, new: str, file: str = "profile.yaml") -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), "utf-8")


def unit_of(case: Path) -> Unit:
    diagnostics = Diagnostics()
    profile = case / "profile.yaml"
    (unit,) = Compiler(Project(case, (profile,), case / "out", case), diagnostics).compile((profile,))
    return unit


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_said(forms: Path, jivsgen) -> None:
    with (forms / "data/report.csv").open("wb") as file:
        file.truncate(LARGEST + 1)
    ended = jivsgen("lint", "profile.yaml", cwd=forms)
    assert ended.returncode == 1
    assert "profile.yaml:13:24: error[too-large]: data/report.csv has 16,777,217 bytes" in ended.stderr


@pytest.mark.parametrize("way", ["link", "path"])
def test_nothing_outside_of_the_project_is_read(way: str, forms: Path, jivsgen) -> None:
    secret = forms.parent / "secret.csv"
    secret.write_text("secret")
    if way == "link":
        (forms / "data/report.csv").unlink()
        (forms / "data/report.csv").symlink_to(secret)
    else:
        change(forms, "data/report.csv", "../secret.csv")
    ended = jivsgen("build", "--profile", "profile.yaml", cwd=forms)
    assert ended.returncode == 1
    assert "error[bad-file]" in ended.stderr
    assert "is outside of the project" in ended.stderr
    assert not (forms / "generated").exists()


@pytest.mark.parametrize("name", ["", ".", "data", "no/such.csv", "data/\\0.csv", "x" * 5000])
def test_what_is_no_file_is_said(name: str, forms: Path, jivsgen) -> None:
    change(forms, "{file: data/report.csv}", f'{{file: "{name}"}}')
    ended = jivsgen("lint", "profile.yaml", cwd=forms)
    assert ended.returncode == 1
    assert "profile.yaml:13:24: error[unreadable-file]" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_may_not_be_called_as_a_script(forms: Path, jivsgen) -> None:
    (forms / "data/report.csv").rename(forms / "data/multipart.js")
    change(forms, "{file: data/report.csv}", "{file: data/multipart.js, type: text/csv}")
    ended = jivsgen("build", "--profile", "profile.yaml", cwd=forms)
    assert ended.returncode == 1
    assert "error[name-clash]: `multipart.js` is the name of a script too" in ended.stderr


def test_a_copy_is_not_checked_as_a_script(forms: Path, jivsgen) -> None:
    (forms / "data/report.csv").rename(forms / "data/report.js")
    change(forms, "{file: data/report.csv}", "{file: data/report.js, type: text/csv}")
    ended = jivsgen("build", "--profile", "profile.yaml", "--out", "out", cwd=forms)
    assert ended.returncode == 0, ended.stderr
    assert (forms / "out/k6/report.js").read_bytes() == (forms / "data/report.js").read_bytes()


def test_a_plan_and_stdout_show_which_bytes_are_sent(forms: Path, jivsgen) -> None:
    plan = jivsgen("plan", "profile.yaml", cwd=forms)
    assert '"bytes": 521' in plan.stdout
    shown = jivsgen("build", "--profile", "profile.yaml", "--engine", "k6", "--stdout", cwd=forms)
    assert "// ---- k6/every-byte.bin\n(521 bytes)\n" in shown.stdout


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_half_a_character_is_no_traceback(tmp_path: Path, jivsgen) -> None:
    folder = Path(shutil.copytree(CASES / "forms", tmp_path / "project"))
    profile = yaml.safe_load((folder / "profile.yaml").read_text("utf-8"))
    steps = profile["scenarios"]["search"]["steps"]
    steps[0]["body"] = {"text": "\ud800"}
    (folder / "profile.json").write_text(json.dumps(profile), "utf-8")
    ended = jivsgen("lint", "profile.json", cwd=folder)
    assert ended.returncode == 1
    assert "error[syntax]" in ended.stderr
    assert "half of a surrogate pair is no character" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_path_with_a_space_holds_against_the_contract(tmp_path: Path, jivsgen) -> None:
    folder = Path(shutil.copytree(CASES / "forms", tmp_path / "project"))
    change(folder, "/searches:", '"/all searches/{id x}":', "spec.yaml")
    change(folder, "operationId: search", "operationId: search\n      parameters: [{name: id x, in: path, required: true, schema: {type: string}}]", "spec.yaml")  # fmt: skip
    change(folder, "{call: search, name: least}", '{call: search, name: least, path: {id x: "a/b c"}}')
    change(folder, "- call: search\n", "- call: search\n        path: {id x: x}\n")
    ended = jivsgen("verify", "--no-engines", "--profile", "profile.yaml", cwd=folder)
    assert ended.returncode == 0, ended.stderr
    assert "2 requests" in ended.stdout


# --- parts ------------------------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(
    st.lists(
        st.builds(SentPart, NAMES, st.just("text/plain"), st.binary(max_size=200)), min_size=1, max_size=4
    )
)
def test_parts_survive(parts: list[SentPart]) -> None:
    assert list(parts_of(written(parts), TYPE)) == parts


@pytest.mark.parametrize("body", [b"", b"no parts", written([SentPart("a", "text/plain", b"x")])[:-8]])
def test_a_broken_form_is_said(body: bytes) -> None:
    with pytest.raises(BrokenForm):
        list(parts_of(body, TYPE))


def objections(case: str, subject: str, *change: tuple[bytes, bytes]) -> list[str]:
    """What openapi-core has against a planned request after some of its bytes were replaced."""
    unit = unit_of(CASES / case)
    exchange = next(one for one in Sampler(unit.plan, unit.api).exchanges() if one.subject == subject)
    body = exchange.body or b""
    for old, new in change:
        assert old in body
        body = body.replace(old, new)
    return Referee(unit.api).objections(replace(exchange, body=body))


def test_the_referee_reads_parts() -> None:
    assert objections("multipart", "addReport") == []
    assert objections("multipart", "addReport", (b"\r\n3\r\n", b"\r\nthree\r\n"))
    assert objections("multipart", "addReport", (b'name="title"', b'name="tilte"'))
    assert objections("multipart", "addReport", (b'"final": true', b'"final": "yes"'))
    assert objections("multipart", "addReport", (BOUNDARY.encode(), b"another"))
    assert objections("multipart", "setPictures", (b'name="pictures"', b'name="picture"'))


def test_the_referee_reads_bytes_text_and_forms() -> None:
    assert objections("binary", "text") == []
    assert objections("binary", "text", (b"order ", b"order " * 20))
    assert objections("forms", "search") == []
    assert objections("forms", "search", (b"range[to]=2", b"range[to]=x"))
    assert objections("forms", "search", (b"text=", b"texts="))
