"""The steps of a scenario: compiled in order, so that each sees what was captured before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct, field
from msgspec.structs import replace

from jivsgen.diagnostics import Diagnostics, Place, Related
from jivsgen.diagnostics.model import closest, listing, shown
from jivsgen.plan.choosing import turns
from jivsgen.plan.credentials import Credential
from jivsgen.plan.expectations import Expectations, is_present
from jivsgen.plan.media import ABSENT
from jivsgen.plan.model import (
    Branch,
    Call,
    Choose,
    Group,
    JsonPath,
    Poll,
    Repeat,
    Request,
    Scalar,
    StatusCheck,
    Step,
    Think,
)
from jivsgen.plan.requests import Given, RequestReader
from jivsgen.plan.roles import Roles
from jivsgen.plan.scope import Captured, Scope
from jivsgen.profile import model as language
from jivsgen.profile.json_path import written
from jivsgen.source import Pointer
from jivsgen.spec import Api, Operation
from jivsgen.spec.schema import Schemas

_SPLITTING = frozenset(
    {",", "\u2028", "\u2029", "\ufffe", "\uffff", *map(chr, [*range(0x20), *range(0x7F, 0xA0)])}
)
"""What a name cannot hold that k6 selects by in a threshold (metrics/metric.go: split at commas, quotes and spaces around it cut
off), and what does not stand on one line everywhere."""


def can_name_samples(name: str) -> bool:
    """Whether every engine can tell samples apart by the name; a call of another needs one of its own."""
    return name != "" and name == name.strip() == name.strip("\"'") and _SPLITTING.isdisjoint(name)


class Names(Struct):
    """What was named where: a call's name stands for one operation, a metric for one kind of thing."""

    operations: dict[str, tuple[str, Place]] = field(default_factory=dict)
    trends: dict[str, None] = field(default_factory=dict)
    counters: dict[str, None] = field(default_factory=dict)
    verdicts: dict[str, None] = field(default_factory=dict)


