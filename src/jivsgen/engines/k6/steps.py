"""The steps of a scenario as lines of JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field

from jivsgen.engines.javascript import INDENT, bracketed, equals, holds, none_holds
from jivsgen.engines.k6.params import Params, sends_form
from jivsgen.engines.k6.values import Expressions, found
from jivsgen.engines.naming import Identifiers, scenario_digits
from jivsgen.engines.quoting import comment, js
from jivsgen.plan.model import (
    Call,
    Choose,
    Group,
    JsonPath,
    Plan,
    Poll,
    Repeat,
    Scenario,
    Step,
    Think,
    is_open,
    walk,
)  # fmt: skip
from jivsgen.plan.parts import parts_of
from jivsgen.profile.json_path import written
from jivsgen.profile.values import Column, Variable


def seconds(milliseconds: int) -> str:
    """Seconds as k6's sleep() takes them."""
    return f"{milliseconds / 1000:g}"


class StepWriter(Struct):
    """Writes the body of one scenario's function."""

    plan: Plan
    scenario: Scenario
    names: Identifiers
    expressions: Expressions
    params: Params
    passes: list[tuple[str, int]] = field(default_factory=list)
    slots: int = 0

    def lines(self) -> list[str]:
        """The whole body, declarations first."""
        body = list(self._steps(self.scenario.steps, 1))
        parts = {part for call in self._calls() for part in parts_of(call.request)}
        feeds = [
            feed for feed in self.plan.feeds if feed.name in {p.feed for p in parts if isinstance(p, Column)}
        ]
        unique = Variable("unique") in parts
        chooses = any(isinstance(step, Choose) for step in walk(self.scenario.steps))
        lines: list[str] = []
        if unique or chooses or any(feed.order == "sequential" for feed in feeds):
            lines.append("const n = exec.scenario.iterationInTest;")
        if unique:
            lines.append(
                f"const unique = `${{data.run}}{scenario_digits(self.scenario.index, len(self.plan.scenarios))}${{n.toString(36)}}`;"
            )
        for feed in feeds:
            lines += self._row(feed.name, feed.order, feed.at_end)
        text = "\n".join(body)
        variables = [name for name in ("form", "call", "res", "ok") if f"{name} = " in text]
        variables += [self.names.of("capture", name) for name in self._captures()]
        if variables:
            lines.append(f"let {', '.join(variables)};")
        return [*(f"{INDENT}{line}" for line in lines), *([""] if lines else []), *body]

    # --- what stands before the steps -------------------------------------------------------------------------------

    def _row(self, feed: str, order: str, at_end: str) -> list[str]:
        rows, row = self.names.of("feed", feed), self.names.of("row", feed, "row of")
        if order == "random":
            return [f"const {row} = {rows}[Math.floor(Math.random() * {rows}.length)];"]
        lines = []
        if at_end == "stop":
            idle = "return;" if is_open(self.scenario.load) else "return sleep(1);"
            lines.append(f"if (n >= {rows}.length) {idle} // every row was used")
        return [*lines, f"const {row} = {rows}[n % {rows}.length];"]

    def _calls(self) -> Iterator[Call]:
        for step in walk(self.scenario.steps):
            if isinstance(step, Call):
                yield step
            elif isinstance(step, Poll):
                yield step.call

    def _captures(self) -> list[str]:
        return list(dict.fromkeys(capture.name for call in self._calls() for capture in call.captures))

    # --- steps ------------------------------------------------------------------------------------------------------

    def _steps(self, steps: tuple[Step, ...], depth: int) -> Iterator[str]:
        for number, step in enumerate(steps):
            if number and not (isinstance(step, Think) and isinstance(steps[number - 1], Think)):
                yield ""
            for line in self._step(step):
                yield f"{INDENT * depth}{line}" if line else ""

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Call():
                yield from self._call(step)
            case Poll():
                yield from self._poll(step)
            case Think(low, high):
                pause = (
                    seconds(low) if low == high else f"{seconds(low)} + Math.random() * {seconds(high - low)}"
                )
                yield f"sleep({pause});"
            case Group():
                yield from self._group(step)
            case Repeat():
                yield from self._repeat(step)
            case Choose():
                yield from self._choose(step)

    def _group(self, group: Group) -> Iterator[str]:
        yield f"// {comment(group.name)}"
        if group.time is None:
            yield from self._steps(group.steps, 0)
            return
        began = self.names.of("began", group.name, "began")
        yield f"const {began} = Date.now();"
        yield from self._steps(group.steps, 0)
        yield from self._sample(group.time, f"Date.now() - {began}")

    def _repeat(self, repeat: Repeat) -> Iterator[str]:
        index = "ijklmnpq"[len(self.passes) % 8]
        self.passes.append((index, repeat.times))
        inner = list(self._steps(repeat.steps, 1))
        self.passes.pop()
        yield f"for (let {index} = 0; {index} < {repeat.times}; {index}++) {{"
        yield from inner
        yield "}"

    def _choose(self, choose: Choose) -> Iterator[str]:
        turn = "n"
        for index, times in self.passes:
            turn = f"({turn} * {times} + {index})"
        shifted = f"({turn} + Math.floor({turn} / {choose.stride}))" if choose.stride else turn
        self.slots += 1
        slot = "slot" if self.slots == 1 else f"slot{self.slots}"
        yield f"const {slot} = ({shifted} * {choose.step}) % {choose.total}; // by turns: exact shares"
        below = 0
        for number, branch in enumerate(choose.branches):
            below += branch.weight
            head = f"if ({slot} < {below}) {{" if number == 0 else f"}} else if ({slot} < {below}) {{"
            if number and below == choose.total:
                head = "} else {"
            yield f"{head} // {comment(branch.name)}"
            yield from self._steps(branch.steps, 1)
        yield "}"

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> Iterator[str]:
        yield from self._address(call)
        yield from self._send(call)
        keeps = self._keeps(call)
        if call.ends_iteration:  # then nobody sees what is captured of a wrong answer
            yield from keeps
            captured = {capture.path: self.names.of("capture", capture.name) for capture in call.captures}
            yield from self._verify(call, "", captured)
            yield f"if (!ok) {self._ends_early()}"
            yield from self._metrics(call, "res.timings.duration")
            return
        yield from self._verify(call, "", {})
        keeps += self._metrics(call, "res.timings.duration")
        if keeps:
            yield "if (ok) {"
            yield from (f"{INDENT}{line}" for line in keeps)
            yield "}"

    def _keeps(self, call: Call) -> list[str]:
        return [f"{self.names.of('capture', one.name)} = {found(one.path)};" for one in call.captures]

    def _ends_early(self) -> str:
        pause = self.scenario.pause_ms
        if is_open(self.scenario.load) or not pause:
            return "return;"
        return f"return sleep({seconds(pause)});"

    def _metrics(self, call: Call, milliseconds: str) -> Iterator[str]:
        if call.time is not None:
            yield from self._sample(call.time, milliseconds)
        if call.count is not None:
            yield f"{self.names.of('metric', call.count)}.add(1);"

    def _sample(self, metric: str, milliseconds: str) -> Iterator[str]:
        yield f"{self.names.of('metric', metric)}.add({milliseconds});"
        if any(slo.subject == metric and slo.kind == "trend" for slo in self.plan.slos):
            yield f"sampled({js(metric)});"

    def _address(self, call: Call) -> Iterator[str]:
        """What a request needs before it is sent: the parts of its form, and its params."""
        self.expressions.role = next((role for role in self.plan.roles if role.name == call.role), None)
        if call.request.body and sends_form(call):
            yield from f"form = {self.expressions.body(call.request.body, 0)};".splitlines()
        yield from f"call = {self.params.of(call)};".splitlines()

    def _send(self, call: Call) -> Iterator[str]:
        request = call.request
        body = "form.body" if sends_form(call) else "null"
        if request.body and not sends_form(call):
            body = self.expressions.body(request.body, 1)
        arguments = [js(request.method), self.expressions.url(request), body, "call"]
        function = (
            f"http.{request.method.lower()}"
            if request.method in ("GET", "POST", "PUT", "PATCH", "HEAD")
            else ""
        )
        if request.method == "DELETE":
            function = "http.del"
        if function:
            arguments = arguments[1:]
        if request.method in ("GET", "HEAD") and not request.body:
            arguments = [arguments[0], arguments[-1]]
        elif request.method in ("GET", "HEAD"):
            function, arguments = "", [js(request.method), *arguments]
        line = bracketed(f"{function or 'http.request'}(", arguments, ")", 0)
        yield from f"res = {line};".splitlines()

    def _verify(self, call: Call, until: str, captured: Mapping[JsonPath, str]) -> Iterator[str]:
        """`captured`: the variables that hold what stands at a path already."""
        checks = [
            f"{js(check.name)}: {holds(check, 'res.status', 'res.timings.duration', _held(captured))}"
            for check in call.checks
        ]
        keeps = "ok = " if call.ends_iteration or call.captures or call.time or call.count or until else ""
        yield from f"{keeps}verify(call, {bracketed('{ ', checks, ' }', 0)});".splitlines()

    def _poll(self, poll: Poll) -> Iterator[str]:
        call = poll.call
        began = self.names.of("began", poll.verdict, "began")
        if call.time is not None:
            yield f"const {began} = Date.now();"
        address = list(self._address(call))
        if self.params.made_once(call):
            yield from address
            address.clear()
        yield "ok = false;"
        read = self._read(poll)
        if read:
            yield f"let {', '.join(read.values())};"
        yield f"for (let attempt = 1; attempt <= {poll.attempts} && !ok; attempt++) {{"
        yield f"{INDENT}if (attempt > 1) sleep({seconds(poll.every_ms)});"
        until = " && ".join(equals(condition, _held(read)) for condition in poll.until)
        for line in (*address, *self._send(call), *self._verify(call, until, {})):
            yield INDENT + line
        for path, variable in read.items():
            yield f"{INDENT}{variable} = {found(path)};"
        yield f"{INDENT}ok = ok && {until};"
        yield "}"
        yield from self._verdict(poll, began, read)

    def _read(self, poll: Poll) -> dict[JsonPath, str]:
        """The variables for what the conditions of a poll ask about more than once."""
        asked = Counter(condition.path for condition in (*poll.until, *poll.fail_on))
        return {
            path: self.names.of(f"{written(path)} of {poll.verdict}", str(path[-1]) if path else "body")
            for path, times in asked.items()
            if times > 1
        }

    def _verdict(self, poll: Poll, began: str, read: Mapping[JsonPath, str]) -> Iterator[str]:
        call = poll.call
        if call.time is not None:
            yield "if (ok) {"
            for line in self._sample(call.time, f"Date.now() - {began}"):
                yield INDENT + line
            yield "}"
        if poll.fail_on:
            yield f"ok = ok && {none_holds(poll.fail_on, _held(read))};"
        yield f"check(null, {{ {js(poll.verdict)}: ok }}, call.tags);"
        yield f"sampled({js(poll.verdict)});"
        keeps = self._keeps(call)
        if call.count is not None:
            keeps.append(f"{self.names.of('metric', call.count)}.add(1);")
        if call.ends_iteration:
            yield f"if (!ok) {self._ends_early()}"
            yield from keeps
        elif keeps:
            yield "if (ok) {"
            yield from (f"{INDENT}{line}" for line in keeps)
            yield "}"


def _held(variables: Mapping[JsonPath, str]) -> Callable[[JsonPath], str]:
    """What stands at a path: in a variable that holds it already, or found in the answer."""
    return lambda path: variables.get(path) or found(path)
