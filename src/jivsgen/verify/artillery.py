"""Artillery scripts: a closed schema of what we emit, the processor's grammar, and the ties between the two.

Artillery 2.0.34 itself drops what it does not know, loops for ever where a loop has no end, prints `undefined` where a
variable is not set, and passes conditions whose plug-in is not listed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import Pointer
from jivsgen.source.positions import tree_of
from jivsgen.source.yaml_reader import read_yaml
from jivsgen.verify.fault import Fault, in_order
from jivsgen.verify.javascript import Module, exported, fault, faults_of, syntax_faults, text_of, undeclared

_SCHEMA = Path(__file__).with_name("artillery.schema.json")
_GLOBALS = frozenset({"Atomics", "Int32Array", "SharedArrayBuffer", "performance", "setInterval"})
_FUNCTIONS = ("function", "whileTrue", "beforeRequest", "afterResponse", "onError")
_NAMED = re.compile(r": (\S+)$", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{+\s*(.*?)\s*\}\}")
_METRIC = re.compile(
    r"((?:load\.all|(?:op|check|time)\.[0-9A-Za-z_]+))\."
    r"(requests|errors|ms\.(?:count|min|max|mean|p50|p75|p90|p95|p99)|(?:over|under)_[0-9_]+\.samples)"
)
_OWN = {"load.length.ms.max": "load.length", "load.aborted": "load.aborted"}
_CONDITION = re.compile(r"(\S+)(?: / (\S+))?(?: \* 1000)? (?:<=|>=|<) (?:\d+(?:\.\d+)?)")

_STEPS = frozenset({"before", "scenarios"})
_BODIES = frozenset({"json", "headers"})

_Found = Iterator[tuple[Pointer, str]]
_Members = list[tuple[Pointer, str | int, Any]]


def check(files: Mapping[str, str]) -> dict[str, list[Fault]]:
    """The faults of each script and each processor among the files (name to text)."""
    found: dict[str, list[Fault]] = {}
    modules = {name: Module(text) for name, text in files.items() if name.endswith(".processor.mjs")}
    for name, text in files.items():
        script = files.get(name.removesuffix(".processor.mjs") + ".yml")
        if name.endswith(".processor.mjs"):
            found[name] = faults_of(modules[name], partial(_processor, script=script))
        elif name.endswith(".yml"):
            processor = modules.get(name.removesuffix(".yml") + ".processor.mjs")
            found[name] = in_order(_script(name, text, processor))
    return found


def _processor(module: Module, script: str | None) -> list[Fault]:
    return syntax_faults(module) or in_order([*undeclared(module, _GLOBALS), *_idle(module, script)])


def _idle(module: Module, script: str | None) -> list[Fault]:
    """Functions that the processor exports and no step names."""
    if script is None:
        return [Fault(1, 1, "the script is not there")]
    named = set(_NAMED.findall(script))
    return [
        fault(node, f"`{name}` is exported, and the script never names it")
        for name, node in _exports(module)
        if name not in named
    ]


def _exports(module: Module) -> Iterator[tuple[str, Any]]:
    for node in module.statements:
        if node.type == "export_statement" and (declaration := node.child_by_field_name("declaration")):
            yield text_of(declaration.child_by_field_name("name")), node


def _script(name: str, text: str, processor: Module | None) -> list[Fault]:
    diagnostics = Diagnostics()
    content = read_yaml(text, name, diagnostics)
    if len(diagnostics):
        places = [(one.place.line, one.place.column) if one.place else (1, 1) for one in diagnostics]
        return [Fault(*place, one.message) for place, one in zip(places, diagnostics, strict=True)]
    found = list(_schema_faults(content))
    if not found and content["config"]["processor"] != f"./{name.removesuffix('.yml')}.processor.mjs":
        found = [(("config", "processor"), "is not the processor of this script")]
    elif not found and processor is None:
        found = [(("config", "processor"), "the processor is not there")]
    elif not found and processor is not None:
        members, program = _members(content), processor.text
        found = [
            *_functions(members, processor),
            *_variables(members, program),
            *_conditions(members, content["config"], program),
        ]
    tree = tree_of(text) if found else None
    return [Fault(*tree.find(pointer, True), message) for pointer, message in found if tree]


def _schema_faults(content: Any) -> _Found:
    for error in _schema().iter_errors(content):
        unexpected = getattr(error.kind, "unexpected", None)
        pointer = (*error.instance_path, unexpected[0]) if unexpected else tuple(error.instance_path)
        yield pointer, error.message[:200]


@cache
def _schema() -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8")))


def _functions(members: _Members, processor: Module) -> _Found:
    functions = exported(processor)
    for pointer, name in _values(members, *_FUNCTIONS):
        if name not in functions:
            yield pointer, f"the processor exports no `{name}`"


def _variables(members: _Members, processor: str) -> _Found:
    """Templates and loops read only variables that somebody sets: the processor, or a loop its counter."""
    known = set(re.findall(r"context\.vars\.(\w+) (?:\?\?)?=", processor))
    known |= set(re.findall(r"name(?<!\wname): '(\w+)'", processor))  # `\b` before it takes 20 times as long
    for pointer, name in _values(members, "over"):
        if name not in known:
            yield pointer, f"the processor never sets `{name}`"
    texts = ((pointer, text) for pointer, *texts in members if pointer[0] in _STEPS for text in texts)
    for pointer, text in texts:
        for name in _TEMPLATE.findall(text) if isinstance(text, str) else ():
            if name not in known:
                yield pointer, f"the processor never sets `{name}`"


def _conditions(members: _Members, config: Any, processor: str) -> _Found:
    labels = {f"op.{name}" for pointer, name in _values(members, "name") if pointer[0] == "scenarios"}
    emitted = labels | set(re.findall(r"'((?:check|time|load)\.\w+)(?:\.ms)?'", processor))
    listed = config.get("ensure", {"conditions": []})["conditions"]
    for number, condition in enumerate(listed):
        pointer = ("config", "ensure", "conditions", number, "expression")
        match = _CONDITION.fullmatch(condition["expression"])
        if match is None:
            yield pointer, "is no condition that `ensure` reads as it is meant"
            continue
        for metric in filter(None, match.groups()):
            named = _METRIC.fullmatch(metric)
            rare = metric.endswith(".samples")
            if (named[1] if named else _OWN.get(metric)) not in emitted or (
                rare and f"'{metric}'" not in processor
            ):
                yield pointer, f"nothing emits `{metric}`"


def _values(members: _Members, *keys: str) -> Iterator[tuple[Pointer, Any]]:
    """Every member of one of these names, bodies and headers left out."""
    for pointer, name, member in members:
        if name in keys and _BODIES.isdisjoint(pointer):
            yield pointer, member


def _members(value: Any) -> _Members:
    """Every member and item with its place and its name or number, wherever it stands."""
    found: _Members = []
    waiting: list[tuple[Pointer, Any]] = [((), value)]
    while waiting:
        above, container = waiting.pop()
        for name, member in container.items() if isinstance(container, dict) else enumerate(container):
            pointer = (*above, name)
            found.append((pointer, name, member))
            if isinstance(member, dict | list):
                waiting.append((pointer, member))
    return found
