"""What a changed spec means: one directory a rule, the differences of a deployed backend, and random changes.

`tests/drift/<rule>/` (or `<rule>-<variant>`) holds old.yaml, new.yaml, profile.yaml and expected.txt. `tests/drift/deployed/<name>/`
holds `change.yaml`, an overlay that makes the committed spec say what the deployed backend does, and expected.txt; or `unseen.md`,
which says why no document can show it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.rules import BY_DIAGNOSTIC, RULES
from jivsgen.spec import load_api

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "tests/drift"
DIRECTORIES = sorted(path for path in HERE.iterdir() if path.is_dir() and path.name != "deployed")
DEPLOYED = sorted(path for path in (HERE / "deployed").iterdir() if path.is_dir())
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
    settings = f'profiles = "{ROOT}/specs/profiles"\noverlays = ["{directory}/change.yaml"]\n'
    (tmp_path / "jivsgen.toml").write_text(settings)
    assert jivsgen("lint", cwd=tmp_path).returncode == 1


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
    for path in ("/books/{id}/lend", "/shops"):  # used, and not used
        for operation in spec["paths"][path].values():
            operation["operationId"] = f"<script>`x`|[a](b)\u001b[31m{len(path)}"
            operation["responses"]["418"] = {"description": "Another"}
    (tmp_path / "new.json").write_text(json.dumps(spec))
    for name in ("old.yaml", "profile.yaml"):
        (tmp_path / name).write_text((HERE / "rest" / name).read_text())
    for form in ("markdown", "text"):
        out = jivsgen(
            "diff", "old.yaml", "new.json", "--profile", "profile.yaml", "--format", form, cwd=tmp_path
        ).stdout
        assert "\u001b" not in out
        assert form == "text" or "<script>" not in out.replace("\\<script\\>", "")


# --- what is no change -----------------------------------------------------------------------------------------------


def test_reordered_and_reworded_is_nothing(tmp_path: Path, jivsgen) -> None:
    def reversed_(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: reversed_(value[key]) for key in reversed(value)}
        return [reversed_(one) for one in value] if isinstance(value, list) else value

    directory = HERE / "nothing"
    document = reversed_(yaml.safe_load((directory / "old.yaml").read_text("utf-8")))
    document["info"]["title"] = "Another title"
    (tmp_path / "new.json").write_text(json.dumps(document))
    ended = jivsgen("diff", "old.yaml", tmp_path / "new.json", "--profile", "profile.yaml", cwd=directory)
    assert (ended.returncode, ended.stdout) == (0, "Nothing has changed that means anything.\n")
