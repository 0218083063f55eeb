"""The set-up that a newcomer meets: locks that name no host, a Makefile that does nothing twice and says what is missing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PIP_LOCKS = [*sorted(ROOT.glob("requirements/*.txt")), *sorted(ROOT.glob("tests/engines/*/requirements.txt"))]
LOCKS = [
    *PIP_LOCKS,
    ROOT / "tests/engines/artillery/package-lock.json",
    ROOT / "tests/documents/github/package-lock.json",
    ROOT / "tests/engines/k6/go.sum",
    *sorted(ROOT.glob("tests/engines/*/jars.sha256")),
]
HOST = re.compile(
    r'://|"resolved"|^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b', re.MULTILINE
)
PIN = re.compile(r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)", re.MULTILINE)
NEEDED_FOR_TESTS = ("Go 1.25 or newer", "JDK, 17 or newer", "Maven", "npm")


def make(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs make as nobody's child: the flags of a make that runs these tests are not passed on, but its Python is."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=cwd,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
    return path


def python_that_is(folder: Path, version: str) -> Path:
    """An interpreter that takes itself for another version."""
    numbers = ", ".join(version.split("."))
    pretend = f"import sys; sys.version_info = ({numbers}, 'final', 0); exec(sys.argv[2])"
    return script(folder / "python-of-old", f'exec "{sys.executable}" -c "{pretend}" "$@"')


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A folder of programs, as PATH, of a machine that has a shell, Python and make, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "make", "cat", "cut", "sed", "awk", "sha256sum", "touch", "mkdir", "dirname"):
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    (folder / "python3").symlink_to(sys.executable)
    return folder


def unhashed(lock: str) -> list[str]:
    """The pins of a pip lock that no hash follows."""
    entries = re.split(r"^(?=[a-z0-9.-]+==)", lock, flags=re.MULTILINE)[1:]
    return [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_lock_names_a_host(lock: Path) -> None:
    assert not HOST.findall(lock.read_text("utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "--index-url mirror.example",
        "-f wheels.example",
        "# from https://mirror.example/simple",
        '      "resolved": "a",',
    ],
)
def test_a_host_in_a_lock_would_be_seen(line: str) -> None:
    assert HOST.search(f"click==8.1 \\\n{line}\n")


@pytest.mark.parametrize("lock", PIP_LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_pinned_package_has_a_hash(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert PIN.search(text)
    assert unhashed(text) == []


def test_a_pin_without_a_hash_would_be_seen() -> None:
    assert unhashed("a==1 \\\n    --hash=sha256:00\nb==2\n    # via a\n") == ["b==2"]


def test_every_npm_package_has_a_digest() -> None:
    lock = json.loads((ROOT / "tests/engines/artillery/package-lock.json").read_text("utf-8"))
    installed = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(installed) > 100
    assert [
        name for name, entry in installed.items() if "integrity" not in entry and not entry.get("inBundle")
    ] == []


def test_tests_run_on_the_runtime_that_users_get() -> None:
    runtime = dict(PIN.findall((ROOT / "requirements/runtime.txt").read_text("utf-8")))
    dev = dict(PIN.findall((ROOT / "requirements/dev.txt").read_text("utf-8")))
    assert {name: dev.get(name) for name in runtime} == runtime


def test_help_names_every_target() -> None:
    targets = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    shown = re.findall(r"^  make (\S+) +\S", make().stdout, re.MULTILINE)
    assert {"setup", "run", "test", "engines", "lint", "bless", "bench", "clean"} <= set(shown)
    assert sorted(shown) == sorted(set(targets) - {"machine"})


def test_a_second_setup_does_nothing() -> None:
    assert make("setup").returncode == 0
    again = make("-n", "setup")
    assert (again.returncode, again.stdout.strip()) == (0, "make: Nothing to be done for 'setup'.")


def test_another_python_is_another_setup(tmp_path: Path) -> None:
    other = script(tmp_path / "python", 'case "$2" in *sys.version*) echo "another version" ;; esac')
    assert "making .venv" in make("-n", "setup", f"PYTHON={other}").stdout


def test_second_engines_install_nothing() -> None:
    stamps = ROOT / ".engines/made"
    before = {path.name: path.stat().st_mtime_ns for path in stamps.iterdir()}
    again = make("engines")
    assert (again.returncode, again.stdout) == (
        0,
        ".engines/bin has artillery jmeter jmeter-5.5 k6 k6-1.1.0\n",
    )
    assert {path.name: path.stat().st_mtime_ns for path in stamps.iterdir()} == before


def test_what_tests_need_is_missed_all_at_once_before_anything_starts(bare_machine: Path) -> None:
    result = make("test", PATH=str(bare_machine))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("This machine lacks:\n")
    assert [need for need in NEEDED_FOR_TESTS if need not in result.stderr] == []


def test_what_is_too_old_is_missed_by_its_version(bare_machine: Path, tmp_path: Path) -> None:
    script(bare_machine / "go", "echo go1.21.3")
    script(bare_machine / "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    for name in ("javac", "mvn", "npm"):
        script(bare_machine / name, "exit 0")
    old = python_that_is(tmp_path, "3.9.2")
    result = make("test", f"PYTHON={old}", PATH=str(bare_machine))
    lines = result.stderr.splitlines()
    assert lines[:4] == [
        "This machine lacks:",
        f"  - Python 3.11 or newer: '{old}' is 3.9 (name another: make PYTHON=/path/to/python3)",
        "  - Go 1.25 or newer: go is 1.21.3 (it builds k6)",
        "  - a JDK, 17 or newer: java is 11 (JMeter runs on it)",
    ]


def test_what_is_new_enough_is_not_missed(bare_machine: Path) -> None:
    script(bare_machine / "go", "echo go1.25")
    script(bare_machine / "java", "echo 'openjdk version \"17\" 2021-09-14' >&2")
    for name in ("javac", "mvn", "npm"):
        script(bare_machine / name, "exit 0")
    result = make("machine", PATH=str(bare_machine))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(("version", "accepted"), [("3.9.2", False), ("3.10.14", False), ("3.11.0", True)])
def test_running_needs_python_3_11(bare_machine: Path, tmp_path: Path, version: str, accepted: bool) -> None:
    python = python_that_is(tmp_path, version)
    result = subprocess.run(
        ["sh", ROOT / "requirements/machine.sh", "python"],
        env={"PATH": str(bare_machine), "PYTHON": str(python)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode == 0) is accepted
    assert ("Python 3.11 or newer" in result.stderr) is not accepted


def test_an_old_python_makes_no_environment(bare_machine: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "requirements", clone / "requirements")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    result = make("run", f"PYTHON={python_that_is(tmp_path, '3.10.14')}", cwd=clone, PATH=str(bare_machine))
    assert result.returncode == 2
    assert "Python 3.11 or newer" in result.stderr
    assert not (clone / ".venv").exists()


def test_an_engine_that_cannot_be_installed_is_named_with_its_log(tmp_path: Path) -> None:
    manifests = tmp_path / "tests/engines"
    for name, recipe in {"good": 'echo made >"$1/made"', "bad": "echo the network is down; exit 3"}.items():
        (manifests / name).mkdir(parents=True)
        script(manifests / name / "recipe.sh", recipe)
        script(manifests / name / "launch.sh", f"echo {name}")
    shutil.copy(ROOT / "tests/engines/install.sh", manifests)
    install = ["sh", manifests / "install.sh"]
    first = subprocess.run(install, capture_output=True, text=True, timeout=60, check=False)
    assert first.returncode == 1
    log = tmp_path / ".engines/logs/bad.log"
    assert f"bad could not be installed; the end of {log}:\n    the network is down\n" in first.stderr
    assert (tmp_path / ".engines/good/made").exists()
    assert not (tmp_path / ".engines/bad").exists()

    script(manifests / "bad/recipe.sh", "exit 0")
    second = subprocess.run(install, capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, second.stdout) == (0, "installing bad\n.engines/bin has bad good\n")


@pytest.mark.parametrize("engine", ["jmeter", "jmeter-5.5"])
def test_jars_are_held_to_their_digests(engine: str) -> None:
    home = ROOT / ".engines" / engine
    lines = (ROOT / "tests/engines" / engine / "jars.sha256").read_text("utf-8").splitlines()
    wanted = {path: digest for digest, path in (line.split() for line in lines)}
    assert "bin/ApacheJMeter.jar" in wanted
    found = {
        str(jar.relative_to(home)): hashlib.sha256(jar.read_bytes()).hexdigest()
        for folder in ("bin", "lib")
        for jar in (home / folder).rglob("*.jar")
    }
    assert found == wanted


@pytest.fixture(scope="module")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with jivsgen's wheel, and beside it only the runtime; gives its folder of programs."""
    home = tmp_path_factory.mktemp("wheel")
    source = home / "source"
    for name in ("src", "templates"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    run: Any = {"check": True, "capture_output": True, "timeout": 120}
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "-w", home, source], **run)
    shutil.rmtree(source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "venv"], **run)
    python = home / "venv/bin/python"
    subprocess.run([*pip, "--python", python, "install", *offline, *home.glob("*.whl")], **run)
    packages = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    # A path that a .pth names has its own .pth files ignored: the editable jivsgen of this tree is out of reach.
    (Path(packages.strip()) / "runtime.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python.parent


def test_the_wheel_builds_the_same_bytes(installed_wheel: Path, tmp_path: Path) -> None:
    where = subprocess.check_output(
        [installed_wheel / "python", "-c", "import jivsgen; print(jivsgen.__file__)"], text=True
    )
    assert Path(where).is_relative_to(installed_wheel.parent)
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    built = subprocess.run(
        [installed_wheel / "jivsgen", "build"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    committed = {
        path.relative_to(ROOT): path.read_bytes()
        for path in (ROOT / "generated").rglob("*")
        if path.is_file()
    }
    made = {
        path.relative_to(tmp_path): path.read_bytes()
        for path in (tmp_path / "generated").rglob("*")
        if path.is_file()
    }
    assert sorted(made) == sorted(committed)
    assert [path for path in made if made[path] != committed[path]] == []
