"""Random changes of a spec: every one that changes what a plan sends, checks or captures is reported, for the very step
that it changes; none that does not is called breaking."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jivsgen.compiler import Compiler
from jivsgen.diagnostics import Diagnostics, Severity
from jivsgen.drift import changes
from jivsgen.drift.changes import Difference
from jivsgen.drift.rules import RULES
from jivsgen.drift.uses import Reading
from jivsgen.project import load_project

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent / "mutations"
At = tuple[Any, ...]


@dataclass
class Referee:
    """Knows by itself what a change of the spec does to a profile: it compiles it against both. `rules` are those that it
    has heard of."""

    profile: Path
    folder: Path
    document: dict[str, Any] = field(repr=False)
    rules: set[str] = field(default_factory=set)

    @cached_property
    def before(self) -> Reading:
        old = self._written("old", self.document)
        reading = self._compiler().read_against(self.profile, old)
        assert reading
        assert reading.plan
        return reading

    def _compiler(self) -> Compiler:
        project = load_project(ROOT, Diagnostics())
        assert project
        return Compiler(project, Diagnostics())

    def _written(self, name: str, document: Any) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(document))
        return path

    def faults(self, document: Any) -> list[str]:
        """What is wrong with what `diff` says of the change to `document`; nothing where that is no OpenAPI document."""
        compiler, new = self._compiler(), self._written("new", document)
        now = compiler.read_against(self.profile, new)
        after = compiler.read_against(self.profile, new, self.before)
        if now is None or after is None:
            return []
        found = changes.difference([(self.before, after)], self.before.api, after.api)
        self.rules |= {finding.rule for finding in found.used}
        return list(self._unsaid(now, found) if now.plan is None else self._misjudged(now, found))

    def _unsaid(self, now: Reading, found: Difference) -> Iterator[str]:
        """The profile compiles no more: each step that has an error of its own is named."""
        if not found.breaks:
            yield "does not compile, and is not called breaking"
        told = labels(found, "error")
        for one in now.found:
            if one.severity is Severity.ERROR and one.code != "uncaptured-name":
                for use in now.uses:
                    if use.pointer in now.found.subjects(one) and use.label not in told:
                        yield f"{use.label} is not named: {one.message}"

    def _misjudged(self, now: Reading, found: Difference) -> Iterator[str]:
        """The profile still compiles: the steps that are named are those that do something else."""
        old, new = self.before.requests(), now.requests()
        changed = {label for label in old if old[label] != new.get(label)}
        for label in changed - labels(found, "error", "warning"):
            yield f"{label} does something else, and is not named"
        for label in labels(found, "error") - changed:
            yield f"{label} does the same, and is called broken"
        told = any(finding.meant.level != "note" for finding in found.used)
        alike = around(self.before) == around(now)
        if not alike and not told:
            yield "the plan is another one, and nothing is said"
        if alike and not changed and found.breaks:
            yield "the plan is the same, and is called broken"


def labels(found: Difference, *levels: str) -> set[str]:
    """The steps that findings of these levels name, without those that are about the profile as a whole."""
    listed = [finding for finding in found.used if finding.meant.level in levels and finding.operation]
    return {use.label for finding in listed for use in finding.uses}


def around(reading: Reading) -> dict[str, Any]:
    """What a plan says beside the digests of its origin."""
    plan = reading.plan
    return {name: getattr(plan, name) for name in plan.__slots__ if name != "origin"}


# --- changes ---------------------------------------------------------------------------------------------------------


def places(value: Any, path: At = ()) -> Iterator[At]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in below:
        yield (*path, key)
        yield from places(child, (*path, key))


def at(document: Any, path: At) -> Any:
    for step in path:
        document = document[step]
    return document


def variants(value: Any) -> list[Any]:
    """Values that are a little different."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1, str(value)]
    if isinstance(value, list):
        return [[*value, value[-1] if value and isinstance(value[-1], dict) else "X"]]
    if isinstance(value, dict):
        flags = {**value, "nullable": True, "required": True, "deprecated": True}
        doubled = {**value, "203": next(iter(value.values()), {})}
        more = [{"type": "object", "properties": {"data": value}}] if "type" in value else []
        return [flags, doubled, *more]
    return [
        f"{value}X",
        *({"string", "integer"} - {value} if value in ("string", "integer", "number") else []),
    ]


def neighbours(document: Any, path: At) -> list[Any]:
    """What stands under the same key elsewhere, and what somebody may write there by mistake."""
    same = [at(document, other) for other in places(document) if other[-1] == path[-1] and other != path]
    value = at(document, path)
    wrapped = [{"type": "object", "properties": {"data": value}}, {"allOf": [value]}]
    return [
        *variants(value),
        *same,
        *(wrapped if isinstance(value, dict) else []),
        "object",
        0,
        7,
        True,
        [],
        {},
        ["X"],
        {"type": "string"},
    ]


def removed(document: Any, path: At) -> Any:
    document = copy.deepcopy(document)
    del at(document, path[:-1])[path[-1]]
    return document


