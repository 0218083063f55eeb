"""The compiler and openapi-core read the same contract independently: whatever a profile says, they agree on whether a
request is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agreement import judged

from jivsgen.contract.referee import Referee

SPEC = """
openapi: {version}
info: {{title: Everything, version: '1'}}
servers: [{{url: "http://localhost/base"}}]
paths:
  /things/{{id}}:
    put:
      operationId: put
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: integer, minimum: 1, maximum: 99}}}}
        - {{name: flag, in: query, schema: {{type: boolean}}}}
        - {{name: size, in: query, required: true, schema: {{type: integer, multipleOf: 5}}}}
        - {{name: tags, in: query, explode: false, schema: {{type: array, maxItems: 2, items: {{type: string, enum: [a, b]}}}}}}
        - {{name: X-Kind, in: header, schema: {{type: string, enum: [new, old]}}}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {{$ref: '#/components/schemas/Thing'}}
      responses: {{'200': {{description: ok}}}}
components:
  schemas:
    Thing:
      type: object
      required: [name, kind]
      properties:
        name: {{type: string, minLength: 2, maxLength: 4}}
        kind: {{type: string, enum: [A, B]}}
        count: {{type: integer, minimum: 0, maximum: 10}}
        price: {{type: number, {exclusive}}}
        on: {{type: boolean}}
        day: {{type: string, format: date}}
        code: {{type: string, pattern: '^[A-Z]+$'}}
        list: {{type: array, minItems: 1, maxItems: 2, items: {{type: integer}}}}
        maybe: {nullable}
        either: {{oneOf: [{{type: string}}, {{type: integer}}]}}
        inner: {{$ref: '#/components/schemas/Inner'}}
    Inner:
      type: object
      required: [x]
      properties: {{x: {{type: integer}}, again: {{$ref: '#/components/schemas/Inner'}}}}
"""
SPELLED = {
    "3.0.3": {
        "exclusive": "minimum: 0, exclusiveMinimum: true",
        "nullable": "{type: string, nullable: true}",
    },
    "3.1.0": {"exclusive": "exclusiveMinimum: 0", "nullable": "{type: [string, 'null']}"},
}

SCALARS = st.sampled_from(
    [None, True, False, -1, 0, 1, 5, 10, 11, 0.5, -0.5, "", "A", "B", "C", "ab", "abcde", "2026-01-31", "2026-02-30", "ABC"]
)  # fmt: skip
THINGS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("abc") | SCALARS,
        "kind": st.just("A") | SCALARS,
        **dict.fromkeys(("count", "price", "on", "day", "code", "maybe", "either"), SCALARS),
        "list": SCALARS | st.lists(SCALARS, max_size=3),
        "inner": SCALARS | st.recursive(
            st.fixed_dictionaries({"x": st.just(1) | SCALARS}),
            lambda inner: st.fixed_dictionaries({"x": st.just(1), "again": inner}),
            max_leaves=3,
        ),
    },
)  # fmt: skip
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "flag": st.sampled_from([True, False, "true", "x"]),
        "size": st.sampled_from([0, 5, "5", 7, "x", True]),
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3),
    },
)


def disagreement(folder: Path, version: str, given_: dict[str, Any]) -> str:
    """Empty where both say the same of the request; the compiler's findings and openapi-core's objections else."""
    spec = SPEC.format(version=version, **SPELLED[version])
    return judged(folder, spec, {"call": "put", **given_}).disagreement


@pytest.mark.parametrize("version", SPELLED)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=THINGS,
    query=QUERIES,
    identity=st.sampled_from([1, 99, 0, 100, "7", "x"]),
    kind=st.sampled_from(["new", "odd", None]),
)
def test_they_agree(tmp_path: Path, version: str, body: Any, query: Any, identity: Any, kind: Any) -> None:
    given_ = {"path": {"id": identity}, "query": query, "body": body}
    if kind:
        given_["headers"] = {"X-Kind": kind}
    assert disagreement(tmp_path, version, given_) == ""


def test_the_property_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"path": {"id": 1}, "query": {"size": 5}, "body": {"name": "abc", "kind": "A"}}
    assert disagreement(tmp_path, "3.0.3", good) == ""
    monkeypatch.setattr(Referee, "objections", lambda self, exchange: ["no"])
    assert "openapi-core: ['no']" in disagreement(tmp_path, "3.0.3", good)
