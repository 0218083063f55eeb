"""Profiles at the door: everything that is wrong is said at once, in its own words and place; short forms are read as long ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jivsgen.diagnostics import Diagnostics
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.load import read_profile
from jivsgen.source import Document

LOAD = {"executor": "per-vu-iterations"}
CALL: dict[str, Any] = {"call": "list"}


def read(steps: list[Any], **more: Any) -> tuple[LoadedProfile | None, list[str]]:
    content = {
        "profile": "p", "spec": "x.yaml", "target": {"base_url": "http://localhost"},
        "scenarios": {"s": {"load": LOAD, "steps": steps}}, **more,
    }  # fmt: skip
    diagnostics = Diagnostics()
    document = Document(Path("/p.json"), "p.json", json.dumps(content, indent=1), content)
    return read_profile((document,), diagnostics), [found.message for found in diagnostics]


def test_everything_is_said_at_once() -> None:
    steps = [
        {"call": 5, "nmae": "x"},
        {"think": "1 s"},
        {"repeat": 0, "steps": []},
        {"call": "a", "poll": "b"},
    ]
    loaded, messages = read(steps, engines=["k7"], titel="x")
    assert loaded is None
    assert sorted(messages) == sorted([
        "`call` is 5, but must be text",
        "unknown key `nmae` in this step",
        '`think` is "1 s", which is no duration: write `500ms`, `30s`, `2m`, `1h30m`',
        "`repeat` is 0, but must be at least 1",
        "`steps` is empty",
        "`steps` has both `call` and `poll`: a step has one of `call`, `poll`, `think`, `group`, `repeat`, `choose`",
        '`engines` is "k7"',
        "unknown key `titel`",
    ])  # fmt: skip


def test_short_forms_are_long_ones() -> None:
    short, _ = read([{**CALL, "check": ["$.id"]}, {"think": "1s"}])
    long, _ = read([{**CALL, "check": {"$.id": "present"}}, {"think": {"min": "1s", "max": "1s"}}])
    assert short is not None
    assert long is not None
    assert short.profile == long.profile


def test_what_is_null_is_not_what_is_left_out() -> None:
    null, _ = read([{**CALL, "body": None}], slo={"list": {"p95": None, "avg": None}})
    absent, _ = read([CALL], slo={"list": {}})
    assert null is not None
    assert absent is not None
    assert null.profile.scenarios != absent.profile.scenarios
    assert [one.profile.slo["list"].stats for one in (null, absent)] == [{"avg": None, "p95": None}, {}]


@pytest.mark.parametrize(("written", "read_as"), [(True, True), (False, False), ("yes", True), (0, False)])
def test_yes_and_no(written: Any, read_as: bool) -> None:
    loaded, _ = read([CALL], target={"base_url": "http://localhost", "tls": {"insecure": written}})
    assert loaded is not None
    assert loaded.profile.target.tls.insecure is read_as


@pytest.mark.parametrize("written", ["perhaps", 2, None, [], {}])
def test_neither_yes_nor_no(written: Any) -> None:
    said = f"`insecure` is {json.dumps(written)}, but must be `true` or `false`"
    assert read([CALL], target={"base_url": "http://localhost", "tls": {"insecure": written}}) == (
        None,
        [said],
    )
