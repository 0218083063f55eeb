"""`jivsgen check`: a changed input, an edited, missing or stray artifact, and a lock that lies are found; what only looks
changed is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jivsgen.diagnostics.catalogue.drift import DRIFT
from jivsgen.drift.clean import artifacts_if_clean
from jivsgen.drift.lock import digest, read_lock

SPECS = Path(__file__).resolve().parents[1] / "specs"
HEAVY = ("click", "yaml", "jinja2", "pydantic", "lxml", "openapi_core", "jsonschema_rs", "tree_sitter")


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8", newline="")


def codes(ended: subprocess.CompletedProcess[str]) -> list[str]:
    return sorted({found["code"] for found in json.loads(ended.stdout) if found["severity"] != "warning"})


# --- nothing has changed ---------------------------------------------------------------------------------------------


def test_a_clean_check_imports_nothing_heavy(project: Path) -> None:
    code = f"import sys; from jivsgen.__main__ import main; print(main(['check'])); print([m for m in {HEAVY} if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert ended.stdout == "15 artifacts up to date\n0\n[]\n", ended.stderr


def test_the_committed_tree_is_clean(root: Path) -> None:
    assert artifacts_if_clean(str(root)) is not None
    assert artifacts_if_clean(str(root / "specs")) is not None


def test_a_checkout_with_other_line_ends_is_no_change(project: Path, tmp_path: Path, jivsgen) -> None:
    """As git makes it where `core.autocrlf` is true, and no .gitattributes says otherwise."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["commit", "-qm", "All"],
        ["clone", "-q", ".", str(tmp_path / "windows")],
    ):
        subprocess.run([*git, *arguments], cwd=project, env=env, check=True, capture_output=True)
    windows = tmp_path / "windows"
    assert b"\r\n" in (windows / "generated/k6/subjects.csv").read_bytes()
    assert b"\r\n" in (windows / "generated/jivsgen.lock").read_bytes()
    assert artifacts_if_clean(str(windows)) == 15
    think_longer(windows)
    ended = jivsgen("check", cwd=windows)
    assert "6 artifacts are out of date" in ended.stderr
    assert "edited" not in ended.stderr
    assert jivsgen("build", cwd=windows).stdout.endswith("7 files written, 9 unchanged\n")
    edit(windows)
    assert codes(jivsgen("check", "--format", "json", cwd=windows)) == ["edited-artifact"]


def test_a_touched_time_stamp_and_other_line_ends_are_no_change(project: Path) -> None:
    for path in (*project.rglob("*.yaml"), *project.rglob("*.js")):
        os.utime(path, (1, 1))
    profile = project / "specs/profiles/extraction-load.yaml"
    profile.write_bytes(profile.read_bytes().replace(b"\n", b"\r\n"))
    assert artifacts_if_clean(str(project)) == 15


# --- what is found ---------------------------------------------------------------------------------------------------


def think_longer(project: Path) -> None:
    replace_in(project / "specs/profiles/extraction-load.yaml", "- think: 1s", "- think: 2s")


def release(project: Path) -> None:
    """The headers name the version of the API."""
    replace_in(project / "specs/jivs.openapi.yaml", "\n  version: ", "\n  version: 9.")


def change_feed(project: Path) -> None:
    with (project / "specs/data/subjects.csv").open("a", encoding="utf-8") as file:
        header = (project / "specs/data/subjects.csv").read_text("utf-8").splitlines()
        file.write(header[1] + "\n")


def move_output(project: Path) -> None:
    (project / "jivsgen.toml").write_text('profiles = "specs/profiles"\nout = "scripts"\n')


def new_profile(project: Path) -> None:
    source = project / "specs/profiles/extraction-load.yaml"
    text = source.read_text("utf-8").replace("profile: extraction-load", "profile: another")
    (project / "specs/profiles/another.yaml").write_text(text, "utf-8")


def edit(project: Path) -> None:
    replace_in(project / "generated/k6/extraction-load.js", "sleep(1)", "sleep(0)")


