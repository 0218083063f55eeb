"""The player of `jivsgen serve`, without the network: whatever a document holds, each call gets an answer, and a success is one
that the document allows."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.synthesis import NoValue, body_of, value_of
from jivsgen.rehearsal.server.behaviour import Behaviour
from jivsgen.rehearsal.server.exchange import Answered, Asked
from jivsgen.rehearsal.server.player import Player
from jivsgen.spec import Api, Operation, load_api

TESTS = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for path in TESTS.rglob("*")
    if path.suffix in (".yaml", ".yml", ".json") and b"openapi" in path.read_bytes()[:3000]
)
MUTANTS = 300
JUNK: list[Any] = [
    None, True, 0, -1, 1.5, "", "x", [], {}, ["x"], {"x": 1}, [None], 10**30, "\u2028", {"type": "object"},
    {"type": ["string", "null"]}, {"$ref": "#/components/schemas/Parcel"}, {"$ref": "#/nowhere"},
]  # fmt: skip


def calls(api: Api) -> Iterator[tuple[Operation, Asked]]:
    """Each operation four times: as the document wants it, without a body, with a wrong one, and as nobody."""
    for method, template in api.index:
        operation = api.operation((method, template))
        if operation is None:
            continue
        path, body = api.base_path + template, b""
        for parameter in operation.parameters:
            if parameter.place == "path":
                path = path.replace("{" + parameter.name + "}", _value(api, parameter.schema))
        if operation.bodies:
            try:
                body = json.dumps(body_of(api.schemas, operation.bodies[0])).encode()
            except NoValue:
                body = b"{}"
        headers = {"authorization": "Bearer x", "content-type": "application/json", "x-shop-key": "k"}
        for sent in (body, b"", b"[null]"):
            yield operation, Asked(method, path, "page=1&size=2", headers, sent)
        yield operation, Asked(method, path, "", {}, body)


def _value(api: Api, schema: Any) -> str:
    try:
        value = value_of(api.schemas, schema) if schema else "x"
    except NoValue:
        return "x"
    return str(value) if isinstance(value, str | int) and "/" not in str(value) else "1"


def unlawful(api: Api, operation: Operation, answered: Answered) -> list[str]:
    documented = operation.response(answered.status)
    if answered.status >= 300 or documented is None or documented.json_schema is None:
        return []
    found = api.schemas.violations(documented.json_schema, answered.json, sending=False)
    return [f"{operation.method} {operation.path}: {one.path} {one.said}" for one in found]


def played(path: Path) -> tuple[int, list[str]]:
    """How many calls were answered, and what was wrong with the answers."""
    api = load_api(path, path.name, Diagnostics())
    if api is None:
        return 0, []
    player, answers, faults = Player(api, Behaviour()), 0, []
    for operation, asked in calls(api):
        answered = player.answer(asked)
        answers += 1
        assert 200 <= answered.status < 600
        faults += unlawful(api, operation, answered)
    return answers, faults


def test_every_document_of_the_tests_is_played() -> None:
    results = {str(path.relative_to(TESTS)): played(path) for path in DOCUMENTS}
    assert {name: faults for name, (_, faults) in results.items() if faults} == {}
    assert sum(answers > 0 for answers, _ in results.values()) > 20
    assert sum(answers for answers, _ in results.values()) > 1000


@pytest.mark.parametrize("name", ["parcels", "shop"])
def test_no_broken_document_breaks_the_player(name: str, tmp_path: Path) -> None:
    whole = yaml.safe_load((Path(__file__).parent / name / "openapi.yaml").read_text("utf-8"))
    answers = 0
    for seed in range(MUTANTS):
        (tmp_path / "mutant.json").write_text(json.dumps(mutant(whole, random.Random(seed))))
        try:
            answers += played(tmp_path / "mutant.json")[0]
        except Exception as problem:
            problem.add_note(f"seed {seed}")
            raise
    assert answers > 10 * MUTANTS


def mutant(whole: Any, chance: random.Random) -> Any:
    """The document with junk in up to three places."""
    document = copy.deepcopy(whole)
    for _ in range(chance.randint(1, 3)):
        place = chance.choice([one for one in _places(document) if len(one) > 1])
        owner = document
        for step in place[:-1]:
            owner = owner[step]
        owner[place[-1]] = copy.deepcopy(chance.choice(JUNK))
    return document


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(child, (*place, key))


def test_an_unlawful_answer_and_a_crash_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Path(__file__).parent / "shop/openapi.yaml"
    monkeypatch.setattr(Player, "answer", lambda self, asked: Answered(200, {"state": 7}))
    assert any("cartId" in fault for fault in played(shop)[1])
    monkeypatch.setattr(Player, "answer", lambda self, asked: Answered(700))
    with pytest.raises(AssertionError):
        played(shop)
