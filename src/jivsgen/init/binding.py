"""A list of operations, in the order in which they are called, becomes steps: ids go from answers to parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from jivsgen.diagnostics.model import listing
from jivsgen.init.answers import Found, Key, Path, Want, find_value, linked_value
from jivsgen.init.bodies import Known, additions, is_reference, reference_members
from jivsgen.init.guesses import Guess, guess_beside_path, guess_path
from jivsgen.init.links import Link, Named, is_for
from jivsgen.init.names import capture_name, one_line
from jivsgen.init.resources import Shape, holes_of, noun_of, shape_of
from jivsgen.init.yaml_text import is_writable
from jivsgen.plan.bodies import escaped
from jivsgen.spec import Api, Operation, Parameter
from jivsgen.spec.names import joined

Hole = tuple[Shape, int]
_NO_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""What is no parameter (OpenAPI 3.0.3, Parameter Object)."""


class Step(Struct):
    """One call, as a profile will say it. `notes` are what people should know of it, `guesses` the parameters of
    its path that are guessed, with the variables that replace them; `chained` says that an earlier answer takes part in
    it."""

    operation: Operation
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, Any] = field(default_factory=dict)
    added: dict[str, Any] | None = None
    expect: tuple[int, ...] | None = None
    capture: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    guesses: dict[str, str] = field(default_factory=dict)
    chained: bool = False

    @property
    def comments(self) -> list[str]:
        """What a profile says above the call."""
        if not self.guesses:
            return self.notes
        names, variables = listing(self.guesses), [one for one in self.guesses.values() if one]
        said = f"{names} {'is a guess' if len(self.guesses) == 1 else 'are guesses'}"
        if variables:
            verb, it = ("replaces", "it") if len(variables) == 1 else ("replace", "them")
            said += f"; {' and '.join(variables)} in the environment {verb} {it}"
        return [said, *self.notes]

    @property
    def key(self) -> Key:
        return self.operation.method, self.operation.path

    def given(self, place: str) -> dict[str, Any]:
        """The values of the parameters at one of OpenAPI's places."""
        return {"path": self.path, "query": self.query, "header": self.headers, "cookie": self.cookies}[place]


class Sources:
    """Which operation's answer holds which parameter; asked often, so answers are remembered."""

    def __init__(self, api: Api, links: Iterable[Link]) -> None:
        self.api = api
        self.links: dict[tuple[Key, Key], list[Link]] = {}
        for link in links:
            self.links.setdefault((link.source, link.target), []).append(link)
        self._found: dict[tuple[Key, str, object, str, bool], Found | None] = {}

    def by_name(self, source: Operation, want: Want, noun: str, *, listed: bool) -> Found | None:
        """The value in an answer of `source`, found by its name."""
        identity = want.schema.identity if want.schema else None
        key = ((source.method, source.path), want.name, identity, noun, listed)
        if key not in self._found:
            is_other = not listed and self._is_about_parent(source)
            self._found[key] = None if is_other else find_value(self.api, source, want, noun, listed=listed)
        return self._found[key]

    def _is_about_parent(self, source: Operation) -> bool:
        """Whether the answer of a creation shows the item above it: `POST /issues/{id}/assignees` answers with the issue, so
        its `id` is none of an assignee."""
        shape = shape_of(source.path)
        above = next((end for end in range(len(shape) - 1, 0, -1) if "{}" in shape[end - 1]), 0)
        if source.method != "POST" or not above:
            return False
        path = "/".join(source.path.split("/")[: above + 1])
        parent = self.api.operation(("GET", path)) if ("GET", path) in self.api.index else None
        own, theirs = (_schemas(self.api, one) if one else set() for one in (source, parent))
        return bool(own & theirs)

    def by_link(self, source: Operation, target: Operation, want: Want) -> Found | None:
        """The value that a link of the document names."""
        listed = (one for link in self._between(source, target) for one in link.answered)
        path = next((path for named, path in listed if is_for(named, want)), None)
        return None if path is None else linked_value(self.api, source, want, path)

    def repeated(self, source: Operation, target: Operation, want: Want) -> Named | None:
        """(place, name) of the parameter of `source` whose value a link hands on as it is."""
        listed = (one for link in self._between(source, target) for one in link.repeated)
        return next((own for named, own in listed if is_for(named, want)), None)

    def fixed(self, source: Operation, target: Operation, want: Want) -> Any:
        """The constant that a link gives to the parameter; None where there is none that the parameter takes."""
        listed = (one for link in self._between(source, target) for one in link.fixed)
        value = next((value for named, value in listed if is_for(named, want)), None)
        takes = want.schema is None or not self.api.schemas.violations(want.schema, value)
        return escaped(value) if takes else None

    def unfollowed(self, source: Operation, target: Operation, want: Want) -> str:
        """The expression that a link has for the parameter, and that no profile can follow; empty: none."""
        listed = (one for link in self._between(source, target) for one in link.unfollowed)
        return next((expression for named, expression in listed if is_for(named, want)), "")

    def _between(self, source: Operation, target: Operation) -> list[Link]:
        return self.links.get(((source.method, source.path), (target.method, target.path)), [])


def _schemas(api: Api, operation: Operation) -> set[object]:
    """The schemas of its 2xx answers."""
    listed = (operation.response(status) for status in operation.successes)
    nodes = (api.documents.resolve(one.json_schema) for one in listed if one and one.json_schema)
    return {node.identity for node in nodes if node}


def want_of(operation: Operation, hole: str) -> Want:
    """What the path parameter of that name takes; documents forget to declare some."""
    declared = (one for one in operation.parameters if one.place == "path" and one.name == hole)
    return Want(hole, next((one.schema for one in declared), None), "path")


class Binder(Struct):
    """Makes the steps of one journey. `guessed` are the holes that no answer fills: the same value everywhere.
    `unsure` are required parameters with values of nobody's, `dangling` the ids in bodies that no answer knows."""

    api: Api
    sources: Sources
    prefix: str
    steps: list[Step] = field(default_factory=list)
    bound: dict[Hole, str] = field(default_factory=dict)
    guessed: dict[Hole, Guess] = field(default_factory=dict)
    types: dict[str, frozenset[str]] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)

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
        self._references(operation)
        step.added = additions(
            self.api, operation, Known(self._captured(), own or self._own(operation), not own)
        )
        step.chained |= any(
            f"${{{name}}}" in str(value) for name in self.types for value in (step.added or {}).values()
        )
        self._dangling(step)
        if not operation.successes and operation.response(200) is not None:
            step.expect = (200,)
            step.notes.append("the spec names no 2xx answer; 200 is a guess")
        if not is_writable([step.path, step.query, step.headers, step.cookies, step.added or {}]):
            return False
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
        noun = noun_of(hole[0])
        want = want_of(operation, name)
        if (handed := self._handed_on(operation, want)) is not None:
            step.chained = True
            self.bound[hole] = handed
            return handed
        for source, found in self._offers(operation, hole, want, noun):
            self.bound[hole] = f"${{{self._capture(source, capture_name(noun, name), found)}}}"
            if any(isinstance(part, int) for part in found.path):
                source.notes.append("needs at least one to be there")
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
        if hole not in self.guessed and not guess.given:
            step.guesses[one_line(name, 40)] = guess.variable
            self._tell_unfollowed(step, want)
        self.guessed[hole] = guess
        return guess.source

    def _offers(
        self, operation: Operation, hole: Hole, want: Want, noun: str
    ) -> Iterable[tuple[Step, Found]]:
        """Earlier steps that know the value: by a link, then who created it, then who lists it."""
        for step in reversed(self.steps):
            if found := self.sources.by_link(step.operation, operation, want):
                yield step, found
        collection = hole[0][:-1]
        here = [step for step in self.steps if shape_of(step.operation.path) == collection]
        for listed, method in ((False, "POST"), (True, "GET")):
            for step in here:
                if step.operation.method == method and (
                    found := self.sources.by_name(step.operation, want, noun, listed=listed)
                ):
                    yield step, found

    def _handed_on(self, operation: Operation, want: Want) -> Any:
        """The value that an earlier request had, where a link hands it on; or the constant that a link gives."""
        for step in reversed(self.steps):
            if own := self.sources.repeated(step.operation, operation, want):
                place, wanted = own
                return step.given(place).get(wanted)
            if (fixed := self.sources.fixed(step.operation, operation, want)) is not None:
                return fixed
        return None

    def _tell_unfollowed(self, step: Step, want: Want) -> None:
        """Say where the document itself takes a value from that is guessed."""
        for source in self.steps:
            if expression := self.sources.unfollowed(source.operation, step.operation, want):
                said = f"the spec takes {want.name} from {expression} of {source.operation.id}; only bodies are captured"
                step.notes.append(one_line(said, 180))

    def _references(self, operation: Operation) -> None:
        """Capture the ids that the body must hold of what was created before."""
        for name, schema in reference_members(self.api, operation):
            for step in self.steps:
                noun = noun_of(shape_of(step.operation.path))
                is_it = step.operation.method == "POST" and is_reference(name, noun)
                if is_it and (
                    found := self.sources.by_name(step.operation, Want(name, schema), noun, listed=False)
                ):
                    self._capture(step, capture_name(noun, "id"), found)

    def _dangling(self, step: Step) -> None:
        """Ids in the body that no earlier answer knows."""
        if step.operation.method in ("POST", "PUT", "PATCH"):
            members = (name for name, _ in reference_members(self.api, step.operation))
            made_up = [name for name in members if name not in (step.added or {})]
            self.dangling += made_up
            if made_up:
                listed = one_line(listing(made_up, limit=3), 90)
                step.notes.append(f"in its body {listed} {'is' if len(made_up) == 1 else 'are'} made up")

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
            ignored = parameter.name.lower() in _NO_HEADERS
            if (
                not parameter.required
                or parameter.place == "path"
                or (ignored and parameter.place == "header")
            ):
                continue
            into = step.given(parameter.place)
            if (linked := self._linked(step, parameter)) is not None:
                into[parameter.name] = linked
                continue
            guess = guess_beside_path(self.api, parameter, self.prefix)
            if guess is None:
                return False
            into[parameter.name] = guess.source
            if not guess.given:
                said = one_line(f"{parameter.place} `{parameter.name}` is a guess", 90)
                step.notes.append(said)
                self._tell_unfollowed(step, Want(parameter.name, parameter.schema, parameter.place))
                self.unsure.append(parameter.name)
        return True

    def _filters(self, step: Step) -> None:
        """Optional parameters that a link fills, and those in the query that are called like something captured."""
        for parameter in step.operation.parameters:
            if parameter.place == "path" or parameter.required:
                continue
            if (linked := self._linked(step, parameter)) is not None:
                step.given(parameter.place)[parameter.name] = linked
                continue
            if parameter.place != "query":
                continue
            name, types = self._captured().get(joined(parameter.name), ("", frozenset[str]()))
            wanted = self.api.schemas.types(parameter.schema)
            if name and name not in step.capture and types and types <= wanted:
                step.query[parameter.name] = f"${{{name}}}"
                step.chained = True

    def _linked(self, step: Step, parameter: Parameter) -> Any:
        """What a link has for the parameter; None: nothing."""
        if parameter.place == "header" and parameter.name.lower() in _NO_HEADERS:
            return None
        want = Want(parameter.name, parameter.schema, parameter.place)
        if (handed := self._handed_on(step.operation, want)) is not None:
            return handed
        for source in reversed(self.steps):
            if found := self.sources.by_link(source.operation, step.operation, want):
                step.chained = True
                return f"${{{self._capture(source, capture_name('', parameter.name), found)}}}"
        return None
