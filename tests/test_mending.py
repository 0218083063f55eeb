"""What the compiler takes for a slip of the document is mended before anybody is judged by it: the overlay that the warnings
show can be laid over any document, and leaves nothing to mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from jivsgen.diagnostics import Diagnostics
from jivsgen.init import Wanted, draft_profile
from jivsgen.plan.model import Plan
from jivsgen.plan.weaknesses import mending
from jivsgen.spec import Api, laid_over, load_api

ROOT = Path(__file__).resolve().parents[1]
TEXT: dict[str, Any] = {"type": "string"}


def compiled(spec: Path) -> tuple[Plan, Api] | None:
    api = load_api(spec, spec.name, Diagnostics())
    wanted = Wanted("drafted", spec.name, spec.parent / "drafted.yaml", "drafted.yaml")
    draft = draft_profile(api, wanted, Diagnostics()) if api else None
    return (draft.plan, api) if draft and api else None


@pytest.mark.parametrize(
    ("spec", "mended"),
    [
        ("tests/invalid/secured-login/spec.yaml", "update: {security: []}"),
        ("tests/invalid/misnamed-path-parameter/spec.yaml", "update: {name: id}"),
        (
            "tests/invalid/object-parameter/spec.yaml",
            "update: [{name: page, in: query, schema: {type: integer}}]",
        ),
        ("tests/invalid/unstable-operation-id/spec.yaml", ""),
        ("specs/jivs.openapi.yaml", ""),
    ],
)
def test_slips_are_mended_and_nothing_else(spec: str, mended: str) -> None:
    found = compiled(ROOT / spec)
    assert found
    plan, api = found
    text = mending(plan, api)
    assert mended in text
    assert bool(text) == bool(mended)
    if text:
        assert mending(plan, laid_over(api, text, Path("mended.yaml"))) == ""


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="{}/?#%"), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(hole=NAMES, wrong=NAMES, pageable=NAMES, member=NAMES)
@example(hole="\x85", wrong="w", pageable="p", member="m")  # a line's end in YAML 1.1
def test_whatever_things_are_called(
    hole: str, wrong: str, pageable: str, member: str, tmp_path: Path
) -> None:
    parameters = [
        {"name": wrong, "in": "path", "required": True, "schema": TEXT},
        {"name": pageable, "in": "query", "required": True, "schema": {"type": "object", "properties": {member: TEXT}}},
    ]  # fmt: skip
    call = {"parameters": parameters, "responses": {"200": {"description": ""}}}
    spec = tmp_path / "spec.json"
    paths = {f"/a/{{{hole}}}": {"get": call}}
    document = {"openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "paths": paths}
    spec.write_text(json.dumps(document))
    found = compiled(spec)
    assume(found is not None)
    assert found
    plan, api = found
    text = mending(plan, api)
    assert text
    (tmp_path / "mended.yaml").write_text(text, "utf-8")
    again = load_api(spec, spec.name, Diagnostics(), ((tmp_path / "mended.yaml", "mended.yaml"),))
    assert again
    assert mending(plan, again) == mending(plan, laid_over(api, text, Path("x.yaml"))) == ""
