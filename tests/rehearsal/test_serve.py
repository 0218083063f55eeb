"""`jivsgen serve`: each rule of the server, seen both ways, over real HTTP."""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jivsgen.diagnostics import Diagnostics
from jivsgen.spec import load_api

from .client import Reply, Served

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SPEC = ROOT / "specs/jivs.openapi.yaml"
BEHAVIOUR = ROOT / "specs/jivs.behaviour.yaml"
EXTRACTION = {
    "name": "Load 1", "sourceType": "JDBC", "extractionQuery": "SELECT 1",
    "connectionConfig": {"url": "jdbc:postgresql://a/b", "username": "t", "password": "t"},
}  # fmt: skip


@pytest.fixture(scope="module")
def jivs() -> Iterator[Served]:
    with Served(SPEC, "--behaviour", BEHAVIOUR, "--quiet") as served:
        yield served


@pytest.fixture(scope="module")
def shop() -> Iterator[Served]:
    with Served(HERE / "shop/openapi.yaml", "--quiet") as served:
        yield served


def token(served: Served, name: str = "admin") -> str:
    reply = served.ask("POST", "/api/v1/auth/login", {"username": name, "password": "x"})
    assert reply.status == 200
    return reply.json["accessToken"]


def created(served: Served) -> tuple[str, int]:
    admin = token(served)
    reply = served.ask("POST", "/api/v1/extractions", EXTRACTION, token=admin)
    assert reply.status == 201
    return admin, reply.json["data"]["id"]


# --- JiVS ------------------------------------------------------------------------------------------------------------


def test_who_may_do_what(jivs: Served) -> None:
    assert jivs.ask("POST", "/api/v1/auth/login", {"username": "nobody", "password": "x"}).status == 401
    assert jivs.ask("POST", "/api/v1/auth/login", {"username": "admin", "password": ""}).status in (400, 401)
    admin, viewer = token(jivs), token(jivs, "viewer")
    assert admin != token(jivs)
    assert jivs.ask("GET", "/api/v1/extractions").status == 401
    assert jivs.ask("GET", "/api/v1/extractions", token="made-up").status == 401
    assert jivs.ask("GET", "/api/v1/extractions", token=viewer).status == 200
    refused = jivs.ask("POST", "/api/v1/extractions", EXTRACTION, token=viewer)
    assert (refused.status, refused.json["status"]) == (403, 403)
    assert jivs.ask("POST", "/api/v1/extractions", EXTRACTION, token=admin).status == 201


def test_what_was_created_is_found_and_moves(jivs: Served) -> None:
    admin, number = created(jivs)
    _, other = created(jivs)
    assert number != other
    path = f"/api/v1/extractions/{number}"
    found = jivs.ask("GET", path, token=admin).json["data"]
    assert (found["id"], found["name"], found["status"]) == (number, "Load 1", "PENDING")
    assert "password" not in found["connectionConfig"]
    assert jivs.ask("POST", f"{path}/start", token=admin).status == 202
    assert jivs.ask("POST", f"{path}/start", token=admin).status == 409
    assert jivs.ask("GET", path, token=admin).json["data"]["status"] == "RUNNING"
    running = jivs.ask("GET", "/api/v1/extractions?status=RUNNING&size=5", token=admin).json["data"]
    assert [one["id"] for one in running["content"]] == [number]
    assert (running["size"], running["totalElements"], running["totalPages"]) == (5, 1, 1)
    time.sleep(0.2)
    assert jivs.ask("GET", path, token=admin).json["data"]["status"] == "COMPLETED"
    assert jivs.ask("DELETE", path, token=admin).status == 204
    assert jivs.ask("GET", path, token=admin).status == 404


def test_seven_phases(jivs: Served) -> None:
    admin = token(jivs)
    body = {
        "name": "M", "sourceConfig": {"type": "JDBC", "url": "jdbc:postgresql://a/b", "username": "u", "password": "p"},
        "targetConfig": {"type": "JDBC", "url": "jdbc:postgresql://a/b", "username": "u", "password": "p"},
        "transformationRules": [{"sourceField": "a", "targetField": "b", "transformation": "DIRECT"}],
    }  # fmt: skip
    path = (
        f"/api/v1/migrations/{jivs.ask('POST', '/api/v1/migrations', body, token=admin).json['data']['id']}"
    )
    assert jivs.ask("GET", f"{path}/progress", token=admin).json["data"]["status"] == "INITIALIZED"
    jivs.ask("POST", f"{path}/start", token=admin)
    seen = []
    for _ in range(40):
        data = jivs.ask("GET", f"{path}/progress", token=admin).json["data"]
        if (data["currentPhase"], data["status"]) not in seen:
            seen.append((data["currentPhase"], data["status"]))
        if data["status"] == "COMPLETED":
            break
        time.sleep(0.02)
    assert [phase for phase, status in seen if status == "IN_PROGRESS"] == [
        "PLANNING", "EXTRACTION", "TRANSFORMATION", "VALIDATION", "LOADING", "VERIFICATION", "CLEANUP",
    ]  # fmt: skip
    assert seen[-1] == ("CLEANUP", "COMPLETED")
    assert data["progress"] == 100


