"""The flow in YAML, and the hooks and functions of the processor that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jivsgen.engines.artillery.metrics import Metrics
from jivsgen.engines.artillery.values import Expressions, in_url, is_safe, templated
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import comment, js, yaml
from jivsgen.plan.model import (
    Body,
    Call,
    Check,
    Choose,
    Condition,
    DurationCheck,
    Feed,
    Group,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonPath,
    JsonText,
    JsonValue,
    Plan,
    Poll,
    PresentCheck,
    Repeat,
    Request,
    Role,
    Scenario,
    StatusCheck,
    Step,
    Think,
    ValueCheck,
    is_open,
    walk,
)  # fmt: skip
from jivsgen.plan.parts import parts_of
from jivsgen.profile.values import Capture, Column, Text, constant

GOING = "going"
"""The variable that is `[true]` until the iteration ends early, then `[]`: what stands in a loop over it is skipped."""


def may_end(steps: tuple[Step, ...]) -> bool:
    """Whether an iteration can end early inside these steps."""
    return any(
        (isinstance(step, Call) and step.ends_iteration)
        or (isinstance(step, Poll) and step.call.ends_iteration)
        for step in walk(steps)
    )


@dataclass
class FlowWriter:
    """Writes the scenarios of a plan. `hooks` are functions with a body, `exports` one-line definitions."""

    plan: Plan
    names: Identifiers
    expressions: Expressions
    metrics: Metrics
    hooks: list[list[str]] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)
    passes: list[tuple[str, int]] = field(default_factory=list)

    # --- whole parts ------------------------------------------------------------------------------------------------

    def before(self) -> list[str]:
        """What happens once, before the load: the environment is read, the roles log in."""
        lines = ["- function: readEnvironment"]
        for role in self.plan.roles:
            if role.login is None:
                continue
            base = self.names.of("login", role.name, "login as")
            self.expressions.row = "context.user" if role.users else ""
            members = [f"name: {yaml(f'login as {role.name}')}"]
            headers = (*self.plan.target.headers, *role.login.request.headers)
            members += self._sent(role.login.request, base, headers, None)
            members.append(f"afterResponse: {base}Answered")
            self.expressions.row = ""
            request = [
                f"- {role.login.request.method.lower()}:",
                *(f"    {line}" for line in ["<<: *http", *members]),
            ]
            if role.users:
                self.exports.append(
                    f"export const {base}Next = nextUser({self.names.of('feed', f'users of {role.name}')});"
                )
                self.needs.add("users")
                request = [f"- function: {base}Next", *request]
                lines += ["- loop:", *(f"    {line}" for line in request), f"  count: {role.users.rows}"]
            else:
                lines += request
        return lines

    def scenarios(self) -> list[str]:
        """The flow of the one scenario that Artillery sees; with several, a user's own is a loop over `in_<index>`."""
        lines = ["- function: arrive"]
        several = len(self.plan.scenarios) > 1
        for scenario in self.plan.scenarios:
            inner = self._iteration(scenario)
            if several:
                inner = ["- loop:", *(f"    {line}" for line in inner), f"  over: in_{scenario.index}"]
                lines.append(f"# {comment(scenario.name)}")
            lines += inner
        return lines

    def _iteration(self, scenario: Scenario) -> list[str]:
        steps = ["- function: begin"]
        body = list(self._steps(scenario.steps))
        if any(feed.at_end == "stop" and feed.order == "sequential" for feed in self.feeds_of(scenario)):
            body = ["- loop:", *(f"    {line}" for line in body), f"  over: {GOING}"]
        steps += [*body, "- function: end"]
        if is_open(scenario.load):
            return steps
        return ["- loop:", *(f"    {line}" for line in steps), "  whileTrue: nextIteration"]

    def feeds_of(self, scenario: Scenario) -> list[Feed]:
        """The feeds whose rows the scenario reads."""
        used = {
            part.feed
            for call in _calls(scenario)
            for part in parts_of(call.request)
            if isinstance(part, Column)
        }
        return [feed for feed in self.plan.feeds if feed.name in used]

    def role_headers(self, role: Role) -> list[tuple[str, Text]]:
        """The variables that hold a role's headers, and their texts; constant ones stand in the YAML."""
        return [
            (self._role_variable(role, n), text)
            for n, (_, text) in enumerate(role.headers)
            if not self._inline(text)
        ]

    @staticmethod
    def _role_variable(role: Role, number: int) -> str:
        return f"as_{role.name}" if number == 0 else f"as_{role.name}_{number}"

    @staticmethod
    def _inline(text: Text) -> bool:
        return constant(text) is not None and is_safe(text)

    # --- steps ------------------------------------------------------------------------------------------------------

    def _steps(self, steps: tuple[Step, ...]) -> Iterator[str]:
        """After a step that may end the iteration, the rest stands in a loop over `going`."""
        for number, step in enumerate(steps):
            yield from self._step(step)
            rest = steps[number + 1 :]
            if rest and may_end((step,)):
                yield "- loop:"
                yield from (f"    {line}" for line in self._steps(rest))
                yield f"  over: {GOING}"
                return

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Call():
                yield from self._call(step)
            case Poll():
                yield from self._poll(step)
            case Think():
                yield self._think(step)
            case Group():
                yield from self._group(step)
            case Repeat():
                yield from self._repeat(step)
            case Choose():
                yield from self._choose(step)

    def _think(self, think: Think) -> str:
        if think.min_ms == think.max_ms:
            return (
                f"- think: {think.min_ms // 1000}"
                if think.min_ms % 1000 == 0
                else f'- think: "{think.min_ms}ms"'
            )
        self.needs.add("think")
        name = self.names.of("think", f"{think.min_ms} {think.max_ms}", "think")
        line = f"export const {name} = think({think.min_ms}, {think.max_ms});"
        if line not in self.exports:
            self.exports.append(line)
        return f"- function: {name}"

    def _group(self, group: Group) -> Iterator[str]:
        yield f"# {comment(group.name)}"
        if group.time is None:
            yield from self._steps(group.steps)
            return
        self.needs.add("group")
        end = self.names.of("group", f"{group.name} {self._number('group')}", "end of")
        self.exports.append(f"export const {end} = endGroup({js(self.metrics.key('trend', group.time))});")
        yield "- function: startGroup"
        inner = list(self._steps(group.steps))
        yield from inner
        if may_end(group.steps):
            yield from ["- loop:", f"    - function: {end}", f"  over: {GOING}"]
        else:
            yield f"- function: {end}"

    def _number(self, kind: str) -> str:
        """Empty for the first of a kind, then 2, 3, …"""
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return "" if self.counters[kind] == 1 else str(self.counters[kind])

    def _repeat(self, repeat: Repeat) -> Iterator[str]:
        variable = f"pass{self._number('pass')}"
        self.passes.append((variable, repeat.times))
        inner = list(self._steps(repeat.steps))
        self.passes.pop()
        if may_end(repeat.steps):
            inner = ["- loop:", *(f"    {line}" for line in inner), f"  over: {GOING}"]
        yield "- loop:"
        yield from (f"    {line}" for line in inner)
        yield f"  count: {repeat.times}"
        yield f"  loopValue: {variable}"

    def _choose(self, choose: Choose) -> Iterator[str]:
        self.needs.add("choose")
        number = self._number("choose")
        name, variable = self.names.of("choose", number or "1", "choose"), f"branch{number}"
        weights = ", ".join(str(branch.weight) for branch in choose.branches)
        passes = ", ".join(f"['{loop}', {times}]" for loop, times in self.passes)
        self.exports.append(
            f"export const {name} = choose('{variable}', [{weights}], {choose.total}, {choose.step}, {choose.stride}, [{passes}]);"
        )
        yield f"- function: {name}"
        for index, branch in enumerate(choose.branches):
            yield f"# {branch.weight} of {choose.total}: {comment(branch.name)}"
            yield "- loop:"
            yield from (f"    {line}" for line in self._steps(branch.steps))
            yield f"  over: {variable}_{index}"

    # --- requests ---------------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> Iterator[str]:
        yield f"- {call.request.method.lower()}:"
        members = ["<<: *http", *self._request(call), *self._taken(call)]
        if call.ends_iteration:
            members.append("ends: true")
        yield from (f"    {line}" for line in members)

    def _taken(self, call: Call) -> Iterator[str]:
        if call.captures:
            yield "take: {" + ", ".join(f"{c.name}: {_path(c.path)}" for c in call.captures) + "}"
        if call.time is not None:
            yield f"time: {self.metrics.key('trend', call.time)}"
        if call.count is not None:
            yield f"count: {self.metrics.key('count', call.count)}"

    def _poll(self, poll: Poll) -> Iterator[str]:
        call = poll.call
        self.needs.add("poll")
        again = self.names.of("again", call.name, "again")
        end = self.names.of("end of poll", call.name, "end of")
        self.exports.append(f"export const {again} = poll({poll.attempts}, {poll.every_ms});")
        self.exports.append(
            f"export const {end} = endPoll({js(self.metrics.key('check', poll.verdict))}, {self._kept(call)});"
        )
        yield "- function: startPoll"
        yield "- loop:"
        yield f"    - {call.request.method.lower()}:"
        members = ["<<: *http", *self._request(call), f"until: {_conditions(poll.until)}"]
        if poll.fail_on:
            members.append(f"failOn: {_conditions(poll.fail_on)}")
        yield from (f"        {line}" for line in members)
        yield f"  whileTrue: {again}"
        yield f"- function: {end}"

    def _kept(self, call: Call) -> str:
        members = []
        if call.captures:
            members.append(
                "take: { " + ", ".join(f"{c.name}: {_js_path(c.path)}" for c in call.captures) + " }"
            )
        if call.time is not None:
            members.append(f"time: {js(self.metrics.key('trend', call.time))}")
        if call.count is not None:
            members.append(f"count: {js(self.metrics.key('count', call.count))}")
        if call.ends_iteration:
            members.append("ends: true")
        return "{ " + ", ".join(members) + " }" if members else "{}"

    def _request(self, call: Call) -> list[str]:
        """The members of one request; what cannot stand in the YAML is built by a hook of the call's own."""
        members = [f"name: {yaml(call.name)}", f"op: {self.metrics.key('call', call.name)}"]
        role = next((role for role in self.plan.roles if role.name == call.role), None)
        base = self.names.of("hook", f"{call.name} {self._number('hook ' + call.name)}", "prepare")
        headers = (*self.plan.target.headers, *call.request.headers)
        members += self._sent(call.request, base, headers, role)
        return [*members, f"expect: {_expected(call.checks)}"]

    def _sent(
        self, request: Request, base: str, headers: tuple[tuple[str, Text], ...], role: Role | None
    ) -> list[str]:
        """URL, headers and body; and `beforeRequest` where a hook has to build something."""
        hook: list[str] = []
        members = [f"url: {self._url(request.url, hook)}"]
        listed = [
            f"{yaml(name.lower())}: {self._header(text, n, hook)}" for n, (name, text) in enumerate(headers)
        ]
        for n, (name, text) in enumerate(role.headers if role else ()):
            known = constant(text) if self._inline(text) else None
            value = (
                known if known is not None else f"{{{{ {self._role_variable(role, n)} }}}}" if role else ""
            )
            listed.append(f"{yaml(name.lower())}: {yaml(value)}")
        body: list[str] = []
        if request.body is not None:
            plain = request.body.media_type == "application/json"
            body = self._body(request.body, hook)
            if not plain or not body:
                listed.append(f"content-type: {yaml(request.body.media_type)}")
        if listed:
            members.append("headers: {" + ", ".join(listed) + "}")
        if hook:
            members.append(f"beforeRequest: {base}")
            self.hooks.append([
                f"export function {base}(req, context, events, done) {{",
                *(["  const value = context.vars;"] if any("value." in line for line in hook) else []),
                *(f"  {line}" for line in hook), "  return done();", "}",
            ])  # fmt: skip
        return [*members, *body]

    def _url(self, url: Text, hook: list[str]) -> str:
        if in_url(url):
            return yaml("{{ base_url }}" + templated(url))
        whole = "`" + "".join(self.expressions.piece(part, encode=True) for part in url) + "`"
        hook.append(f"value.url = {whole};")
        return yaml("{{ base_url }}{{ url }}")

    def _header(self, text: Text, number: int, hook: list[str]) -> str:
        if self._inline(text):
            return yaml(constant(text))
        hook.append(f"value.header_{number} = {self.expressions.text(text)};")
        return yaml(f"{{{{ header_{number} }}}}")

    def _body(self, body: Body, hook: list[str]) -> list[str]:
        """`json:` where it reads well and is safe; else a Buffer, which Artillery sends as it is."""
        if (
            isinstance(body.content, tuple)
            or not _plain(body.content)
            or not isinstance(body.content, JsonObject | JsonArray)
        ):
            hook.append(f"req.body = Buffer.from({self.expressions.body(body, 1)});")
            return []
        leaves: list[str] = []
        value = self._json(body.content, leaves, hook)
        if len(value) <= 94:
            return [f"json: {value}"]
        return ["json:", *(f"  {line}" for line in self._lines(body.content, iter(leaves)))]

    def _json(self, value: JsonValue, leaves: list[str], hook: list[str]) -> str:
        """Flow style, for bodies that fit on a line."""
        if isinstance(value, JsonObject):
            return (
                "{" + ", ".join(f"{_key(n)}: {self._json(v, leaves, hook)}" for n, v in value.members) + "}"
            )
        if isinstance(value, JsonArray):
            return "[" + ", ".join(self._json(v, leaves, hook) for v in value.items) + "]"
        if isinstance(value, JsonLiteral):
            return yaml(value.value)
        return self._leaf(value, leaves, hook)

    def _lines(self, value: JsonValue, leaves: Iterator[str]) -> Iterator[str]:
        """Block style: a line a member. The leaves are those of the flow style, in the same order."""
        if isinstance(value, JsonObject):
            for name, member in value.members:
                yield from self._member(f"{_key(name)}:", member, leaves)
        elif isinstance(value, JsonArray):
            for item in value.items:
                yield from self._member("-", item, leaves)

    def _member(self, head: str, value: JsonValue, leaves: Iterator[str]) -> Iterator[str]:
        if (isinstance(value, JsonObject) and value.members) or (
            isinstance(value, JsonArray) and value.items
        ):
            yield head
            yield from (f"  {line}" for line in self._lines(value, leaves))
            return
        if isinstance(value, JsonText):
            yield f"{head} {next(leaves)}"
            return
        yield f"{head} {yaml(value.value) if isinstance(value, JsonLiteral) else '{}' if isinstance(value, JsonObject) else '[]'}"

    def _leaf(self, value: JsonText, leaves: list[str], hook: list[str]) -> str:
        if value.quoted and is_safe(value.text) and not _is_number(value.text):
            written = yaml(templated(value.text))
        else:
            variable = f"body_{len(leaves)}"
            expression = self.expressions.json(value, 1)
            hook.append(f"value.{variable} = {expression};")
            written = yaml(f"{{{{ {variable} }}}}")
        leaves.append(written)
        return written


