"""Artillery with several workers, as it starts them on a machine of more than two cores: what is shared among them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jivsgen.engines import artillery
from jivsgen.plan.model import (
    Branch,
    Choose,
    ConstantArrivalRate,
    ConstantVus,
    Feed,
    Load,
    Plan,
    RampingArrivalRate,
    Slo,
    Stage,
)

from .plans import call, no_errors, plan, role, scenario
from .run import Ended, run
from .server import Answer, Exchange, Play, Server

CORES = """\
const os = require('node:os');
const one = os.cpus()[0];
os.cpus = () => Array(5).fill(one);
require('node:module').syncBuiltinESMExports();
"""
POOL = Feed("users", "users.csv", "name\nu0\nu1\nu2\nu3\n", ("name",), 4)
ROWS = Feed("rows", "rows.csv", "id\n" + "".join(f"{n}\n" for n in range(8)), ("id",), 8)


def journey(load: Load, *slos: Slo) -> Plan:
    """What a number of the arrival decides: a row, a branch, a user of the pool, `vu`, `unique`. Four workers have common factors
    with all of them."""
    member = role("member", users=POOL, body={"name": "${users.name}"})
    turns = Choose((Branch("a", 1, (call("a"),)), Branch("b", 3, (call("b"),))), 4, 1)
    sent = call(
        "send", method="POST", role="member", body={"row": "${rows.id}", "unique": "${unique}", "vu": "${vu}"}
    )
    return plan(scenario("s", load, sent, turns), roles=(member,), feeds=(ROWS,), slos=slos)


def play(one: Exchange) -> Answer:
    return Answer(json={"token": f"of {one.json['name']}"} if one.path == "/login" else {})


def run_on_five_cores(whole: Plan, folder: Path, played: Play = play) -> tuple[Ended, Server]:
    hook = folder / "cores.cjs"
    hook.write_text(CORES)
    with Server(played) as server:
        ended = run("artillery", whole, folder, server.url, NODE_OPTIONS=f"--require {hook}")
    return ended, server


@pytest.mark.parametrize(
    "load",
    [
        RampingArrivalRate(8, 1000, (Stage(2000, 8), Stage(2000, 16)), 40, 40),
        ConstantArrivalRate(5, 2000, 4000, 40, 40),
        ConstantVus(3, 2000),
    ],
    ids=["divided", "in one of them", "places"],
)
def test_workers_share_one_numbering(load: Load, tmp_path: Path) -> None:
    limit = Slo("send", "call", "rate", ">=", 1.0)
    ended, server = run_on_five_cores(journey(load, limit, no_errors("send"), no_errors("a")), tmp_path)
    assert ended.verdict == "met", ended.out
    sent = server.of("/send")
    assert [one.json["name"] for one in server.of("/login")] == ["u0", "u1", "u2", "u3"]
    if not isinstance(load, ConstantVus):
        assert len(sent) == pytest.approx(
            {RampingArrivalRate: 40, ConstantArrivalRate: 10}[type(load)], abs=1
        )
        assert sorted(int(one.json["vu"]) for one in sent) == list(range(1, len(sent) + 1))
        assert {one.headers["authorization"] for one in sent} == {f"Bearer of u{n}" for n in range(4)}
    assert len({one.json["unique"] for one in sent}) == len(sent)
    rows = Counter(one.json["row"] for one in sent)
    assert len(rows) == 8
    assert max(rows.values()) - min(rows.values()) <= 1
    assert len(server.of("/a")) == pytest.approx(len(sent) / 4, abs=1)
    assert ended.row("send").samples == len(sent)


def test_the_judge_sees_all_workers(tmp_path: Path) -> None:
    """One arrival of forty is answered wrongly, in one of four workers."""
    load = RampingArrivalRate(8, 1000, (Stage(2000, 8), Stage(2000, 16)), 40, 40)

    def wrong(one: Exchange) -> Answer:
        return Answer(500, {}) if one.path == "/send" and one.json["vu"] == "20" else play(one)

    ended, _ = run_on_five_cores(journey(load, no_errors("send"), no_errors("b")), tmp_path, wrong)
    assert ended.verdict == "missed"
    assert ended.row("send").errors == pytest.approx(1 / 40, rel=0.1)


def test_fewer_users_than_workers_are_refused(tmp_path: Path) -> None:
    """Artillery would give some workers none, and drop all of their arrivals."""
    whole = journey(ConstantArrivalRate(4, 1000, 2000, 3, 3), no_errors("send"))
    assert any("each has its share of the 3 users" in said for said in artillery.approximations(whole))
    ended, server = run_on_five_cores(whole, tmp_path)
    assert ended.code == 1
    assert "max_vus 3 is less than the 4 workers of this machine" in ended.out
    assert not server.exchanges
