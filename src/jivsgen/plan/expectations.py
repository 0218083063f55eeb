"""What a call expects of its answer, held against the responses that the operation documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics import Place
from jivsgen.diagnostics.model import closest, did_you_mean, listing, shown
from jivsgen.plan.model import (
    Capture,
    Check,
    Condition,
    DurationCheck,
    JsonPath,
    PresentCheck,
    Scalar,
    StatusCheck,
    ValueCheck,
)
from jivsgen.plan.scope import Captured, Scope
from jivsgen.plan.texts import printable
from jivsgen.plan.violations import article
from jivsgen.profile.json_path import written
from jivsgen.source import Pointer
from jivsgen.spec import Node, Operation, Response
from jivsgen.spec.schema import Reach, Schemas


class Expectations(Struct, frozen=True):
    """Reads `expect`, `check`, `capture`, `until` and `fail_on` of one call, named `name`, at `pointer`."""

    scope: Scope
    schemas: Schemas
    operation: Operation
    name: str
    pointer: Pointer

    def statuses(self, expected: tuple[int, ...] | None) -> tuple[int, ...]:
        """The expected statuses: what the step says, else every documented 2xx."""
        operation = self.operation
        if expected is None:
            if not operation.successes:
                hint = "say `expect: 200`, or document the answer"
                self._report(
                    "no-success", f"{operation.id} documents no 2xx answer", (), hint, operation.node
                )
                return (200,)
            return operation.successes
        for status in expected:
            if operation.response(status) is None:
                self.scope.gaps.status(operation, status, self._at(("expect",), False))
        return expected

    def checks(
        self,
        statuses: tuple[int, ...],
        checks: Mapping[JsonPath, Any],
        captures: Mapping[str, JsonPath],
        within: int | None,
    ) -> tuple[Check, ...]:
        """The checks of the call in the order: status, captures, `check`, `within`."""
        found: list[Check] = [StatusCheck(f"{self.name} answers {either(statuses)}", statuses)]
        present: dict[JsonPath, None] = dict.fromkeys(captures.values())
        for path, wanted in checks.items():
            if is_present(wanted):
                present[path] = None
        found += [PresentCheck(printable(f"{self.name} has {written(path)}"), path) for path in present]
        for path, wanted in checks.items():
            if not is_present(wanted):
                said = " or ".join(_word(value) for value in wanted)
                found.append(ValueCheck(printable(f"{self.name} {written(path)} is {said}"), path, wanted))
        if within is not None:
            found.append(DurationCheck(f"{self.name} within {within} ms", within))
        return tuple(found)

    def path(
        self,
        path: JsonPath,
        statuses: tuple[int, ...],
        where: Pointer,
        *,
        values: tuple[Scalar, ...] = (),
        key: bool = False,
    ) -> tuple[Node, ...]:
        """The schemas at the path in the answers of these statuses. A path that an answer cannot have is an error;
        where the spec is silent, that is a gap. `values` are what it is compared with."""
        found: list[Node] = []
        for status in statuses:
            response = self.operation.response(status)
            silent = ""
            if response is None:
                silent = f"status {status} is not documented"
            elif (schema := response.json_schema) is None:
                if _has_no_body(self.operation, response, status):
                    self._no_body(path, status, where, response.node, key)
                    return ()
                silent = f"the answer with {status} has no JSON schema"
            else:
                reach = self.schemas.reach(schema, path)
                found += reach.schemas
                if reach.schemas and reach.free:
                    silent = f"it says nothing about `{written(path)}`"
                elif not reach.schemas and reach.free:
                    silent = f"`{written(path[: reach.depth])}` is a free-form object"
                elif not reach.schemas:
                    self._stuck(path, reach, schema, where, key)
                    return ()
            if silent:
                self.scope.gaps.path(self.operation, status, path, self._at(where, key), silent, values)
        return tuple(found)

    def _no_body(self, path: JsonPath, status: int, where: Pointer, node: Node, key: bool) -> None:
        said = f"{self.operation.id} answers {status} without a body, so `{written(path)}` cannot be there"
        self._report("unknown-path", said, where, "", node, key=key)

    def _stuck(
        self,
        path: JsonPath,
        reach: Reach,
        schema: Node,
        where: Pointer,
        key: bool,
    ) -> None:
        depth, known, types = reach.depth, reach.known, reach.types
        step, parent = path[depth], written(path[:depth])
        said = f"the answer of {self.operation.id} has no `{written(path)}`"
        hint = f"`{parent}` is {article(list(types))}" if types else ""
        if known:
            near = closest(str(step), known)
            hint = f"`{parent}` has {listing(known)}"
            if near is not None:
                hint = f"did you mean `{written((*path[:depth], near))}`?"
        self._report("unknown-path", said, where, hint, schema, key=key)

    def captured(
        self, captures: Mapping[str, JsonPath], statuses: tuple[int, ...]
    ) -> tuple[tuple[Capture, ...], dict[str, Captured]]:
        """The captures, and what they bring into scope."""
        known: dict[str, Captured] = {}
        for name, path in captures.items():
            where = ("capture", name)
            schemas = self.path(path, statuses, where)
            types = frozenset[str]().union(*(self.schemas.types(node) for node in schemas)) - {"null"}
            if types and types <= {"object", "array"}:
                said = f"`{written(path)}` is {article(sorted(types))}; a capture holds one text, number or boolean"
                self._report("not-a-scalar", said, where, "", schemas[0])
            known[name] = Captured(types, self.scope.locate((*self.pointer, *where), True))
        return tuple(Capture(name, path) for name, path in captures.items()), known

    def conditions(
        self, key: str, wanted: Mapping[JsonPath, tuple[Scalar, ...]], statuses: tuple[int, ...]
    ) -> tuple[Condition, ...]:
        """`until` or `fail_on`."""
        for path, values in wanted.items():
            self.values(path, values, statuses, (key, written(path)))
        return tuple(Condition(path, values) for path, values in wanted.items())

    def values(
        self, path: JsonPath, values: tuple[Scalar, ...], statuses: tuple[int, ...], where: Pointer
    ) -> None:
        """Hold values that the path is compared with against its schema: a value that it can never have is a check
        that can never hold (or never fail)."""
        schemas = self.path(path, statuses, where, values=values, key=True)
        for number, value in enumerate(values):
            if not schemas or any(
                not self.schemas.violations(node, value, sending=False) for node in schemas
            ):
                continue
            violation = self.schemas.violations(schemas[0], value, sending=False)[0]
            options = [str(option) for option in violation.expected] if violation.keyword == "enum" else []
            hint = did_you_mean(
                str(value), options, otherwise=f"the spec lists {listing(options)}" if options else ""
            )
            if violation.keyword == "type":
                hint = f"the spec says {article(sorted(self.schemas.types(schemas[0])))}"
            said = f"`{written(path)}` of {self.operation.id} is never {shown(value)}"
            at = (*where, number) if len(values) > 1 else where
            self._report("impossible-value", said, at, hint or violation.said, schemas[0])

    def _report(
        self, code: str, said: str, where: Pointer, hint: str, node: Node, *, key: bool = False
    ) -> None:
        self.scope.diagnostics.add(code, said, self._at(where, key), hint, node.says_so())

    def _at(self, where: Pointer, key: bool) -> Place:
        return self.scope.locate((*self.pointer, *where), key)


def is_present(wanted: tuple[Scalar, ...]) -> bool:
    """`check: {$.path: present}` asks that something stands there, whatever it is."""
    return wanted == ("present",)


def _has_no_body(operation: Operation, response: Response, status: int) -> bool:
    """Whether the very status is documented, and without any content."""
    return (
        not response.content and response.node.get("content") is None and str(status) in operation.responses
    )


def either(statuses: Iterable[int]) -> str:
    """`200 or 201`."""
    return " or ".join(map(str, statuses))


def _word(value: Scalar) -> str:
    return value if isinstance(value, str) else shown(value)
