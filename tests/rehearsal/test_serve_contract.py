"""`jivsgen serve` holds the contract: requests that it forbids are refused in the document's own words, and every answer is
one that it allows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jivsgen.plan.synthesis import body_of

from .client import Reply, Served
from .lawful import api_of, wrong

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
JIVS = ROOT / "specs/jivs.openapi.yaml"
BEHAVIOUR = ROOT / "specs/jivs.behaviour.yaml"
PARCELS = HERE / "parcels/openapi.yaml"
UPLOAD = b"\r\n".join((
    b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nT',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\xff\xfe\r\n--x--\r\n',
))  # fmt: skip


@pytest.fixture(scope="module")
def parcels() -> Iterator[Served]:
    with Served(PARCELS, "--quiet") as served:
        yield served


def test_every_operation_of_jivs_answers_lawfully() -> None:
    """What creates first, what deletes last; then the same without a token, and with ids of nobody."""
    api, faults, statuses, made = api_of(JIVS), [], [], {}
    order = sorted(api.index, key=lambda key: (key[0] == "DELETE", key[0] != "POST" or "{" in key[1]))
    with Served(JIVS, "--behaviour", BEHAVIOUR, "--quiet") as served:
        login = served.ask("POST", "/api/v1/auth/login", {"username": "admin", "password": "x"})
        token = login.json["accessToken"]
        for method, path in order:
            operation = api.operation((method, path))
            assert operation
            if operation.id == "logout":
                continue
            body, headers = None, {}
            if operation.bodies and operation.bodies[0].is_json:
                body = body_of(api.schemas, operation.bodies[0])
            elif operation.bodies:
                body, headers = UPLOAD, {"Content_Type": "multipart/form-data; boundary=x"}
            query = "?module=EXTRACTIONS" if operation.id == "listViews" else ""
            concrete = path.replace("{id}", str(made.get(path.partition("/{")[0], 1))) + query
            reply = served.ask(method, concrete, body, token=token, **headers)
            faults += wrong(api, operation, reply)
            statuses.append(reply.status)
            if reply.status == 201 and "{" not in path:
                made[path] = reply.json["data"]["id"]
            if operation.is_secured:
                refused = served.ask(method, concrete, body, **headers)
                faults += wrong(api, operation, refused)
                assert refused.status == 401
                assert refused.headers["www-authenticate"] == "Bearer"
            if "{id}" in path and operation.id != "getAnalyticsExport":
                missing = served.ask(method, path.replace("{id}", "987654321"), body, token=token, **headers)
                faults += wrong(api, operation, missing)
                assert (operation.id, missing.status) == (operation.id, 404)
    assert faults == []
    assert len(statuses) > 80
    assert sum(status < 300 for status in statuses) > 0.85 * len(statuses)


def test_an_unlawful_answer_would_be_seen() -> None:
    api = api_of(PARCELS)
    operation = api.operation(("GET", "/parcels/{slug}"))
    assert operation
    assert wrong(api, operation, Reply(200, {}, '{"slug": "a"}'))
    assert wrong(api, operation, Reply(500, {}, ""))
    dropped = api.operation(("DELETE", "/parcels/{slug}"))
    assert dropped
    assert wrong(api, dropped, Reply(204, {}, "x"))


# --- refusals in the document's own words --------------------------------------------------------------------------------


def test_errors_have_the_schema_of_the_document(parcels: Served) -> None:
    def error(reply: Reply) -> tuple[int, dict[str, Any]]:
        return reply.status, reply.json["error"]

    status, said = error(parcels.ask("POST", "/parcels", {"weight": "heavy"}))
    assert (status, said["code"]) == (422, 422)
    assert said["details"] == [{"field": "weight", "message": said["message"]}]
    assert "heavy" in said["message"]
    assert error(parcels.ask("GET", "/parcels/nobody"))[1]["code"] == 404
    status, said = error(parcels.ask("GET", "/elsewhere"))
    assert (status, said["code"], said["message"]) == (404, 404, "there is no such path")
    refused = parcels.ask("PATCH", "/parcels", {})
    assert (error(refused)[0], refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert parcels.ask("GET", "/secrets/bearer").headers["www-authenticate"] == "Bearer"
    assert parcels.ask("GET", "/secrets/basic").headers["www-authenticate"].startswith("Basic ")


def test_a_head_is_a_get_without_a_body(parcels: Served) -> None:
    reply = parcels.ask("HEAD", "/parcels")
    assert (reply.status, reply.text) == (200, "")
    assert int(reply.headers["content-length"]) > 10
    assert parcels.ask("HEAD", "/elsewhere").status == 404


# --- parameters ----------------------------------------------------------------------------------------------------------

GOOD = [
    "/parcels", "/parcels?tags=1", "/parcels?tags=1,2", "/parcels?tags=1%2C2", "/parcels?ids=1&ids=2&ids=3",
    "/parcels?lanes=a%7Cb", "/parcels?box[width]=3&box[deep]=true", "/parcels?box%5Bwidth%5D=3", "/parcels?town=Bern&zip=3",
    "/parcels?filter=%7B%22op%22%3A1%7D", "/parcels?unheard=of", "/routes/a..7/stops/1,2", "/routes/a.b..7/stops/1",
]  # fmt: skip
BAD = {
    "/parcels?tags=x": "tags", "/parcels?tags=1,2,3": "tags", "/parcels?ids=1&ids=x": "ids", "/parcels?lanes=a%7Cc": "lanes",
    "/parcels?box[deep]=true": "box", "/parcels?box[width]=x": "box", "/parcels?town=B": "sender", "/parcels?zip=x": "sender",
    "/parcels?filter=%7B%7D": "filter", "/parcels?filter=%7B": "filter", "/parcels?per_page=0": "per_page",
    "/routes/a..x/stops/1": "to", "/routes/a..7/stops/1,2,3": "stops",
}  # fmt: skip


@pytest.mark.parametrize("target", GOOD)
def test_parameters_that_are_right(target: str, parcels: Served) -> None:
    assert parcels.ask("GET", target).status == 200


@pytest.mark.parametrize("target", BAD)
def test_parameters_that_are_wrong(target: str, parcels: Served) -> None:
    refused = parcels.ask("GET", target)
    assert refused.status in (400, 422)
    error = refused.json["error"]
    assert error["message"].startswith(BAD[target] + ": ")
    assert error["details"][0]["field"] == BAD[target]


def test_what_is_required_is_missed() -> None:
    with Served(JIVS, "--quiet") as served:
        assert served.ask("GET", "/api/v1/views?module=EXTRACTIONS", token="x").status == 200
        refused = served.ask("GET", "/api/v1/views", token="x")
        assert (refused.status, refused.json["message"]) == (400, "module is missing")


def test_headers_and_cookies_are_parameters(parcels: Served) -> None:
    assert parcels.ask("GET", "/parcels", X_Trace="7", Cookie="lang=de").status == 200
    assert parcels.ask("GET", "/parcels", X_Trace="x").status == 422
    assert parcels.ask("GET", "/parcels", Cookie="lang=fr").status == 422


# --- bodies --------------------------------------------------------------------------------------------------------------


def test_forms_are_read_as_their_schema_says(parcels: Served) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    reply = parcels.ask("POST", "/parcels", b"weight=2.5&fragile=true&stamps=1&stamps=2", **form)
    assert (reply.status, reply.json["weight"], reply.json["fragile"]) == (201, 2.5, True)
    assert reply.json["stamps"] == [1, 2]
    assert parcels.ask("POST", "/parcels", b"weight=heavy", **form).status == 422
    assert parcels.ask("POST", "/parcels", b"fragile=true", **form).status == 422


def test_other_bodies(parcels: Served) -> None:
    parcels.ask("POST", "/parcels", {"weight": 2, "slug": "labelled"})
    path = "/parcels/labelled/label"

    def part(name: str, content: bytes) -> bytes:
        return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)

    def label(body: bytes, content_type: str) -> int:
        return parcels.ask("POST", path, body, Content_Type=content_type).status

    multipart = "multipart/form-data; boundary=b"
    assert label(part("file", b"\xff") + part("copies", b"3") + b"--b--\r\n", multipart) == 204
    assert label(part("file", b"x") + part("copies", b"4") + b"--b--\r\n", multipart) == 400
    assert label(part("copies", b"1") + b"--b--\r\n", multipart) == 400
    assert label(b"no parts", multipart) == 400
    assert label(b"short", "text/plain; charset=utf-8") == 204
    assert label(b"longer", "text/plain") == 400
    assert label(b"\xff", "text/plain") == 400
    assert label(b"{}", "application/json") == 415


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"weight": NaN}', b"\xff", b"[" * 100_000, b"null"])
def test_no_body_is_too_odd(body: bytes, parcels: Served) -> None:
    assert parcels.ask("POST", "/parcels", body, Content_Type="application/json").status == 422


# --- who asks ------------------------------------------------------------------------------------------------------------


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_any_credentials_will_do_where_no_users_are_named(parcels: Served) -> None:
    good: dict[str, list[tuple[str, dict[str, str]]]] = {
        "/secrets/bearer": [("", {"Authorization": "Bearer x"}), ("", {"Authorization": "bearer x"})],
        "/secrets/basic": [("", {"Authorization": basic("ada", "x")})],
        "/secrets/key": [("?key=x", {}), ("", {"Cookie": "key=x"})],
        "/secrets/both": [("?key=x", {"Authorization": "Bearer x"})],
        "/secrets/oauth": [("", {"Authorization": "Bearer x"})],
    }
    bad: dict[str, list[tuple[str, dict[str, str]]]] = {
        "/secrets/bearer": [("", {}), ("", {"Authorization": "Bearer "}), ("", {"Authorization": "Basic x"})],
        "/secrets/basic": [("", {"Authorization": "Bearer x"}), ("", {"Authorization": "Basic !"})],
        "/secrets/key": [("?key=", {}), ("", {"key": "x"})],
        "/secrets/both": [("?key=x", {}), ("", {"Authorization": "Bearer x"})],
        "/secrets/oauth": [("", {})],
    }
    for expected, cases in ((204, good), (401, bad)):
        for path, tries in cases.items():
            for query, headers in tries:
                assert parcels.ask("GET", path + query, **headers).status == expected, (path, query, headers)


def test_tokens_of_an_oauth_end_point(parcels: Served) -> None:
    reply = parcels.ask(
        "POST", "/oauth/token", b"grant_type=client_credentials&client_id=shop&client_secret=x"
    )
    assert reply.status == 200
    assert "shop" in reply.json["access_token"]
    assert parcels.ask("GET", "/secrets/oauth", token=reply.json["access_token"]).status == 204
    by_header = {"Authorization": basic("shop", "x")}
    assert parcels.ask("POST", "/oauth/token", b"grant_type=client_credentials", **by_header).status == 200
    for form, expected in (
        (b"grant_type=client_credentials&client_id=shop", 401),
        (b"client_id=shop&client_secret=x", 400),
    ):
        assert parcels.ask("POST", "/oauth/token", form).status == expected
    twice = b"grant_type=client_credentials&client_id=shop&client_secret=x"
    assert parcels.ask("POST", "/oauth/token", twice, **by_header).json == {"error": "invalid_request"}


def test_clients_encode_what_they_show_in_a_header(tmp_path: Path) -> None:
    """RFC 6749 section 2.3.1: the name and the secret of a client are form-encoded before base64, those of a user are not."""
    (tmp_path / "users.yaml").write_text('users: {"my shop": {password: "a:b+c%20\u00e9"}}')
    form = b"grant_type=client_credentials"
    with Served(PARCELS, "--behaviour", tmp_path / "users.yaml", "--quiet") as served:
        for name, secret, expected in (
            ("my%20shop", "a%3Ab%2Bc%2520%C3%A9", 200),
            ("my+shop", "a%3ab%2bc%2520%c3%a9", 200),
            ("my shop", "a:b%2Bc%2520\u00e9", 200),
            ("my shop", "a:b+c%20\u00e9", 401),
            ("my%20shop", "another", 401),
        ):
            reply = served.ask("POST", "/oauth/token", form, Authorization=basic(name, secret))
            assert reply.status == expected, (name, secret)
            if expected == 401:
                assert reply.headers["www-authenticate"].startswith("Basic ")
        in_form = form + b"&client_id=my+shop&client_secret=a%3Ab%2Bc%2520%C3%A9"
        assert served.ask("POST", "/oauth/token", in_form).status == 200
        as_user = basic("my shop", "a:b+c%20\u00e9")
        assert served.ask("GET", "/secrets/basic", Authorization=as_user).status == 204


def test_parts_have_the_headers_that_they_need(tmp_path: Path) -> None:
    def part(name: str, *headers: str) -> str:
        head = "\r\n".join([f'Content-Disposition: form-data; name="{name}"', *headers])
        return f"--B\r\n{head}\r\n\r\n{{}}\r\n"

    named = 'name \\"x\\" \\\\ é'
    with Served(ROOT / "tests/cases/multipart/spec.yaml", "--quiet") as served:
        for language, resolution, expected in (
            ("x-language: en-GB", "X-Resolution: 300", 201),
            ("X-Language: en-GB", "X-Inks: cyan", 400),
            ("X-Other: en-GB", "X-Resolution: 300", 400),
        ):
            form = part(named, language) + part("pages", resolution) + part("about") + "--B--\r\n"
            kind = {"Content-Type": "multipart/form-data; boundary=B"}
            reply = served.ask("POST", "/scans", form.encode(), **kind)
            assert reply.status == expected, reply.text


USERS = """
users:
  ada: {password: right, role: ADMIN}
  bob: {role: GUEST, key: secret-of-bob}
