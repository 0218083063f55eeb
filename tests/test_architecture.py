"""Imports point one way: the contracts of pyproject.toml hold for the tree, and each of them can break."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Holds `folder/src/jivsgen` to the contracts."""
    return subprocess.run(
        [
            Path(sys.executable).parent / "lint-imports",
            "--no-logo",
            "--no-cache",
            "--config",
            ROOT / "pyproject.toml",
        ],
        cwd=folder / "src",
        env={"PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_imports_point_one_way() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout
    assert "3 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("plan/planted.py", "import jivsgen.engines", "Imports point one way"),
        ("diagnostics/planted.py", "import jivsgen.source", "Imports point one way"),
        ("spec/planted.py", "import jivsgen.profile", "Imports point one way"),
        ("an_unlisted_room.py", "", "Imports point one way"),
        ("engines/k6/planted.py", "import jivsgen.engines.jmeter", "Engines never import each other"),
        ("cli/planted.py", "def late():\n    import openapi_core", "Only contract imports openapi_core"),
    ],
)
def test_a_wrong_import_is_seen(tmp_path: Path, module: str, line: str, broken: str) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "src/jivsgen" / module).write_text(line + "\n", "utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert f"{broken} BROKEN" in result.stdout
    assert "2 kept, 1 broken" in result.stdout
