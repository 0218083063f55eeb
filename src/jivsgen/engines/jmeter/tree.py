"""A plan as a tree of elements: the setUp with its logins, a thread group for each scenario, the results."""

from __future__ import annotations

from jivsgen.engines.jmeter.elements import (
    Cookies,
    Defaults,
    Element,
    Headers,
    Loop,
    Results,
    Script,
    SetUp,
    Threads,
)
from jivsgen.engines.jmeter.loads import described, longest_seconds, loops, threads
from jivsgen.engines.jmeter.metrics import Metrics
from jivsgen.engines.jmeter.quoting import groovy
from jivsgen.engines.jmeter.steps import ANSWER, NO_ROW, StepWriter, http, path_arguments, status_assertion
from jivsgen.engines.jmeter.values import Needs, Texts, basics_of, token_in, token_places
from jivsgen.engines.naming import scenario_digits
from jivsgen.plan.model import Call, Choose, Feed, Login, Plan, Poll, Role, Scenario, is_open, walk
from jivsgen.plan.parts import parts_of
from jivsgen.profile.values import Basic, Column, Text, Variable

_EXIT = (
    "// JMeter itself exits with 0 whatever happened. A run that was never set up ends with 98.",
    "props.remove('run')",
    "if (System.getProperty('JMeter.NonGui')) Runtime.runtime.addShutdownHook(new Thread({",
    "    int code = 98",
    "    try { code = props.run ? props.run.verdict.call() : 98 } catch (Throwable broken) { broken.printStackTrace() }",
    "    System.out.flush()",
    "    if (code) Runtime.runtime.halt(code)",
    "}))",
    NO_ROW,
)


def tree_of(plan: Plan, needs: Needs, metrics: Metrics) -> tuple[Element, ...]:
    everywhere = Texts("")
    elements: list[Element] = [Defaults(plan.target.timeout_ms), Cookies()]
    if plan.target.headers:
        headers = tuple((name, everywhere.property(text, "header")) for name, text in plan.target.headers)
        elements.append(Headers("headers of every request", headers))
    elements.append(_setup(plan))
    elements += [_scenario(plan, scenario, needs, metrics) for scenario in plan.scenarios]
    if any(slo.abort for slo in plan.slos):
        elements.append(Script("JSR223Listener", "watch the limits", (
            "boolean answered = !sampleResult.responseCode.startsWith('Non HTTP'), call = !answered || sampleResult.URL != null",
            "def times = [sampleResult.startTime, sampleResult.time, sampleResult.connectTime]",
            "props.watch.judge.add(sampleResult.sampleLabel, call, answered, sampleResult.successful, *times)",
        )))  # fmt: skip
    elements.append(Results(f"${{__P(jtl,{plan.name}.jtl)}}"))
    return tuple(elements)


def _setup(plan: Plan) -> Threads:
    logins = (_login(role, role.login) for role in plan.roles if role.login)
    children = (Script("JSR223Sampler", "say how the run ended", _EXIT), SetUp(), *logins)
    return Threads("SetupThreadGroup", "setUp", 1, 1, True, children, on_error="stoptest")


def _login(role: Role, login: Login) -> Element:
    texts = Texts("", role)
    headers = [(name, texts.property(text, "header")) for name, text in login.request.headers]
    script = Script("JSR223Assertion", "keep the token", (
        ANSWER,
        f"answer.present('has a token'{path_arguments(login.token)})",
        f"props.run.login({groovy(role.name)}, answer{path_arguments(login.token)})",
    ))  # fmt: skip
    request = http(
        login.request,
        f"login as {role.name}",
        texts,
        headers,
        [status_assertion(f"answers {' or '.join(map(str, login.statuses))}", login.statuses), script],
    )
    if role.users is None:
        return request
    becomes = _user(role, login.request.headers, f"vars.get('__jm__{role.pool}__idx') as long")
    return Loop(
        role.pool, role.users.rows, (Script("JSR223Sampler", "next user", (*becomes, NO_ROW)), request)
    )


