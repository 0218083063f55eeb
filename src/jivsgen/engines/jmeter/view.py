"""What the templates print: the tree of the plan, and the data of the script that sets the run up."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jivsgen.engines.header import header
from jivsgen.engines.jmeter.approximations import approximations
from jivsgen.engines.jmeter.elements import Element, Script
from jivsgen.engines.jmeter.loads import gate
from jivsgen.engines.jmeter.metrics import Metrics
from jivsgen.engines.jmeter.quoting import groovy
from jivsgen.engines.jmeter.tree import tree_of
from jivsgen.engines.jmeter.values import Needs, basics_of, in_json, placed, token_places, user_of
from jivsgen.engines.quoting import comment
from jivsgen.plan.model import Plan, Slo, calls, is_open
from jivsgen.profile.values import InJson

_LONGEST = 400

_MARKS = {
    "answer": "props.run.answer(",
    "basic": "props.run.basic(",
    "cookie": "props.run.cookies(",
    "capture": "answer.capture(",
    "equal": "answer.equal(",
    "has": "answer.equal(",
    "feed": "props.run.feeds",
    "form": "props.run.form(",
    "login": "props.run.login(",
    "now": "props.run.now(",
    "poll": "answer.poll(",
    "quoted": "props.run.quoted(",
    "random": ".putAny(",
    "row": "answer.row(",
    "today": "props.run.today(",
    "unique": "props.run.unique(",
    "watch": "props.watch.",
    "within": "answer.within(",
}
"""What of the script that sets the run up is only there when another script says this."""

_IMPORTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("json",), "groovy.json.JsonGenerator"),
    ((), "groovy.json.JsonOutput"),
    ((), "groovy.transform.CompileStatic"),
    ((), "java.math.RoundingMode"),
    (("today",), "java.time.LocalDate"),
    (("now",), "java.time.LocalDateTime"),
    (("now", "today"), "java.time.ZoneOffset"),
    (("now",), "java.time.format.DateTimeFormatter"),
    ((), "java.util.concurrent.ConcurrentHashMap"),
    (("arrivals",), "java.util.concurrent.CountDownLatch"),
    (("random",), "java.util.concurrent.ThreadLocalRandom"),
    (("arrivals",), "java.util.concurrent.TimeUnit"),
    ((), "java.util.concurrent.atomic.AtomicLong"),
    (("answer",), "net.minidev.json.JSONValue"),
    (("answer",), "net.minidev.json.parser.JSONParser"),
    (("answer",), "net.minidev.json.parser.ParseException"),
    (("answer",), "org.apache.jmeter.assertions.AssertionResult"),
    (("form",), "org.apache.jmeter.config.Arguments"),
    (("rows",), "org.apache.jmeter.engine.util.NoThreadClone"),
    (("cookie",), "org.apache.jmeter.protocol.http.control.CookieManager"),
    (("cookie", "form"), "org.apache.jmeter.protocol.http.sampler.HTTPSamplerBase"),
    (("form",), "org.apache.jmeter.protocol.http.util.HTTPFileArgs"),
    ((), "org.apache.jmeter.reporters.ResultCollector"),
    (("rows",), "org.apache.jmeter.samplers.SampleEvent"),
    ((), "org.apache.jmeter.samplers.SampleListener"),
    (("answer",), "org.apache.jmeter.samplers.SampleResult as Sample"),
    ((), "org.apache.jmeter.save.CSVSaveService"),
    (("feed", "form"), "org.apache.jmeter.services.FileServer"),
    (("cookie", "form"), "org.apache.jmeter.testelement.property.TestElementProperty"),
    ((), "org.apache.jmeter.threads.JMeterContext"),
    (("rows",), "org.apache.jmeter.threads.JMeterContextService"),
    (("answer", "feed", "form"), "org.apache.jmeter.threads.JMeterVariables"),
    ((), "org.apache.jorphan.collections.SearchByClass"),
)


class View(Struct, frozen=True):
    """`uses` names the optional pieces of the script that sets the run up; the other texts of it are Groovy."""

    name: str
    comments: str
    tree: tuple[Element, ...]
    uses: frozenset[str]
    imports: tuple[str, ...]
    base_url: str
    base_path: str
    servers: tuple[tuple[str, str], ...]
    basics: tuple[tuple[str, str], ...]
    token_places: str
    json_places: str
    environment: str
    feeds: tuple[str, ...]
    loads: tuple[str, ...]
    limits: tuple[tuple[str, ...], ...]
    metrics: tuple[tuple[str, ...], ...]
    counters: tuple[str, ...]
    arrivals: tuple[str, ...]
    results_file: str

    @staticmethod
    def of(plan: Plan) -> View:
        needs = _needs(plan)
        metrics = Metrics.of(plan)
        tree = tree_of(plan, needs, metrics)
        uses = _uses(plan, tree)
        return View(
            name=plan.name,
            comments="\n".join(_header(plan)).replace("${", "$ {"),  # it is read, and a bad one ends the test
            tree=tree,
            uses=uses,
            imports=tuple(name for pieces, name in _IMPORTS if not pieces or uses.intersection(pieces)),
            base_url=groovy(plan.target.base_url),
            base_path=groovy(plan.target.base_path),
            servers=tuple(
                (groovy(one.variable), groovy(one.url) if one.url else "run.origin()") for one in plan.servers
            ),
            basics=tuple(_basics(plan)),
            token_places=", ".join(map(groovy, _token_places(plan))),
            json_places="".join(f"{groovy(place)}, " for place in _json_places(plan)),
            environment=", ".join(f"{one.name}: {groovy(one.default)}" for one in plan.environment),
            feeds=tuple(_feeds(plan, needs)),
            loads=tuple(f"{groovy(one.name)}: {gate(one)}" for one in plan.scenarios),
            limits=_parts([_limit(slo) for slo in plan.slos]),
            metrics=_parts([
                f"{groovy(subject)}: [{', '.join(map(groovy, fed))}]" for subject, fed in metrics.derived.items()
            ]),
            counters=tuple(map(groovy, plan.counters)),
            arrivals=tuple(groovy(one.name) for one in plan.scenarios if is_open(one.load)),
            results_file=groovy(f"{plan.name}.jtl"),
        )  # fmt: skip


def _header(plan: Plan) -> list[str]:
    exits = (
        "99 when a limit is missed, a login is refused, a variable is missing or BASE_URL is no http(s) URL; "
        "98 when a script failed; else 0. Distributed (-R) JMeter exits with 0 and gives no verdict: "
        f"`jivsgen judge {plan.name}.jtl --profile {comment(plan.origin.profile)}` does"
    )
    command = f"jmeter -n -t {plan.name}.jmx -Jjmeterengine.force.system.exit=true"
    also = f"-JBASE_URL=… does as well. Results: {plan.name}.jtl, or -Jjtl=…; -l writes another file (this one spelled otherwise is refused)."
    return header(plan, command, exits, approximations(plan), also)


def _needs(plan: Plan) -> Needs:
    needs = Needs()
    for call in calls(plan):
        needs.of_request(call.request)
    for role in plan.roles:
        for _, text in role.headers:
            needs.of(text, "header")
        if role.login:
            needs.of_request(role.login.request)
    return needs


def _uses(plan: Plan, tree: tuple[Element, ...]) -> frozenset[str]:
    """The optional pieces that the scripts of the tree, or the plan, ask for."""
    text = "\n".join(_lines(tree))
    used = {piece for piece, mark in _MARKS.items() if mark in text}
    used |= {"arrivals" if is_open(scenario.load) else "users" for scenario in plan.scenarios}
    if "poll" in used:
        used.add("has")
    if used & {"poll", "row"}:
        used.add("rows")
    if any(not server.url for server in plan.servers):
        used.add("origin")
    if _json_places(plan):
        used.add("json")
    if any(_basics(plan)):
        used.add("basic")
    return frozenset(used)


def _lines(tree: tuple[Element, ...]) -> Iterator[str]:
    for element in tree:
        if isinstance(element, Script):
            yield from element.lines
        yield from _lines(element.children)


def _basics(plan: Plan) -> Iterator[tuple[str, str]]:
    """Names and passwords that are the same for all users: the property, and the Groovy that puts it together."""
    for role in (role for role in plan.roles if not role.users):
        login = role.login.request.headers if role.login else ()
        yield from ((groovy(name), made) for name, made in basics_of(role, (*role.headers, *login)))


def _token_places(plan: Plan) -> tuple[str, ...]:
    """The places that take a token, beside headers, as properties: those of pools are variables."""
    shared = (place for role in plan.roles if not role.users for place in token_places(plan, role))
    return tuple(dict.fromkeys(shared))


def _json_places(plan: Plan) -> tuple[str, ...]:
    """The places that take a part inside of JSON text."""
    found = (
        place
        for call in calls(plan)
        for text, place in placed(call.request)
        for part in text
        if isinstance(part, InJson)
    )
    return tuple(dict.fromkeys(map(in_json, found)))


def _feeds(plan: Plan, needs: Needs) -> Iterator[str]:
    pools = [(role.pool, user_of(role), role.users) for role in plan.roles if role.users]
    for key, prefix, feed in [(feed.name, feed.name, feed) for feed in plan.feeds] + pools:
        places = ", ".join(
            f"{column}: [{', '.join(map(groovy, needs.columns[feed.name, column]))}]"
            for column in feed.columns
            if (feed.name, column) in needs.columns
        )
        yield f"{groovy(key)}: new Feed({groovy(prefix)}, {groovy(feed.file)}, [{places or ':'}])"


def _parts(lines: list[str]) -> tuple[tuple[str, ...], ...]:
    """Lists of a length that one method of the JVM (64 KB) can make."""
    return tuple(tuple(lines[begin : begin + _LONGEST]) for begin in range(0, len(lines), _LONGEST))


def _limit(slo: Slo) -> str:
    limit = f"{slo.limit:.12g}"
    abort = ", 'abort'" if slo.abort else ""
    return f"[{groovy(slo.subject)}, '{slo.kind}', '{slo.stat}', '{slo.relation}', {limit}{abort}]"
