"""First contact: nothing but a document. `jivsgen init`, `jivsgen build`, `jivsgen rehearse`: green, for every document that the
tests hold, and for GitHub's in all three engines."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from .rehearsed import jivsgen
from .run import ENGINES, ROOT

GITHUB = ROOT / ".documents/github/api.github.com.json"
NO_DOCUMENTS = {"not-openapi", "not-openapi-version", "syntax-surrogate"}
CANNOT_BE_PLAYED = {
    "bad-header-cookie": "no script can show what its only operation asks for",
    "bad-header-part": "a part of its only form needs what is not the name of a header",
    "cannot-build-body": "it allows no book at all, so no answer about one",
    "missing-parameter-part": "a part of its only form needs a header of which nobody knows the value",
    "unprintable-text-part-header": "a header of a part of its only form has two lines",
    "unprintable-text-part": "its only form has no part that a first profile could name",
    "unprintable-text-server": "the path of its server is another one",
    "too-many-ways": "nobody can tell in bounded time whether an answer is a book",
}


def documents() -> Iterator[Path]:
    """Every OpenAPI document of the tests and of the specs, those of equal bytes once."""
    seen: set[str] = set()
    for path in sorted([*ROOT.glob("specs/*.openapi.yaml"), *(ROOT / "tests").rglob("*")]):
        if path.suffix not in (".yaml", ".yml", ".json") or "node_modules" in path.parts:
            continue
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest not in seen and b"openapi" in content[:3000] and b"paths" in content:
            seen.add(digest)
            if path.parent.name not in NO_DOCUMENTS:
                yield path


def name_of(path: Path) -> str:
    """`tests/init/login/spec.yaml` is `init-login-spec`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "-".join(parts[1:] if parts[0] == "tests" else parts).replace(".", "-")


def engine_of(number: int) -> str:
    """k6 is the quickest; every twelfth document each runs in JMeter and in Artillery."""
    return {3: "jmeter", 9: "artillery"}.get(number % 12, "k6")


DOCUMENTS = {name_of(path): path for path in documents() if path.parent.name not in CANNOT_BE_PLAYED}
ENGINE = {name: engine_of(number) for number, name in enumerate(DOCUMENTS)}


def command(verb: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return jivsgen(*map(str, arguments), cwd=cwd, verb=verb)


def rehearsed(folder: Path, profiles: list[str], *engines: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The verdicts on profiles of a folder, by profile and engine."""
    asked = [f"--engine={engine}={ROOT}/.engines/bin/{engine}" for engine in engines]
    ended = command("rehearse", *profiles, *asked, "--json", cwd=folder)
    assert ended.stdout, ended.stderr
    return {(run["profile"], run["engine"]): run for run in json.loads(ended.stdout)["runs"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a first profile for each document, as its user would have it."""
    folder = tmp_path_factory.mktemp("contact")

    def init(name: str) -> None:
        ended = command("init", DOCUMENTS[name], "--name", name, cwd=folder)
        assert ended.returncode == 0, ended.stderr
        assert f"jivsgen rehearse {name}" in ended.stdout

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(init, DOCUMENTS))
    return folder


@pytest.fixture(scope="module")
def runs(project: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for engine in ENGINES:
        found |= rehearsed(project, [name for name, own in ENGINE.items() if own == engine], engine)
    return found


def is_green(run: dict[str, Any]) -> None:
    said = "\n".join([*run["reasons"], *run["difference"], *run["said"]])
    assert run["right"], said
    assert run["requests"] == run["as_planned"] >= 15
    assert (run["violations"], run["failed_checks"], run["slos"]) == (0, 0, "met")


def test_every_first_profile_builds(project: Path) -> None:
    ended = command("build", cwd=project)
    assert ended.returncode == 0, ended.stderr
    assert len(list((project / "generated/k6").glob("*.js"))) == len(DOCUMENTS) > 60


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_first_profile_rehearses_green(name: str, runs: dict[tuple[str, str], dict[str, Any]]) -> None:
    is_green(runs[name, ENGINE[name]])


def test_an_api_that_is_not_as_its_document_says_is_found_out(project: Path, tmp_path: Path) -> None:
    """The other way round: the same profile against an API that answers otherwise than its document says."""
    behaviour = tmp_path / "behaviour.yaml"
    behaviour.write_text(yaml.safe_dump({"faults": [{"operation": "getPet", "status": 500}]}))
    engine = f"--engine=k6={ROOT}/.engines/bin/k6"
    ended = command("rehearse", "init-login-spec", engine, "--behaviour", behaviour, "--json", cwd=project)
    assert ended.returncode == 1, ended.stderr
    (run,) = json.loads(ended.stdout)["runs"]
    assert run["slos"] == "missed"
    assert any("getPet" in reason for reason in run["reasons"])


def test_github_in_three_engines(tmp_path: Path) -> None:
    assert GITHUB.is_file(), "`make documents` fetches it"
    (tmp_path / "openapi.json").symlink_to(GITHUB)
    ended = command("init", "openapi.json", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "wrote specs/profiles/github.yaml: 10 calls" in ended.stdout
    text = (tmp_path / "specs/profiles/github.yaml").read_text("utf-8")
    assert "capture: {gist_id: $.id}" in text
    assert "gists/fork" not in text, "nobody deletes what a fork leaves behind"
    assert command("build", cwd=tmp_path).returncode == 0
    found = rehearsed(tmp_path, ["github"], *ENGINES)
    assert list(found) == [("github", engine) for engine in ENGINES]
    for run in found.values():
        is_green(run)
        assert run["requests"] == 10 * 15
