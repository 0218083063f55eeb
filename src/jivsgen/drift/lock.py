"""The lock: a text that lists what the generated files were made from and what they are, one line each, sorted.

    jivsgen 0.1.0
    artifact <sha256> k6/extraction-load.js
    profile <sha256> specs/profiles/extraction-load.yaml
    source <sha256> specs/jivs.openapi.yaml

`profile` and `source` are paths from the project's root, `artifact` from the output folder, `template` from the template
folder. The format is plain enough to be read without a parser: a check that finds nothing changed imports none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

NAME = "jivsgen.lock"
HEADER = "# What the files beside this one were made from. Written by `jivsgen build`; do not edit.\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what kind of thing, its digest (64 hex digits), its path."""

    kind: str
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class Lock:
    version: str
    entries: tuple[Entry, ...]

    def of(self, kind: str) -> dict[str, str]:
        """Path to digest."""
        return {entry.path: entry.digest for entry in self.entries if entry.kind == kind}

    def text(self) -> str:
        lines = sorted(f"{entry.kind} {entry.digest} {entry.path}\n" for entry in self.entries)
        return HEADER + f"jivsgen {self.version}\n" + "".join(lines)


def read_lock(path: Path) -> Lock | None:
    """The lock in a file; None where there is none, or what stands there is not one (merged badly, cut short)."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    rows = [line.split(" ", 2) for line in lines if not line.startswith("#")]
    if not rows or rows[0][0] != "jivsgen" or len(rows[0]) != 2 or any(len(row) != 3 for row in rows[1:]):
        return None
    return Lock(rows[0][1], tuple(Entry(*row) for row in rows[1:]))


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def text_digest(path: Path) -> str:
    """The digest of a text file, the same for `\\r\\n` and `\\n` line ends; of a missing file the empty string."""
    try:
        return digest(path.read_bytes().replace(b"\r\n", b"\n"))
    except OSError:
        return ""