def _is_number(text: Text) -> bool:
    """A lone `{{ vu }}` would come out as a number where text is meant."""
    return (
        len(text) == 1
        and not isinstance(text[0], Capture)
        and getattr(text[0], "name", "") in ("vu", "iteration")
    )


def _calls(scenario: Scenario) -> Iterator[Call]:
    for step in walk(scenario.steps):
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Poll):
            yield step.call


def _plain(value: JsonValue) -> bool:
    """Whether no constant of the value could be read as a template, and no key as something else."""
    if isinstance(value, JsonObject):
        return all(
            "{{" not in name and name not in ("__proto__", "<<") and _plain(v) for name, v in value.members
        )
    if isinstance(value, JsonArray):
        return all(_plain(item) for item in value.items)
    return not (isinstance(value, JsonLiteral) and isinstance(value.value, str) and "{{" in value.value)


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() and name.lower() not in _WORDS else yaml(name)


_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def _expected(checks: tuple[Check, ...]) -> str:
    """`{status: [201], has: [data.id], is: […], within: 500}`."""
    members = []
    statuses = [status for check in checks if isinstance(check, StatusCheck) for status in check.statuses]
    members.append(f"status: [{', '.join(map(str, statuses))}]")
    if present := [_path(check.path) for check in checks if isinstance(check, PresentCheck)]:
        members.append(f"has: [{', '.join(present)}]")
    if values := tuple(
        Condition(check.path, check.values) for check in checks if isinstance(check, ValueCheck)
    ):
        members.append(f"is: {_conditions(values)}")
    members += [f"within: {check.limit_ms}" for check in checks if isinstance(check, DurationCheck)]
    return "{" + ", ".join(members) + "}"


def _conditions(conditions: tuple[Condition, ...]) -> str:
    listed = (f"{{path: {_path(c.path)}, in: [{', '.join(yaml(v) for v in c.values)}]}}" for c in conditions)
    return "[" + ", ".join(listed) + "]"


def _path(path: JsonPath) -> str:
    """`data.id`; a list where a member's name is no plain word."""
    if path and all(
        isinstance(step, int) or (step.replace("_", "a").isalnum() and step.isascii()) for step in path
    ):
        text = ".".join(map(str, path))
        return text if not text.replace(".", "").isdigit() and text.lower() not in _WORDS else yaml(text)
    return "[" + ", ".join(yaml(step) for step in path) + "]"


def _js_path(path: JsonPath) -> Any:
    return "[" + ", ".join(js(step) for step in path) + "]"