def test_what_the_contract_refuses(jivs: Served) -> None:
    admin = token(jivs)

    def status(method: str, path: str, body: Any = None, **headers: str) -> Reply:
        return jivs.ask(method, f"/api/v1{path}", body, token=admin, **headers)

    refused = status("POST", "/extractions", {**EXTRACTION, "sourceType": "ODD"})
    assert (refused.status, refused.json["status"]) == (400, 400)
    assert "sourceType" in refused.json["message"]
    assert status("POST", "/extractions", {"name": "X"}).status == 400
    assert status("POST", "/extractions").status == 400
    assert status("POST", "/extractions", b"{", Content_Type="application/json").status == 400
    assert status("POST", "/extractions", b"<x/>", Content_Type="application/xml").status == 400
    assert status("GET", "/extractions?page=-1").status == 400
    assert status("GET", "/extractions?page=x").status == 400
    assert status("GET", "/extractions/999999").status == 404
    assert status("GET", "/nowhere").status == 404
    assert status("PUT", "/extractions").status == 405


def test_answers_hold_against_the_contract(jivs: Served) -> None:
    """Every operation that needs nothing but an id of the document's own examples answers lawfully."""
    diagnostics = Diagnostics()
    api = load_api(SPEC, "jivs", diagnostics)
    assert api
    admin, wrong, asked = token(jivs), [], 0
    for method, path in api.index:
        operation = api.operation((method, path))
        assert operation
        if method != "GET" or any(p.required for p in operation.parameters if p.place == "query"):
            continue
        concrete = (
            path.replace("{id}", str(created(jivs)[1])) if path.startswith("/api/v1/extractions") else path
        )
        reply = jivs.ask("GET", concrete.replace("{id}", "1"), token=admin)
        documented = operation.response(reply.status)
        asked += 1
        if documented is None or not documented.json_schema:
            continue
        found = api.schemas.violations(documented.json_schema, reply.json, sending=False)
        wrong += [f"{operation.id} {reply.status}: {one.path} {one.said}" for one in found]
    assert asked > 30
    assert wrong == []


# --- any other API ---------------------------------------------------------------------------------------------------


def test_a_shop_is_played_without_a_behaviour(shop: Served) -> None:
    key = {"X_Shop_Key": "anything"}
    assert shop.ask("GET", "/store/health").text == "fine"
    assert shop.ask("GET", "/health").status == 404
    assert shop.ask("POST", "/store/carts", {"customer": "Ada"}).status == 401
    opened = shop.ask("POST", "/store/carts", {"customer": "Ada", "note": None}, **key)
    assert opened.status == 201
    assert "location" in opened.headers
    cart = f"/store/carts/{opened.json['cartId']}"
    assert shop.ask("GET", cart, **key).json == opened.json
    assert opened.json["customer"] == "Ada"
    assert shop.ask("PATCH", cart, {"note": "quick"}, **key).json["note"] == "quick"
    assert shop.ask("GET", cart, **key).json["note"] == "quick"
    lines = [
        shop.ask("POST", f"{cart}/lines", {"sku": f"s{n}", "amount": n + 1}, **key).json for n in range(3)
    ]
    assert len({line["id"] for line in lines}) == 3
    assert shop.ask("GET", f"{cart}/lines/{lines[1]['id']}", **key).json == lines[1]
    listed = shop.ask("GET", f"{cart}/lines?limit=2", **key).json
    assert [line["sku"] for line in listed["items"]] == ["s2", "s1"]
    assert listed["total"] == 3
    other = shop.ask("POST", "/store/carts", {"customer": "Bob"}, **key).json["cartId"]
    assert shop.ask("GET", f"/store/carts/{other}/lines/{lines[1]['id']}", **key).status in (200, 404)
    assert shop.ask("DELETE", cart, **key).status == 204
    gone = shop.ask("GET", cart, **key)
    assert gone.status == 404
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.json["status"] == 404
    assert shop.ask("GET", f"{cart}/lines", **key).status == 404