roles_in: x-allowed
roles: {GUEST: {}}
login: {operation: token, refresh: token, life: 1h}
"""


def test_users_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "users.yaml").write_text(USERS)
    with Served(PARCELS, "--behaviour", tmp_path / "users.yaml", "--quiet") as served:

        def log_in(**body: str) -> Reply:
            return served.ask("POST", "/token", body)

        assert log_in(username="ada", password="wrong").status == 401
        assert log_in(username="ada").status == 401
        assert log_in(username="eve", password="right").status == 401
        ada, bob = log_in(username="ada", password="right").json, log_in(username="bob", password="any").json
        assert ada["expires_in"] == 3600
        assert served.ask("GET", "/secrets/bearer", token="made-up").status == 401
        assert served.ask("GET", "/secrets/bearer", token=bob["access_token"]).status == 204
        assert served.ask("DELETE", "/secrets/bearer", token=ada["access_token"]).status == 204
        assert served.ask("DELETE", "/secrets/bearer", token=bob["access_token"]).status == 403
        assert served.ask("GET", "/secrets/key?key=secret-of-bob").status == 204
        assert served.ask("GET", "/secrets/key?key=another").status == 401
        assert served.ask("GET", "/secrets/basic", Authorization=basic("ada", "right")).status == 204
        assert served.ask("GET", "/secrets/basic", Authorization=basic("ada", "wrong")).status == 401
        again = log_in(refresh_token=ada["refresh_token"])
        assert served.ask("DELETE", "/secrets/bearer", token=again.json["access_token"]).status == 204
        assert log_in(refresh_token=ada["refresh_token"]).status == 401
        assert (
            served.ask(
                "POST", "/oauth/token", b"grant_type=client_credentials&client_id=eve&client_secret=x"
            ).status
            == 401
        )


def test_a_token_can_be_revoked() -> None:
    with Served(JIVS, "--behaviour", BEHAVIOUR, "--quiet") as served:
        login = {"username": "viewer", "password": "x"}
        one, two = (served.ask("POST", "/api/v1/auth/login", login).json["accessToken"] for _ in range(2))
        assert served.ask("POST", "/api/v1/auth/logout", token=one).status == 204
        assert served.ask("GET", "/api/v1/auth/me", token=one).status == 401
        assert served.ask("GET", "/api/v1/auth/me", token=two).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/users", 403),
        ("GET", "/compliance/audit", 403),
        ("GET", "/extractions", 200),
        ("GET", "/views?module=X", 400),
    ],
)
def test_the_document_says_who_may(method: str, path: str, status: int) -> None:
    with Served(JIVS, "--behaviour", BEHAVIOUR, "--quiet") as served:
        login = {"username": "viewer", "password": "x"}
        viewer = served.ask("POST", "/api/v1/auth/login", login).json["accessToken"]
        assert served.ask(method, f"/api/v1{path}", token=viewer).status == status


def test_whatever_a_document_holds_is_served(tmp_path: Path) -> None:
    """Names that are no HTTP, schemas that need themselves, answers that are not there."""
    operation = {
        "responses": {
            "200": {
                "description": "",
                "headers": {"X\r\nY": {"schema": {"type": "string"}}, "X-Z": {"example": "a\r\nInjected: 1"}},
                "content": {"application/json\r\nA: b": {"schema": {"$ref": "#/components/schemas/Loop"}}},
            }
        }
    }
    loop = {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"$ref": "#/components/schemas/Loop"}},
    }
    paths: dict[str, Any] = {
        "/a": {"get": operation, "post": {}},
        "/{x}{y}": {"get": {"responses": {"default": {}}}},
        "bad": 1,
    }
    document = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"Loop": loop}}}
    (tmp_path / "odd.json").write_text(json.dumps(document))
    with Served(tmp_path / "odd.json", "--quiet") as served:
        reply = served.ask("GET", "/a")
        assert reply.status == 200
        assert not {"y", "injected", "a"} & set(reply.headers)
        assert served.ask("POST", "/a", {}).status == 200
        assert served.ask("GET", "/bc").status == 200
        assert served.ask("GET", "/a/b/%00/%ff").status == 404