def other_version(project: Path) -> None:
    replace_in(project / "generated/jivsgen.lock", "\njivsgen ", "\njivsgen 0.0.")


def conflict(project: Path) -> None:
    lock = project / "generated/jivsgen.lock"
    lines = lock.read_text("utf-8").splitlines(True)
    lock.write_text(
        "".join(
            [*lines[:5], "<<<<<<< ours\n", lines[5], "=======\n", lines[5], ">>>>>>> theirs\n", *lines[6:]]
        )
    )


def paste_digest(project: Path) -> None:
    """Somebody edits an artifact and writes its digest into the lock."""
    script = project / "generated/k6/extraction-load.js"
    old = digest(script.read_bytes())
    edit(project)
    new = digest(script.read_bytes())
    replace_in(project / "generated/jivsgen.lock", old, new)


def wrong_meaning(project: Path) -> None:
    lock = project / "generated/jivsgen.lock"
    lines = [
        line[:-2] + ("0" if line[-2] != "0" else "1") + "\n" if line.startswith("operation") else line
        for line in lock.read_text("utf-8").splitlines(True)
    ]
    lock.write_text("".join(lines))


def of_another_version(project: Path) -> None:
    """As an older jivsgen might have left it: another script, and a lock that knows it."""
    script = project / "generated/k6/extraction-load.js"
    edit(project)
    lock = read_lock(project / "generated/jivsgen.lock")
    assert lock
    lock.version = "0.0.1"
    lock.digests["artifact", "k6/extraction-load.js"] = digest(script.read_bytes())
    (project / "generated/jivsgen.lock").write_text(lock.sealed().text())


def configure_overlay(project: Path) -> None:
    (project / "overlay.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: Newer, version: '1'}\n"
        "actions: [{target: $.info, update: {version: 9.9.9}}]\n"
    )
    with (project / "jivsgen.toml").open("a") as file:
        file.write('overlays = ["overlay.yaml"]\n')


def change_overlay(project: Path) -> None:
    configure_overlay(project)
    subprocess.run([sys.executable, "-m", "jivsgen", "build"], cwd=project, check=True, capture_output=True)
    replace_in(project / "overlay.yaml", "9.9.9", "9.9.10")


def send_a_file(project: Path) -> None:
    """One more profile, which uploads a document."""
    shutil.copy(SPECS / "profiles/document-archive.yaml", project / "specs/profiles")
    subprocess.run([sys.executable, "-m", "jivsgen", "build"], cwd=project, check=True, capture_output=True)


def change_upload(project: Path) -> None:
    """Line ends mean nothing in an input that is read, and everything in one that is sent."""
    send_a_file(project)
    file = project / "specs/data/uploads/invoice.pdf"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n", 1))


def edit_copy(project: Path) -> None:
    send_a_file(project)
    file = project / "generated/k6/invoice.pdf"
    file.write_bytes(file.read_bytes() + b"%")


def change_what_another_folder_lends(project: Path) -> None:
    """A profile of this project extends one elsewhere, whose overlay lies beside that."""
    lent = project / "lent"
    (lent / "overlays").mkdir(parents=True)
    base = (project / "specs/profiles/extraction-load.yaml").read_text("utf-8")
    base = base.replace("spec: ../jivs", "overlays: [overlays/newer.yaml]\nspec: ../specs/jivs")
    (lent / "base.yaml").write_text(base, "utf-8")
    configure_overlay(project)
    (project / "overlay.yaml").rename(lent / "overlays/newer.yaml")
    (project / "jivsgen.toml").write_text('profiles = "specs/profiles"\nout = "generated"\n')
    (project / "specs/profiles/lent.yaml").write_text("extends: ../../lent/base.yaml\nprofile: lent\n")
    subprocess.run([sys.executable, "-m", "jivsgen", "build"], cwd=project, check=True, capture_output=True)
    assert artifacts_if_clean(str(project)) == 19
    replace_in(lent / "overlays/newer.yaml", "9.9.9", "9.9.10")
    replace_in(lent / "base.yaml", "- think: 1s", "- think: 2s")


