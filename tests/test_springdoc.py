"""What springdoc exports of a deployed backend: every weakness is survived and said once, and the overlay that the messages
hold, pasted as it is, mends them all."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "springdoc"
ACTION = re.compile(r"^ +(- target: .*)\n +((?:update|remove): .*)$", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("api-docs.json", "profile.yaml"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "jivsgen.toml").write_text('profiles = "profile.yaml"\n')
    return tmp_path


def test_each_weakness_is_said_once(project: Path, jivsgen, golden) -> None:
    ended = jivsgen("lint", "profile.yaml", cwd=project)
    text = "".join(line for line in ended.stderr.splitlines(True) if "note[approximation]" not in line)
    golden(HERE / "expected.txt", text)
    said = re.findall(r"^\S+: (?:error|warning)\[([a-z-]+)\]: (.*)$", text, re.MULTILINE)
    assert len(said) == len(set(said))
    assert {code for code, _ in said} == {
        "any-media-type", "bad-format", "local-server", "misnamed-path-parameter", "object-parameter", "secured-login",
        "spec-silent", "undocumented-status", "unknown-security-scheme", "unsaid-roles", "unstable-operation-id", "untyped-body",
    }  # fmt: skip


def test_the_snippets_pasted_mend_it(project: Path, jivsgen) -> None:
    said = jivsgen("lint", "profile.yaml", cwd=project).stderr
    actions = "".join(f"  {target}\n    {what}\n" for target, what in ACTION.findall(said))
    overlay = "overlay: 1.0.0\ninfo: {title: What springdoc left out, version: 1.0.0}\nactions:\n"
    (project / "overlay.yaml").write_text(overlay + actions)
    profile = project / "profile.yaml"
    profile.write_text(
        profile.read_text().replace("spec: api-docs.json", "spec: api-docs.json\noverlays: [overlay.yaml]")
    )
    found = json.loads(jivsgen("lint", "--format", "json", cwd=project).stdout)
    assert [one for one in found if one["severity"] != "note"] == []
    assert jivsgen("build", "--strict", cwd=project).returncode == 0
    verified = jivsgen("verify", "--no-engines", cwd=project)
    assert verified.returncode == 0, verified.stderr
    assert "?page=0&size=20" in (project / "generated/k6/deployed.js").read_text()


def test_what_an_overlay_taught_is_checked(project: Path, jivsgen) -> None:
    test_the_snippets_pasted_mend_it(project, jivsgen)
    profile = project / "profile.yaml"
    profile.write_text(profile.read_text().replace("sourceType:", "sourceTyp:"))
    ended = jivsgen("lint", cwd=project)
    assert ended.returncode == 1
    assert "error[unknown-field]" in ended.stderr
    assert "  overlay.yaml:" in ended.stderr
