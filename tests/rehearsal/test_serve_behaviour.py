"""Behaviour files: what they make the server do, and what is said of one that does not fit its spec."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .client import Served

HERE = Path(__file__).parent
PARCELS = HERE / "parcels/openapi.yaml"


def behaving(folder: Path, text: str) -> Served:
    (folder / "behaviour.yaml").write_text(text)
    return Served(PARCELS, "--behaviour", folder / "behaviour.yaml", "--quiet")


def state(served: Served, slug: str) -> str:
    return served.ask("GET", f"/parcels/{slug}").json["state"]


def test_calls_move_an_item(tmp_path: Path) -> None:
    with behaving(tmp_path, """
resources:
  /parcels:
    begin: {state: waiting}
    moves:
      - {on: scan_parcel, when: {state: waiting}, set: {state: moving}, otherwise: 409}
      - {on: read_parcel, calls: 3, when: {state: moving}, set: {state: there}}
""") as served:  # fmt: skip
        for slug in ("one", "two"):
            assert served.ask("POST", "/parcels", {"weight": 2, "slug": slug}).json["state"] == "waiting"
        assert [state(served, "one") for _ in range(4)] == ["waiting"] * 4
        seen = served.ask("POST", "/parcels/one/scan")
        assert (seen.status, seen.json["parcel_id"], seen.json["weight"]) == (200, "one", 2)
        assert served.ask("POST", "/parcels/one/scan").status == 409
        assert [state(served, "one") for _ in range(4)] == ["moving", "moving", "there", "there"]
        assert state(served, "two") == "waiting"


def test_time_moves_an_item_and_none_before_its_time(tmp_path: Path) -> None:
    with behaving(tmp_path, """
resources:
  /parcels:
    begin: {state: waiting}
    moves:
      - {when: {state: waiting}, after: 400ms, set: {state: moving}}
      - {when: {state: moving}, after: 100ms, set: {state: there}}
""") as served:  # fmt: skip
        began = time.monotonic()
        served.ask("POST", "/parcels", {"weight": 2, "slug": "one"})
        seen = [state(served, "one")]
        while seen[-1] != "there" and time.monotonic() - began < 10:
            now = state(served, "one")
            if now != seen[-1]:
                seen.append(now)
        assert seen == ["waiting", "moving", "there"]
        assert 0.5 <= time.monotonic() - began < 5


def test_items_that_are_there_before_anybody_makes_one(tmp_path: Path) -> None:
    with behaving(tmp_path, "resources: {/parcels: {ids: [red, blue]}}\n") as served:
        assert served.ask("GET", "/parcels/red").json["slug"] == "red"
        assert served.ask("GET", "/parcels/green").status == 404
        listed = served.ask("GET", "/parcels?per_page=50").json
        assert {"red", "blue"} <= {one["slug"] for one in listed["parcels"]}
        assert listed["meta"]["total"] == len(listed["parcels"]) == 3


def test_answers_that_are_told(tmp_path: Path) -> None:
    with behaving(tmp_path, """
answers:
  read_route: {set: {$.km: 12}}
  read_parcel: {status: 404}