def test_ids_that_are_none(shop: Served) -> None:
    assert shop.ask("GET", "/store/carts/not-a-uuid", X_Shop_Key="x").status == 404
    assert shop.ask("GET", "/store/carts/6f1d5a0c-1111-4222-8333-444455556666", X_Shop_Key="x").status == 404


# --- behaviour -------------------------------------------------------------------------------------------------------


def behaving(tmp_path: Path, text: str) -> Served:
    (tmp_path / "behaviour.yaml").write_text(text)
    return Served(HERE / "shop/openapi.yaml", "--behaviour", tmp_path / "behaviour.yaml", "--quiet")


def statuses(served: Served, count: int) -> list[int]:
    return [
        served.ask("POST", "/store/carts", {"customer": "x"}, X_Shop_Key="k").status for _ in range(count)
    ]


def test_faults(tmp_path: Path) -> None:
    with behaving(tmp_path, """
faults:
  - {operation: open-cart, after: 2, status: 500}
  - {operation: read-cart, set: {$.state: odd}, remove: [$.customer], delay: 120ms}
  - {operation: drop-cart, drop: true}
  - {operation: change-cart, body: "<html>"}
""") as served:  # fmt: skip
        cart = served.ask("POST", "/store/carts", {"customer": "x"}, X_Shop_Key="k").json["cartId"]
        assert statuses(served, 3) == [201, 500, 500]
        began = time.monotonic()
        read = served.ask("GET", f"/store/carts/{cart}", X_Shop_Key="k").json
        assert time.monotonic() - began >= 0.11
        assert read["state"] == "odd"
        assert "customer" not in read
        assert served.ask("PATCH", f"/store/carts/{cart}", {}, X_Shop_Key="k").text == "<html>"
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            served.ask("DELETE", f"/store/carts/{cart}", X_Shop_Key="k")


def test_chance_can_be_repeated(tmp_path: Path) -> None:
    text = "seed: 4\nerrors: [{operation: default, share: 30%, status: 503}]\n"
    with behaving(tmp_path, text) as one, behaving(tmp_path, text) as two:
        first = statuses(one, 60)
        assert first == statuses(two, 60)
    assert 6 < first.count(503) < 30


def test_limits_delay_or_refuse(tmp_path: Path) -> None:
    with behaving(tmp_path, "limits: [{rate: 2/1m, operations: [open-cart]}]\n") as served:
        assert statuses(served, 4) == [201, 201, 429, 429]
        assert served.ask("POST", "/store/carts", {"customer": "x"}, X_Shop_Key="another").status == 201
    with behaving(tmp_path, "limits: [{rate: 2/1m, methods: [POST], delay: 100ms}]\n") as served:
        began = time.monotonic()
        assert statuses(served, 4) == [201] * 4
        assert 0.2 <= time.monotonic() - began < 5


