"""The flow of a scenario in YAML, and with it the functions that judge its answers.

Where users take places (`places`), an iteration that ends early is left where it stands, and the outer loop goes on with
the next one; where Artillery itself makes arrivals, the virtual user fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from msgspec import Struct, field

from jivsgen.engines.artillery.hooks import AGAIN, ANSWER, STEP, Hooks
from jivsgen.engines.artillery.metrics import Metrics
from jivsgen.engines.artillery.requests import RequestWriter
from jivsgen.engines.artillery.values import Expressions, captured, found
from jivsgen.engines.javascript import bracketed, equals, holds, none_holds
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import comment, js
from jivsgen.plan.model import (
    Call,
    Capture,
    Choose,
    Group,
    Plan,
    Poll,
    PresentCheck,
    Repeat,
    Step,
    Think,
    ValueCheck,
    calls,
)
from jivsgen.plan.parts import texts_beside_url
from jivsgen.plan.texts import segments
from jivsgen.profile import values


class StepWriter(Struct, dict=True):
    """Writes steps; `needs` names the parts of the processor that they call."""

    plan: Plan
    places: bool
    names: Identifiers
    expressions: Expressions
    metrics: Metrics
    hooks: Hooks
    requests: RequestWriter
    needs: set[str] = field(default_factory=set)
    _passes: list[tuple[str, int]] = field(default_factory=list)
    _marks: int = 0

    def lines(self, steps: tuple[Step, ...]) -> Iterator[str]:
        """The entries of a `flow` or a `loop`."""
        for step in steps:
            yield from self._step(step)

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Call():
                yield from self._request(step, lambda: self._answer(step))
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

    # --- calls --------------------------------------------------------------------------------------

    def _request(self, call: Call, answer: Callable[[], str]) -> Iterator[str]:
        role = next((role for role in self.plan.roles if role.name == call.role), None)
        yield f"- {call.request.method.lower()}:"
        members = self.requests.members(self.metrics.label(call.name), call.request, role)
        yield from (f"    {line}" for line in ["<<: *http", *members, f"afterResponse: {answer()}"])

    def _answer(self, call: Call) -> str:
        """The function that sees the answer of a call."""
        kept = self._kept(call, "elapsed(res)")
        judged = self._judged(call, bool(call.captures))
        if call.ends_iteration:
            lines = [*_assigned(judged), f"if (!ok) {self._end(call.name)}", *kept]
        elif kept:
            lines = [*_assigned(judged), "if (ok) {", *(f"  {line}" for line in kept), "}"]
        else:
            lines = _joined(judged)
        return self.hooks.add(call.name, ANSWER, [*lines, "return done();"])

    def _judged(self, call: Call, reads_body: bool) -> list[str]:
        """`const body`, where something reads it, and the judgement as an expression, last."""
        reads = reads_body or any(isinstance(check, PresentCheck | ValueCheck) for check in call.checks)
        checks = [
            f"{js(check.name)}: {holds(check, 'res.statusCode', 'elapsed(res)', found)}"
            for check in call.checks
        ]
        object_ = bracketed("{ ", checks, " }", 0)
        return [*(["const body = json(res);"] if reads else []), f"judge(req, res, events, {object_})"]

    def _end(self, what: str) -> str:
        """The statement that ends the iteration inside a hook."""
        if self.places:
            return "return endIteration(context);"
        return f"return done(new Error({js(f'{what} failed')}));"

    def _kept(self, call: Call, milliseconds: str) -> list[str]:
        """What a call that was no error leaves behind."""
        lines = [line for capture in call.captures for line in self._capture(capture)]
        if call.time is not None:
            lines += self._sample(call.time, milliseconds)
        if call.count is not None:
            lines.append(f"events.emit('counter', {js(self.metrics.key('count', call.count))}, 1);")
        return lines

    def _sample(self, trend: str, milliseconds: str) -> list[str]:
        key = self.metrics.key("trend", trend)
        lines = [f"events.emit('histogram', {js(f'{key}.ms')}, {milliseconds});"]
        if self.metrics.over(key):
            lines = [f"sample(events, {js(key)}, {milliseconds});"]
        if self.metrics.is_watched(key):
            lines.append(f"watch(events, {js(key)}, 0, {milliseconds});")
        return lines

    def _capture(self, capture: Capture) -> Iterator[str]:
        """As it is for bodies and headers, percent-encoded for URLs: whatever reads it."""
        name, source = captured(self.names, capture.name), found(capture.path)
        beside, alone = capture.name in self.requests.read_beside_segments, capture.name in self._segments
        self.needs.add("wellFormed")
        if capture.name in self._read_elsewhere or not (beside or alone):
            yield f"context.{name} = wellFormed({source});"
        if beside:
            yield f"context.vars.{name} = encodeURIComponent(wellFormed({source}));"
        if alone:
            self.needs.add("segment")
            yield f"context.vars.{self.requests.segment(capture.name)} = segment(wellFormed({source}));"

    @cached_property
    def _segments(self) -> frozenset[str]:
        """The names of the captures that are a segment of a path."""
        urls = (call.request.url for call in calls(self.plan))
        return frozenset(_captured([url[number] for number in segments(url)] for url in urls))

    @cached_property
    def _read_elsewhere(self) -> frozenset[str]:
        """The names of those that stand in a header or a body."""
        return frozenset(
            _captured(text for call in calls(self.plan) for text in texts_beside_url(call.request))
        )

    # --- polls --------------------------------------------------------------------------------------

    def _poll(self, poll: Poll) -> Iterator[str]:
        call = poll.call
        label = call.name
        later = bool(poll.fail_on or call.captures)
        judged = self._judged(call, True)
        until = " && ".join(equals(condition, found) for condition in poll.until)
        lines = [*_assigned(judged), f"context.ended = ok && {until};"]
        if later:
            lines.append("context.answer = body;")
        lines.append("return done();")
        if call.time is not None:
            start = ["context.asked = performance.now();", "return done();"]
            yield f"- function: {self.hooks.add(f'start {label}', STEP, start)}"
        attempts = self._counter("attempt")
        yield "- loop:"
        yield from (
            f"    {line}" for line in self._request(call, lambda: self.hooks.add(label, ANSWER, lines))
        )
        again = [
            f"if (context.ended || context.vars.{attempts} >= {poll.attempts}) return again(false);",
            f"setTimeout(again, {poll.every_ms}, true);",
        ]
        yield f"  whileTrue: {self.hooks.add(f'{label} again', AGAIN, again)}"
        yield f"  loopValue: {attempts}"
        yield f"- function: {self.hooks.add(f'{label} ended', STEP, self._verdict(poll))}"

    def _verdict(self, poll: Poll) -> list[str]:
        call, key = poll.call, self.metrics.key("check", poll.verdict)
        passed = "context.ended"
        lines: list[str] = []
        if poll.fail_on or call.captures:
            lines.append("const body = context.answer;")
        if poll.fail_on:
            passed = f"context.ended && {none_holds(poll.fail_on, found)}"
        if call.time is not None:
            sample = self._sample(call.time, "performance.now() - context.asked")
            lines += ["if (context.ended) {", *(f"  {line}" for line in sample), "}"]
        lines.append(f"const passed = {passed};")
        lines.append(f"verdict(events, {js(key)}, passed);")
        self.needs.add("verdict")
        kept = [line for capture in call.captures for line in self._capture(capture)]
        if call.count is not None:
            kept.append(f"events.emit('counter', {js(self.metrics.key('count', call.count))}, 1);")
        if call.ends_iteration:
            lines += [f"if (!passed) {self._end(call.name)}", *kept]
        elif kept:
            lines += ["if (passed) {", *(f"  {line}" for line in kept), "}"]
        elif lines[-2:] == ["const passed = context.ended;", lines[-1]]:
            lines[-2:] = [f"verdict(events, {js(key)}, context.ended);"]
        return [*lines, "return done();"]

    # --- the rest -----------------------------------------------------------------------------------

    def _think(self, think: Think) -> str:
        low, high = think.min_ms, think.max_ms
        if low == high:
            return f"- think: {low // 1000}" if low % 1000 == 0 else f'- think: "{low}ms"'
        pause = f"setTimeout(done, {low} + Math.random() * {high - low});"
        return f"- function: {self.hooks.add(f'think {_spoken(low)} to {_spoken(high)}', STEP, [pause])}"

    def _group(self, group: Group) -> Iterator[str]:
        yield f"# {comment(group.name)}"
        if group.time is None:
            yield from self.lines(group.steps)
            return
        began = self.names.of(f"began {self._next()}", group.name, "began")
        start = [f"context.{began} = performance.now();", "return done();"]
        yield f"- function: {self.hooks.add(f'start {group.name}', STEP, start)}"
        yield from self.lines(group.steps)
        end = [*self._sample(group.time, f"performance.now() - context.{began}"), "return done();"]
        yield f"- function: {self.hooks.add(f'end {group.name}', STEP, end)}"

    def _repeat(self, repeat: Repeat) -> Iterator[str]:
        counter = self._counter("pass")
        self._passes.append((counter, repeat.times))
        yield "- loop:"
        yield from (f"    {line}" for line in self.lines(repeat.steps))
        yield f"  count: {repeat.times}"
        yield f"  loopValue: {counter}"
        self._passes.pop()

    def _counter(self, word: str) -> str:
        """The variable that Artillery counts the passes of a loop in."""
        return self.names.of(f"counter {self._next()}", word)

    def _next(self) -> int:
        self._marks += 1
        return self._marks

    def _choose(self, choose: Choose) -> Iterator[str]:
        self.needs.add("n")
        turn = "context.n"
        for counter, times in self._passes:
            turn = f"({turn} * {times} + context.vars.{counter})"
        shifted = f"({turn} + Math.floor({turn} / {choose.stride}))" if choose.stride else turn
        lines = [f"const slot = ({shifted} * {choose.step}) % {choose.total}; // by turns: exact shares"]
        number, below, loops = self._next(), 0, []
        for branch in choose.branches:
            prefix = "" if branch.name.startswith("branch") else "branch"
            variable = self.names.of(f"branch {number}", branch.name, prefix)
            above = below + branch.weight
            within = f"slot < {above}" if below == 0 else f"slot >= {below}" if above == choose.total else ""
            lines.append(
                f"context.vars.{variable} = {within or f'slot >= {below} && slot < {above}'} ? [true] : [];"
            )
            loops.append((variable, branch))
            below = above
        yield f"- function: {self.hooks.add('choose', STEP, [*lines, 'return done();'])}"
        for variable, branch in loops:
            yield f"- loop: # {branch.weight} of {choose.total}: {comment(branch.name)}"
            yield from (f"    {line}" for line in self.lines(branch.steps))
            yield f"  over: {variable}"


def _captured(texts: Iterable[Iterable[values.Part]]) -> Iterator[str]:
    return (part.name for text in texts for part in text if isinstance(part, values.Capture))


def _assigned(judged: list[str]) -> list[str]:
    return [*judged[:-1], *f"const ok = {judged[-1]};".split("\n")]


def _joined(judged: list[str]) -> list[str]:
    return [*judged[:-1], *f"{judged[-1]};".split("\n")]


def _spoken(milliseconds: int) -> str:
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
