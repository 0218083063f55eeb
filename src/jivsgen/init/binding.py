"""A list of operations, in the order in which they are called, becomes steps: ids go from answers to parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jivsgen.init.answers import Found, Key, Link, Path, find_value, linked_value
from jivsgen.init.bodies import additions
from jivsgen.init.guesses import Guess, guess_path, guess_query_or_header
from jivsgen.init.names import capture_name, joined, one_line
from jivsgen.init.resources import Shape, holes_of, shape_of
from jivsgen.spec import Api, Operation, Parameter

Hole = tuple[Shape, int]


@dataclass
class Step:
    """One call, as a profile will say it. `notes` are what people should know of it; `chained` says that an earlier
    answer takes part in it."""

    operation: Operation
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    added: dict[str, Any] | None = None
    expect: tuple[int, ...] | None = None
    capture: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    chained: bool = False

    @property
    def key(self) -> Key:
        return self.operation.method, self.operation.path


class Sources:
    """Which operation's answer holds which parameter; asked often, so answers are remembered."""

    def __init__(self, api: Api, links: Iterable[Link]) -> None:
        self.api = api
        self.links: dict[tuple[Key, Key], list[tuple[str, Path]]] = {}
        for link in links:
            self.links.setdefault((link.source, link.target), []).extend(link.parameters)
        self._found: dict[tuple[Key, str, tuple[object, ...], bool], Found | None] = {}

    def by_name(self, source: Operation, target: Parameter, noun: str, *, listed: bool) -> Found | None:
        """The value for the parameter in an answer of `source`, found by its name."""
        identity = (target.schema.identity if target.schema else (), target.name)
        key = ((source.method, source.path), noun, identity, listed)
        if key not in self._found:
            self._found[key] = find_value(self.api, source, target, noun, listed=listed)
        return self._found[key]

    def by_link(self, source: Operation, target: Operation, parameter: Parameter) -> Found | None:
        """The value that a link of the document names."""
        listed = self.links.get(((source.method, source.path), (target.method, target.path)), ())
        path = next((path for name, path in listed if name == parameter.name), None)
        return linked_value(self.api, source, parameter, path) if path else None


def parameter_of(operation: Operation, name: str) -> Parameter | None:
    """The path parameter of that name, if it is declared."""
    return next((one for one in operation.parameters if one.place == "path" and one.name == name), None)


