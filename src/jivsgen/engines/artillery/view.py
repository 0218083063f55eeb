"""A plan as Artillery will say it: the lines of the YAML, and the functions of the processor."""

from __future__ import annotations

from dataclasses import dataclass

from jivsgen.engines.artillery.flow import FlowWriter
from jivsgen.engines.artillery.loads import Phase, approximations, phases, table
from jivsgen.engines.artillery.metrics import Metrics, conditions
from jivsgen.engines.artillery.values import Expressions
from jivsgen.engines.header import header
from jivsgen.engines.javascript import bracketed, member
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, yaml
from jivsgen.plan.model import Plan, Role, Scenario, is_open

EXITS = "0 fine, 1 an SLO was missed, the login was refused or a variable is not set, 11 the script is broken"
TAKEN = frozenset(
    [
        "readFileSync",
        "cpus",
        "threadId",
        "BASE_URL",
        "ENVIRONMENT",
        "LOADS",
        "WORKERS",
        "readEnvironment",
        "arrive",
        "begin",
        "nextIteration",
        "end",
        "judge",
        "unanswered",
        "json",
        "at",
        "rows",
        "context",
        "events",
        "done",
        "req",
        "res",
        "again",
        "value",
        "pick",
        "today",
        "bare",
        "randomInt",
        "randomString",
        "startPoll",
        "poll",
        "endPoll",
        "startGroup",
        "endGroup",
        "choose",
        "think",
        "started",
        "running",
        "taken",
        "counts",
        "arrivals",
        "target",
        "turn",
        "place",
        "open",
        "limits",
        "watch",
        "aborted",
        "expected",
        "passed",
        "sample",
        "process",
        "console",
        "JSON",
        "Date",
        "Math",
        "Object",
        "Array",
        "String",
        "Number",
        "Buffer",
        "crypto",
        "encodeURIComponent",
        "undefined",
        "setTimeout",
        "URL",
    ]
)


@dataclass(frozen=True, slots=True)
class RoleView:
    """`function`: base name of its hooks; `headers` the (variable, expression) pairs that a user needs."""

    name: str
    label: str
    accepts: str
    token: str
    path: str
    store: str
    pool: str


@dataclass(frozen=True, slots=True)
class View:
    """Both files."""

    header: list[str]
    name: str
    target: str
    timeout: str
    insecure: bool
    phases: list[Phase]
    conditions: list[str]
    before: list[str]
    flow: list[str]
    base_url: str
    base_path: str
    environment: str
    feeds: list[tuple[str, str]]
    roles: list[RoleView]
    loads: list[str]
    is_closed: list[bool]
    has_closed: bool
    has_open: bool
    arrival: list[str]
    beginnings: list[list[str]]
    hooks: list[list[str]]
    exports: list[str]
    pauses: list[str]
    needs: frozenset[str]
    has_unique: bool
    all_metrics: bool
    counts_time: bool
    watches: list[str]

    @classmethod
    def of(cls, plan: Plan) -> View:
        """The view of a plan."""
        names = Identifiers(TAKEN)
        expressions = Expressions(names)
        metrics = Metrics(plan)
        writer = FlowWriter(plan, names, expressions, metrics)
        roles = [_role(role, names) for role in plan.roles if role.login]
        before = writer.before()
        flow = writer.scenarios()
        arrival = _arrival(plan, expressions, writer)
        feeds = [(names.of("feed", f.name), js(f.file)) for f in plan.feeds]
        feeds += [(names.of("feed", f"users of {r.name}"), js(r.users.file)) for r in plan.roles if r.users]
        closed = [not is_open(s.load) for s in plan.scenarios]
        required = [variable.name for variable in plan.environment if variable.default is None]
        return cls(
            header=header(plan, f"artillery run {plan.name}.yml", EXITS, approximations(plan)),
            name=plan.name,
            target=yaml(plan.target.base_url),
            timeout=f"{plan.target.timeout_ms / 1000:g}",
            insecure=plan.target.insecure_tls,
            phases=phases(plan),
            conditions=conditions(plan, metrics),
            before=before,
            flow=flow,
            base_url=js(plan.target.base_url),
            base_path=js(plan.target.base_path) if plan.target.base_path else "",
            environment="[" + ", ".join(js(name) for name in required) + "]",
            feeds=feeds,
            roles=roles,
            loads=table(plan),
            is_closed=closed,
            has_closed=any(closed),
            has_open=not all(closed),
            arrival=arrival,
            beginnings=[_beginning(scenario, names, writer) for scenario in plan.scenarios],
            hooks=writer.hooks,
            exports=writer.exports,
            pauses=[str(scenario.pause_ms) for scenario in plan.scenarios],
            needs=frozenset(expressions.needs | writer.needs),
            has_unique="unique" in expressions.needs,
            all_metrics=any(slo.kind == "all" for slo in plan.slos),
            counts_time=any(slo.stat == "rate" for slo in plan.slos),
            watches=_watches(plan, metrics),
        )


def _role(role: Role, names: Identifiers) -> RoleView:
    login = role.login
    assert login is not None
    pool = names.of("feed", f"users of {role.name}") if role.users else ""
    return RoleView(
        name=names.of("login", role.name, "login as"),
        label=js(f"login as {role.name}"),
        accepts="[" + ", ".join(map(str, login.statuses)) + "]",
        token=member("json(res)", login.token),
        path="$" + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in login.token),
        store=f"tokens_{role.name}",
        pool=pool,
    )


def _arrival(plan: Plan, expressions: Expressions, writer: FlowWriter) -> list[str]:
    """What a new user knows: the headers of each role."""
    lines = []
    for role in plan.roles:
        expressions.role_token = (
            f"value.tokens_{role.name}[(value.vu - 1) % value.tokens_{role.name}.length]"
            if role.users
            else f"value.tokens_{role.name}[0]"
        )
        for variable, text in writer.role_headers(role):
            lines.append(f"value.{variable} = {expressions.text(text)};")
    return lines


def _beginning(scenario: Scenario, names: Identifiers, writer: FlowWriter) -> list[str]:
    """What an iteration of the scenario begins with: its row of each feed."""
    lines = []
    for feed in writer.feeds_of(scenario):
        rows = names.of("feed", feed.name)
        row = f"context.rows.{feed.name}"
        if feed.order == "random":
            lines.append(f"{row} = {rows}[Math.floor(Math.random() * {rows}.length)];")
            continue
        if feed.at_end == "stop":
            lines.append(f"if (context.n >= {rows}.length) value.going = []; // every row was used")
        lines.append(f"{row} = {rows}[context.n % {rows}.length];")
    return lines


def _watches(plan: Plan, metrics: Metrics) -> list[str]:
    """Limits that end the run: [key of the subject, stat, relation, limit]."""
    found = []
    for slo in plan.slos:
        if slo.abort:
            key = metrics.key(slo.kind, slo.subject)
            found.append(bracketed("[", [js(key), js(slo.stat), js(slo.relation), f"{slo.limit:g}"], "]", 1))
    return found