def test_latency_and_tokens_that_end(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text(
        "login: {operation: login, life: 300ms}\nusers: {admin: {password: secret}}\n"
        "latency: {default: {median: 60ms}, login: {median: 1ms}}\n"
    )
    with Served(SPEC, "--behaviour", tmp_path / "slow.yaml", "--quiet") as served:
        path, good = "/api/v1/auth/login", {"username": "admin", "password": "secret"}
        assert served.ask("POST", path, {**good, "password": "wrong"}).status == 401
        given = served.ask("POST", path, good).json["accessToken"]
        began = time.monotonic()
        assert served.ask("GET", "/api/v1/auth/me", token=given).status == 200
        assert time.monotonic() - began >= 0.055
        time.sleep(0.3)
        assert served.ask("GET", "/api/v1/auth/me", token=given).status == 401


# --- the recording, the log, the end -----------------------------------------------------------------------------------


def test_the_recording(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with Served(HERE / "shop/openapi.yaml", "--record", record, "--quiet") as served:
        first = served.ask("POST", "/store/carts?x=%20", {"customer": "Zoë"}, X_Shop_Key="k")
        cookie = first.headers["set-cookie"].split(";")[0]
        served.ask("GET", f"/store/carts/{first.json['cartId']}", X_Shop_Key="k", Cookie=cookie)
        served.connection.close()
        served.connection = served.connect()
        served.ask("GET", "/store/health", b"\xff")
        assert served.stop() == (0, "")
    lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    assert [line["number"] for line in lines] == [1, 2, 3]
    one, two, three = lines
    assert (one["method"], one["target"], one["operation"], one["status"]) == (
        "POST",
        "/store/carts?x=%20",
        "open-cart",
        201,
    )
    assert json.loads(one["body"]) == {"customer": "Zoë"}
    assert json.loads(one["response_body"]) == first.json
    assert ["x-shop-key", "k"] in one["headers"]
    assert one["role"] == two["role"] != None  # noqa: E711
    assert one["connection"] == two["connection"] != three["connection"]
    assert one["iteration"] == two["iteration"] != three["iteration"]
    assert one["at_ms"] <= two["at_ms"] <= three["at_ms"]
    assert three["role"] is None
    assert (three["body"], three["body_base64"]) == (None, "/w==")
    assert not any(line["fault"] for line in lines)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_end_in_the_middle_of_an_answer_is_recorded(ending: signal.Signals, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    (tmp_path / "slow.yaml").write_text("latency: {health: {median: 30s}}\n")
    with Served(
        HERE / "shop/openapi.yaml", "--behaviour", tmp_path / "slow.yaml", "--record", record
    ) as served:
        served.ask("GET", "/store/elsewhere")
        served.connection.request("GET", "/store/health")
        time.sleep(0.3)
        served.process.send_signal(ending)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            served.connection.getresponse()
        said, errors = served.process.communicate(timeout=20)
        assert (served.process.returncode, errors) == (0, "")
        served.connection.close()
    lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    assert [(line["operation"], line["status"]) for line in lines] == [(None, 404), ("health", 0)]
    assert (lines[1]["response_headers"], lines[1]["response_body"]) == ([], None)
    assert " --- " in said


def test_the_log_is_for_people() -> None:
    with Served(HERE / "shop/openapi.yaml") as served:
        served.ask("GET", "/store/health")
        served.ask("GET", "/store/%1b[31m")
        code, said = served.stop()
    assert code == 0
    assert " 200 " in said
    assert "GET /store/health: health" in said
    assert "no operation" in said


def test_what_cannot_be_served_is_said(tmp_path: Path, jivsgen, jivs: Served) -> None:
    (tmp_path / "bad.yaml").write_text(
        "sed: 1\nfaults: [{operation: x, share: 200%}]\nlatency: {x: {median: 5}}\n"
    )
    ended = jivsgen("serve", SPEC, "--behaviour", "bad.yaml", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.count("error[bad-behaviour]") == 3
    assert "bad.yaml:1:1: error[bad-behaviour]: `sed`" in ended.stderr
    port = jivs.url.rpartition(":")[2]
    for arguments in ((SPEC, "--port", port), ("nothing.yaml",), (SPEC, "--record", tmp_path)):
        ended = jivsgen("serve", *arguments, cwd=tmp_path)
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr
        assert ended.stderr


def test_the_schema_of_behaviour_files_is_current_and_bites() -> None:
    import jsonschema_rs

    from jivsgen.rehearsal.server.behaviour import schema_text
    from jivsgen.source import load_document

    assert (ROOT / "specs/behaviour.schema.json").read_text("utf-8") == schema_text()
    validator = jsonschema_rs.validator_for(json.loads(schema_text()))
    document = load_document(BEHAVIOUR, "jivs.behaviour.yaml", Diagnostics())
    assert document
    assert validator.is_valid(document.content)
    assert not validator.is_valid({"faults": [{"status": 500}]})


def test_a_login_that_needs_its_own_token_is_played_for_all(tmp_path: Path) -> None:
    """springdoc secures everything, the login too. A call that gives a token to those who are known is none."""
    token = {"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}}
    answer = {"200": {"description": "", "content": {"application/json": {"schema": token}}}}

    def giving(member: str) -> dict[str, Any]:
        body = {"type": "object", "properties": {member: {"type": "string"}}}
        return {
            "post": {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": answer}
        }

    document = {
        "openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/login": giving("password"), "/keys": giving("title"), "/basic": giving("password")},
    }  # fmt: skip
    document["components"]["securitySchemes"]["basic"] = {"type": "http", "scheme": "basic"}  # type: ignore[index]
    document["paths"]["/basic"]["post"]["security"] = [{"basic": []}]  # type: ignore[index]
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(document))
    with Served(spec, "--quiet") as served:
        assert served.ask("POST", "/keys", {"title": "x"}).status == 401
        assert served.ask("POST", "/basic", {"password": "x"}).status == 401
        given = served.ask("POST", "/login", {"password": "x"})
        assert given.status == 200
        assert served.ask("POST", "/keys", {"title": "x"}, token=given.json["token"]).status == 200
