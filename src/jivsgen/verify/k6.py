"""k6 scripts: the grammar, and what k6 itself accepts in silence (k6 1.1 to 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jivsgen.verify.fault import Fault, in_order
from jivsgen.verify.javascript import (
    Module,
    exported,
    fault,
    faults_of,
    members,
    string,
    syntax_faults,
    text_of,
    undeclared,
    walk,
)  # fmt: skip

_EXPORTS = {
    "k6": {"check", "fail", "group", "randomSeed", "sleep"},
    "k6/http": {"default"},
    "k6/metrics": {"Counter", "Gauge", "Rate", "Trend"},
    "k6/execution": {"default"},
    "k6/data": {"SharedArray"},
    "k6/crypto": {"default"},
    "k6/encoding": {"default"},
}
_OPTIONS = frozenset(
    [
        "scenarios",
        "thresholds",
        "maxRedirects",
        "noVUConnectionReuse",
        "insecureSkipTLSVerify",
        "setupTimeout",
        "summaryTrendStats",
        "tags",
        "userAgent",
        "teardownTimeout",
        "discardResponseBodies",
    ]
)
_COMMON = frozenset({"executor", "startTime", "gracefulStop", "exec", "env", "tags"})
_EXECUTORS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "constant-vus": (frozenset({"vus", "duration"}), frozenset()),
    "ramping-vus": (frozenset({"stages"}), frozenset({"startVUs", "gracefulRampDown"})),
    "constant-arrival-rate": (
        frozenset({"rate", "duration", "preAllocatedVUs"}),
        frozenset({"timeUnit", "maxVUs"}),
    ),
    "ramping-arrival-rate": (
        frozenset({"stages", "preAllocatedVUs"}),
        frozenset({"startRate", "timeUnit", "maxVUs"}),
    ),
    "per-vu-iterations": (frozenset({"vus", "iterations"}), frozenset({"maxDuration"})),
    "shared-iterations": (frozenset({"vus", "iterations"}), frozenset({"maxDuration"})),
}
_WHOLE = frozenset({"vus", "rate", "iterations", "preAllocatedVUs", "maxVUs", "startRate", "startVUs"})
_TIMES = frozenset({"duration", "maxDuration", "timeUnit", "startTime", "gracefulStop", "gracefulRampDown"})
_BUILT_IN = {
    "http_reqs": "Counter", "http_req_duration": "Trend", "http_req_failed": "Rate", "checks": "Rate",
    "iterations": "Counter", "iteration_duration": "Trend", "dropped_iterations": "Counter",
}  # fmt: skip
_AGGREGATES = {
    "Counter": r"count|rate",
    "Rate": r"rate",
    "Trend": r"avg|min|max|med|p\((?:\d{1,2}(?:\.\d+)?|100)\)",
}
_THRESHOLD = re.compile(r"([a-z]+(?:\([\d.]+\))?)\s*(<=|>=|<|>|==|===|!=)\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_METRIC = re.compile(r"([A-Za-z_][A-Za-z0-9_]{1,127})(\{.*\})?", re.DOTALL)
_DURATION = re.compile(r"(\d+(\.\d+)?(h|ms|m|s))+")


def check(files: Mapping[str, str]) -> dict[str, list[Fault]]:
    """The faults of each script among the files (name to text)."""
    return {name: faults_of(Module(text), _faults) for name, text in files.items() if name.endswith(".js")}


def _faults(module: Module) -> list[Fault]:
    if broken := syntax_faults(module):
        return broken
    found = [*_imports(module), *undeclared(module), *_calls(module), *_metric_names(module)]
    options = _options(module)
    if options is None:
        return [*found, Fault(1, 1, "the script exports no `options`")]
    return in_order([*found, *_checked_options(module, options)])


def _imports(script: Module) -> Iterator[Fault]:
    for node in script.of("import_statement"):
        module = string(node.child_by_field_name("source")) or ""
        known = _EXPORTS.get(module)
        if known is None:
            yield fault(
                node, f"`{module}` may not be imported: only k6's own modules, and nothing from the network"
            )
            continue
        for name in walk(node):
            if name.type == "import_specifier" and text_of(name.child_by_field_name("name")) not in known:
                yield fault(name, f"`{module}` exports no `{text_of(name)}`")


_HTTP = frozenset(
    [
        "get",
        "post",
        "put",
        "patch",
        "del",
        "head",
        "options",
        "request",
        "setResponseCallback",
        "expectedStatuses",
    ]
)
_RESPONSE = frozenset(["status", "body", "timings", "error", "json", "headers"])


def _calls(module: Module) -> Iterator[Fault]:
    """Members of `http`, of responses and of `calls` that do not exist: a TypeError in each iteration, or undefined in a check."""
    made = {name for node in module.of("assignment_expression") for name in _made_once(node)}
    owners = {
        b"http": (_HTTP, "`http` has no `{}`"),
        b"res": (_RESPONSE, "a response has no `{}`"),
        b"calls": (made, "`prepare` makes no `{}`: the request would go without headers and tags"),
    }
    for node in module.of("member_expression"):
        if owner := owners.get(node.child_by_field_name("object").text):
            known, said = owner
            name = node.child_by_field_name("property")
            if text_of(name) not in known:
                yield fault(name, said.format(text_of(name)))


def _made_once(assignment: Any) -> Mapping[str, Any]:
    left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
    return members(right) if text_of(left) == "calls" and right.type == "object" else {}


def _metrics(module: Module) -> Iterator[tuple[str, str, Any]]:
    """(name, kind, node) of each metric that the script makes, in the order of the text."""
    for node in sorted(module.of("new_expression"), key=lambda node: node.start_byte):
        if text_of(node.child_by_field_name("constructor")) in _AGGREGATES:
            arguments = node.child_by_field_name("arguments").named_children
            if arguments and (name := string(arguments[0])) is not None:
                yield name, text_of(node.child_by_field_name("constructor")), node


def _metric_names(module: Module) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, kind, node in _metrics(module):
        if not _METRIC.fullmatch(name):
            yield fault(node, f"`{name}` cannot name a metric")
        if seen.setdefault(name, kind) != kind or name in _BUILT_IN:
            yield fault(
                node, f"the metric `{name}` is there already, as a {seen.get(name) or _BUILT_IN[name]}"
            )


def _options(module: Module) -> Any:
    for node in module.statements:
        declaration = node.child_by_field_name("declaration") if node.type == "export_statement" else None
        for one in declaration.named_children if declaration is not None else ():
            if one.type == "variable_declarator" and text_of(one.child_by_field_name("name")) == "options":
                return one.child_by_field_name("value")
    return None


def _checked_options(module: Module, options: Any) -> Iterator[Fault]:
    found = members(options)
    for name, node in found.items():
        if name not in _OPTIONS:
            yield fault(node, f"k6 knows no option `{name}`")
    if "scenarios" not in found:
        yield fault(options, "there are no `scenarios`")
        return
    names = exported(module)
    scenarios = members(found["scenarios"])
    for name, node in scenarios.items():
        if not re.fullmatch(r"[0-9a-zA-Z_-]+", name):
            yield fault(node, f"`{name}` cannot name a scenario")
        yield from _scenario(node, names)
    if "thresholds" not in found:
        yield fault(options, "there are no `thresholds`: the script could not fail")
        return
    yield from _thresholds(module, found["thresholds"], set(scenarios))


def _scenario(node: Any, functions: set[str]) -> Iterator[Fault]:
    found = members(node)
    executor = string(found["executor"]) if "executor" in found else None
    if executor not in _EXECUTORS:
        yield fault(found.get("executor", node), f"k6 has no executor `{executor}`")
        return
    needed, possible = _EXECUTORS[executor]
    for name in sorted(needed - set(found)):
        yield fault(node, f"{executor} needs `{name}`")
    for name, value in found.items():
        if name not in needed | possible | _COMMON:
            yield fault(value, f"{executor} knows no `{name}`")
        if name in _WHOLE and not re.fullmatch(r"\d+", text_of(value)):
            yield fault(value, f"`{name}` is a whole number")
        if name in _TIMES and not _DURATION.fullmatch(string(value) or ""):
            yield fault(value, f"`{name}` is a duration")
    target = string(found["exec"]) if "exec" in found else "default"
    if target not in functions:
        yield fault(found.get("exec", node), f"`exec` names `{target}`, which the script does not export")


def _thresholds(module: Module, node: Any, scenarios: set[str]) -> Iterator[Fault]:
    kinds = {**_BUILT_IN, **{name: kind for name, kind, _ in _metrics(module)}}
    tags = {string(node) for node in module.of("string")}
    for metric, listed in members(node).items():
        match = _METRIC.fullmatch(metric)
        kind = kinds.get(match[1]) if match else None
        if match is None or kind is None:
            yield fault(listed, f"a threshold on `{metric}`, which is no metric of the script")
            continue
        for tag, value in _tags(match[2]):
            known = scenarios if tag == "scenario" else tags
            if tag in ("name", "of", "scenario") and value not in known:
                yield fault(listed, f"a threshold on `{tag}:{value}`, which nothing is tagged with")
        for expression in (n for n in walk(listed) if n.type == "string"):
            text = string(expression) or ""
            if (
                expression.parent.type == "pair"
                and text_of(expression.parent.child_by_field_name("key")) != "threshold"
            ):
                continue
            parsed = _THRESHOLD.fullmatch(text)
            if parsed is None or not re.fullmatch(_AGGREGATES[kind], parsed[1]):
                yield fault(expression, f"`{text}` is no threshold on a {kind}")


def _tags(text: str | None) -> list[tuple[str, str]]:
    pairs = (pair.partition(":") for pair in (text or "{}")[1:-1].split(",") if pair)
    return [(name.strip(), value) for name, _, value in pairs]