@dataclass
class Binder:
    """Makes the steps of one journey. `guessed` are the holes that no answer fills: the same value everywhere."""

    api: Api
    sources: Sources
    prefix: str
    steps: list[Step] = field(default_factory=list)
    bound: dict[Hole, str] = field(default_factory=dict)
    guessed: dict[Hole, Guess] = field(default_factory=dict)
    types: dict[str, frozenset[str]] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)

    def add(self, operation: Operation) -> bool:
        """One more step; False where it cannot be called at all."""
        step = Step(operation)
        own = ""
        for shape, number, name in holes_of(operation.path):
            source = self._hole(operation, step, (shape, number), name)
            if source is None:
                return False
            step.path[name] = source
            own = joined(source[2:-1]) if (shape, number) in self.bound and isinstance(source, str) else own
        if not self._required(step):
            return False
        self._filters(step)
        step.added = additions(self.api, operation, self._captured(), own or self._own(operation))
        step.chained |= any(
            f"${{{name}}}" in str(value) for name in self.types for value in (step.added or {}).values()
        )
        if not operation.successes and operation.response(200) is not None:
            step.expect = (200,)
            step.notes.append("the spec names no 2xx answer; 200 is a guess")
        self.steps.append(step)
        return True

    def _own(self, operation: Operation) -> str:
        """The id of the resource that a call on a collection may be about: `PUT /pets` with an id in the body."""
        shape = (*shape_of(operation.path), "{}")
        found = self.bound.get((shape, 0), "")
        return joined(found[2:-1]) if operation.method != "POST" else ""

    def _captured(self) -> Mapping[str, tuple[str, frozenset[str]]]:
        return {joined(name): (name, types) for name, types in self.types.items()}

    # --- path parameters --------------------------------------------------------------------------------------------

    def _hole(self, operation: Operation, step: Step, hole: Hole, name: str) -> Any:
        if hole in self.bound:
            step.chained = True
            return self.bound[hole]
        noun = next((segment for segment in reversed(hole[0]) if "{}" not in segment), "")
        parameter = parameter_of(operation, name)
        for source, found in self._offers(operation, hole, parameter, noun) if parameter else ():
            self.bound[hole] = f"${{{self._capture(source, capture_name(noun, name), found)}}}"
            if any(isinstance(part, int) for part in found.path):
                source.notes.append("wants at least one to be there")
            step.chained = True
            return self.bound[hole]
        guess = self.guessed.get(hole) or guess_path(self.api, operation, name, noun, self.prefix)
        if guess is None:
            return None
        if any(
            other.variable == guess.variable and other.source != guess.source
            for other in self.guessed.values()
        ):
            guess = replace(guess, source=guess.value, variable="")
        self.guessed[hole] = guess
        return guess.source

    def _offers(
        self, operation: Operation, hole: Hole, parameter: Parameter, noun: str
    ) -> Iterable[tuple[Step, Found]]:
        """Earlier steps that know the value: by a link, then who created it, then who lists it."""
        for step in reversed(self.steps):
            if found := self.sources.by_link(step.operation, operation, parameter):
                yield step, found
        collection = hole[0][:-1]
        here = [step for step in self.steps if shape_of(step.operation.path) == collection]
        for listed, method in ((False, "POST"), (True, "GET")):
            for step in here:
                if step.operation.method == method and (
                    found := self.sources.by_name(step.operation, parameter, noun, listed=listed)
                ):
                    yield step, found

    def _capture(self, source: Step, wanted: str, found: Found) -> str:
        """The name of the capture of that value; a name stands for one value in a journey."""
        for name, path in source.capture.items():
            if path == found.path:
                return name
        name, number = wanted, 2
        while name in self.types:
            name, number = f"{wanted}_{number}", number + 1
        source.capture[name] = found.path
        self.types[name] = found.types
        statuses = source.operation.successes
        if statuses and set(found.statuses) != set(statuses):
            source.expect = found.statuses
        return name

    # --- the other parameters ---------------------------------------------------------------------------------------

    def _required(self, step: Step) -> bool:
        """Required parameters outside of the path; those that no header of ours may set are left to the compiler."""
        for parameter in step.operation.parameters:
            ignored = parameter.name.lower() in ("accept", "content-type", "authorization")
            if (
                not parameter.required
                or parameter.place not in ("query", "header")
                or (ignored and parameter.place == "header")
            ):
                continue
            into = step.query if parameter.place == "query" else step.headers
            if capture := self._linked(step, parameter):
                into[parameter.name] = capture
                continue
            guess = guess_query_or_header(self.api, parameter, self.prefix)
            if guess is None:
                return False
            into[parameter.name] = guess.source
            if not guess.given:
                said = one_line(f"{parameter.place} `{parameter.name}` is a guess", 90)
                step.notes.append(said)
                self.unsure.append(parameter.name)
        return True

    def _filters(self, step: Step) -> None:
        """Optional query parameters that a link fills, or that are called like something captured."""
        for parameter in step.operation.parameters:
            if parameter.place != "query" or parameter.required:
                continue
            if capture := self._linked(step, parameter):
                step.query[parameter.name] = capture
                continue
            name, types = self._captured().get(joined(parameter.name), ("", frozenset[str]()))
            wanted = self.api.schemas.types(parameter.schema)
            if name and name not in step.capture and types and types <= wanted:
                step.query[parameter.name] = f"${{{name}}}"
                step.chained = True

    def _linked(self, step: Step, parameter: Parameter) -> str:
        for source in reversed(self.steps):
            if found := self.sources.by_link(source.operation, step.operation, parameter):
                step.chained = True
                return f"${{{self._capture(source, capture_name('', parameter.name), found)}}}"
        return ""