def renamed(document: Any, path: At, name: str) -> Any:
    document = copy.deepcopy(document)
    owner = at(document, path[:-1])
    owner[name] = owner.pop(path[-1])
    return document


def replaced(document: Any, path: At, value: Any) -> Any:
    document = copy.deepcopy(document)
    at(document, path[:-1])[path[-1]] = copy.deepcopy(value)
    return document


def appended(document: Any, path: At, value: Any) -> Any:
    document = copy.deepcopy(document)
    at(document, path[:-1]).append(copy.deepcopy(value))
    return document


def mutated(document: Any, data: st.DataObject) -> Any:
    """One thing in it removed, renamed, replaced, doubled, or put into something else."""
    path = data.draw(st.sampled_from(list(places(document))))
    inside = at(document, path[:-1])
    kind = data.draw(
        st.sampled_from(["remove", "replace", "replace", "rename" if isinstance(inside, dict) else "append"])
    )
    if kind == "remove":
        return removed(document, path)
    if kind == "rename":
        names = sorted({other[-1] for other in places(document) if isinstance(other[-1], str)})
        return renamed(document, path, data.draw(st.sampled_from([f"{path[-1]}X", *names])))
    value = data.draw(st.sampled_from(neighbours(document, path)))
    return (replaced if kind == "replace" else appended)(document, path, value)


HARBOUR = yaml.safe_load((HERE / "spec.yaml").read_text("utf-8"))
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(MANY, max_examples=25)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Referee:
    return Referee(HERE / "profile.yaml", tmp_path_factory.mktemp("harbour"), HARBOUR)


@pytest.fixture(scope="module")
def jivs(tmp_path_factory: pytest.TempPathFactory) -> Referee:
    document = yaml.load((ROOT / "specs/jivs.openapi.yaml").read_text("utf-8"), yaml.CSafeLoader)
    return Referee(ROOT / "specs/profiles/extraction-load.yaml", tmp_path_factory.mktemp("jivs"), document)


@MANY
@given(data=st.data())
def test_one_or_two_changes_anywhere(harbour: Referee, data: st.DataObject) -> None:
    document = mutated(HARBOUR, data)
    if data.draw(st.booleans()):
        document = mutated(document, data)
    assert harbour.faults(document) == []


@FEW
@given(data=st.data())
def test_changes_of_what_a_committed_profile_uses(jivs: Referee, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([
        ("paths", "/api/v1/auth/login"), ("paths", "/api/v1/extractions"), ("paths", "/api/v1/extractions/{id}"),
        ("paths", "/api/v1/extractions/{id}/start"), ("components",),
    ]))  # fmt: skip
    assert jivs.faults(replaced(jivs.document, path, mutated(at(jivs.document, path), data))) == []


def test_every_single_change(harbour: Referee) -> None:
    """No place of the document is left out, and together they reach every rule."""
    wrong = {}
    for path in places(HARBOUR):
        changed = [removed(HARBOUR, path)]
        changed += [replaced(HARBOUR, path, value) for value in variants(at(HARBOUR, path))]
        if isinstance(path[-1], str):
            is_media = "/" in path[-1]
            names = ("text/plain", "application/x-www-form-urlencoded") if is_media else (f"{path[-1]}X",)
            changed += [renamed(HARBOUR, path, name) for name in names]
        if faults := [fault for document in changed for fault in harbour.faults(document)]:
            wrong[path] = faults
    assert wrong == {}
    assert set(RULES) - harbour.rules == set()


def test_the_referee_is_not_blind(harbour: Referee, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `diff` that says nothing, or names the wrong step, or cries wolf, is caught."""
    answers_200 = renamed(HARBOUR, ("paths", "/ships/{id}/dock", "post", "responses", "202"), "200")
    shorter = replaced(HARBOUR, ("components", "schemas", "NewShip", "properties", "name", "maxLength"), 5)
    reworded = replaced(HARBOUR, ("info", "title"), "Port")
    for document in (answers_200, shorter, reworded):
        assert harbour.faults(document) == []
    real = changes.difference
    monkeypatch.setattr(changes, "difference", lambda *_: Difference(()))
    assert harbour.faults(answers_200) == [
        "step 3 does something else, and is not named",
        "the plan is another one, and nothing is said",
    ]
    assert harbour.faults(shorter)[0] == "does not compile, and is not called breaking"
    other = next(use for use in harbour.before.uses if use.label == "step 8")
    wolf = changes.Finding("api-removed-without-deprecation", "listTides", "is gone", (other,))
    monkeypatch.setattr(changes, "difference", lambda *_: Difference((wolf,)))
    assert harbour.faults(reworded) == [
        "step 8 does the same, and is called broken",
        "the plan is the same, and is called broken",
    ]
    assert [fault for fault in harbour.faults(shorter) if "is not named" in fault]
    monkeypatch.setattr(changes, "difference", real)
    assert harbour.faults(answers_200) == []
