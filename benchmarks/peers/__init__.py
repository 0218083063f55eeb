"""Other tools that make load tests of an OpenAPI document, installed into `.peers` by the benchmark itself: a folder here is
a manifest, for pip or for npm."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import ROOT
from msgspec import Struct

HOME = ROOT / ".peers"
MANIFESTS = Path(__file__).parent


class NotInstalled(Exception):
    """The registry, or this machine, has not what the peer needs; says what the installer said."""


class Peer(Struct, frozen=True):
    """`bin` is the folder of its executables, `env` what they need in their environment."""

    bin: Path
    env: dict[str, str]


def installed(name: str) -> Peer:
    """A peer, installed where it is missing or its manifest has changed. Raises NotInstalled."""
    manifest = MANIFESTS / name
    files = sorted(file for file in manifest.iterdir() if file.is_file())
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    home = HOME / f"{name}-{digest}"
    if not home.is_dir():
        partial = HOME / f"{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(manifest, partial)
        (_by_npm if (manifest / "package.json").is_file() else _by_pip)(partial)
        partial.rename(home)
    if (home / "package.json").is_file():
        return Peer(home / "node_modules/.bin", {})
    return Peer(home / "lib/bin", {"PYTHONPATH": str(home / "lib")})


def _by_pip(home: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--target", "lib", "--requirement", "requirements.txt"], home)


def _by_npm(home: Path) -> None:
    _run(["npm", "install", "--silent", "--no-progress", "--loglevel=error"], home)


def _run(command: list[str], home: Path) -> None:
    try:
        ran = subprocess.run(command, cwd=home, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise NotInstalled(f"there is no {command[0]} here") from None
    if ran.returncode:
        lines = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
        raise NotInstalled(
            f"{Path(command[0]).name} exits with {ran.returncode}: {lines[0] if lines else ''}"
        )
