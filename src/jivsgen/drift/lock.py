"""The lock: a text that says what the generated files were made from and what they are, one line each, sorted.

    jivsgen 0.1.0
    artifact k6/extraction-load.js <sha256>
    file specs/jivs.openapi.yaml <sha256>
    operation specs/jivs.openapi.yaml#createExtraction <sha256>
    unit extraction-load <sha256> specs/jivs.openapi.yaml specs/profiles/extraction-load.yaml #createExtraction > k6/extraction-load.js

Two levels. Bytes: `file` (every input, whatever its line ends), `upload` (a file that is sent, byte for byte), `folder` (the names of the profiles in it),
`configuration`, `template`, `artifact` and `copy` (one that is copied byte for byte): nothing changed is answered from these alone. A
`remote` is what was fetched from a URL: looked at again only where something is compiled. Meanings, which reordering and
reformatting leave alone: `operation` (with all that it references), `profile`, `feed`, `overlay`: they say what a
change is about. A `unit` is one profile; its digest is a seal over the version, the templates, its files with what they
mean, the operations that it uses, and its artifacts, so that lines of two builds that were merged into one lock, or edited, are not believed.

Paths are relative to the project's root; of artifacts to the output folder, of templates to theirs. Plain classes and
the cheapest imports only: a clean check pays for every one of them.
"""

from __future__ import annotations

import hashlib
import os

NAME = "jivsgen.lock"
STAGING = ".jivsgen-staging"
"""Where a build puts what it will publish; one that was killed may leave it behind."""
HEADER = (
    "# What the files beside this one were made from. Written by `jivsgen build`, never by hand; "
    "after a merge conflict, build again.\n"
)
BYTES = ("artifact", "configuration", "copy", "file", "folder", "remote", "template", "upload")
MEANINGS = ("feed", "operation", "overlay", "profile")
KINDS = frozenset((*BYTES, *MEANINGS, "unit"))


Content = str | bytes
"""Of an artifact: text, whose line ends mean nothing, or the bytes of a file that is copied as it is."""


class Unit:
    """One profile by name: the files that it was made from, the operations that it uses (`spec#name`), and the artifacts
    that were made of it."""

    __slots__ = ("artifacts", "files", "name", "operations", "seal")

    def __init__(
        self, name: str, files: list[str], operations: list[str], artifacts: list[str], seal: str = ""
    ) -> None:
        self.name = name
        self.files = sorted(files)
        self.operations = sorted(operations)
        self.artifacts = sorted(artifacts)
        self.seal = seal

    def text(self) -> str:
        """Its line; an operation is named without its spec, which is one of the files."""
        used = ("#" + _quoted(operation.partition("#")[2]) for operation in self.operations)
        names = [*map(_quoted, self.files), *used, ">", *map(_quoted, self.artifacts)]
        return f"unit {_quoted(self.name)} {self.seal} {' '.join(names)}\n"


class Lock:
    """`digests`: (kind, path) to 64 hex digits; `units` by name."""

    __slots__ = ("digests", "units", "version")

    def __init__(self, version: str, digests: dict[tuple[str, str], str], units: dict[str, Unit]) -> None:
        self.version = version
        self.digests = digests
        self.units = units

    def of(self, kind: str) -> dict[str, str]:
        """Path to digest."""
        return {path: digest for (own, path), digest in self.digests.items() if own == kind}

    @property
    def artifacts(self) -> dict[str, str]:
        """Path to digest of everything that was made, copies too."""
        return {**self.of("artifact"), **self.of("copy")}

    def seal(self, unit: Unit) -> str:
        """What the digest of the unit must be, if all that it names belongs together."""
        named = [
            (kind, path)
            for path in unit.files
            for kind in ("file", "feed", "overlay", "profile", "remote", "upload")
        ]
        named += [("operation", name) for name in unit.operations]
        named += [(kind, path) for path in unit.artifacts for kind in ("artifact", "copy")]
        named += sorted(key for key in self.digests if key[0] == "template")
        lines = [f"{key} {self.digests[key]}" for key in named if key in self.digests]
        missing = [
            path
            for path in unit.files
            if not {("file", path), ("remote", path), ("upload", path)} & self.digests.keys()
        ]
        return digest("\n".join([self.version, unit.name, *lines, *missing]).encode())

    def sealed(self) -> Lock:
        """The same lock with every unit sealed."""
        units = {
            name: Unit(name, u.files, u.operations, u.artifacts, self.seal(u))
            for name, u in self.units.items()
        }
        return Lock(self.version, self.digests, units)

    def broken_seals(self) -> list[str]:
        """The units whose lines do not belong together, and the artifacts that no unit owns."""
        owned = {path for unit in self.units.values() for path in unit.artifacts}
        odd = [path for path in self.artifacts if path not in owned]
        return [name for name, unit in self.units.items() if unit.seal != self.seal(unit)] + odd

    def text(self) -> str:
        lines = [f"{kind} {_quoted(path)} {sha}\n" for (kind, path), sha in self.digests.items()]
        lines += [unit.text() for unit in self.units.values()]
        return HEADER + f"jivsgen {self.version}\n" + "".join(sorted(lines))


