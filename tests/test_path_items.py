"""Where operations may stand: under `paths`, behind references, beside webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.agreement import judged

ITEM: dict[str, Any] = {
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
    "get": {"operationId": "get", "responses": {"200": {"description": "ok"}}},
}


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths, **more}


@pytest.mark.parametrize(
    ("item", "more"),
    [
        ({"$ref": "#/components/pathItems/Thing"}, {"components": {"pathItems": {"Thing": ITEM}}}),
        ({"$ref": "#/paths/~1others~1{id}"}, {}),
        ({"$ref": "thing.json"}, {}),
        ({"$ref": "things.json#/one"}, {}),
    ],
)
def test_a_path_item_by_reference(tmp_path: Path, item: dict[str, Any], more: dict[str, Any]) -> None:
    (tmp_path / "thing.json").write_text(json.dumps(ITEM), "utf-8")
    (tmp_path / "things.json").write_text(json.dumps({"one": ITEM}), "utf-8")
    other = {**ITEM, "get": {**ITEM["get"], "operationId": "other"}} if "others" not in str(item) else ITEM
    spec = document({"/things/{id}": item, "/others/{id}": other}, **more)
    found = judged(tmp_path, spec, {"call": "GET /things/{id}", "path": {"id": 5}})
    assert not found.said
    assert not found.objections
    assert found.exchange.path == "/things/5"
    wrong = judged(tmp_path, spec, {"call": "GET /things/{id}", "path": {"id": "x"}})
    assert wrong.said
    assert wrong.objections


def test_webhooks_are_no_operations(tmp_path: Path, jivsgen: Any) -> None:
    webhooks = {"arrived": {"post": {"operationId": "arrived", "responses": {"200": {"description": "ok"}}}}}
    spec = {key: value for key, value in document({}, webhooks=webhooks).items() if key != "paths"}
    (tmp_path / "spec.json").write_text(json.dumps(spec), "utf-8")
    ended = jivsgen("init", "spec.json", "--stdout", cwd=tmp_path)
    assert ended.returncode == 1
    assert "the document describes webhooks only, which the API itself calls" in ended.stderr
    profile = {
        "profile": "it", "spec": "spec.json", "target": {"base_url": "http://localhost"},
        "scenarios": {"s": {"load": {"executor": "constant-vus", "vus": 1, "duration": "1s"}, "steps": [{"call": "arrived"}]}},
    }  # fmt: skip
    (tmp_path / "profile.json").write_text(json.dumps(profile), "utf-8")
    ended = jivsgen("lint", "profile.json", cwd=tmp_path)
    assert "the spec has no operation `arrived`" in ended.stderr


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        ([], "/things"),
        ([{"url": "/v2"}], "/v2/things"),
        ([{"url": "./v2/"}], "/v2/things"),
        ([{"url": "v2"}], "/v2/things"),
        ([{"url": "https://{host}/{base}/", "variables": {"host": {"default": "a.example"}, "base": {"default": "v3"}}}], "/v3/things"),
        ([{"url": "https://a.example"}, {"url": "https://b.example/v9"}], "/things"),
    ],
)  # fmt: skip
def test_urls_follow_the_first_server(tmp_path: Path, servers: list[dict[str, Any]], path: str) -> None:
    spec = document({"/things": {"get": ITEM["get"]}}, servers=servers)
    found = judged(tmp_path, spec, {"call": "get"})
    assert found.api.base_path + found.exchange.path == path
    assert not found.said
