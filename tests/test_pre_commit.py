"""The hooks, run by the real pre-commit in a repository that takes them from this one, and has folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROFILE = "load/plans/data-quality.yaml"
SPEC = "api/v1/docs.yaml"
SCRIPT = "perf/k6/data-quality.js"


def git(folder: Path, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def repository(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, str]]:
    """A built project under git with the hooks installed, and the environment to run git in."""
    root = Path(__file__).resolve().parents[1]
    base = tmp_path_factory.mktemp("pre-commit")
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(base / "cache"),
        "PRE_COMMIT_COLOR": "never",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "a@b.example"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    hooks = base / "hooks"
    tracked = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", env=env).stdout.split(
        "\0"
    )
    for name in filter(None, tracked):
        if (root / name).is_file():
            (hooks / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, hooks / name)
    _commit_all(hooks, env)
    revision = git(hooks, "rev-parse", "HEAD", env=env).stdout.strip()
    project = base / "project"
    for name in (PROFILE, SPEC):
        (project / name).parent.mkdir(parents=True)
    shutil.copy(root / "specs/jivs.openapi.yaml", project / SPEC)
    profile = (root / "specs/profiles/data-quality.yaml").read_text("utf-8")
    (project / PROFILE).write_text(
        profile.replace("spec: ../jivs.openapi.yaml", f"spec: ../../{SPEC}"), "utf-8"
    )
    (project / "jivsgen.toml").write_text('profiles = "load/plans"\nout = "perf"\n')
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {revision}\n    hooks: [{{id: jivsgen-check}}, {{id: jivsgen-lint}}]\n"
    )
    built = subprocess.run(
        [sys.executable, "-m", "jivsgen", "build"], cwd=project, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    _commit_all(project, env)
    installed = subprocess.run(
        ["pre-commit", "install", "--install-hooks"], cwd=project, env=env, capture_output=True, text=True
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return project, env


def _commit_all(folder: Path, env: dict[str, str]) -> None:
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "All of it")):
        ended = git(folder, *arguments, env=env)
        assert ended.returncode == 0, ended.stderr


@pytest.fixture
def clean(repository: tuple[Path, dict[str, str]]) -> tuple[Path, dict[str, str]]:
    project, env = repository
    git(project, "reset", "-q", "--hard", env=env)
    git(project, "clean", "-qfd", env=env)
    return repository


def test_a_commit_that_touches_nothing_of_ours_runs_no_hook(clean) -> None:
    project, env = clean
    for name in ("notes.md", "main.py", "perf.sh"):
        (project / name).write_text("notes\n")
    git(project, "add", "-A", env=env)
    ended = git(project, "commit", "-m", "Write notes", env=env)
    assert ended.returncode == 0
    assert ended.stderr.count("(no files to check)Skipped") == 2


def test_a_clean_commit_passes(clean, jivsgen) -> None:
    project, env = clean
    profile = project / PROFILE
    profile.write_text(profile.read_text("utf-8") + "# reviewed\n", "utf-8")
    assert jivsgen("build", cwd=project).returncode == 0
    git(project, "add", "-A", env=env)
    ended = git(project, "commit", "-m", "Review the profile", env=env)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("Passed") == 2


def test_drift_is_blocked_with_what_to_type(clean) -> None:
    project, env = clean
    changes = {
        PROFILE: ("600ms", "changed-profile"),
        SPEC: ("\n  version: 9.", "changed-spec"),
        SCRIPT: ("// edited\n", "edited-artifact"),
    }
    for name, (new, code) in changes.items():
        git(project, "reset", "-q", "--hard", env=env)
        path = project / name
        text = path.read_text("utf-8")
        old = {PROFILE: "500ms", SPEC: "\n  version: "}.get(name)
        path.write_text(text.replace(old, new) if old else text + new, "utf-8")
        assert path.read_text("utf-8") != text
        git(project, "add", "-A", env=env)
        ended = git(project, "commit", "-m", "Drift", env=env)
        assert ended.returncode == 1, name
        assert f"error[{code}]" in ended.stderr, ended.stderr
        assert "jivsgen check --fix" in ended.stderr
    assert git(project, "log", "--oneline", env=env).stdout.count("Drift") == 0


def test_a_commit_that_only_deletes_needs_a_hook_that_always_runs(clean) -> None:
    """pre-commit does not look at deleted files: https://pre-commit.com, `always_run`."""
    project, env = clean
    config = project / ".pre-commit-config.yaml"
    always = config.read_text().replace("{id: jivsgen-check}", "{id: jivsgen-check, always_run: true}")
    assert always != config.read_text()
    config.write_text(always)
    git(project, "commit", "-qam", "Always run it", env=env)
    git(project, "rm", "-q", SCRIPT, env=env)
    ended = git(project, "commit", "-m", "Deleted", env=env)
    assert ended.returncode == 1
    assert "error[missing-artifact]" in ended.stderr
    assert "jivsgen check --fix" in ended.stderr
