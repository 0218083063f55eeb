"""Where things lie: `[tool.jivsgen]` of the nearest pyproject.toml, or the nearest jivsgen.toml.

    profiles = "specs/profiles"            # a folder (its *.yaml), a file, or a list of them
    out = "generated"
    overlays = ["specs/overlays/x.yaml"]   # OpenAPI overlays for every spec, before those of a profile

Paths are relative to the file that holds the table; so are the paths that messages and headers show.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing

DEFAULT_PROFILES = "specs/profiles"
_KEYS = ("profiles", "out", "overlays")


class Project(Struct, frozen=True):
    """`root` is absolute, and so is everything below it. `home` is the folder where a new profile belongs: the first one
    that `profiles` names, or that its first file is in. `folders` are those that the profiles are looked for in,
    `configuration` the file that says all this, if there is one."""

    root: Path
    profiles: tuple[Path, ...]
    out: Path
    home: Path
    overlays: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    configuration: Path | None = None

    def shown(self, path: Path) -> str:
        """The path as messages and headers print it: from the root, with slashes; a file elsewhere by its name."""
        try:
            return path.resolve().relative_to(self.root).as_posix()
        except (ValueError, RuntimeError):  # RuntimeError: links that lead to each other
            return path.name

    def relative(self, path: Path) -> str:
        """The path from the root, with slashes; of a file elsewhere with `..`, so that it can be found again."""
        return Path(os.path.relpath(path.resolve(), self.root)).as_posix()


def load_project(start: Path, diagnostics: Diagnostics) -> Project | None:
    """The project that the folder `start` belongs to; without a configuration `start` itself with the defaults. None
    after a report."""
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in ("jivsgen.toml", "pyproject.toml"):
            file = folder / name
            if not file.is_file():
                continue
            shown = os.path.relpath(file, start)
            table = _table(file, shown, diagnostics)
            if table is False:
                return None
            if table is not None:
                return _project(file, table, shown, diagnostics)
    return _project(start / "jivsgen.toml", {}, "", diagnostics)


def _table(file: Path, shown: str, diagnostics: Diagnostics) -> Any:
    """The configuration, None where the file holds none, False after a report."""
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as problem:
        diagnostics.add("bad-configuration", f"not TOML: {problem}", Place(shown))
        return False
    except (OSError, UnicodeDecodeError) as problem:
        diagnostics.add("bad-configuration", f"cannot be read: {problem}", Place(shown))
        return False
    return content if file.name == "jivsgen.toml" else content.get("tool", {}).get("jivsgen")


def _project(file: Path, table: dict[str, Any], shown: str, diagnostics: Diagnostics) -> Project | None:
    root = file.parent
    faults = len(diagnostics)
    for key in table:
        if key not in _KEYS:
            said = f"unknown key `{key}` in the configuration"
            hint = did_you_mean(key, _KEYS, otherwise=f"the keys are {listing(_KEYS)}")
            diagnostics.add("bad-configuration", said, Place(shown), hint)
    named = _list(table.get("profiles", DEFAULT_PROFILES if (root / DEFAULT_PROFILES).is_dir() else []))
    overlays = _list(table.get("overlays", []))
    out = table.get("out", "generated")
    if not all(isinstance(name, str) and name for name in [*named, *overlays, out]):
        said = f"{listing(_KEYS)} are paths, or lists of paths"
        diagnostics.add("bad-configuration", said, Place(shown))
    if len(diagnostics) > faults:
        return None
    folder = (root / out).resolve()
    if folder == root or folder in root.parents:
        said = f"`out = {out!r}` is the project itself; generated files need a folder of their own"
        diagnostics.add("bad-configuration", said, Place(shown))
        return None
    folders = tuple(root / name for name in named if (root / name).is_dir())
    return Project(
        root,
        _profiles(root, named),
        folder,
        _home(root, named),
        tuple(root / name for name in overlays),
        folders,
        file if shown else None,
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _profiles(root: Path, named: list[str]) -> tuple[Path, ...]:
    found: list[Path] = []
    for name in named:
        path = root / name
        found += (
            sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml")) if path.is_dir() else [path]
        )
    return tuple(found)


def _home(root: Path, named: list[str]) -> Path:
    first = root / (named[0] if named else DEFAULT_PROFILES)
    return first.parent if first.suffix in (".yaml", ".yml") else first
