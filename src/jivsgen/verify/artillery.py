"""Artillery scripts: a closed schema of what we emit, the processor's grammar, and the ties between the two.

Artillery itself drops what it does not know, loops for ever where a loop has no end, and passes conditions whose plug-in is
not listed (2.0.34).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import Pointer
from jivsgen.source.positions import find, tree_of
from jivsgen.source.yaml_reader import read_yaml
from jivsgen.verify.fault import Fault
from jivsgen.verify.javascript import exported, parse, syntax_faults, undeclared

_SCHEMA = Path(__file__).with_name("artillery.schema.json")
_CONDITION = re.compile(
    r"(\S+?)(?:\.(ms\.(?:min|max|mean|median|p50|p75|p90|p95|p99)|requests|errors|max)) (?:/ (\S+) )?(<=|>=) [\d.e+-]+"
)


def check(files: Mapping[str, str]) -> dict[str, list[Fault]]:
    """The faults of each script and each processor among the files (name to text)."""
    found: dict[str, list[Fault]] = {}
    for name, text in files.items():
        if name.endswith(".processor.mjs"):
            root = parse(text)
            found[name] = syntax_faults(root) or undeclared(root)
    for name, text in files.items():
        if name.endswith(".yml"):
            processor = files.get(name.removesuffix(".yml") + ".processor.mjs")
            found[name] = sorted(_script(name, text, processor), key=lambda one: (one.line, one.column))
    return found


def _script(name: str, text: str, processor: str | None) -> list[Fault]:
    diagnostics = Diagnostics()
    content = read_yaml(text, name, diagnostics)
    if len(diagnostics):
        return [
            Fault(d.place.line if d.place else 1, d.place.column if d.place else 1, d.message)
            for d in diagnostics
        ]
    tree = tree_of(text)

    def at(pointer: Pointer, message: str) -> Fault:
        return Fault(*find(tree, pointer, True), message)

    found = [at(pointer, message) for pointer, message in _schema_faults(content)]
    if found:
        return found
    if content["config"]["processor"] != f"./{name.removesuffix('.yml')}.processor.mjs" or processor is None:
        found.append(at(("config", "processor"), "the processor is not there"))
        return found
    functions = exported(parse(processor))
    for pointer, function in _functions(content):
        if function not in functions:
            found.append(at(pointer, f"the processor exports no `{function}`"))
    known = {"all", *(name for key in ("op", "time") for _, name in _values(content["scenarios"], key))}
    known |= set(re.findall(r"'((?:check|time)\.[0-9A-Za-z_]+)'", processor))
    for number, condition in enumerate(content["config"]["ensure"]["conditions"]):
        match = _CONDITION.fullmatch(condition["expression"])
        if match is None or match[1] not in known:
            at_fault = ("config", "ensure", "conditions", number, "expression")
            found.append(at(at_fault, "no condition on a metric that the script emits"))
    return found


def _schema_faults(content: Any) -> Iterator[tuple[Pointer, str]]:
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8")))
    for error in validator.iter_errors(content):
        unexpected = getattr(error.kind, "unexpected", None)
        pointer = (*error.instance_path, unexpected[0]) if unexpected else tuple(error.instance_path)
        yield pointer, error.message[:200]


def _functions(value: Any) -> Iterator[tuple[Pointer, str]]:
    for key in ("function", "whileTrue", "beforeRequest", "afterResponse", "onError"):
        for at, name in _values(value, key):
            if isinstance(name, str):
                yield at, name


def _values(value: Any, key: str, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Every member of that name, bodies left out."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == key:
                yield (*pointer, name), member
            elif name not in ("json", "headers", "expect", "take"):
                yield from _values(member, key, (*pointer, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _values(item, key, (*pointer, number))
