"""A plan as k6 will say it: ready strings, in the order in which the template prints them."""

from __future__ import annotations

from msgspec import Struct

from jivsgen.engines.header import header
from jivsgen.engines.javascript import bracketed, template_text
from jivsgen.engines.k6.options import options, thresholds
from jivsgen.engines.k6.params import Params
from jivsgen.engines.k6.steps import StepWriter
from jivsgen.engines.k6.values import Expressions, found
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.plan.model import Login, Multipart, Plan, Role, calls, is_open
from jivsgen.profile.json_path import written

TAKEN = frozenset(
    [
        "http",
        "check",
        "fail",
        "sleep",
        "encoding",
        "exec",
        "SharedArray",
        "Counter",
        "Rate",
        "Trend",
        "BASE_URL",
        "errors",
        "samples",
        "seen",
        "sampled",
        "slot",
        "attempt",
        "options",
        "setup",
        "guarded",
        "verify",
        "json",
        "rows",
        "bare",
        "cookieText",
        "origin",
        "headerText",
        "randomInt",
        "randomString",
        "pick",
        "today",
        "data",
        "run",
        "unique",
        "n",
        "res",
        "ok",
        "encoding",
        "form",
        "multipart",
        "utf8",
        "Uint8Array",
        "call",
        "calls",
        "prepare",
        "ofUser",
        "baseUrl",
        "required",
        "login",
        "requireEnvironment",
        "console",
        "JSON",
        "Date",
        "Math",
        "Object",
        "Array",
        "String",
        "Number",
        "crypto",
        "encodeURIComponent",
        "undefined",
        "NaN",
        "Infinity",
        "open",
    ]
)
EXITS = (
    "0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is broken, "
    "110 an exception in the script"
)


def approximations(plan: Plan) -> tuple[str, ...]:
    """What k6 cannot say exactly."""
    said = [
        "proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)"
    ]
    if len({is_open(scenario.load) for scenario in plan.scenarios}) == 2:
        said.append(
            "connections: k6 has one setting for all scenarios, so the users of the closed loads open a new "
            "connection in each iteration too, as arrivals do"
        )
    if any(call.request.keyed for call in calls(plan)):
        said.append(
            "keys in a query: k6 warns of each request without an answer, and prints its whole URL, unless its option log-output is"
            " none"
        )
    return tuple(said)


class FeedView(Struct, frozen=True):
    identifier: str
    name: str
    file: str


class RoleView(Struct, frozen=True):
    """`key` in what setup() returns; `label` and `path` stand inside a template literal; `pool` is the identifier of the
    users' rows, or empty; `form` the parts of the body, or empty."""

    key: str
    name: str
    label: str
    pool: str
    url: str
    method: str
    form: str
    body: str
    headers: str
    accepts: str
    token: str
    path: str


class FunctionView(Struct, frozen=True):
    name: str
    lines: list[str]


