"""How the cost of a build grows with its input: the slope of cost over size, both as logarithms, once the cost of the
smallest input is taken away. 1 is linear, 2 quadratic."""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from benchmarks.measure import Cost, cost, in_turns
from benchmarks.table import Measured, Row

STEEPEST = 1.05
HUNDRED_OPERATIONS = 100


def _row(grows: str, what: str) -> Row:
    return Row(
        f"growth of `jivsgen build` with {grows}: exponent of its {what}", most=STEEPEST, unit="", decimals=2
    )


GROWS = (
    "operations of the document, 1,000 to 10,000",
    "steps of a scenario, 1,000 to 10,000",
    "scenarios, 100 to 1,000",
)
ROWS = tuple(_row(grows, what) for grows in GROWS for what in ("time", "memory"))


def document(operations: int) -> dict[str, Any]:
    """A document of items that are created, read and listed, each with schemas of its own and some that all share."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {
        "Owner": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "maxLength": 40}},
        }
    }
    for number in range(math.ceil(operations / 2)):
        item = {"$ref": f"#/components/schemas/Item{number}"}
        schemas[f"Item{number}"] = {
            "type": "object",
            "required": ["id", "title"],
            "properties": {
                "id": {"type": "integer", "format": "int64"},
                "title": {"type": "string", "minLength": 1, "example": f"Item {number}"},
                "owner": {"$ref": "#/components/schemas/Owner"},
            },
        }
        answer = {"description": "The item.", "content": {"application/json": {"schema": item}}}
        paths[f"/items{number}"] = {
            "post": {
                "operationId": f"createItem{number}",
                "requestBody": {"required": True, "content": {"application/json": {"schema": item}}},
                "responses": {"201": answer},
            }
        }
        paths[f"/items{number}/{{id}}"] = {
            "get": {
                "operationId": f"getItem{number}",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": answer},
            }
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Items", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def steps(number: int) -> list[dict[str, Any]]:
    """Calls that create an item, capture its id and read it, over fifty kinds of items, with pauses between."""
    made: list[dict[str, Any]] = []
    for one in range(number):
        kind = one // 3 % (HUNDRED_OPERATIONS // 2)
        made.append(
            {
                "call": f"createItem{kind}",
                "with": {"title": "item ${unique}"},
                "capture": {f"id{kind}": "$.id"},
            }
            if one % 3 == 0
            else {"call": f"getItem{kind}", "path": {"id": f"${{id{kind}}}"}, "check": ["$.title"]}
            if one % 3 == 1
            else {"think": "100ms"}
        )
    return made


def profile(scenarios: int, steps_each: int) -> dict[str, Any]:
    load = {"executor": "constant-vus", "vus": 1, "duration": "1m"}
    return {
        "profile": "growing",
        "spec": "spec.yaml",
        "target": {"base_url": "http://localhost:8080"},
        "scenarios": {
            f"scenario{number}": {"load": load, "steps": steps(steps_each)} for number in range(scenarios)
        },
        "slo": {"default": {"p95": "500ms", "errors": "1%"}},
    }


def project(folder: Path, operations: int, scenarios: int, steps_each: int) -> Path:
    """A folder with a document and a profile, both YAML, which costs more than JSON."""
    folder.mkdir()
    for name, content in (("profile", profile(scenarios, steps_each)), ("spec", document(operations))):
        with (folder / f"{name}.yaml").open("w") as file:
            yaml.dump(content, file, Dumper=yaml.CSafeDumper, sort_keys=False)
    return folder


def exponent(costs: Mapping[int, float], smallest: float) -> float:
    """The slope between the two largest sizes, after the cost of the smallest input is taken from both."""
    less, more = sorted(costs)[-2:]
    return math.log((costs[more] - smallest) / (costs[less] - smallest)) / math.log(more / less)


def measure() -> Iterator[Measured]:
    shapes: tuple[tuple[tuple[int, ...], Callable[[int], tuple[int, int, int]]], ...] = (
        ((1_000, 10_000), lambda n: (n, 1, 10)),
        ((1_000, 10_000), lambda n: (HUNDRED_OPERATIONS, 1, n)),
        ((100, 1_000), lambda n: (HUNDRED_OPERATIONS, n, 3)),
    )
    rows = iter(ROWS)
    with tempfile.TemporaryDirectory() as scratch:
        numbers = count()

        def build(folder: Path) -> Cost:
            out = folder / f"out{next(numbers)}"
            return cost(
                (sys.executable, "-m", "jivsgen", "build", "--profile", "profile.yaml", "--out", str(out)),
                cwd=folder,
            )

        for shape, (sizes, of) in enumerate(shapes):
            folders = {n: project(Path(scratch) / f"{shape}-{n}", *of(n)) for n in (1, *sizes)}
            costs = in_turns(
                {str(n): lambda folder=folder: build(folder) for n, folder in folders.items()}, rounds=3
            )
            time = exponent({n: costs[str(n)].cpu_s for n in sizes}, costs["1"].cpu_s)
            memory = exponent({n: costs[str(n)].rss_mib for n in sizes}, costs["1"].rss_mib)
            yield next(rows).measured(time)
            yield next(rows).measured(memory)