def _user(role: Role, headers: tuple[tuple[str, Text], ...], number: str) -> list[str]:
    """The Groovy that puts a user of the role's pool into the variables, with what it shows in the headers."""
    return [
        f"props.run.feeds[{groovy(role.pool)}].put(vars, {number}, true)",
        *(f"vars.put({groovy(name)}, {made})" for name, made in basics_of(role, headers)),
    ]


def _scenario(plan: Plan, scenario: Scenario, needs: Needs, metrics: Metrics) -> Threads:
    roles = {role.name: role for role in plan.roles}
    used = {call.role for call in _calls(scenario)}
    only = used.pop() if len(used) == 1 else None
    common = roles[only] if only else None
    writer = StepWriter(scenario, roles, common, needs, metrics)
    children: list[Element] = [Script("JSR223Sampler", "next iteration", tuple(_iteration(plan, scenario)))]
    if headers := writer.headers(common, Texts(writer.iteration)):
        children.append(Headers(f"as {only}", tuple(headers)))
    children += writer.steps(scenario.steps)
    return Threads(
        "ThreadGroup", scenario.name, threads(scenario.load), loops(scenario.load), not is_open(scenario.load),
        tuple(children), longest_seconds(scenario),
    )  # fmt: skip


def _iteration(plan: Plan, scenario: Scenario) -> list[str]:
    """The Groovy that begins an iteration: it waits for its turn, then says what is the iteration's own."""
    parts = {part for call in _calls(scenario) for part in parts_of(call.request)}
    inner: list[str] = []
    if any(isinstance(step, Choose) for step in walk(scenario.steps)):
        inner.append("vars.putObject('n', n)")
    if Variable("unique") in parts:
        inner.append(
            f"vars.put('unique', props.run.unique({groovy(scenario_digits(scenario.index, len(plan.scenarios)))}, n))"
        )
    feeds = {part.feed for part in parts if isinstance(part, Column)}
    for feed in (feed for feed in plan.feeds if feed.name in feeds):
        inner += _row(feed, scenario)
    callers = {call.role for call in _calls(scenario)}
    for role in (role for role in plan.roles if role.users and role.name in callers):
        shown = {part for _, text in role.headers for part in text} | {
            part for call in _calls(scenario) if call.role == role.name for part in parts_of(call.request)
        }
        if any(isinstance(part, Basic) or (isinstance(part, Column) and part.is_of_user) for part in shown):
            inner += _user(role, role.headers, "ctx.threadNum")
        if role.login is None:
            continue
        tokens = f"props.run.tokens.{role.name}"
        user = f"{tokens}[ctx.threadNum % {tokens}.size()]"
        inner.append(f"vars.put('{role.name}.token', {user})")
        inner += [
            f"vars.put({groovy(token_in(role, place))}, props.run.quoted({groovy(place)}, {user}))"
            for place in token_places(plan, role)
        ]
    lines = [f"// {described(scenario.load)}", f"def n = props.run.loads[{groovy(scenario.name)}].next(ctx)"]
    if not inner:
        return [*lines, "if (n < 0) ctx.thread.stop()", NO_ROW]
    return [
        *lines,
        "if (n < 0) {",
        "    ctx.thread.stop()",
        "} else {",
        *(f"    {line}" for line in inner),
        "}",
        NO_ROW,
    ]


def _row(feed: Feed, scenario: Scenario) -> list[str]:
    rows = f"props.run.feeds.{feed.name}"
    if feed.order == "random":
        return [f"{rows}.putAny(vars)"]
    if feed.at_end == "recycle":
        return [f"{rows}.put(vars, n, true)"]
    idle = [] if is_open(scenario.load) else ["    sleep(1000)"]
    action = "org.apache.jmeter.threads.JMeterContext.TestLogicalAction.START_NEXT_ITERATION_OF_THREAD"
    return [
        f"if (!{rows}.put(vars, n, false)) {{ // every row was used",
        *idle,
        f"    SampleResult.testLogicalAction = {action}",
        "}",
    ]


def _calls(scenario: Scenario) -> list[Call]:
    steps = list(walk(scenario.steps))
    return [step.call if isinstance(step, Poll) else step for step in steps if isinstance(step, Call | Poll)]