""") as served:  # fmt: skip
        assert served.ask("GET", "/routes/a..7/stops/1").json == {"km": 12}
        served.ask("POST", "/parcels", {"weight": 2, "slug": "one"})
        assert served.ask("GET", "/parcels/one").status == 404


def test_refusals_by_a_limit_say_when_to_come_back(tmp_path: Path) -> None:
    with behaving(tmp_path, "limits: [{rate: 1/10s, operations: [send_parcel]}]\n") as served:
        assert served.ask("POST", "/parcels", {"weight": 2}).status == 201
        refused = served.ask("POST", "/parcels", {"weight": 2})
        assert (refused.status, refused.json["error"]["code"]) == (429, 429)
        assert 1 <= int(refused.headers["retry-after"]) <= 10


def test_faults_do_not_change_each_other(tmp_path: Path) -> None:
    """What a fault hits depends on the seed and on the calls of its operation alone."""

    def hits(text: str) -> list[int]:
        with behaving(tmp_path, text) as served:
            return [served.ask("POST", "/parcels", {"weight": 2}).status for _ in range(40)]

    alone = hits("seed: 7\nfaults: [{operation: send_parcel, share: 40%, status: 500}]\n")
    assert alone == hits(
        "seed: 7\nfaults: [{operation: send_parcel, share: 40%, status: 500}, {operation: send_parcel, share: 50%}]\n"
        "latency: {default: {median: 1ms, p95: 2ms}}\n"
    )
    assert alone != hits("seed: 8\nfaults: [{operation: send_parcel, share: 40%, status: 500}]\n")
    assert 500 in alone
    assert 201 in alone


def test_a_fault_leaves_what_is_remembered_alone(tmp_path: Path) -> None:
    text = "faults: [{operation: default, share: 50%, set: {'$.parcels[0].state': odd, '$.to.town': odd}}]\n"
    with behaving(tmp_path, text) as served:
        served.ask("POST", "/parcels", {"weight": 2, "slug": "one", "to": {"town": "Bern"}})
        listed = [served.ask("GET", "/parcels").json["parcels"][0]["state"] for _ in range(40)]
        towns = [served.ask("GET", "/parcels/one").json["to"]["town"] for _ in range(40)]
    for seen in (listed, towns):
        assert "odd" in seen
        assert any(value != "odd" for value in seen[seen.index("odd") :])


MISTAKES = {
    "faults: [{operation: send_parcl, status: 500}]": (1, "has no operation `send_parcl`", "did you mean `send_parcel`?"),
    "login: {operation: tokn}": (1, "has no operation `tokn`", "`token`"),
    "limits: [{rate: 1/1s, operations: [x]}]": (1, "has no operation `x`", "operationId"),
    "latency: {x: {median: 1ms}}": (1, "has no operation `x`", ""),
    "users: {a: {role: ADMN}}\nroles_in: x-allowed": (1, "no role `ADMN`", "`ADMIN`"),
    "users: {a: {role: ADMIN}}": (1, "no role `ADMIN`", ""),
    "roles_in: x-nobody": (1, "no operation of the spec has `x-nobody`", ""),
    "resources:\n  /parcel: {}": (2, "`/parcel` is no collection", "`/parcels`"),
    "resources:\n  /parcels:\n    begin: {stat: waiting}": (3, "has `stat`", ""),
    "resources:\n  /parcels:\n    begin: {state: lost}": (3, '"lost" is not allowed there', ""),
    "resources:\n  /parcels:\n    moves:\n    - {when: {state: [there, lost]}, set: {}}": (4, '"lost" is not allowed', ""),
    "resources:\n  /parcels:\n    moves:\n    - {on: token, set: {}}": (4, "`token` is not about an item", ""),
    "resources:\n  /parcels:\n    moves:\n    - {on: scan_parcel, set: {}, otherwise: 418}": (4, "does not document 418", "`409`"),
    "resources:\n  /parcels:\n    moves:\n    - {on: scan_parcel, calls: 0, set: {}}": (4, "greater than or equal to 1", ""),
    "answers: {read_route: {set: {$.miles: 1}}}": (1, "has no `$.miles`", ""),
    "answers: {read_route: {set: {$.km: 1}}}": (1, "1 is not allowed there", ""),
    "answers: {read_route: {status: 404}}": (1, "does not document 404", "documented: `200`"),
    "answers: {default: {status: 404}}": (1, "no operation `default`", ""),
    "faultz: []": (1, "`faultz`: unknown key", "did you mean `faults`?"),
    "faults: [{operation: token, delay: 5}]": (1, "needs a unit", ""),
    "- a list": (1, "is a list", ""),
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_a_behaviour_that_does_not_fit_is_refused_at_its_place(text: str, tmp_path: Path, jivsgen) -> None:
    (tmp_path / "b.yaml").write_text(text + "\n")
    ended = jivsgen("serve", PARCELS, "--behaviour", "b.yaml", cwd=tmp_path)
    line, said, hint = MISTAKES[text]
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"b.yaml:{line}:")
    assert said in ended.stderr
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr
