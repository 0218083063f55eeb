"""What all tests share: `--bless`, the command line in a process of its own, and the repository's root."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
JVM_ARGS = os.environ.setdefault("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
"""JMeter runs for seconds here: what Java's second compiler would gain costs twice as much."""
os.environ["JIVSGEN_CACHE_DIR"] = ""  # what one test reads is not kept for another


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="rewrite the golden files instead of comparing with them"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under `--bless`, only what has golden files runs."""
    if config.getoption("--bless"):
        blessed = [item for item in items if {"golden", "bless"} & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=[item for item in items if item not in blessed])
        items[:] = blessed


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--bless"))


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def jivsgen() -> Run:
    """Runs `jivsgen ARGUMENTS` in a folder; `env` adds to a clean environment."""

    def run(
        *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jivsgen", *map(str, arguments)]
        environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "JVM_ARGS": JVM_ARGS, **(env or {})}
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)

    return run


Compare = Callable[[Path, str | bytes], None]


@pytest.fixture
def golden(bless: bool) -> Compare:
    """Compares a text, or bytes, with the golden file at a path; under `--bless` writes it."""

    def compare(path: Path, content: str | bytes) -> None:
        content = content.encode() if isinstance(content, str) else content
        if bless:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
            return
        assert path.exists(), f"{path.relative_to(ROOT)} is missing; `make bless` writes it"
        expected = path.read_bytes()
        if expected != content:
            before, now = (
                one.decode("utf-8", "backslashreplace").splitlines(True) for one in (expected, content)
            )
            diff = difflib.unified_diff(before, now, str(path.relative_to(ROOT)), "as it is now")
            pytest.fail("".join(diff), pytrace=False)

    return compare


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three of the committed profiles, as a user would have it, built: 15 artifacts."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT / "specs/data", folder / "specs/data")
    (folder / "specs/profiles").mkdir(parents=True)
    shutil.copy(ROOT / "specs/jivs.openapi.yaml", folder / "specs")
    for name in ("extraction-load", "extraction-soak", "compliance-stress"):
        shutil.copy(ROOT / f"specs/profiles/{name}.yaml", folder / "specs/profiles")
    (folder / "jivsgen.toml").write_text('profiles = "specs/profiles"\nout = "generated"\n')
    subprocess.run([sys.executable, "-m", "jivsgen", "build"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of that project, to change."""
    return Path(shutil.copytree(built, tmp_path / "project"))
