"""What a changed spec means: one directory a rule, the differences of a deployed backend, and random changes.

`tests/drift/<rule>/` (or `<rule>-<variant>`) holds old.yaml, new.yaml, profile.yaml and expected.txt. `tests/deployed/<name>/` holds
`change.yaml`, an overlay that makes the committed spec say what the deployed backend does, and expected.txt; or `unseen.md`,
which says why no document can show it.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jivsgen.compiler import Compiler
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.changes import Difference, difference
from jivsgen.drift.rules import BY_DIAGNOSTIC, RULES
from jivsgen.drift.uses import Reading
from jivsgen.project import load_project
from jivsgen.spec import load_api

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "tests/drift"
DIRECTORIES = sorted(path for path in HERE.iterdir() if path.is_dir())
DEPLOYED = sorted(path for path in (ROOT / "tests/deployed").iterdir() if path.is_dir())
QUIET = {"nothing", "rest"}


def rule_of(directory: Path) -> str:
    return max((name for name in RULES if directory.name.startswith(name)), key=len, default=directory.name)


def found_in(text: str) -> set[str]:
    return set(re.findall(r"^(?:error|warning|note)\[([a-z-]+)\]", text, re.MULTILINE))


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda path: path.name)
def test_rule(directory: Path, jivsgen, golden) -> None:
    ended = jivsgen("diff", "old.yaml", "new.yaml", "--profile", "profile.yaml", "--all", cwd=directory)
    assert ended.stderr == ""
    golden(directory / "expected.txt", ended.stdout)
    found = found_in(ended.stdout)
    if directory.name in QUIET:
        assert found <= {"operation-changed"}
    else:
        assert rule_of(directory) in found
    assert ended.returncode == int(any(RULES[one].level == "error" for one in found))
    back = jivsgen("diff", "new.yaml", "new.yaml", "--profile", "profile.yaml", cwd=directory)
    assert (back.returncode, back.stdout) == (0, "Nothing has changed that means anything.\n")


def test_every_rule_has_a_directory() -> None:
    assert {rule_of(directory) for directory in DIRECTORIES} - QUIET == set(RULES)
    assert set(BY_DIAGNOSTIC.values()) <= set(RULES)


@pytest.mark.parametrize("directory", DEPLOYED, ids=lambda path: path.name)
def test_what_a_deployed_backend_does_otherwise(directory: Path, jivsgen, golden, tmp_path: Path) -> None:
    """Every difference is reported against the committed profiles, or no document can show it."""
    if (directory / "unseen.md").exists():
        assert len((directory / "unseen.md").read_text("utf-8")) > 80
        assert not (directory / "change.yaml").exists()
        return
    overlay = ((directory / "change.yaml"), "change.yaml")
    api = load_api(ROOT / "specs/jivs.openapi.yaml", "spec", diagnostics := Diagnostics(), (overlay,))
    assert api
    assert not len(diagnostics)
    (tmp_path / "new.json").write_text(json.dumps(api.root.value), "utf-8")
    ended = jivsgen("diff", "specs/jivs.openapi.yaml", tmp_path / "new.json", cwd=ROOT)
    golden(directory / "expected.txt", ended.stdout)
    assert ended.returncode == 1
    assert "used by " in ended.stdout


# --- formats and mistakes --------------------------------------------------------------------------------------------


def test_formats(jivsgen, golden) -> None:
    directory = HERE / "response-property-enum-value-removed"
    arguments = ("diff", "old.yaml", "new.yaml", "--profile", "profile.yaml", "--format")
    markdown = jivsgen(*arguments, "markdown", cwd=directory)
    golden(directory / "expected.md", markdown.stdout)
    found = json.loads(jivsgen(*arguments, "json", cwd=directory).stdout)
    assert found["breaks"] is True
    assert found["used"][0]["rule"] == "response-property-enum-value-removed"
    (use,) = found["used"][0]["uses"]
    assert use["step"] == "step 3"
    assert use["path"].endswith("profile.yaml")


def test_the_rules_are_listed(jivsgen) -> None:
    listed = jivsgen("diff", "--rules", cwd=ROOT)
    assert [line.split()[0] for line in listed.stdout.splitlines() if not line.startswith(" ")] == list(RULES)


def test_mistakes(jivsgen, tmp_path: Path) -> None:
    directory = HERE / "nothing"
    (tmp_path / "html.yaml").write_text("<html>")
    for arguments in (("old.yaml",), ("old.yaml", "none.yaml"), ("old.yaml", tmp_path / "html.yaml")):
        ended = jivsgen("diff", *arguments, "--profile", "profile.yaml", cwd=directory)
        assert ended.returncode == 2
        assert ended.stderr
        assert "Traceback" not in ended.stderr


def test_hostile_names_are_no_markup(tmp_path: Path, jivsgen) -> None:
    spec = yaml.safe_load((HERE / "rest/old.yaml").read_text())
    spec["paths"]["/books/{id}/lend"]["post"]["operationId"] = "<script>`x`|[a](b)\u001b[31m"
    (tmp_path / "new.json").write_text(json.dumps(spec))
    for name in ("old.yaml", "profile.yaml"):
        (tmp_path / name).write_text((HERE / "rest" / name).read_text())
    for form in ("markdown", "text"):
        out = jivsgen(
            "diff", "old.yaml", "new.json", "--profile", "profile.yaml", "--format", form, cwd=tmp_path
        ).stdout
        assert "\u001b" not in out
        assert form == "text" or "<script>" not in out.replace("\\<script\\>", "")


# --- random changes --------------------------------------------------------------------------------------------------


def readings(profile: Path, old: Path, new: Path) -> list[tuple[Reading, Reading]] | None:
    """None where the new document is none."""
    project = load_project(ROOT, Diagnostics())
    assert project
    compiler = Compiler(project, Diagnostics())
    before = compiler.read_against(profile, old)
    assert before
    after = compiler.read_against(profile, new, before)
    return [(before, after)] if after else None


def made(reading: Reading) -> Any:
    """What a profile makes of a spec: its plan, or what the compiler has against it."""
    if reading.plan is None:
        return sorted((one.code, str(one.place)) for one in reading.found if one.severity == "error")
    plan = reading.plan
    return {name: getattr(plan, name) for name in plan.__slots__ if name != "origin"}


def judged(profile: Path, old: Path, new: Path) -> Difference | None:
    pairs = readings(profile, old, new)
    return difference(pairs, pairs[0][0].api, pairs[0][1].api) if pairs else None


def holds(profile: Path, old: Path, new: Path) -> bool:
    """Whether every change of what a plan makes is reported, and nothing else is called breaking."""
    pairs = readings(profile, old, new)
    if pairs is None:
        return True
    found = difference(pairs, pairs[0][0].api, pairs[0][1].api)
    told = any(finding.meant.level in ("error", "warning") for finding in found.used)
    changed = made(pairs[0][0]) != made(pairs[0][1])
    return told if changed else not found.breaks


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(one for key, child in below for one in places(child, (*path, key)))]


def mutated(document: Any, data: st.DataObject) -> Any:
    """The document with one thing in it removed, replaced, renamed or doubled."""
    document = copy.deepcopy(document)
    path = data.draw(st.sampled_from(places(document)))
    owner = document
    for step in path[:-1]:
        owner = owner[step]
    last = path[-1]
    kind = data.draw(st.sampled_from(["remove", "replace", "rename", "append"]))
    if kind == "remove":
        del owner[last]
    elif kind == "rename" and isinstance(owner, dict):
        owner[f"{last}X"] = owner.pop(last)
    elif kind == "append" and isinstance(owner, list):
        owner.append(copy.deepcopy(owner[last]) if not isinstance(owner[last], str) else f"{owner[last]}X")
    else:
        owner[last] = data.draw(
            st.sampled_from(
                ["string", "integer", "object", "X", 0, 7, True, False, [], {}, ["X"], {"type": "string"}]
            )
        )
    return document


SHELF = yaml.safe_load((HERE / "nothing/old.yaml").read_text("utf-8"))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_changes_of_a_small_spec(tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / "old.json").write_text(json.dumps(SHELF))
    document = mutated(SHELF, data)
    (tmp_path / "new.json").write_text(json.dumps(document))
    assert holds(HERE / "nothing/profile.yaml", tmp_path / "old.json", tmp_path / "new.json")


USED = {
    "paths": ["/api/v1/auth/login", "/api/v1/extractions", "/api/v1/extractions/{id}", "/api/v1/extractions/{id}/start"],
}  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_changes_of_the_jivs_spec(tmp_path: Path, data: st.DataObject) -> None:
    """Half of them in what extraction-load calls, half of them anywhere."""
    api = load_api(ROOT / "specs/jivs.openapi.yaml", "spec", Diagnostics())
    assert api
    (tmp_path / "old.json").write_text(json.dumps(api.root.value))
    if data.draw(st.booleans()):
        path = data.draw(st.sampled_from(USED["paths"]))
        document = copy.deepcopy(api.root.value)
        document["paths"][path] = mutated(document["paths"][path], data)
    else:
        document = mutated(api.root.value, data)
    (tmp_path / "new.json").write_text(json.dumps(document))
    assert holds(ROOT / "specs/profiles/extraction-load.yaml", tmp_path / "old.json", tmp_path / "new.json")


def test_the_property_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = HERE / "response-success-status-removed"
    files = (directory / "profile.yaml", directory / "old.yaml", directory / "new.yaml")
    assert holds(*files)
    monkeypatch.setitem(globals(), "difference", lambda *_: Difference(()))
    assert not holds(*files)


def test_reordered_and_reworded_is_nothing(tmp_path: Path) -> None:
    def reversed_(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: reversed_(value[key]) for key in reversed(value)}
        return [reversed_(one) for one in value] if isinstance(value, list) else value

    document = reversed_(SHELF)
    document["info"]["title"] = "Another title"
    (tmp_path / "new.json").write_text(json.dumps(document))
    found = judged(HERE / "nothing/profile.yaml", HERE / "nothing/old.yaml", tmp_path / "new.json")
    assert found == Difference(())
