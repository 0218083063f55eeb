"""What `make bench` says of emitted scripts is only said of runs that sent what they should and ended green. The engine is played
here by a few lines of Python; nothing is timed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks import emitted
from benchmarks.emitted import HOLDS, Length, NotAsPlanned, Pair, held, listening
from benchmarks.measure import CommandFailed
from benchmarks.replay import BODY

from jivsgen.rehearsal.engines import Engine

ENGINE = """#!{python}
import json, os, urllib.request

def ask(method, path, body=None):
    headers = {{"content-type": "application/json", "authorization": f"Bearer {{token}}"}}
    request = urllib.request.Request(os.environ["BASE_URL"] + "/api/v1" + path, body, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)

token = ""
token = ask("POST", "/auth/login", json.dumps({{"username": "admin", "password": "x"}}).encode())["accessToken"]
body = {body}
for _ in range(int(os.environ["USERS"]) * int(os.environ["ITERATIONS"])):
    made = ask("POST", "/extractions", json.dumps(body).encode())["data"]["id"]
    ask("POST", f"/extractions/{{made}}/start")
    for status in {polls}:
        assert ask("GET", f"/extractions/{{made}}")["data"]["status"] == status
    ask("GET", "/extractions?page=0&size=20&status=RUNNING")
raise SystemExit({code})
"""


def engine(folder: Path, polls: tuple[str, ...] = ("RUNNING", "COMPLETED"), code: int = 0) -> Engine:
    command = folder / "engine"
    command.write_text(ENGINE.format(python=sys.executable, body=BODY, polls=polls, code=code), "utf-8")
    command.chmod(0o755)
    return Engine("k6", "k6", command)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with listening(("-m", "benchmarks.replay")) as found:
        yield found


def test_a_pair_that_sends_what_it_should_is_measured(url: str, tmp_path: Path):
    costs = Pair(engine(tmp_path), tmp_path / "pair", users=2, iterations=3).run(url)
    assert [cost.cpu_s > 0 for cost in costs] == [True, True]
    script = (tmp_path / "pair/k6/extraction.js").read_text("utf-8")
    assert "vus: 2," in script
    assert "iterations: 3," in script


def test_a_pair_that_sends_less_is_not(url: str, tmp_path: Path):
    lazy = Pair(engine(tmp_path, polls=("RUNNING",)), tmp_path / "pair", users=1, iterations=1)
    with pytest.raises(NotAsPlanned, match=r"'getExtraction': 2.* planned .*'getExtraction': 4"):
        lazy.run(url)


def test_a_pair_that_ends_red_is_not(url: str, tmp_path: Path):
    with pytest.raises(CommandFailed, match="exit code 99"):
        Pair(engine(tmp_path, code=99), tmp_path / "pair", users=1, iterations=1).one(0, url)


def test_the_load_held_is_that_of_whole_runs_against_the_played_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(emitted, "HELD", Length(1, 0, 2))
    monkeypatch.setattr(emitted, "PAIRS", 1)
    found = list(held(engine(tmp_path)))
    assert [one.row for one in found] == list(HOLDS)
    assert all(one.value for one in found)
