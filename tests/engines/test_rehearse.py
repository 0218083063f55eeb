"""`jivsgen rehearse`, as a user calls it: every committed profile, in every real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .rehearsed import behaviour_with, jivsgen
from .run import ROOT

ENGINES = ("k6", "k6-1.1.0", "jmeter", "artillery")
PROFILES = sorted(path.stem for path in (ROOT / "specs/profiles").glob("*.yaml"))
ASKED = (
    "--engine",
    "k6",
    "--engine",
    "k6=.engines/bin/k6-1.1.0",
    "--engine",
    "jmeter",
    "--engine",
    "artillery",
)


Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of other APIs leave what was sent."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def both(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Ended]:
    """All committed profiles in all engines, and other APIs: once for all tests of this file."""
    flow = read_flow(tmp_path_factory.mktemp("flow"))
    cases = (f"tests/cases/{case}/profile.yaml" for case in CASES)
    return jivsgen("--json", *ASKED), jivsgen("--json", "--keep", str(kept), SHOP, str(flow), *cases)


@pytest.fixture(scope="module")
def rehearsed(both: tuple[Ended, Ended]) -> Ended:
    return both[0]


@pytest.fixture(scope="module")
def others(both: tuple[Ended, Ended]) -> Ended:
    return both[1]


def row(rehearsed: Ended, profile: str, engine: str) -> dict[str, Any]:
    assert rehearsed.stdout, rehearsed.stderr
    (found,) = (
        one
        for one in json.loads(rehearsed.stdout)["runs"]
        if one["profile"] == profile and one["engine"] == engine
    )
    return found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_right(rehearsed: Ended, profile: str, engine: str) -> None:
    found = row(rehearsed, profile, engine)
    said = "\n".join([*found["reasons"], *found["difference"], *found["said"]])
    assert found["right"], said
    assert found["requests"] == found["as_planned"] > 15
    assert (found["violations"], found["failed_checks"], found["slos"]) == (0, 0, "met")
    assert found["checks"] > found["requests"]


def test_all_are_right(rehearsed: Ended) -> None:
    assert rehearsed.returncode == 0
    assert json.loads(rehearsed.stdout)["right"] is True
    assert len(json.loads(rehearsed.stdout)["runs"]) == len(ENGINES) * len(PROFILES)


def test_secrets_are_made_up_once_and_said(rehearsed: Ended) -> None:
    (line,) = (one for one in rehearsed.stderr.splitlines() if "made up" in one)
    assert "JIVS_PASSWORD, JIVS_VIEWER_PASSWORD" in line


OLDEST = ("extraction-load", "compliance-stress", "--engine", "jmeter=.engines/bin/jmeter-5.5", "--json")


def test_the_oldest_jmeter_means_the_same() -> None:
    """A closed load and an open one; `k6-1.1.0` is asked for every profile above."""
    ended = jivsgen(*OLDEST)
    assert [run["right"] for run in json.loads(ended.stdout)["runs"]] == [True, True], ended.stdout


def test_the_oldest_jmeter_says_what_is_missed(tmp_path: Path) -> None:
    wrong = [{"operation": name, "status": 500} for name in ("listExtractions", "processComplianceRequest")]
    ended = jivsgen(*OLDEST, "--behaviour", str(behaviour_with(tmp_path, wrong)))
    assert [run["slos"] for run in json.loads(ended.stdout)["runs"]] == ["missed", "missed"], ended.stdout


# --- other APIs, every construct ---------------------------------------------------------------------------------------

SHOP = "tests/engines/shop/shopping.yaml"
CASES = (
    "binary",
    "crowds",
    "feeds",
    "forms",
    "hostile",
    "mix",
    "multipart",
    "parameters",
    "pool",
    "security",
    "several",
    "values",
)


def read_flow(folder: Path) -> Path:
    """The profile of the case `flow`, where a call without a token is answered 401, as any server would, and a behaviour file
    beside the spec has every book read."""
    for name, wrong, right in (
        ("spec.yaml", '"400":', '"401":'),
        ("profile.yaml", "expect: 400", "expect: 401"),
    ):
        text = (ROOT / "tests/cases/flow" / name).read_text("utf-8")
        assert text.count(wrong) == 1
        (folder / name).write_text(text.replace(wrong, right), "utf-8")
    read = "{set: {$.shelf: READ}}"
    (folder / "spec.behaviour.yaml").write_text(f"answers: {{addBook: {read}, getBook: {read}}}\n", "utf-8")
    return folder / "profile.yaml"


@pytest.mark.parametrize("engine", ["k6", "jmeter", "artillery"])
@pytest.mark.parametrize("profile", ["shopping", "flow", *CASES])
def test_another_api_is_played_as_well(others: Ended, profile: str, engine: str) -> None:
    found = row(others, profile, engine)
    assert found["right"], "\n".join([*found["reasons"], *found["difference"], *found["said"]])


# --- the command line --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["k6", "jmeter", "artillery"])
def test_what_a_header_asks_for_anew_is_new_in_each_request(others: Ended, kept: Path, engine: str) -> None:
    """`X-Request-Id: ${uuid()}` of `target.headers`, logins included."""
    recording = (kept / "values" / engine / "recording.jsonl").read_text("utf-8")
    headers = [dict(json.loads(line)["headers"]) for line in recording.splitlines()]
    assert (
        len({one["x-request-id"] for one in headers})
        == len(headers)
        == row(others, "values", engine)["requests"]
    )
    assert {one["x-tenant"] for one in headers} == {"acme"}


def test_the_table_says_what_was_widened(tmp_path: Path) -> None:
    ended = jivsgen("access-control", "--engine", "k6", "--factor", "30", "--keep", str(tmp_path / "kept"))
    assert ended.returncode == 0, ended.stdout
    heading, line, found, *_ = ended.stdout.splitlines()
    assert heading.split() == [
        "profile",
        "engine",
        "requests",
        "as",
        "planned",
        "violations",
        "checks",
        "SLOs",
        "verdict",
    ]
    assert set(line) == {"-", " "}
    assert found.split()[0:2] == ["access-control", "k6"]
    assert found.split()[-2:] == ["met", "right"]
    assert "widened 30 times" in ended.stdout
    kept = tmp_path / "kept"
    assert (kept / "scripts/k6/access-control.js").is_file()
    assert (kept / "access-control/k6/recording.jsonl").is_file()
    assert (kept / "access-control/k6/engine.log").is_file()


def test_a_run_that_is_wrong_is_1_and_explained(tmp_path: Path) -> None:
    behaviour = behaviour_with(tmp_path, [{"operation": "listExtractions", "remove": ["$.data.totalPages"]}])
    ended = jivsgen("extraction-load", "--engine", "k6", "--behaviour", str(behaviour))
    assert ended.returncode == 1
    assert "WRONG" in ended.stdout
    assert "k6 says: SLOs missed" in ended.stdout
    assert "check: listExtractions: listExtractions has $.data.totalPages (15 x)" in ended.stdout


def test_a_slow_api_is_right_only_with_patience(tmp_path: Path) -> None:
    behaviour = behaviour_with(tmp_path, [{"operation": "listExtractions", "delay": "400ms"}])
    asked = ("extraction-load", "--engine", "k6", "--behaviour", str(behaviour), "--json")
    assert jivsgen(*asked).returncode == 0
    hasty = jivsgen(*asked, "--factor", "1")
    assert hasty.returncode == 1
    (run,) = json.loads(hasty.stdout)["runs"]
    assert (run["slos"], run["failed_checks"], run["difference"]) == ("missed", 0, [])


def test_an_engine_that_is_missing_is_2() -> None:
    ended = jivsgen("access-control", "--engine", "k6=.engines/bin/k7")
    assert ended.returncode == 2
    assert ".engines/bin/k7 cannot be run" in ended.stderr
    ended = jivsgen("access-control", "--engine", "k6", "--engine", "jmeter=nowhere", "--allow-missing")
    assert ended.returncode == 0
    assert "left out: jmeter: nowhere cannot be run" in ended.stderr
    ended = jivsgen("access-control", "--engine", "jmeter=nowhere", "--allow-missing")
    assert ended.returncode == 2


def test_an_engine_that_nobody_knows_is_2() -> None:
    ended = jivsgen("access-control", "--engine", "k7")
    assert ended.returncode == 2
    assert "there is no engine `k7`; the engines are k6, jmeter, artillery" in ended.stderr


def test_a_server_that_does_not_start_is_2(tmp_path: Path) -> None:
    behaviour = tmp_path / "behaviour.yaml"
    behaviour.write_text("users: 7\nno such key: 1\n")
    ended = jivsgen("access-control", "--engine", "k6", "--behaviour", str(behaviour))
    assert ended.returncode == 2
    assert "the loopback server does not start" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_profile_with_an_error_is_1(tmp_path: Path) -> None:
    profile = tmp_path / "broken.yaml"
    profile.write_text("profile: broken\nspec: nowhere.yaml\n")
    ended = jivsgen(str(profile))
    assert ended.returncode == 1
    assert "broken.yaml" in ended.stderr


def children(folder: str) -> list[str]:
    """Command lines of living processes that name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line and int(process.name) != os.getpid() and " rehearse " not in line:
            found.append(line)
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes as Linux shows them")
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_nothing_outlives_it(way: signal.Signals, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "jivsgen",
        "rehearse",
        "extraction-load",
        "--engine",
        "jmeter",
        "--keep",
        str(tmp_path),
    ]
    before = signal.signal(way, signal.SIG_DFL)  # a background job of a shell begins with SIGINT ignored
    try:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        signal.signal(way, before)
    until = time.monotonic() + 60
    while len(children(str(tmp_path))) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(children(str(tmp_path))) >= 2, "a server and an engine"
    process.send_signal(way)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert children(str(tmp_path)) == []
