"""The tree is the old one or the new one, and nothing that was there is lost."""

from __future__ import annotations

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

from jivsgen.compiler import Compiler
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.clean import artifacts_if_clean
from jivsgen.drift.lock import STAGING
from jivsgen.generate import Made, generate, write
from jivsgen.project import Project, load_project
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


# --- builds that die, and builds that meet ---------------------------------------------------------------------------


def think(project: Path, seconds: int) -> None:
    """The profile says another pause: the scripts of two profiles are out of date."""
    profile = project / "specs/profiles/extraction-load.yaml"
    text = profile.read_text("utf-8")
    assert "- think: 1s" in text
    profile.write_text(text.replace("- think: 1s", f"- think: {seconds}s"), "utf-8")


def rendered(folder: Path) -> tuple[Project, Made]:
    project = load_project(folder, found := Diagnostics())
    assert project
    made = generate(Compiler(project, found), project.profiles, ())
    assert made
    return project, made


def put_all(project: Project, made: Made) -> None:
    assert write(project, made, project.out, Diagnostics(), whole=True)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def dies_at(call: int, names: tuple[str, ...], work: Callable[[], object]) -> bool:
    """Does the work in a process of its own that is gone, without any cleaning up, before the system call of that number
    (from 0; only those of these names count). Whether it had so many."""
    child = os.fork()
    if child == 0:
        left = call

        def counted(real: Callable[..., object]) -> Callable[..., object]:
            def called(*arguments: object, **named: object) -> object:
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(9)
                return real(*arguments, **named)

            return called

        for name in names:
            setattr(os, name, counted(getattr(os, name)))
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_build_may_die_before_any_step_of_its(project: Path) -> None:
    """A profile is changed and another one removed; whatever is left of the build, the next one finishes the work."""
    before = tree(project / "generated")
    (project / "specs/profiles/compliance-stress.yaml").unlink()
    think(project, 2)
    where, made = rendered(project)
    deaths = 0
    while dies_at(deaths, ("mkdir", "open", "replace", "unlink", "rmdir"), lambda: put_all(where, made)):
        deaths += 1
        clean, left = artifacts_if_clean(str(project)) is not None, tree(project / "generated")
        put_all(where, made)
        assert not clean or left == tree(project / "generated")
        assert artifacts_if_clean(str(project)) == 8
        names = {path.name for path in (project / "generated").iterdir()}
        assert names == {"artillery", "jmeter", "k6", "jivsgen.lock"}
        shutil.rmtree(project / "generated")
        for path, content in before.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(content)
    assert deaths > 20


class Killer:
    """Kills processes at random moments of their work; how long that takes it learns from those that were faster."""

    def __init__(self) -> None:
        self.choose = random.Random(7)
        self.longest_s = 0.02

    def kill(self, work: Callable[[], object]) -> bool:
        """Whether the process was killed; else it had ended."""
        wait_s = self.choose.uniform(0, self.longest_s)
        begun = time.monotonic()
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        while (lasted := time.monotonic() - begun) < wait_s:
            if os.waitpid(child, os.WNOHANG)[0]:
                self.longest_s = lasted * 1.1
                return False
            time.sleep(0.0002)
        os.kill(child, signal.SIGKILL)
        self.longest_s = max(self.longest_s, lasted * 1.2)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_build_that_is_killed_leaves_nothing_that_check_calls_clean(project: Path) -> None:
    """200 times kill -9 at a random moment, of the whole build or (so that it is hit) of its writing: what `check` calls
    clean is the whole tree of what stands there now."""
    soak = project / "specs/profiles/extraction-soak.yaml"
    load = project / "specs/profiles/extraction-load.yaml"
    texts = load.read_text("utf-8"), load.read_text("utf-8").replace("- think: 1s", "- think: 2s")
    stands, wanted = soak.read_text("utf-8"), []
    for state in (1, 0):
        _to(state, load, texts, soak, stands)
        put_all(*rendered(project))
        wanted.insert(0, tree(project / "generated"))
    whole, writing = Killer(), Killer()
    seen = {"killed": 0, "clean": 0, "torn": 0}
    for number in range(200):
        state = number % 2
        _to(state, load, texts, soak, stands)
        if number % 3 == 0:
            seen["killed"] += whole.kill(lambda: put_all(*rendered(project)))
        else:
            where, made = rendered(project)
            seen["killed"] += writing.kill(lambda where=where, made=made: put_all(where, made))
        now = tree(project / "generated")
        if artifacts_if_clean(str(project)) is not None:
            seen["clean"] += 1
            assert now == wanted[state]
        elif now not in wanted:
            seen["torn"] += 1
    put_all(*rendered(project))
    assert tree(project / "generated") == wanted[1]
    assert artifacts_if_clean(str(project)) is not None
    assert seen["killed"] > 100, seen
    assert seen["torn"] > 1, seen


def _to(state: int, load: Path, texts: tuple[str, str], soak: Path, stands: str) -> None:
    """With the soak test in it, or with a longer pause and without it."""
    load.write_text(texts[state], "utf-8")
    soak.unlink(missing_ok=True) if state else soak.write_text(stands, "utf-8")