class StepReader(Struct):
    """Compiles the steps of one scenario."""

    api: Api
    schemas: Schemas
    roles: Roles
    names: Names
    diagnostics: Diagnostics
    totals: list[int] = field(default_factory=list)

    def steps(
        self, listed: tuple[Any, ...], scope: Scope, pointer: Pointer
    ) -> tuple[tuple[Step, ...], Scope]:
        """The steps, and the scope after them."""
        compiled: list[Step] = []
        for number, step in enumerate(listed):
            with self.diagnostics.about((*pointer, number)):
                found, scope = self._step(step, scope, (*pointer, number))
            if found is not None:
                compiled.append(found)
        return tuple(compiled), scope

    def _step(self, step: Any, scope: Scope, pointer: Pointer) -> tuple[Step | None, Scope]:
        if isinstance(step, language.ThinkStep):
            return Think(step.think.min, step.think.max), scope
        if isinstance(step, language.GroupStep):
            steps, after = self.steps(step.steps, scope, (*pointer, "steps"))
            self._trend(step.time)
            return Group(step.group, steps, step.time), after
        if isinstance(step, language.RepeatStep):
            steps, after = self.steps(step.steps, scope, (*pointer, "steps"))
            return Repeat(step.repeat, steps), after
        if isinstance(step, language.ChooseStep):
            return self._choose(step, scope, pointer)
        if isinstance(step, language.PollStep):
            return self._poll(step, scope, pointer)
        return self._call(step, step.call, "call", scope, pointer)

    def _choose(self, step: language.ChooseStep, scope: Scope, pointer: Pointer) -> tuple[Step, Scope]:
        """What every branch captures is captured; what only some do, perhaps."""
        weights, total, stride_step, stride = turns([branch.weight for branch in step.choose], self.totals)
        self.totals.append(total)
        branches, scopes = [], []
        for number, (branch, weight) in enumerate(zip(step.choose, weights, strict=True)):
            steps, after = self.steps(branch.steps, scope, (*pointer, "choose", number, "steps"))
            branches.append(Branch(branch.name or f"branch {number + 1}", weight, steps))
            scopes.append(after)
        return Choose(tuple(branches), total, stride_step, stride), joined(scope, scopes)

    def _poll(self, step: language.PollStep, scope: Scope, pointer: Pointer) -> tuple[Step | None, Scope]:
        call, after = self._call(step, step.poll, "poll", scope, pointer)
        if call is None:
            return None, after
        operation = self.api.operation(self.api.find(step.poll)[0])
        assert operation is not None
        expect = Expectations(scope, self.schemas, operation, call.name, pointer)
        first = call.checks[0]
        assert isinstance(first, StatusCheck)
        until = expect.conditions("until", step.until, first.statuses)
        fail_on = expect.conditions("fail_on", step.fail_on, first.statuses)
        verdict = f"{call.name} ends within {step.attempts} attempts"
        if verdict in self.names.verdicts:
            said = f"two polls are both called `{call.name}`"
            hint = "give each poll a `name:` of its own"
            self.diagnostics.add("name-clash", said, scope.locate((*pointer, "poll"), False), hint)
        self.names.verdicts[verdict] = None
        return Poll(call, until, fail_on, step.every, step.attempts, verdict), after

    def _call(
        self, step: Any, named: str, key: str, scope: Scope, pointer: Pointer
    ) -> tuple[Call | None, Scope]:
        operation = self._operation(named, (*pointer, key), scope)
        if operation is None:
            return None, scope.with_captures(self._unknown_captures(step, scope, pointer), certain=True)
        name = step.name or operation.id
        self._name(name, operation, scope.locate((*pointer, "name" if step.name else key), False))
        expect = Expectations(scope, self.schemas, operation, name, pointer)
        statuses = expect.statuses(step.expect)
        captures, captured = expect.captured(step.capture, statuses)
        self._checked_values(expect, step.check, statuses)
        for metric, kind in ((step.time, self.names.trends), (step.count, self.names.counters)):
            if metric is not None:
                kind[metric] = None
        ends = step.on_failure == "stop" or (step.on_failure is None and bool(captures))
        role, shown = self.roles.of(step.as_, operation, statuses, pointer)
        call = Call(
            name=name,
            request=self._request(step, operation, statuses, shown, scope, pointer),
            role=role,
            checks=expect.checks(statuses, step.check, step.capture, step.within),
            captures=captures,
            time=step.time,
            count=step.count,
            ends_iteration=ends,
        )
        return call, scope.with_captures(captured, certain=ends)

    def _request(
        self,
        step: Any,
        operation: Operation,
        statuses: tuple[int, ...],
        shown: tuple[Credential, ...],
        scope: Scope,
        pointer: Pointer,
    ) -> Request:
        given = Given(
            path=step.path,
            query=step.query,
            headers=step.headers,
            cookies=step.cookies,
            body=ABSENT if step.body is UNSET else step.body,
            added=ABSENT if step.with_ is UNSET else step.with_,
            lawful=not all(400 <= status < 500 for status in statuses),
            shown=shown,
        )
        return RequestReader(scope, self.schemas, operation, given, pointer).read()

    def _checked_values(
        self, expect: Expectations, checks: Mapping[JsonPath, Any], statuses: tuple[int, ...]
    ) -> None:
        for path, wanted in checks.items():
            if is_present(wanted):
                expect.path(path, statuses, ("check", written(path)), key=True)
            else:
                values: tuple[Scalar, ...] = wanted
                expect.values(path, values, statuses, ("check", written(path)))

    def _operation(self, named: str, pointer: Pointer, scope: Scope) -> Operation | None:
        found = self.api.find(named)
        place = scope.locate(pointer, False)
        if len(found) == 1:
            return self.api.operation(found[0])
        if found:
            said = f"`{named}` is the operationId of {len(found)} operations"
            written = [f"{method} {path}" for method, path in found]
            self.diagnostics.add(
                "ambiguous-operation", said, place, f"name it by method and path: {listing(written)}"
            )
            return None
        _, _, path = named.partition(" ")
        candidates = [f"{m} {p}" for m, p in self.api.index] if path else list(self.api.by_id)
        hint = "an operation is named by its operationId, or by METHOD and path: `GET /users/{id}`"
        related: tuple[Related, ...] = ()
        if (close := closest(named, candidates)) is not None:
            hint = f"did you mean `{close}`?"
            operation = self.api.operation(self.api.find(close)[0])
            related = (Related(operation.node.place(key=True), f"`{close}` is here"),) if operation else ()
        self.diagnostics.add(
            "unknown-operation", f"the spec has no operation `{named}`", place, hint, related
        )
        return None

    def _unknown_captures(self, step: Any, scope: Scope, pointer: Pointer) -> dict[str, Captured]:
        """A call of an unknown operation still captures: what uses it later is no second mistake."""
        return {
            name: Captured(frozenset(), scope.locate((*pointer, "capture", name), True))
            for name in step.capture
        }

    def _name(self, name: str, operation: Operation, place: Place) -> None:
        if not can_name_samples(name):
            said = f"{shown(name)} cannot name samples: a control character, a comma, or a quote or space at an end"
            self.diagnostics.add("unprintable-text", said, place, "give the call a `name:` of its own")
        other = self.names.operations.setdefault(name, (operation.id, place))
        if other[0] != operation.id:
            said = f"`{name}` already names calls of {other[0]}"
            related = (Related(other[1], "named here"),)
            self.diagnostics.add(
                "name-clash", said, place, "one name, one operation: its samples are judged together", related
            )

    def _trend(self, metric: str | None) -> None:
        if metric is not None:
            self.names.trends[metric] = None


def joined(before: Scope, branches: list[Scope]) -> Scope:
    """The scope after a choice."""
    sure = set.intersection(*(set(branch.captures) for branch in branches))
    captures: dict[str, Captured] = {}
    for name in branches[0].captures:
        if name in sure:
            types = [branch.captures[name].types for branch in branches]
            known = frozenset[str]().union(*types) if all(types) else frozenset[str]()
            captures[name] = Captured(known, branches[0].captures[name].place)
    perhaps = {name: place for branch in branches for name, place in branch.perhaps.items()}
    return replace(before, captures=captures, perhaps=perhaps)