class BrokenLock(Exception):
    """What stands in the file is no lock that jivsgen has written: `line` says where (from 1)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_lock(path: str | os.PathLike[str]) -> Lock | None:
    """The lock in a file; None where there is no file. Raises BrokenLock."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return parse_lock(file.read().replace("\r\n", "\n"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise BrokenLock("it is not UTF-8", 1) from None
    except OSError as problem:
        raise BrokenLock(f"it cannot be read: {problem.strerror}", 1) from None


def parse_lock(text: str) -> Lock:
    """The lock in a text. Raises BrokenLock at the first line that does not belong into one."""
    lines = text.split("\n")
    if lines.pop() != "":
        raise BrokenLock("it is cut short", len(lines) + 1)
    rows = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    if not rows or not rows[0][1].startswith("jivsgen "):
        raise BrokenLock("it does not begin with the version of jivsgen", rows[0][0] if rows else 1)
    digests: dict[tuple[str, str], str] = {}
    units: dict[str, Unit] = {}
    last = ""
    for number, line in rows[1:]:
        kind, path, sha, *names = [*line.split(" "), "", ""]
        if kind not in KINDS or len(sha) != 64 or not path:
            marks = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
            said = "a merge conflict was left in it" if marks else "this is not a line of a lock"
            raise BrokenLock(said, number)
        if line <= last:
            raise BrokenLock("its lines are not in their order", number)
        last = line
        _take(digests, units, (kind, _plain(path), sha), [_plain(name) for name in names if name], number)
    return Lock(rows[0][1].partition(" ")[2], digests, units)


def _take(
    digests: dict[tuple[str, str], str],
    units: dict[str, Unit],
    line: tuple[str, str, str],
    names: list[str],
    number: int,
) -> None:
    kind, path, sha = line
    if (kind, path) in digests or (kind == "unit" and path in units):
        raise BrokenLock(f"`{path}` stands here twice", number)
    if (kind == "unit") != (">" in names):
        raise BrokenLock("this is not a line of a lock", number)
    if kind == "unit":
        middle = names.index(">")
        files = [name for name in names[:middle] if not name.startswith("#")]
        used = [name for name in names[:middle] if name.startswith("#")]
        operations = [f + name for name in used for f in files if ("operation", f + name) in digests]
        units[path] = Unit(path, files, operations, names[middle + 1 :], sha)
    else:
        digests[kind, path] = sha


def _quoted(path: str) -> str:
    """A path without anything that would split or end its line."""
    if path.isprintable() and " " not in path and "%" not in path:
        return path
    return "".join(f"%{ord(c):02X}" if c <= " " or c == "%" else c for c in path)


def _plain(text: str) -> str:
    if "%" not in text:
        return text
    first, *rest = text.split("%")
    try:
        return first + "".join(chr(int(part[:2], 16)) + part[2:] for part in rest)
    except ValueError:
        return text


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def text_digest(path: str | os.PathLike[str]) -> str:
    """The digest of a text file, whatever its line ends; of one that cannot be read the empty string."""
    try:
        with open(path, "rb") as file:
            return digest(plain_lines(file.read()))
    except OSError:
        return ""


def as_bytes(content: Content) -> bytes:
    """What is written of an artifact."""
    return content.encode() if isinstance(content, str) else content


def plain(content: Content) -> bytes:
    """What of an artifact is compared: of text its plain lines, of bytes all of them."""
    return plain_lines(content.encode()) if isinstance(content, str) else content


def plain_lines(content: bytes) -> bytes:
    """A text with `\\n` for every line end and without a byte order mark, as `source.read_text` reads it: a checkout that
    makes them others (git's core.autocrlf) changes nothing."""
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def file_digest(path: str | os.PathLike[str]) -> str:
    """The digest of a file's bytes; of one that cannot be read the empty string."""
    try:
        with open(path, "rb") as file:
            return digest(file.read())
    except OSError:
        return ""


def folder_digest(folder: str | os.PathLike[str]) -> str:
    """The digest of the names of the YAML files in a folder: a new profile is a change."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
    except OSError:
        return ""
    return digest("\n".join(names).encode())


def files_below(folder: str) -> list[str]:
    """Every file below a folder, as paths from it with slashes, sorted; what begins with a dot is nobody's artifact. A
    symbolic link is a file."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder + "/" + below) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{below}{entry.name}/")
                else:
                    found.append(below + entry.name)
    return sorted(found)
