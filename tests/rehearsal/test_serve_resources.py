"""`jivsgen serve` remembers: what is created, changed, listed and removed, of JiVS and of a document in another style."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .client import Reply, Served

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
JIVS = (ROOT / "specs/jivs.openapi.yaml", "--behaviour", ROOT / "specs/jivs.behaviour.yaml")
PARCELS = HERE / "parcels/openapi.yaml"
EXTRACTION = {
    "name": "Load 1", "sourceType": "JDBC", "connectionConfig": {"url": "jdbc:x:y", "username": "t", "password": "t"},
}  # fmt: skip


class Jivs:
    """A JiVS and somebody who has logged in."""

    def __init__(self, served: Served, user: str = "admin") -> None:
        self.served = served
        reply = served.ask("POST", "/api/v1/auth/login", {"username": user, "password": "x"})
        self.token = reply.json["accessToken"]

    def ask(self, method: str, path: str, body: Any = None) -> Reply:
        return self.served.ask(method, f"/api/v1{path}", body, token=self.token)

    def page(self, path: str) -> dict[str, Any]:
        return self.ask("GET", path).json["data"]

    def create(self, path: str, body: dict[str, Any]) -> Any:
        return self.ask("POST", path, body).json["data"]["id"]


@pytest.fixture
def jivs() -> Iterator[Jivs]:
    with Served(*JIVS, "--quiet") as served:
        yield Jivs(served)


@pytest.fixture(scope="module")
def parcels() -> Iterator[Served]:
    with Served(PARCELS, "--quiet") as served:
        yield served


def test_pages_are_true(jivs: Jivs) -> None:
    before = jivs.page("/extractions")
    assert before["totalElements"] == len(before["content"]) == 1  # the one of the document's example
    ids = [jivs.create("/extractions", EXTRACTION) for _ in range(300)]
    assert len(set(ids)) == 300
    first = jivs.page("/extractions?size=100")
    assert (first["totalElements"], first["totalPages"], first["size"], first["number"]) == (301, 4, 100, 0)
    assert [one["id"] for one in first["content"]] == ids[:199:-1]
    last = jivs.page("/extractions?size=100&page=3")
    assert (last["number"], len(last["content"])) == (3, 1)
    assert jivs.page("/extractions?size=100&page=4")["content"] == []
    assert jivs.ask("DELETE", f"/extractions/{ids[0]}").status == 204
    assert jivs.page("/extractions")["totalElements"] == 300


def test_filters_count_all_and_follow_what_changes(jivs: Jivs) -> None:
    ids = [jivs.create("/extractions", EXTRACTION) for _ in range(280)]
    other = jivs.create("/extractions", {**EXTRACTION, "sourceType": "SAP"})
    assert jivs.page("/extractions?status=PENDING&size=7")["totalElements"] == 281
    assert jivs.page("/extractions?status=RUNNING")["totalElements"] == 0
    jivs.ask("POST", f"/extractions/{ids[3]}/start")
    jivs.ask("POST", f"/extractions/{ids[4]}/start")
    jivs.ask("POST", f"/extractions/{ids[4]}/stop")
    assert [one["id"] for one in jivs.page("/extractions?status=STOPPED")["content"]] == [ids[4]]
    assert jivs.page("/extractions?status=PENDING")["totalElements"] == 279
    both = jivs.page("/extractions?status=PENDING&sourceType=SAP")
    assert [one["id"] for one in both["content"]] == [other]
    assert both["totalElements"] == 1


def test_time_moves_what_nobody_looked_at(jivs: Jivs) -> None:
    assert jivs.page("/extractions?status=RUNNING")["totalElements"] == 0  # the lists by status begin here
    one = jivs.create("/extractions", EXTRACTION)
    jivs.ask("POST", f"/extractions/{one}/start")
    jivs.ask("POST", f"/extractions/{one}/start")
    assert jivs.page("/extractions?status=RUNNING")["totalElements"] == 1
    for _ in range(200):
        if jivs.page("/extractions?status=RUNNING")["totalElements"] == 0:
            break
        time.sleep(0.01)
    done = jivs.page("/extractions?status=COMPLETED")["content"][0]
    assert (done["id"], done["recordsExtracted"]) == (one, 48211)
    assert done["createdAt"] <= done["startedAt"] <= done["completedAt"]


def test_a_list_that_nobody_can_add_to_is_paged_too(jivs: Jivs) -> None:
    one = jivs.create("/extractions", EXTRACTION)
    logs = jivs.page(f"/extractions/{one}/logs")
    assert [entry["level"] for entry in logs["content"]] == ["WARN", "INFO"]
    page = jivs.page(f"/extractions/{one}/logs?size=1&page=1")
    assert [entry["level"] for entry in page["content"]] == ["INFO"]
    assert (page["totalElements"], page["totalPages"], page["size"], page["number"]) == (2, 2, 1, 1)
    assert jivs.page(f"/extractions/{one}/logs?level=WARN")["totalElements"] == 1
    assert (
        jivs.page("/analytics/extractions?from=2026-01-01")["totals"]["total"] == 412
    )  # no list of the client's


def test_an_answer_about_an_item_says_whose_it_is(jivs: Jivs) -> None:
    rule = {"name": "R", "dimension": "VALIDITY", "severity": "LOW", "ruleExpression": "1 = 1"}
    number = jivs.create("/data-quality/rules", rule)
    execution = jivs.ask("POST", f"/data-quality/rules/{number}/execute").json["data"]
    assert execution["ruleId"] == number != execution["id"]
    assert jivs.ask("GET", f"/data-quality/rules/{number}").json["data"]["severity"] == "LOW"
    request = {
        "requestType": "ERASURE",
        "regulation": "CCPA",
        "dataSubjectId": "S-1",
        "dataSubjectEmail": "a@example.com",
    }
    number = jivs.create("/compliance/requests", request)
    export = jivs.ask("GET", f"/compliance/requests/{number}/export").json["data"]
    assert (export["requestId"], export["dataSubjectId"], export["regulation"]) == (number, "S-1", "CCPA")


def test_one_thing_on_a_path_is_kept_for_each_user(jivs: Jivs) -> None:
    viewer = Jivs(jivs.served, "viewer")
    mine = {"theme": "LIGHT", "language": "fr", "timezone": "UTC"}
    assert jivs.ask("GET", "/preferences").json["data"]["theme"] == "DARK"
    assert jivs.ask("PUT", "/preferences", mine).json["data"] == {**mine, "pageSize": 20}
    assert jivs.ask("GET", "/preferences").json["data"]["language"] == "fr"
    assert viewer.ask("GET", "/preferences").json["data"]["theme"] == "DARK"
    assert viewer.ask("GET", "/auth/me").json["data"]["username"] == "viewer"


# --- another style -----------------------------------------------------------------------------------------------------


def sent(parcels: Served, **fields: Any) -> dict[str, Any]:
    reply = parcels.ask("POST", "/parcels", {"weight": 2, **fields})
    assert reply.status == 201, reply.text
    return reply.json


def test_names_that_clients_choose(parcels: Served) -> None:
    reply = parcels.ask("POST", "/parcels", {"weight": 2, "slug": "blue"})
    assert (reply.status, reply.json["slug"]) == (201, "blue")
    assert reply.headers["location"] == "/parcels/blue"
    assert "x-injected" not in reply.headers
    assert parcels.ask("GET", "/parcels/blue").json == reply.json
    assert parcels.ask("POST", "/parcels", {"weight": 3, "slug": "blue"}).status == 409
    assert sent(parcels)["slug"] != sent(parcels)["slug"]
    assert parcels.ask("GET", "/parcels/green").status == 404


def test_what_was_sent_is_shown_but_for_secrets(parcels: Served) -> None:
    new = sent(parcels, slug="sent", note="soft", pin="1234", to={"town": "Bern", "secret": "s"})
    assert (new["weight"], new["slug"], new["note"], new["fragile"]) == (2, "sent", "soft", False)
    assert new["to"] == {"town": "Bern"}
    assert "pin" not in new
    assert parcels.ask("GET", "/parcels/sent").json == new
    assert new in parcels.ask("GET", "/parcels?per_page=50").json["parcels"]


def test_a_put_replaces_and_a_patch_merges(parcels: Served) -> None:
    new = sent(parcels, slug="moved", note="soft", to={"town": "Bern", "zip": "3000"})
    patch = {"to": {"zip": "3001"}, "weight": 5}
    changed = parcels.ask("PATCH", "/parcels/moved", patch, Content_Type="application/merge-patch+json").json
    assert changed == {**new, "weight": 5, "to": {"town": "Bern", "zip": "3001"}}
    patch = {"to": {"zip": None}, "note": None, "fragile": None, "slug": "other"}
    changed = parcels.ask("PATCH", "/parcels/moved", patch, Content_Type="application/merge-patch+json").json
    assert (changed["slug"], changed["to"], changed["note"]) == ("moved", {"town": "Bern"}, None)
    assert "fragile" not in changed
    put = parcels.ask("PUT", "/parcels/moved", {"weight": 7}).json
    assert put == {"slug": "moved", "weight": 7, "fragile": False, "state": new["state"], "seen": 0}
    assert parcels.ask("GET", "/parcels/moved").json == put


def test_pages_that_begin_with_one(parcels: Served) -> None:
    for _ in range(5):
        sent(parcels)
    total = parcels.ask("GET", "/parcels").json["meta"]["total"]
    pages = -(-total // 2)
    for number in (1, 2, pages):
        listed = parcels.ask("GET", f"/parcels?page={number}").json
        assert listed["meta"] == {
            "page": number, "per_page": 2, "total": total, "total_pages": pages, "has_more": number < pages,
        }  # fmt: skip
        assert len(listed["parcels"]) == (2 if number < pages or total % 2 == 0 else 1)


def test_ids_that_nobody_can_know(parcels: Served) -> None:
    """Nobody can create or list depots: each is there until it is closed."""
    assert parcels.ask("GET", "/depots/7").json["id"] == 7
    assert parcels.ask("GET", "/depots/8").json["id"] == 8
    assert parcels.ask("DELETE", "/depots/7").status == 204
    assert parcels.ask("GET", "/depots/7").status == 404


def test_below_something_new_there_is_nothing() -> None:
    with Served(HERE / "shop/openapi.yaml", "--quiet") as shop:
        cart = shop.ask("POST", "/store/carts", {"customer": "Ada"}, X_Shop_Key="k").json["cartId"]
        assert shop.ask("GET", f"/store/carts/{cart}/lines", X_Shop_Key="k").json == {"items": [], "total": 0}
        line = shop.ask("POST", f"/store/carts/{cart}/lines", {"sku": "s"}, X_Shop_Key="k").json["id"]
        other = shop.ask("POST", "/store/carts", {"customer": "Bob"}, X_Shop_Key="k").json["cartId"]
        assert shop.ask("GET", f"/store/carts/{cart}/lines/{line}", X_Shop_Key="k").status == 200
        assert shop.ask("GET", f"/store/carts/{other}/lines/{line}", X_Shop_Key="k").status == 404


def test_answers_that_say_only_an_id_or_nothing(parcels: Served) -> None:
    note = parcels.ask("POST", "/notes", {"text": "call back", "pin": "1"})
    assert list(note.json) == ["noteId"]
    read = parcels.ask("GET", f"/notes/{note.json['noteId']}").json
    assert read == {"noteId": note.json["noteId"], "text": "call back", "read": read["read"]}
    assert read in parcels.ask("GET", "/notes").json
    event = parcels.ask("POST", "/events", {"text": "rain"})
    assert (event.status, event.text) == (201, "")
    read = parcels.ask("GET", event.headers["location"])
    assert read.json["text"] == "rain"
    assert event.headers["location"].endswith(read.json["eventId"])


def test_a_put_may_make_what_it_names(parcels: Served) -> None:
    assert parcels.ask("GET", "/flags/red").status == 404
    assert parcels.ask("PUT", "/flags/red", {"on": True}).status == 201
    assert parcels.ask("GET", "/flags/red").json == {"name": "red", "on": True}
    assert parcels.ask("PUT", "/flags/red", {"on": False}).status == 200
    assert {"name": "red", "on": False} in parcels.ask("GET", "/flags").json["flags"]
    assert parcels.ask("PUT", "/parcels/nobody", {"weight": 2}).status == 404  # parcels are made by a POST


def test_an_addition_that_answers_with_its_owner_shows_the_owner() -> None:
    """Nobody can know an assignee's id then: every id is one."""
    with Served(ROOT / "tests/init/acts/spec.yaml", "--quiet") as served:
        ticket = served.ask("POST", "/tickets", {"title": "a"}).json["id"]
        served.ask("POST", "/tickets", {"title": "b"})
        assert served.ask("POST", f"/tickets/{ticket}/assignees").json == {"id": ticket, "title": "a"}
        assert served.ask("GET", f"/tickets/{ticket}/assignees/7").status == 200
        assert served.ask("DELETE", f"/tickets/{ticket}/assignees/7").status == 204
        assert served.ask("GET", f"/tickets/{ticket}/assignees/7").status == 404
        assert served.ask("GET", "/tickets/777").status == 404