def test_what_a_killed_build_left_is_cleared_away_by_the_next(project: Path, jivsgen) -> None:
    """Though nothing else is left to do, and `check` has nothing against it."""
    (project / "generated" / STAGING).mkdir()
    (project / "generated" / STAGING / "0").write_text("half a scr")
    assert jivsgen("check", cwd=project).stdout == "15 artifacts up to date\n"
    assert jivsgen("build", cwd=project).stdout == "0 files written, 16 unchanged\n"
    assert not (project / "generated" / STAGING).exists()


def test_a_profile_that_is_edited_during_the_build_is_not_taken_for_built(project: Path, jivsgen) -> None:
    """The lock says what was read, not what stands there when it is written."""
    where, made = rendered(project)
    think(project, 2)
    put_all(where, made)
    assert artifacts_if_clean(str(project)) is None
    ended = jivsgen("check", cwd=project)
    assert ended.returncode == 1
    assert "error[changed-profile]: the profile has changed; 6 artifacts are out of date" in ended.stderr


@pytest.mark.parametrize("name", ["specs/jivs.openapi.yaml", "specs/data/subjects.csv", "jivsgen.toml"])
def test_nor_is_any_other_input(name: str, project: Path) -> None:
    where, made = rendered(project)
    with (project / name).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    put_all(where, made)
    assert artifacts_if_clean(str(project)) is None


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


def test_a_full_disk_loses_nothing(project: Path) -> None:
    """A limit on the size of files stands for the disk: the first file over it cannot be written."""
    think(project, 2)
    before = tree(project / "generated")
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000)); from jivsgen.__main__ import main; sys.exit(main(['build']))"
    ended = subprocess.run([sys.executable, "-c", limited], cwd=project, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "error[cannot-write]: cannot write: File too large" in ended.stderr
    assert tree(project / "generated") == before


FULL = """
cp -r generated before
mount -t tmpfs -o size=1m none generated || exit 77
cp -r before/. generated
dd if=/dev/zero of=generated/.filler bs=1k count=4000 2>/dev/null
"$0" -m jivsgen build
echo "ended with $?"
rm generated/.filler
diff -r before generated && echo "nothing was lost"
"$0" -m jivsgen build >/dev/null 2>&1 && "$0" -m jivsgen check
"""


def test_a_small_disk_that_is_full(project: Path) -> None:
    """A file system of a megabyte with not a byte left, mounted where nobody else sees it."""
    think(project, 2)
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", FULL, sys.executable]
    if not shutil.which("unshare"):
        pytest.skip("this system cannot make a file system for one test")
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if ended.returncode == 77 or "unshare" in ended.stderr:
        pytest.skip("this system lets nobody make a file system for one test")
    assert "generated:1:1: error[cannot-write]: cannot write: No space left on device" in ended.stderr
    assert ended.stdout == "ended with 2\nnothing was lost\n15 artifacts up to date\n"


def test_an_output_folder_that_is_a_file(project: Path, jivsgen) -> None:
    shutil.rmtree(project / "generated")
    (project / "generated").write_text("mine")
    ended = jivsgen("build", cwd=project)
    assert ended.returncode == 2
    assert "generated:1:1: error[cannot-write]: cannot write: File exists" in ended.stderr
    assert (project / "generated").read_text() == "mine"
    assert jivsgen("check", cwd=project).returncode == 1


def test_permissions_are_kept(project: Path, jivsgen) -> None:
    script = project / "generated/k6/extraction-load.js"
    script.chmod(0o755)
    assert artifacts_if_clean(str(project)) == 15
    think(project, 2)
    assert jivsgen("build", cwd=project).returncode == 0
    assert script.stat().st_mode & 0o777 == 0o755


def test_an_output_folder_that_is_a_link(project: Path, jivsgen) -> None:
    """The user said so; it is links below it that are nobody's artifacts."""
    (project / "generated").rename(project / "elsewhere")
    (project / "generated").symlink_to("elsewhere")
    assert artifacts_if_clean(str(project)) == 15
    think(project, 2)
    assert jivsgen("check", cwd=project).returncode == 1
    assert jivsgen("build", cwd=project).returncode == 0
    assert artifacts_if_clean(str(project)) == 15


def test_an_output_folder_that_is_read_only(project: Path) -> None:
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        _open_to_all(project)
    else:
        command = []
    think(project, 2)
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
    assert "generated:1:1: error[cannot-write]: cannot write: Permission denied" in ended.stderr
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
    think(project, 2)
    target = project / "generated" / place
    kept = target.rename(project / "kept")
    target.mkdir() if kind == "folder" else target.symlink_to(kept)
    before = tree(project)
    ended = jivsgen("build", cwd=project)
    assert ended.returncode == 2, ended.stdout
    assert "error[cannot-write]" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert tree(project) == before


def test_line_ends_mean_nothing_in_text_and_everything_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "text.csv").write_bytes(b"a\r\nb\r\n")
    (tmp_path / "sent.csv").write_bytes(b"a\r\nb\r\n")
    diagnostics = Diagnostics()
    files = {"text.csv": "a\nb\n", "sent.csv": b"a\nb\n"}
    result = publish(tmp_path, lambda: (files, ()), "generated", diagnostics)
    assert result
    assert (result.written, result.unchanged) == (["sent.csv"], ["text.csv"])
    assert (tmp_path / "sent.csv").read_bytes() == b"a\nb\n"
