"""`jivsgen check`: a changed input, an edited, missing or stray artifact, and a lock that lies are found; what only looks
changed is not."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jivsgen.diagnostics.catalogue.drift import DRIFT
from jivsgen.drift.clean import artifacts_if_clean
from jivsgen.drift.lock import digest, read_lock

HEAVY = ("click", "yaml", "jinja2", "pydantic", "lxml", "openapi_core", "jsonschema_rs", "tree_sitter")


def project_of(folder: Path, root: Path, *profiles: str) -> Path:
    """A project with some of the committed profiles, as a user would have it, built."""
    shutil.copytree(root / "specs/data", folder / "specs/data")
    (folder / "specs/profiles").mkdir(parents=True)
    shutil.copy(root / "specs/jivs.openapi.yaml", folder / "specs")
    for name in profiles:
        shutil.copy(root / f"specs/profiles/{name}.yaml", folder / "specs/profiles")
    (folder / "jivsgen.toml").write_text('profiles = "specs/profiles"\nout = "generated"\n')
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(__file__).resolve().parents[1]
    folder = project_of(
        tmp_path_factory.mktemp("built"), root, "extraction-load", "extraction-soak", "compliance-stress"
    )
    subprocess.run([sys.executable, "-m", "jivsgen", "build"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "project"))


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


FINDINGS: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "profile": (think_longer, ["changed-profile"], "6 artifacts are out of date"),
    "spec": (release, ["changed-spec"], "out of date"),
    "feed": (change_feed, ["changed-feed"], "3 artifacts are out of date"),
    "overlay": (change_overlay, ["changed-overlay"], "9 artifacts are out of date"),
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
    from jivsgen.diagnostics import Diagnostics
    from jivsgen.generate import compare, generate
    from jivsgen.project import load_project

    diagnostics = Diagnostics()
    project = load_project(folder, diagnostics)
    assert project
    made = generate(project, project.profiles, (), diagnostics)
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


# --- builds that die, and builds that meet ---------------------------------------------------------------------------

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from jivsgen.diagnostics import Diagnostics
from jivsgen.generate import generate, write
from jivsgen.project import load_project

def build():
    diagnostics = Diagnostics()
    project = load_project(Path.cwd(), diagnostics)
    write(project, generate(project, project.profiles, (), diagnostics), project.out, diagnostics, whole=True)

def child():
    pid = os.fork()
    if pid == 0:
        build()
        os._exit(0)
    return pid

profile = Path("specs/profiles/extraction-load.yaml")
one = profile.read_text("utf-8")
states = [one, one.replace("- think: 1s", "- think: 2s")]
build()
started = time.monotonic()
os.waitpid(child(), 0)
whole_s = time.monotonic() - started
choose = random.Random(int(sys.argv[2]))
for round in range(int(sys.argv[1])):
    profile.write_text(states[round % 2], "utf-8")
    pid = child()
    time.sleep(choose.uniform(0, whole_s * 1.2))
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    print(json_line(status), flush=True)
    sys.stdin.readline()
"""


def test_a_build_that_is_killed_leaves_nothing_that_check_calls_clean(built: Path, tmp_path: Path) -> None:
    """200 times kill -9 at a random moment: what `check` calls clean is the whole old tree or the whole new one."""
    project = Path(shutil.copytree(built, tmp_path / "project"))
    (project / "specs/profiles/compliance-stress.yaml").unlink()
    code = KILLED.replace("json_line(status)", "status")
    command = [sys.executable, "-c", code, "200", "7"]
    trees: dict[str, dict[str, bytes]] = {}
    seen = {"killed": 0, "clean": 0, "mixed": 0}
    with subprocess.Popen(
        command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forge:
        assert forge.stdin
        assert forge.stdout
        for line in forge.stdout:
            seen["killed"] += int(line) == signal.SIGKILL
            wanted = (project / "specs/profiles/extraction-load.yaml").read_text("utf-8")
            if artifacts_if_clean(str(project)) is None:
                seen["mixed"] += 1
            else:
                seen["clean"] += 1
                now = {
                    str(p): p.read_bytes()
                    for p in sorted((project / "generated").rglob("*.*"))
                    if p.is_file() and ".jivsgen" not in str(p)
                }
                assert trees.setdefault(wanted, now) == now
            forge.stdin.write("\n")
            forge.stdin.flush()
    assert forge.returncode == 0
    assert sum((seen["clean"], seen["mixed"])) == 200
    assert len(trees) == 2
    assert seen["killed"] > 50
    assert seen["mixed"] > 20
    subprocess.run([sys.executable, "-m", "jivsgen", "build"], cwd=project, check=True, capture_output=True)
    assert artifacts_if_clean(str(project)) is not None
    assert not (project / "generated/.jivsgen-staging").exists()


def test_two_builds_at_once_end_in_one_tree(project: Path) -> None:
    command = [sys.executable, "-m", "jivsgen", "build"]
    profile = project / "specs/profiles/extraction-load.yaml"
    text = profile.read_text("utf-8")
    choose = random.Random(3)
    for round_ in range(6):
        profile.write_text(text.replace("- think: 1s", f"- think: {round_ + 2}s"), "utf-8")
        one = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(choose.uniform(0, 0.05))
        other = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert (one.wait(60), other.wait(60)) == (0, 0)
        assert artifacts_if_clean(str(project)) == 15


# --- a disk that refuses ---------------------------------------------------------------------------------------------


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_full_disk_loses_nothing(project: Path) -> None:
    """A limit on the size of files stands for the disk: the first file over it cannot be written."""
    think_longer(project)
    before = tree(project / "generated")
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000)); from jivsgen.__main__ import main; sys.exit(main(['build']))"
    ended = subprocess.run([sys.executable, "-c", limited], cwd=project, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "error[cannot-write]: cannot write: File too large" in ended.stderr
    assert tree(project / "generated") == before


def test_an_output_folder_that_is_read_only(project: Path) -> None:
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        _open_to_all(project)
    else:
        command = []
    think_longer(project)
    before = tree(project / "generated")
    for folder in (project / "generated", *(project / "generated").iterdir()):
        if folder.is_dir():
            folder.chmod(0o555)
    try:
        ended = subprocess.run(
            [*command, sys.executable, "-m", "jivsgen", "build"], cwd=project, capture_output=True, text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    finally:
        for folder in (project / "generated", *(project / "generated").iterdir()):
            if folder.is_dir():
                folder.chmod(0o755)
    assert ended.returncode == 2, ended.stderr
    assert "cannot write: Permission denied" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert tree(project / "generated") == before


def _open_to_all(project: Path) -> None:
    """Root may write anywhere: the build is run as nobody, who must be able to get there."""
    folder = project
    while folder != folder.parent:
        if folder.stat().st_uid == 0 and "pytest" in str(folder):
            folder.chmod(folder.stat().st_mode | 0o055)
        folder = folder.parent


@pytest.mark.parametrize("place", ["k6/extraction-load.js", "jivsgen.lock"])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_something_else_in_the_place_of_a_file(place: str, kind: str, project: Path, jivsgen) -> None:
    think_longer(project)
    target = project / "generated" / place
    kept = target.rename(project / "kept")
    target.mkdir() if kind == "folder" else target.symlink_to(kept)
    before = tree(project)
    ended = jivsgen("build", cwd=project)
    assert ended.returncode == 2, ended.stdout
    assert "error[cannot-write]" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert tree(project) == before
