"""`jivsgen init`: a case is a directory of `tests/init/` with a document and the profile that is written for it, byte for
byte. Each profile is then built, and held against the contract and the real engines; tests/engines/test_first_contact.py
rehearses it."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jivsgen.diagnostics import Diagnostics
from jivsgen.init import Draft, Wanted, draft_profile
from jivsgen.plan.model import calls
from jivsgen.plan.parts import parts_of
from jivsgen.profile.values import Capture
from jivsgen.publish import publish_new
from jivsgen.source import load_document
from jivsgen.spec import Api, load_api

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "tests/init"
CASES = sorted(path for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__")


def spec_of(case: Path) -> Path:
    return next(case.glob("spec.*"))


def api_of(spec: Path) -> Api:
    api = load_api(spec, spec.name, Diagnostics())
    assert api is not None
    return api


def wanted(spec: Path, *, operations: tuple[tuple[str, str], ...] = ()) -> Wanted:
    return Wanted("drafted", spec.name, spec.parent / "drafted.yaml", "drafted.yaml", operations)


WEAKNESSES = {
    "any-media-type", "misnamed-path-parameter", "object-parameter", "secured-login", "unstable-operation-id", "untyped-body",
}  # fmt: skip
"""What may be said of a first profile: weaknesses of the document, not of the profile."""


def warned(said: str) -> set[str]:
    return set(re.findall(r"(?:warning|error)\[([a-z-]+)\]", said))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden(case: Path, jivsgen, golden) -> None:
    ended = jivsgen("init", spec_of(case).name, "--name", case.name, "--out", ".", "--stdout", cwd=case)
    assert ended.returncode == 0, ended.stderr
    golden(case / f"{case.name}.yaml", ended.stdout)


def test_goldens_build_without_a_word(jivsgen, tmp_path: Path) -> None:
    profiles = [word for case in CASES for word in ("--profile", case / f"{case.name}.yaml")]
    ended = jivsgen("build", *profiles, "--out", tmp_path, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    assert warned(ended.stderr) <= WEAKNESSES
    for case in CASES:
        for path in (f"k6/{case.name}.js", f"jmeter/{case.name}.jmx", f"artillery/{case.name}.yml"):
            assert (tmp_path / path).is_file()


def test_goldens_hold_against_the_contract_and_the_real_engines(jivsgen) -> None:
    profiles = [word for case in CASES for word in ("--profile", case / f"{case.name}.yaml")]
    ended = jivsgen("verify", *profiles, cwd=ROOT, env={"CI": "true", "HOME": os.environ.get("HOME", "/")})
    assert ended.returncode == 0, ended.stderr
    for engine in ("k6", "jmeter", "artillery"):
        assert f"{engine}: {len(CASES)} of {len(CASES)} scripts accepted" in ended.stdout


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("GitHub's official OpenAPI spec + Octokit extension", "github"),
        ("JiVS API", "jivs"),
        ("Swagger Petstore - OpenAPI 3.0", "petstore"),
        ("Twilio: Accounts (v2)", "twilio"),
        ("A small shop", "small-shop"),
        ("The API", "api"),
        ("Товары", "api"),
    ],
)
def test_a_profile_is_called_what_the_title_says(title: str, name: str, tmp_path: Path, jivsgen) -> None:
    paths = {"/a": {"get": {"responses": {"200": {"description": ""}}}}}
    document = {"openapi": "3.0.3", "info": {"title": title, "version": "1"}, "paths": paths}
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    ended = jivsgen("init", "openapi.json", cwd=tmp_path)
    assert f"wrote specs/profiles/{name}.yaml: 1 call\n" in ended.stdout
    assert f"jivsgen rehearse {name}" in ended.stdout


# --- what is never done -----------------------------------------------------------------------------------------------


def test_a_file_is_never_replaced(tmp_path: Path, jivsgen) -> None:
    spec = shutil.copy(spec_of(HERE / "reads"), tmp_path)
    arguments = ("init", spec, "--name", "mine")
    first = jivsgen(*arguments, cwd=tmp_path)
    written = tmp_path / "specs/profiles/mine.yaml"
    assert first.returncode == 0, first.stderr
    assert "next: jivsgen build --profile mine" in first.stdout
    assert jivsgen("build", "--profile", "mine", cwd=tmp_path).returncode == 0
    for content in ("mine", ""):
        written.write_text(content)
        second = jivsgen(*arguments, cwd=tmp_path)
        assert second.returncode == 2
        assert "specs/profiles/mine.yaml:1:1: error[file-exists]" in second.stderr
        assert "--name" in second.stderr
        assert written.read_text() == content
    written.unlink()
    written.symlink_to(tmp_path / "nowhere")
    assert jivsgen(*arguments, cwd=tmp_path).returncode == 2
    assert not (tmp_path / "nowhere").exists()
    assert sorted(path.name for path in written.parent.iterdir()) == ["mine.yaml"]


def test_a_file_that_comes_into_being_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch) -> None:
    link = os.link

    def late(source: str, target: Path) -> None:
        target.write_text("theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    found = Diagnostics()
    assert not publish_new(tmp_path / "a.yaml", "ours", "a.yaml", found)
    assert [one.code for one in found] == ["file-exists"]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.yaml", "theirs")]


def test_a_folder_that_cannot_be_written(tmp_path: Path, jivsgen) -> None:
    (tmp_path / "taken").write_text("a file")
    ended = jivsgen("init", spec_of(HERE / "reads"), "--out", tmp_path / "taken/below", cwd=tmp_path)
    assert ended.returncode == 2
    assert "error[cannot-write]" in ended.stderr


NOTHING: dict[str, tuple[dict[str, object], str]] = {
    "empty": ({}, "describes no operation"),
    "without an answer": ({"/a": {"get": {"responses": {"404": {"description": "no"}}}}}, "documents no 2xx answer"),
    "broken": ({"/a": {"get": {"parameters": [{"$ref": "#/nowhere"}], "responses": {}}}}, "leads nowhere"),
    "unsendable": (
        {"/a": {"post": {"requestBody": {"required": True, "content": {"multipart/mixed": {}}}, "responses": {"200": {"description": ""}}}}},
        "jivsgen cannot send",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_to_call(case: str, tmp_path: Path, jivsgen) -> None:
    paths, reason = NOTHING[case]
    spec = tmp_path / "a.json"
    spec.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "paths": paths}))
    ended = jivsgen("init", "a.json", cwd=tmp_path)
    assert ended.returncode == 1
    assert "error[nothing-to-call]" in ended.stderr
    assert reason in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_tags_and_operations_choose(jivsgen) -> None:
    spec = ROOT / "specs/jivs.openapi.yaml"
    tagged = jivsgen("init", spec, "--tag", "extractions", "--stdout", cwd=ROOT)
    assert "call: createExtraction" in tagged.stdout
    assert "igration" not in tagged.stdout.replace("JiVS", "")
    named = jivsgen("init", spec, "--operations", "listMigrations", "--operations", "DELETE /api/v1/migrations/{id}",
                    "--stdout", cwd=ROOT)  # fmt: skip
    assert re.findall("- call: (.*)", named.stdout) == ["listMigrations", "deleteMigration"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tag", "extraction"), "did you mean `extractions`?"),
        (("--operations", "listMigration"), "did you mean `listMigrations`?"),
        (("--name", "a b"), "is no name of a profile"),
    ],
)
def test_mistakes_on_the_command_line(arguments: tuple[str, ...], said: str, jivsgen) -> None:
    ended = jivsgen("init", "specs/jivs.openapi.yaml", *arguments, "--stdout", cwd=ROOT)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def strangers_changed(draft: Draft) -> list[str]:
    """The calls that change or delete what no POST of the journey has created."""
    listed = list(calls(draft.plan))
    created = {capture.name for call in listed if call.request.method == "POST" for capture in call.captures}
    return [
        call.name
        for call in listed
        if call.request.method in ("PUT", "PATCH", "DELETE")
        and not any(isinstance(part, Capture) and part.name in created for part in parts_of(call.request))
    ]


def test_nothing_is_changed_that_the_journey_has_not_created() -> None:
    changed = 0
    for spec in SUBSETS.values():
        draft = draft_profile(api_of(spec), wanted(spec), Diagnostics())
        assert draft is not None
        assert not strangers_changed(draft)
        changed += sum(call.request.method in ("PUT", "PATCH", "DELETE") for call in calls(draft.plan))
    assert changed > 10
    asked = (("GET", "/api/v1/migrations"), ("DELETE", "/api/v1/migrations/{id}"))
    draft = draft_profile(api_of(SUBSETS["jivs"]), wanted(SUBSETS["jivs"], operations=asked), Diagnostics())
    assert draft is not None
    assert strangers_changed(draft) == ["deleteMigration"]


SUBSETS = {case.name: spec_of(case) for case in CASES} | {"jivs": ROOT / "specs/jivs.openapi.yaml"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_subset_of_operations_is_a_profile(data: st.DataObject) -> None:
    """Whatever is chosen: it compiles, and calls nothing but what was chosen."""
    spec = SUBSETS[data.draw(st.sampled_from(sorted(SUBSETS)))]
    api = api_of(spec)
    chosen = data.draw(st.lists(st.sampled_from(list(api.index)), min_size=1, max_size=12, unique=True))
    found = Diagnostics()
    draft = draft_profile(api, wanted(spec, operations=tuple(chosen)), found)
    if draft is None:
        assert [one.code for one in found] == ["nothing-to-call"]
        return
    assert not draft.found.has_errors()
    called = {(call.request.method, call.request.template) for call in calls(draft.plan)}
    assert called
    assert called <= set(chosen)
    left_out = len(set(chosen) - called)
    assert left_out == 0 or "# Left out" in draft.text


JUNK = [
    *(
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        "",
        "x",
        "\x00",
        "${env.A}",
        [],
        {},
        [None],
        [1, "a"],
        {"a": 1},
        {"$ref": "#"},
    ),
    *({"$ref": ""}, "string", ["string", "null"], {"type": "object"}, {"oneOf": [{}]}),
]
DOCUMENTS = [
    document for spec in SUBSETS.values() if (document := load_document(spec, spec.name, Diagnostics()))
]


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every container of a document, with each of its keys."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield value, key
        yield from places(member)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_broken_document_has_an_answer(data: st.DataObject, tmp_path: Path) -> None:
    """A real document with a few parts gone, replaced or swapped: a profile that compiles, or a report."""
    content = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)).content)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(content)) or [({"": 0}, "")]))
        if data.draw(st.booleans()):
            container[key] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
        else:
            del container[key]
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(content), "utf-8")
    found = Diagnostics()
    api = load_api(spec, spec.name, found)
    draft = draft_profile(api, wanted(spec), found) if api else None
    assert found.has_errors() if draft is None else not draft.found.has_errors()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_document_gives_the_same_profile(seed: str, jivsgen) -> None:
    for case in CASES:
        ended = jivsgen("init", spec_of(case).name, "--name", case.name, "--out", ".", "--stdout", cwd=case,
                        env={"PYTHONHASHSEED": seed})  # fmt: skip
        assert ended.stdout == (case / f"{case.name}.yaml").read_text("utf-8")


def test_what_is_deprecated_is_listed_in_the_order_of_the_document(tmp_path: Path, jivsgen) -> None:
    said = {"responses": {"200": {"description": "x"}}}
    paths = {f"/{name}": {"get": {**said, "operationId": name, "deprecated": True}} for name in "qwertzuiop"}
    content = {
        "openapi": "3.0.3",
        "info": {"title": "x", "version": "1"},
        "paths": {**paths, "/": {"get": said}},
    }
    (tmp_path / "spec.json").write_text(json.dumps(content), "utf-8")
    for seed in "1234":
        ended = jivsgen("init", "spec.json", "--stdout", cwd=tmp_path, env={"PYTHONHASHSEED": seed})
        assert "# Left out: `q`, `w`, `e`, `r` and 6 more: it is deprecated.\n" in ended.stdout