FINDINGS: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "profile": (think_longer, ["changed-profile"], "6 artifacts are out of date"),
    "spec": (release, ["changed-spec"], "out of date"),
    "feed": (change_feed, ["changed-feed"], "3 artifacts are out of date"),
    "upload": (change_upload, ["changed-upload"], "a file that is sent has changed; 3 artifacts are out of date"),
    "edited copy": (edit_copy, ["edited-artifact"], "it is not the file that it is a copy of"),
    "overlay": (change_overlay, ["changed-overlay"], "9 artifacts are out of date"),
    "extended": (
        change_what_another_folder_lends, ["changed-overlay", "changed-profile"], "lent/base.yaml",
    ),
    "configuration": (configure_overlay, ["changed-configuration", "changed-overlay"], "9 artifacts are out of date"),
    "moved output": (move_output, ["broken-lock", "missing-artifact"], "nothing was built yet"),
    "new profile": (new_profile, ["missing-artifact"], "has not been built yet"),
    "removed profile": (
        lambda p: (p / "specs/profiles/extraction-soak.yaml").unlink(),
        ["stray-artifact"],
        "no profile makes this artifact any more",
    ),
    "edited artifact": (edit, ["edited-artifact"], "from this line on"),
    "missing artifact": (
        lambda p: (p / "generated/k6/extraction-load.js").unlink(), ["missing-artifact"], "is missing",
    ),
    "stray artifact": (lambda p: (p / "generated/k6/mine.js").touch(), ["stray-artifact"], "no profile makes it"),
    "linked artifact": (
        lambda p: (
            (p / "generated/k6/extraction-load.js").rename(p / "elsewhere.js"),
            (p / "generated/k6/extraction-load.js").symlink_to(p / "elsewhere.js"),
        ),
        ["edited-artifact"],
        "not a plain file",
    ),
    "another version's scripts": (of_another_version, ["changed-version"], "the lock is of jivsgen 0.0.1"),
    "version": (other_version, ["unchanged-meaning"], "the lock is of jivsgen 0.0.0.1.0"),
    "missing lock": (lambda p: (p / "generated/jivsgen.lock").unlink(), ["broken-lock"], "there is no lock"),
    "empty lock": (lambda p: (p / "generated/jivsgen.lock").write_text(""), ["broken-lock"], "cannot be used"),
    "lock merged badly": (conflict, ["broken-lock"], "a merge conflict was left in it"),
    "lock cut short": (
        lambda p: (p / "generated/jivsgen.lock").write_text((p / "generated/jivsgen.lock").read_text()[:-30]),
        ["broken-lock"],
        "cut short",
    ),
    "lock edited with the artifact": (paste_digest, ["outdated-artifact"], "not what jivsgen writes"),
    "lock edited": (wrong_meaning, ["broken-lock"], "not the one of these inputs"),
    "broken profile": (
        lambda p: replace_in(p / "specs/profiles/extraction-load.yaml", "call: startExtraction", "call: startExtractoin"),
        ["unknown-operation"],
        "did you mean",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding(name: str, project: Path, jivsgen) -> None:
    change, expected, said = FINDINGS[name]
    change(project)
    assert artifacts_if_clean(str(project)) is None
    ended = jivsgen("check", "--format", "json", cwd=project)
    assert codes(ended) == expected, ended.stdout
    assert said in ended.stdout
    assert ended.returncode == (0 if expected == ["unchanged-meaning"] else 1)
    text = jivsgen("check", cwd=project)
    assert text.returncode == ended.returncode
    assert "Traceback" not in text.stderr


def test_every_code_of_drift_is_found() -> None:
    raised = {code for _, expected, _ in FINDINGS.values() for code in expected} | {"changed-template"}
    assert set(DRIFT) <= raised


@pytest.mark.parametrize(
    "name", sorted({*FINDINGS} - {"stray artifact", "linked artifact", "broken profile"})
)
def test_fix_does_what_build_does(name: str, project: Path, jivsgen) -> None:
    FINDINGS[name][0](project)
    fixed = jivsgen("check", "--fix", cwd=project)
    assert fixed.returncode == 0, fixed.stderr
    assert artifacts_if_clean(str(project)) is not None
    assert jivsgen("build", cwd=project).stdout.startswith("0 files written")


def test_what_is_not_ours_stays(project: Path, jivsgen) -> None:
    mine = project / "generated/k6/mine.js"
    mine.write_text("mine")
    assert jivsgen("check", "--fix", cwd=project).returncode == 1
    assert mine.read_text() == "mine"


def test_a_template_is_an_input(
    project: Path, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from jivsgen import generate, installation
    from jivsgen.drift import clean
    from jivsgen.engines import templates

    copy = Path(shutil.copytree(root / "templates", tmp_path / "templates"))
    for module in (generate, clean, templates, installation):
        monkeypatch.setattr(module, "templates_folder", lambda: str(copy))
    templates._environment.cache_clear()
    assert artifacts_if_clean(str(project)) == 15
    with (copy / "k6/script.js.j2").open("a", encoding="utf-8") as file:
        file.write("// The end.\n")
    monkeypatch.chdir(project)
    assert artifacts_if_clean(str(project)) is None
    try:
        found = _compared(project)
    finally:
        templates._environment.cache_clear()
    assert "changed-template" in found


def _compared(folder: Path) -> set[str]:
    from jivsgen.compiler import Compiler
    from jivsgen.diagnostics import Diagnostics
    from jivsgen.generate import compare, generate
    from jivsgen.project import load_project

    diagnostics = Diagnostics()
    project = load_project(folder, diagnostics)
    assert project
    made = generate(Compiler(project, diagnostics), project.profiles, ())
    assert made
    found = Diagnostics()
    compare(project, made, found).report(found)
    return {one.code for one in found}


# --- meanings --------------------------------------------------------------------------------------------------------


def test_a_reworded_or_reordered_spec_is_a_note(project: Path, jivsgen) -> None:
    spec = project / "specs/jivs.openapi.yaml"
    content = yaml.safe_load(spec.read_text("utf-8"))
    content["paths"] = dict(sorted(content["paths"].items(), reverse=True))
    content["info"]["description"] = "Said in other words."
    spec.write_text(yaml.safe_dump(content, sort_keys=True), "utf-8")
    before = (project / "generated/jivsgen.lock").read_text()
    ended = jivsgen("check", cwd=project)
    assert (ended.returncode, ended.stdout) == (0, "15 artifacts up to date\n")
    assert "note[unchanged-meaning]: the spec has changed; no artifact changes with it" in ended.stderr
    assert jivsgen("check", "--fix", cwd=project).returncode == 0
    after = (project / "generated/jivsgen.lock").read_text()
    changed = {line.split()[0] for line in {*before.splitlines()} ^ {*after.splitlines()}}
    assert changed == {"file", "unit"}
    assert artifacts_if_clean(str(project)) == 15


def test_the_changed_operation_is_named(project: Path, jivsgen) -> None:
    spec = project / "specs/jivs.openapi.yaml"
    content = yaml.safe_load(spec.read_text("utf-8"))
    content["components"]["responses"]["ExtractionCreated"]["x-note"] = 1
    spec.write_text(yaml.safe_dump(content), "utf-8")
    ended = jivsgen("check", cwd=project)
    assert ended.returncode == 1
    assert (
        "error[changed-spec]: the spec has changed: `createExtraction` means something else" in ended.stderr
    )


def test_two_branches_merge_line_by_line(project: Path, tmp_path: Path, jivsgen) -> None:
    """Each branch changes a profile of its own: the merged lock is right as it is. One changes what both build on: it is
    not believed, though each of its lines was true once."""
    theirs = Path(shutil.copytree(project, tmp_path / "theirs"))
    base = (project / "generated/jivsgen.lock").read_text().splitlines(True)
    replace_in(project / "specs/profiles/extraction-soak.yaml", "8h", "9h")
    with (theirs / "specs/data/subjects.csv").open("a", encoding="utf-8") as file:
        file.write((theirs / "specs/data/subjects.csv").read_text("utf-8").splitlines()[1] + "\n")
    for folder in (project, theirs):
        assert jivsgen("build", cwd=folder).returncode == 0
    merged = _merged(base, project, theirs)
    shutil.copytree(theirs / "specs/data", project / "specs/data", dirs_exist_ok=True)
    for copy in theirs.glob("generated/*/subjects.csv"):
        shutil.copy(copy, project / copy.relative_to(theirs))
    (project / "generated/jivsgen.lock").write_text(merged)
    assert artifacts_if_clean(str(project)) == 15


def test_a_merge_that_is_wrong_is_not_believed(project: Path, tmp_path: Path, jivsgen) -> None:
    """One branch renders the soak test anew; the other changes what it extends: its script must hold both."""
    theirs = Path(shutil.copytree(project, tmp_path / "theirs"))
    base = (project / "generated/jivsgen.lock").read_text().splitlines(True)
    replace_in(project / "specs/profiles/extraction-soak.yaml", "8h", "9h")
    replace_in(theirs / "specs/jivs.openapi.yaml", "\n  version: ", "\n  version: 9.")
    for folder in (project, theirs):
        assert jivsgen("build", cwd=folder).returncode == 0
    merged = _merged(base, theirs, project)
    shutil.copy(theirs / "specs/jivs.openapi.yaml", project / "specs")
    for path in theirs.glob("generated/*/*"):
        if "soak" not in path.name:
            shutil.copy(path, project / path.relative_to(theirs))
    (project / "generated/jivsgen.lock").write_text(merged)
    assert artifacts_if_clean(str(project)) is None
    assert jivsgen("check", cwd=project).returncode == 1


def _merged(base: list[str], ours: Path, theirs: Path) -> str:
    """As git merges lines that stand apart; where both changed one, the second wins."""

    def keyed(lines: list[str]) -> dict[tuple[str, ...], str]:
        return {tuple(line.split()[:2]): line for line in lines}

    old = keyed(base)
    result = dict(old)
    for folder in (ours, theirs):
        new = keyed((folder / "generated/jivsgen.lock").read_text().splitlines(True))
        result |= {key: line for key, line in new.items() if old.get(key) != line}
    head = [line for line in result.values() if line.startswith(("#", "jivsgen "))]
    return "".join(head + sorted(line for line in result.values() if line not in head))


# --- how it is printed -----------------------------------------------------------------------------------------------


def test_the_diff(project: Path, jivsgen) -> None:
    edit(project)
    (project / "generated/jmeter/extraction-load.jmx").unlink()
    ended = jivsgen("check", "--diff", cwd=project)
    assert ended.returncode == 1
    assert "--- generated/k6/extraction-load.js\n+++ generated/k6/extraction-load.js\n" in ended.stdout
    assert "-  sleep(0);\n+  sleep(1);\n" in ended.stdout
    assert "--- /dev/null\n+++ generated/jmeter/extraction-load.jmx\n" in ended.stdout


def test_sarif_holds_against_its_schema(project: Path, root: Path, jivsgen) -> None:
    import jsonschema_rs

    edit(project)
    think_longer(project)
    schema = json.loads((root / "tests/schemas/sarif-2.1.0.json").read_text("utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    for verb in ("check", "lint", "build"):
        log = json.loads(jivsgen(verb, "--format", "sarif", cwd=project).stdout.partition("\nwrote ")[0])
        assert [error.message for error in validator.iter_errors(log)] == []
        assert log["runs"][0]["results"]
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator.is_valid(log)


def test_annotations_for_github(project: Path, jivsgen) -> None:
    edit(project)
    ended = jivsgen("check", "--format", "github", cwd=project)
    assert ended.returncode == 1
    assert ended.stdout.startswith("::error file=generated/k6/extraction-load.js,line=")


def test_where_there_is_nothing_to_check(tmp_path: Path, jivsgen) -> None:
    ended = jivsgen("check", cwd=tmp_path)
    assert ended.returncode == 2
    assert "there are no profiles here" in ended.stderr
