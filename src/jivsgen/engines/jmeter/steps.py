"""The steps of a scenario as elements: native controllers and assertions where they say exactly what the plan says,
Groovy where JSON's types, response times without connecting, or a poll are judged."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from jivsgen.engines.jmeter.elements import (
    Action,
    Element,
    Field,
    Headers,
    Http,
    Loop,
    Script,
    Simple,
    Status,
    Switch,
    Upload,
)  # fmt: skip
from jivsgen.engines.jmeter.loads import span
from jivsgen.engines.jmeter.metrics import Metrics
from jivsgen.engines.jmeter.quoting import groovy, literal, reference, text_property
from jivsgen.engines.jmeter.values import Needs, Texts
from jivsgen.plan.model import (
    Body,
    Call,
    Check,
    Choose,
    Condition,
    DurationCheck,
    File,
    Group,
    JsonPath,
    Multipart,
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
)  # fmt: skip
from jivsgen.plan.texts import join, separated

ANSWER = "def answer = props.run.answer(SampleResult, AssertionResult, vars)"
NO_ROW = "SampleResult.setIgnore()"
NO_QUERY = "prev.URL = new URL(prev.URL, prev.URL.path)"
BASE_PATH = reference("__P(base.path)")


def label(name: str) -> str:
    """Free text as the name of an element, in which JMeter finds no reference."""
    return text_property(literal(name))


def path_arguments(path: JsonPath) -> str:
    return "".join(f", {groovy(step)}" for step in path)


def http(
    request: Request, name: str, texts: Texts, headers: list[tuple[str, str]], after: list[Element]
) -> Http:
    """A request, its own headers, what it needs before it, and what is asked of its answer."""
    body, fields, files = _sent(request.body, texts) if request.body else (None, None, ())
    server = request.server.variable if request.server else ""
    path = texts.property(request.url, "url", (reference(f"__P({server}.path)") if server else BASE_PATH,))
    if request.cookies:
        cookies = separated((join(f"{name}=", text) for name, text in request.cookies), "; ")
        headers = [*headers, ("Cookie", texts.property(cookies, "cookie"))]
        texts.script.append("props.run.cookies(sampler)")
    if request.body and isinstance(request.body.content, Multipart):
        parts = request.body.content.parts
        if any(part.headers for part in parts):
            lines = (groovy(part.header_lines) for part in parts)
            texts.script.append(f"props.run.form(sampler, vars, [{', '.join(lines)}])")
            headers = [*headers, ("Content-Type", f"{request.body.media_type}; boundary=${{form.boundary}}")]
    if request.body and fields is None:
        headers = [*headers, ("Content-Type", text_property(literal(request.body.media_type)))]
    children: list[Element] = [Headers("headers", tuple(headers))] if headers else []
    if texts.script:
        children.append(Script("JSR223PreProcessor", "values", tuple(texts.script)))
    return Http(label(name), request.method, path, body, server, fields, files, (*children, *after))


def _sent(body: Body, texts: Texts) -> tuple[str | None, tuple[Field, ...] | None, tuple[Upload, ...]]:
    """A raw body, the fields of a form, and files: JMeter writes the parts, their headers and the boundary itself."""
    content = body.content
    if isinstance(content, File):
        return None, None, (Upload(label(content.name), "", label(body.media_type)),)
    if not isinstance(content, Multipart):
        return texts.content(content, is_form=body.is_form), None, ()
    fields, files = [], []
    for part in content.parts:
        if isinstance(part.content, File):
            files.append(Upload(label(part.content.name), label(part.name), label(part.media_type)))
        else:
            kind = "" if part.media_type == "text/plain" else label(part.media_type)
            fields.append(Field(label(part.name), texts.content(part.content), kind))
    return None, tuple(fields), tuple(files)


def status_assertion(name: str, statuses: tuple[int, ...]) -> Status:
    return Status(label(name), statuses, 8 if len(statuses) == 1 else 40)


class StepWriter(Struct):
    """Writes the steps of one scenario. `common` is the role whose headers the whole thread group has."""

    scenario: Scenario
    roles: dict[str, Role]
    common: Role | None
    needs: Needs
    metrics: Metrics
    turns: list[tuple[str, int]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def iteration(self) -> str:
        return f"__jm__{self.scenario.name}__idx"

    def steps(self, steps: tuple[Step, ...]) -> Iterator[Element]:
        for step in steps:
            match step:
                case Call():
                    yield from self._call(step)
                case Poll():
                    yield from self._poll(step)
                case Think(low, high):
                    yield _pause("think", low, high)
                case Group():
                    yield from self._group(step)
                case Repeat():
                    yield self._repeat(step)
                case Choose():
                    yield from self._choose(step)

    def headers(self, role: Role | None, texts: Texts) -> list[tuple[str, str]]:
        """The headers of a role."""
        if role is None:
            return []
        texts.role = role
        return [(name, texts.property(text, "header")) for name, text in role.headers]

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> Iterator[Element]:
        rows = (f"answer.row({groovy(name)})" for name in self.metrics.rows(call))
        yield self._http(call, [*_checks(call), *self._captures(call, ""), *rows])
        if call.ends_iteration:
            yield self._or_end("${JMeterThread.last_sample_ok}")

    def _http(self, call: Call, script: list[str]) -> Http:
        texts = Texts(self.iteration)
        role = self.roles[call.role] if call.role else None
        headers = self.headers(role if role != self.common else None, texts)
        texts.role = role
        headers += [(name, texts.property(text, "header")) for name, text in call.request.headers]
        after: list[Element] = [
            status_assertion(check.name, check.statuses)
            for check in call.checks
            if isinstance(check, StatusCheck)
        ]
        if script:
            after.append(Script("JSR223Assertion", "checks", (ANSWER, *script)))
        if call.request.keyed:
            after.append(Script("JSR223PostProcessor", "no key in the results", (NO_QUERY,)))
        return http(call.request, call.name, texts, headers, after)

    def _captures(self, call: Call, indent: str) -> Iterator[str]:
        for capture in call.captures:
            if places := self.needs.captures.get(capture.name):
                listed = ", ".join(groovy(place) for place in places)
                yield f"{indent}answer.capture({groovy(capture.name)}, [{listed}]{path_arguments(capture.path)})"

    def _or_end(self, ok: str) -> Switch:
        """What comes next when `ok`, a reference, is not `true`. A switch costs half of an `If` that has to negate."""
        pause = self.scenario.pause_ms
        waits = [_pause("pause", pause, pause)] if pause and not is_open(self.scenario.load) else []
        return Switch("or end the iteration", ok, (Simple("false", (*waits, Action("next iteration", 3))),))

    def _poll(self, poll: Poll) -> Iterator[Element]:
        call = poll.call
        time = f", {groovy(call.time)}" if call.time else ""
        ended = f"answer.poll({groovy(poll.verdict)}{time}, {poll.attempts}, {_all_of(poll.until)}, {_any_of(poll.fail_on)})"
        captures = list(self._captures(call, "    "))
        script = [*_checks(call), *([f"if ({ended}) {{", *captures, "}"] if captures else [ended])]
        steps: list[Element] = [self._http(call, script)]
        if poll.every_ms and poll.attempts > 1:
            steps.append(_pause("wait", poll.every_ms, poll.every_ms))
        yield Loop(label(f"poll {call.name}"), poll.attempts, tuple(steps))
        if call.ends_iteration:
            yield self._or_end("${poll.verdict}")

    # --- controllers ------------------------------------------------------------------------------------------------

    def _group(self, group: Group) -> Iterator[Element]:
        steps = tuple(self.steps(group.steps))
        if group.time is None:
            yield Simple(label(group.name), steps)
            return
        began = groovy(self._numbered("group"))
        begin = Script("JSR223Sampler", "begin", (f"vars.putObject({began}, SampleResult.startTime)", NO_ROW))
        start = f"SampleResult.startTime = Math.min(SampleResult.startTime, vars.getObject({began}))"
        row = Script("JSR223Sampler", label(group.time), (start,))
        yield Simple(label(group.name), (begin, *steps, row))

    def _repeat(self, repeat: Repeat) -> Element:
        name = self._numbered("repeat")
        self.turns.append((name, repeat.times))
        steps = tuple(self.steps(repeat.steps))
        self.turns.pop()
        return Loop(name, repeat.times, steps)

    def _choose(self, choose: Choose) -> Iterator[Element]:
        variable = self._numbered("choose")
        turn = "vars.getObject('n')"
        for loop, times in self.turns:
            turn = f"({turn} * {times} + (vars.get('__jm__{loop}__idx') as long))"
        stride = f"(turn + turn.intdiv({choose.stride}))" if choose.stride else "turn"
        below, ends = 0, []
        for branch in choose.branches:
            below += branch.weight
            ends.append(str(below))
        yield Script("JSR223Sampler", "by turns", (
            f"long turn = {turn}",
            f"long slot = {stride} * {choose.step} % {choose.total}",
            f"vars.put({groovy(variable)}, [{', '.join(ends)}].findIndexOf {{ slot < it }}.toString())",
            NO_ROW,
        ))  # fmt: skip
        branches = tuple(
            Simple(label(branch.name), tuple(self.steps(branch.steps))) for branch in choose.branches
        )
        yield Switch(variable, f"${{{variable}}}", branches)

    def _numbered(self, kind: str) -> str:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind}.{self.numbers[kind]}"


def _pause(name: str, low: int, high: int) -> Action:
    if low == high:
        return Action(f"{name} {span(low)}", 1, str(low))
    return Action(f"{name} {span(low)} to {span(high)}", 1, f"${{__Random({low},{high})}}")


def _checks(call: Call) -> Iterator[str]:
    for check in call.checks:
        if line := _check(check):
            yield line


def _check(check: Check) -> str:
    name = groovy(check.name)
    match check:
        case StatusCheck():
            return ""
        case PresentCheck(_, path):
            return f"answer.present({name}{path_arguments(path)})"
        case ValueCheck(_, path, values):
            return f"answer.equal({name}, [{', '.join(map(groovy, values))}]{path_arguments(path)})"
        case DurationCheck(_, limit):
            return f"answer.within({name}, {limit})"


def _all_of(conditions: tuple[Condition, ...]) -> str:
    return " && ".join(map(_holds, conditions))


def _any_of(conditions: tuple[Condition, ...]) -> str:
    return " || ".join(map(_holds, conditions)) or "false"


def _holds(condition: Condition) -> str:
    return f"answer.has([{', '.join(map(groovy, condition.values))}]{path_arguments(condition.path)})"
