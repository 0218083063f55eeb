"""A plan as Artillery will say it: the lines of the YAML, and the functions of the processor."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from jivsgen.engines.artillery.approximations import approximations
from jivsgen.engines.artillery.hooks import ANSWER, Hook, Hooks
from jivsgen.engines.artillery.loads import divides_users, pause_ms, phases, places, rule, takes_places, turns
from jivsgen.engines.artillery.metrics import Metrics, number, share
from jivsgen.engines.artillery.requests import RequestWriter, role_variable
from jivsgen.engines.artillery.steps import StepWriter
from jivsgen.engines.artillery.values import Expressions, captured, token_variable
from jivsgen.engines.header import header
from jivsgen.engines.javascript import bracketed, member
from jivsgen.engines.naming import Identifiers, scenario_digits
from jivsgen.engines.quoting import js, yaml
from jivsgen.plan.model import Feed, JsonPath, Login, Plan, Role, Scenario, Slo, calls, is_open
from jivsgen.plan.parts import parts_of
from jivsgen.profile.values import Column, Variable

EXITS = "0 fine, 1 an SLO was missed, the login was refused or a variable is not set, 11 an exception in the processor"
TAKEN = frozenset(
    [
        "ABORTED",
        "BEYOND",
        "LOADS",
        "PLACES",
        "WATCHED",
        "aborted",
        "again",
        "answer",
        "arrivals",
        "asked",
        "bare",
        "base_url",
        "begin",
        "checked",
        "console",
        "constantVus",
        "context",
        "cpus",
        "crypto",
        "decodeAnswers",
        "decoding",
        "done",
        "dropped",
        "elapsed",
        "encodeURIComponent",
        "endIteration",
        "ended",
        "env",
        "error",
        "events",
        "form",
        "multipart",
        "free",
        "funcs",
        "getEnvironmentData",
        "headerText",
        "isMainThread",
        "iteration",
        "json",
        "judge",
        "n",
        "nextIteration",
        "ofUser",
        "parallel",
        "pass",
        "performance",
        "perVuIterations",
        "pick",
        "place",
        "process",
        "rampingVus",
        "randomInt",
        "randomString",
        "readEnvironment",
        "readFileSync",
        "record",
        "req",
        "res",
        "rows",
        "cookies",
        "cookieText",
        "run",
        "sample",
        "scenario",
        "segment",
        "setEnvironmentData",
        "setInterval",
        "setTimeout",
        "sharedIterations",
        "start",
        "takePlace",
        "takeTurn",
        "target",
        "then",
        "today",
        "unanswered",
        "undefined",
        "unique",
        "user",
        "vars",
        "verdict",
        "vu",
        "waiting",
        "watch",
        "wellFormed",
        "Array",
        "Atomics",
        "Boolean",
        "Buffer",
        "Date",
        "Error",
        "Infinity",
        "Int32Array",
        "JSON",
        "Map",
        "Math",
        "Number",
        "Object",
        "Promise",
        "Set",
        "SharedArrayBuffer",
        "String",
        "Symbol",
        "URL",
    ]
)


class View(Struct, frozen=True):
    """Both files. `begin`: what an iteration begins with; `dress`: what a user is given when it arrives; `most_users`:
    how many Artillery divides among its workers, 0 where it does not."""

    name: str
    header: list[str]
    target: str
    timeout: str
    insecure: bool
    phases: list[str]
    conditions: list[str]
    before: list[str]
    flow: list[str]
    base_url: str
    base_path: str
    servers: list[tuple[str, str, str]]
    required: str
    has_run: bool
    feeds: list[tuple[str, str]]
    files: list[tuple[str, str]]
    pools: list[str]
    logins: list[Hook]
    hooks: list[Hook]
    most_users: int
    loads: list[str]
    rules: frozenset[str]
    opens: str
    dress: list[str]
    begin: list[str]
    has_begin: bool
    uses_vu: bool
    begin_reads_load: bool
    reads_json: bool
    needs: frozenset[str]
    has_n: bool
    all_counts: bool
    all_ms: bool
    has_length: bool
    beyond: list[str]
    watched: list[str]

    @classmethod
    def of(cls, plan: Plan) -> View:
        """The view of a plan."""
        return _Writer(plan).view()


class _Writer:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.places = takes_places(plan)
        self.names = Identifiers(TAKEN)
        self.expressions = Expressions(self.names)
        self.metrics = Metrics(plan)
        self.hooks = Hooks(self.names)
        self.logins = Hooks(self.names)
        for feed in plan.feeds:
            self.names.of("feed", feed.name)
        steps = RequestWriter(plan, self.names, self.expressions, self.hooks)
        self.steps = StepWriter(
            plan, self.places, self.names, self.expressions, self.metrics, self.hooks, steps
        )
        self.parts = {part for call in calls(plan) for part in parts_of(call.request)}

    def view(self) -> View:
        plan = self.plan
        before = self._before()
        dress = self._dress()
        flow = self._flow()
        begin = self._begin()
        has_length = any(slo.stat == "rate" for slo in plan.slos)
        has_begin = bool(begin or dress or has_length)
        functions = [*self.logins.functions, *self.hooks.functions]
        reads_json = any("json(res)" in line for hook in functions for line in hook.lines)
        if has_begin and not self.places:
            flow = ["- function: begin", *flow]
        if reads_json:
            flow = ["- function: decodeAnswers", *flow]
        unset = [variable.name for variable in plan.environment if variable.default is None]
        kinds = [slo.stat for slo in plan.slos if slo.kind == "all"]
        needs = self.expressions.needs | self.steps.needs
        return View(
            name=plan.name,
            header=header(plan, f"artillery run {plan.name}.yml", EXITS, approximations(plan)),
            target=yaml(plan.target.base_url),
            timeout=number(plan.target.timeout_ms / 1000),
            insecure=plan.target.insecure_tls,
            phases=phases(plan),
            conditions=self.metrics.conditions(),
            before=before,
            flow=flow,
            base_url=js(plan.target.base_url),
            base_path=js(plan.target.base_path) if plan.target.base_path else "",
            servers=[
                (
                    server.variable.lower(),
                    server.variable,
                    js(server.url) if server.url else "url.split('/', 3).join('/')",
                )
                for server in plan.servers
            ],
            required="[" + ", ".join(js(name) for name in unset) + "]" if unset else "",
            has_run=Variable("unique") in self.parts,
            feeds=self._feeds(),
            files=[(self.expressions.file(file), js(f"./{file.name}")) for file in plan.uploads],
            pools=[self._pool(role) for role in plan.roles if role.users and role.login],
            logins=self.logins.functions,
            hooks=self.hooks.functions,
            most_users=places(plan.scenarios[0]) if divides_users(plan) else 0,
            loads=[self._load(scenario, begin) for scenario in plan.scenarios],
            rules=frozenset(rule(scenario) for scenario in plan.scenarios) if self.places else frozenset(),
            opens=self._opens(),
            dress=dress,
            begin=begin,
            has_begin=has_begin,
            uses_vu=self._uses_vu(),
            begin_reads_load=self._opens() == "some" or any("load." in line for line in begin),
            reads_json=reads_json,
            needs=frozenset(needs),
            has_n=any("context.n" in line for line in begin),
            all_counts=any(stat in ("errors", "rate") for stat in kinds),
            all_ms=any(stat not in ("errors", "rate") for stat in kinds),
            has_length=has_length,
            beyond=self._beyond(),
            watched=[self._watched(slo) for slo in plan.slos if slo.abort],
        )

    # --- before the load ----------------------------------------------------------------------------

    def _before(self) -> list[str]:
        writer = RequestWriter(self.plan, self.names, self.expressions, self.logins)
        lines = ["- function: readEnvironment"]
        if any(role.login for role in self.plan.roles):
            lines.append("- function: decodeAnswers")
        for role in self.plan.roles:
            if role.login is None:
                continue
            label = f"login as {role.name}"
            self.expressions.role, self.expressions.row = role, "context.vars.user"
            members = writer.members(label, role.login.request, None)
            self.expressions.row = ""
            answered = self.logins.add(f"logged in as {role.name}", ANSWER, self._logged_in(role, role.login))
            members = ["<<: *http", *members, f"afterResponse: {answered}"]
            request = [f"- {role.login.request.method.lower()}:", *(f"    {line}" for line in members)]
            if role.users:
                users = self._pool(role)
                lines += ["- loop: # one login a row", *(f"    {line}" for line in request)]
                lines += [f"  over: {users}", "  loopElement: user"]
            else:
                lines += request
        return lines

    def _logged_in(self, role: Role, login: Login) -> list[str]:
        path, said = "$" + _written(login.token), js(f"login as {role.name}")[1:-1]
        accepted = " || ".join(f"res.statusCode === {status}" for status in login.statuses)
        accepted = accepted if len(login.statuses) == 1 else f"({accepted})"
        store = f"context.vars.{token_variable(role, self.names)}"
        keep = f"({store} ??= []).push(token);" if role.users else f"{store} = token;"
        return [
            f"const token = {accepted} ? {member('json(res)', login.token)} : undefined;",
            f"if (!token) return done(new Error('{said}: ' + res.statusCode + {js(f', no {path}')}));",
            keep,
            "return done();",
        ]

    def _pool(self, role: Role) -> str:
        return self.names.of("feed", role.pool)

    def _feeds(self) -> list[tuple[str, str]]:
        pools = [(self._pool(role), js(role.users.file)) for role in self.plan.roles if role.users]
        return [*((self.names.of("feed", feed.name), js(feed.file)) for feed in self.plan.feeds), *pools]

    # --- users and iterations -----------------------------------------------------------------------

    def _dress(self) -> list[str]:
        """The headers of the roles, once a user."""
        lines = []
        for role in self.plan.roles:
            self.expressions.role = role
            for name, text in role.headers:
                if variable := role_variable(role, name, self.names):
                    self.expressions.needs.add("header")
                    lines.append(f"context.vars.{variable} = headerText({self.expressions.text(text)});")
        return lines

    def _begin(self) -> list[str]:
        lines = []
        if self._counts():
            lines.append(
                "context.n = load.n++;" if self.places else "context.n = Atomics.add(arrivals, 0, 1);"
            )
        if self._uses_vu() and not self.places:
            lines.append("context.vars.vu = String(context.n + 1);")
        if Variable("unique") in self.parts:
            width = len(scenario_digits(0, len(self.plan.scenarios)))
            place = "load.index.toString(36)" + (f".padStart({width}, '0')" if width > 1 else "")
            middle = f"${{{place}}}" if self.places else ""
            lines.append(f"context.vars.unique = `${{context.vars.run}}{middle}${{context.n.toString(36)}}`;")
        if Variable("iteration") in self.parts:
            lines.append(
                "context.vars.iteration = String(user.iteration);"
                if self.places
                else "context.vars.iteration = '0';"
            )
        for feed in self.plan.feeds:
            if feed.name in {part.feed for part in self.parts if isinstance(part, Column)}:
                lines += self._row(feed)
        if self.places:
            lines += [f"{place} = undefined;" for place in self._stale()]
        return lines

    def _counts(self) -> bool:
        sequential = any(feed.order == "sequential" for feed in self.plan.feeds)
        arrivals = self._uses_vu() and not self.places
        return sequential or "n" in self.steps.needs or Variable("unique") in self.parts or arrivals

    def _uses_vu(self) -> bool:
        return Variable("vu") in self.parts or any(role.users for role in self.plan.roles)

    def _row(self, feed: Feed) -> list[str]:
        rows = self.names.of("feed", feed.name)
        if feed.order == "random":
            return [f"context.{rows} = {rows}[Math.floor(Math.random() * {rows}.length)];"]
        lines = []
        if feed.at_end == "stop":
            users = [scenario for scenario in self.plan.scenarios if self._reads(scenario, feed)]
            those = " || ".join(f"load.index === {scenario.index}" for scenario in users)
            guard = "" if len(users) == len(self.plan.scenarios) else f"({those}) && "
            lines.append(f"if ({guard}context.n >= {rows}.length) return false; // every row was used")
        return [*lines, f"context.{rows} = {rows}[context.n % {rows}.length];"]

    def _reads(self, scenario: Scenario, feed: Feed) -> bool:
        alone = calls(replace(self.plan, scenarios=(scenario,)))
        parts = (part for call in alone for part in parts_of(call.request))
        return any(isinstance(part, Column) and part.feed == feed.name for part in parts)

    def _stale(self) -> list[str]:
        """Captures of calls whose error does not end the iteration: none may be left from the one before."""
        found = []
        for call in calls(self.plan):
            for capture in () if call.ends_iteration else call.captures:
                name = captured(self.names, capture.name)
                found += [f"context.{name}", f"context.vars.{name}"]
        return list(dict.fromkeys(found))

    def _load(self, scenario: Scenario, begin: list[str]) -> str:
        members = [
            *([f"index: {scenario.index}"] if any("load.index" in line for line in begin) else []),
            *(["n: 0"] if self._counts() else []),
            f"name: {js(self._variable(scenario))}",
            f"users: {places(scenario)}",
            f"after: {number(scenario.start_after_ms / 1000)}",
            f"pause: {pause_ms(scenario)}",
            f"turn: {turns(scenario)}",
        ]
        return bracketed("{ ", members, " }", 1)

    def _variable(self, scenario: Scenario) -> str:
        return self.names.of("scenario", scenario.name)

    def _opens(self) -> str:
        """Whether the users of a load are new in each iteration: yes, no, or a question to the load."""
        kinds = {is_open(scenario.load) for scenario in self.plan.scenarios}
        return "some" if len(kinds) == 2 else "all" if True in kinds else ""

    def _flow(self) -> list[str]:
        if not self.places:
            return list(self.steps.lines(self.plan.scenarios[0].steps))
        lines = ["- loop:"]
        for scenario in self.plan.scenarios:
            lines += ["    - loop:", *(f"        {line}" for line in self.steps.lines(scenario.steps))]
            lines.append(f"      over: {self._variable(scenario)}")
        return [*lines, "  whileTrue: nextIteration"]

    # --- limits -------------------------------------------------------------------------------------

    def _beyond(self) -> list[str]:
        rows = []
        for key in self.metrics.subjects():
            for beyond in self.metrics.over(key):
                test = f"(ms) => ms {beyond.side} {beyond.limit}"
                rows.append(f"[{js(key)}, {js(beyond.counter)}, {test}]")
        return list(dict.fromkeys(rows))

    def _watched(self, slo: Slo) -> str:
        """A limit that ends the run: its metric, what counts as beyond it, and whether the tally meets it."""
        key, limit, relation = self.metrics.key(slo.kind, slo.subject), number(slo.limit), slo.relation
        beyond = f"(ms) => ms {'>' if relation == '<=' else '<'} {limit}"
        found = {
            "errors": f"t.errors / t.requests {relation} {limit}",
            "rate": f"t.requests / seconds {relation} {limit}",
            "avg": f"t.sum / t.samples {relation} {limit}",
            "max": "t.beyond === 0" if relation == "<=" else "t.beyond < t.samples",
            "min": "t.beyond === 0" if relation == ">=" else "t.beyond < t.samples",
        }.get(slo.stat)
        if found is None:
            left = number(share(slo.stat))
            found = (
                f"t.beyond / t.samples <= {left}"
                if relation == "<="
                else f"t.beyond / t.samples < {number(1 - share(slo.stat))}"
            )
        text = js(f"{slo.subject} {slo.stat} {relation} {limit}")
        return f"{{ of: {js(key)}, text: {text}, isBeyond: {beyond}, meets: (t, seconds) => {found} }}"


def _written(path: JsonPath) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
