"""What only JMeter has: a results file that is appended to, and scripts inside of a plan."""

from __future__ import annotations

from pathlib import Path

from .plans import call, once
from .run import run
from .server import Answer, Exchange, Server
from .test_ends import JOURNEY, SET


def gives_token(one: Exchange) -> Answer:
    return Answer(json={"token": "t"})


def test_only_the_rows_of_this_run_are_judged(tmp_path: Path) -> None:
    """The second run appends to the results of the first, which had errors; the third begins another file."""
    answers = [Answer(500), Answer(json={}), Answer(500)]

    def play(one: Exchange) -> Answer:
        return gives_token(one) if one.path.endswith("/login") else answers.pop(0)

    with Server(play) as server:
        first = run("jmeter", JOURNEY, tmp_path, server.url, **SET)
        second = run("jmeter", JOURNEY, tmp_path, server.url, "-l", "other.jtl", "-e", "-o", "report", **SET)
        base = f"-JBASE_URL={server.url}/own/"
        third = run(
            "jmeter",
            JOURNEY,
            tmp_path,
            "http://localhost:1",
            base,
            "-Jjtl=third.jtl",
            "-l",
            "third.jtl",
            **SET,
        )
    assert (first.code, second.code, third.code) == (99, 0, 99), second.out
    assert [one.path for one in server.exchanges[-2:]] == ["/own/login", "/own/get"]
    assert [row.samples for row in second.judgement.rows] == [2, 2]
    assert (tmp_path / "report" / "statistics.json").exists()
    assert len((tmp_path / "third.jtl").read_text().splitlines()) == 2, "one file for both is written once"


def test_one_file_in_two_spellings_is_refused(tmp_path: Path) -> None:
    """JMeter would write each row twice."""
    with Server(gives_token) as server:
        ended = run("jmeter", JOURNEY, tmp_path, server.url, "-l", "./run.jtl", **SET)
        absolute = run("jmeter", JOURNEY, tmp_path, server.url, "-l", str(tmp_path / "run.jtl"), **SET)
    for one in (ended, absolute):
        assert one.code == 99
        assert "refused: -l spells run.jtl in another way" in one.out
    assert not server.of("/get")


def test_a_script_that_fails_is_named(tmp_path: Path) -> None:
    """Nothing is judged, and yet the run ends with 98."""
    broken = once(call("get", captures={"id": ("id",)}), call("next", "/x/${id}"))
    with Server(lambda _: Answer(json={"id": "1"})) as server:
        ended = run(
            "jmeter",
            broken,
            tmp_path,
            server.url,
            change=lambda text: text.replace("answer.capture(", "answer.capturre("),
        )
        never = run(
            "jmeter",
            broken,
            tmp_path,
            server.url,
            change=lambda text: text.replace("class Run {", "clas Run {"),
        )
    assert ended.code == 98, ended.out
    assert "FAIL get: javax.script.ScriptException" in ended.out
    assert never.code == 98, never.out
    assert len(server.exchanges) == 1, "the run that was never set up sends nothing"
