"""Where things lie: `[tool.jivsgen]` of the nearest pyproject.toml, or the nearest jivsgen.toml.

    profiles = "specs/profiles"    # a folder (its *.yaml), a file, or a list of them
    out = "generated"

Paths are relative to the file that holds the table; so are the paths that messages and headers show.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean

_KEYS = ("profiles", "out")


@dataclass(frozen=True, slots=True)
class Project:
    """`root` is absolute, and so is everything below it."""

    root: Path
    profiles: tuple[Path, ...]
    out: Path
    home: Path
    """The folder where a new profile belongs: the first one that `profiles` names, or that its first file is in."""

    def shown(self, path: Path) -> str:
        """The path as messages and headers print it: from the root, with slashes; a file elsewhere by its name."""
        try:
            return path.resolve().relative_to(self.root).as_posix()
        except ValueError:
            return path.name


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
                return _project(folder, table, shown, diagnostics)
    return _project(start, {}, "", diagnostics)


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


def _project(root: Path, table: dict[str, Any], shown: str, diagnostics: Diagnostics) -> Project | None:
    faults = len(diagnostics)
    for key in table:
        if key not in _KEYS:
            said = f"unknown key `{key}` in the configuration"
            hint = did_you_mean(key, _KEYS, otherwise="the keys are `profiles` and `out`")
            diagnostics.add("bad-configuration", said, Place(shown), hint)
    listed = table.get("profiles", "specs/profiles")
    named = listed if isinstance(listed, list) else [listed]
    out = table.get("out", "generated")
    if not all(isinstance(name, str) and name for name in [*named, out]):
        diagnostics.add("bad-configuration", "`profiles` and `out` are paths", Place(shown))
    if len(diagnostics) > faults:
        return None
    folder = (root / out).resolve()
    if folder == root or folder in root.parents:
        said = f"`out = {out!r}` is the project itself; generated files need a folder of their own"
        diagnostics.add("bad-configuration", said, Place(shown))
        return None
    return Project(root, _profiles(root, named), folder, _home(root, named))


def _profiles(root: Path, named: list[str]) -> tuple[Path, ...]:
    found: list[Path] = []
    for name in named:
        path = root / name
        found += (
            sorted(p for p in path.glob("*.y*ml") if p.suffix in (".yaml", ".yml"))
            if path.is_dir()
            else [path]
        )
    return tuple(found)


def _home(root: Path, named: list[str]) -> Path:
    first = root / (named[0] if named else "specs/profiles")
    return first.parent if first.suffix in (".yaml", ".yml") else first