class View(Struct, frozen=True):
    """The script."""

    header: list[str]
    imports: list[str]
    base_url: str
    base_path: str
    servers: list[tuple[str, str]]
    addresses: str
    required: str
    metrics: list[str]
    feeds: list[FeedView]
    files: list[tuple[str, str]]
    options: list[str]
    thresholds: list[str]
    roles: list[RoleView]
    has_run: bool
    prepare: str
    functions: list[FunctionView]
    needs: frozenset[str]
    has_samples: bool
    setup_takes: str

    @classmethod
    def of(cls, plan: Plan) -> View:
        """The view of a plan."""
        names = Identifiers(TAKEN)
        expressions = Expressions(names)
        params = Params(plan, names, expressions)
        functions = [
            FunctionView(
                names.of("scenario", scenario.name),
                StepWriter(plan, scenario, names, expressions, params).lines(),
            )
            for scenario in plan.scenarios
        ]
        roles = [_role(plan, role, names, expressions) for role in plan.roles if role.login]
        required = [variable.name for variable in plan.environment if variable.default is None]
        needs = frozenset(expressions.needs)
        pools = ((role.pool, role.users) for role in plan.roles if role.users)
        feeds = [
            FeedView(names.of("feed", name), js(name), js(f"./{feed.file}"))
            for name, feed in (*((feed.name, feed) for feed in plan.feeds), *pools)
        ]
        has_setup = bool(roles or required or "run" in needs)
        return cls(
            header=header(plan, f"k6 run {plan.name}.js", EXITS, approximations(plan)),
            imports=_imports(plan, functions, roles, needs),
            base_url=js(plan.target.base_url),
            base_path=js(plan.target.base_path) if plan.target.base_path else "",
            servers=[
                (server.variable, js(server.url) if server.url else "BASE_URL.split('/', 3).join('/')")
                for server in plan.servers
            ],
            addresses=" or ".join(["BASE_URL", *(server.variable for server in plan.servers)]),
            required="[" + ", ".join(js(name) for name in required) + "]" if required else "",
            metrics=_metrics(plan, names),
            feeds=feeds,
            files=[(expressions.file(file), js(f"./{file.name}")) for file in plan.uploads],
            options=options(plan, names),
            thresholds=thresholds(plan),
            roles=roles,
            has_run="run" in needs,
            prepare=params.prepare(),
            functions=functions,
            needs=needs,
            has_samples=_has_samples(plan),
            setup_takes="data" if has_setup else "",
        )


def _imports(
    plan: Plan, functions: list[FunctionView], roles: list[RoleView], needs: frozenset[str]
) -> list[str]:
    text = "\n".join(line for function in functions for line in function.lines)
    used = ["check", *(["fail"] if roles else []), *(["sleep"] if "sleep(" in text else [])]
    counts = plan.counters or _has_samples(plan)
    metrics = [*(["Counter"] if counts else []), "Rate", *(["Trend"] if plan.trends else [])]
    return [
        "import http from 'k6/http';",
        f"import {{ {', '.join(used)} }} from 'k6';",
        *(["import { SharedArray } from 'k6/data';"] if plan.tables else []),
        *(["import encoding from 'k6/encoding';"] if needs & {"encoding", "multipart"} else []),
        "import exec from 'k6/execution';",
        f"import {{ {', '.join(metrics)} }} from 'k6/metrics';",
    ]


def _has_samples(plan: Plan) -> bool:
    """Whether there is a limit on a metric of the script's own, of which k6 would let none pass."""
    return any(slo.kind in ("check", "trend") for slo in plan.slos)


def _metrics(plan: Plan, names: Identifiers) -> list[str]:
    lines = [f"const {names.of('metric', name)} = new Trend({js(name)}, true);" for name in plan.trends]
    lines += [f"const {names.of('metric', name)} = new Counter({js(name)});" for name in plan.counters]
    lines.append("const errors = new Rate('errors'); // one sample a call: was any of its checks false?")
    if _has_samples(plan):
        lines.append(
            "const samples = new Counter('samples'); // of metrics that have a limit: no samples is a miss"
        )
    return lines


def _role(plan: Plan, role: Role, names: Identifiers, expressions: Expressions) -> RoleView:
    login = role.login
    assert isinstance(login, Login)
    expressions.role, expressions.row = role, "user"
    headers = [
        f"{js_key(n)}: {expressions.header(t)}" for n, t in (*plan.target.headers, *login.request.headers)
    ]
    is_form = login.request.body is not None and isinstance(login.request.body.content, Multipart)
    body = expressions.body(login.request.body, 1 if is_form else 2) if login.request.body else "null"
    form = body if is_form else ""
    if login.request.body:
        headers.append(f"'Content-Type': {'form.type' if form else js(login.request.body.media_type)}")
    view = RoleView(
        key=js_key(role.name),
        name=js(f"login as {role.name}"),
        label=template_text(f"login as {role.name}"),
        pool=names.of("feed", role.pool) if role.users else "",
        url=expressions.url(login.request),
        method=js(login.request.method),
        form=form,
        body="form.body" if form else body,
        headers=bracketed("{ ", headers, " }", 2),
        accepts="[" + ", ".join(map(str, login.statuses)) + "]",
        token=found(login.token),
        path=template_text(written(login.token)),
    )
    expressions.row = ""
    return view
