"""How the cost of a build grows with its input: the slope of cost over size, both as logarithms, once the smallest size and what
it costs, which is start-up most of all, are taken away. 1 is linear, 2 quadratic."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml
from benchmarks.measure import NOTHING_KEPT, Cost, cost, in_turns, typical
from benchmarks.table import Measured, Row
from msgspec import Struct

STEEPEST = 1.05
FEW = 100
KIND = "{:05}"
"""How kinds of items are numbered: all names are of one length, so that a document grows as its operations do."""


class Growth(Struct, frozen=True):
    """What grows, from the smallest size, which is taken away, over two that are compared. `shape` says how many operations,
    scenarios and steps a size has."""

    of: str
    smallest: int
    less: int
    more: int
    shape: Callable[[int], tuple[int, int, int]]

    def row(self, what: str) -> Row:
        grows = f"{self.of}, {self.smallest:,} to {self.more:,}"
        return Row(
            f"`jivsgen build` with {grows}: exponent of its {what}", most=STEEPEST, unit="", decimals=2
        )

    def exponent(self, costs: Mapping[str, Cost], what: Callable[[Cost], float]) -> float:
        """The slope of cost over size, as logarithms."""
        smallest, less, more = (what(costs[str(size)]) for size in (self.smallest, self.less, self.more))
        sizes = (self.more - self.smallest) / (self.less - self.smallest)
        return math.log((more - smallest) / (less - smallest)) / math.log(sizes)


GROWTHS = (
    Growth("operations in its document", 100, 1_000, 10_000, lambda size: (size, 1, 10)),
    Growth("steps in a scenario", 10, 1_000, 10_000, lambda size: (FEW, 1, size)),
    Growth("scenarios", 1, 100, 1_000, lambda size: (FEW, size, 3)),
)
ROWS = tuple(growth.row(what) for growth in GROWTHS for what in ("time", "memory"))


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
    for number in map(KIND.format, range(math.ceil(operations / 2))):
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
        kind = KIND.format(one // 3 % (FEW // 2))
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
            f"scenario{number:05}": {"load": load, "steps": steps(steps_each)} for number in range(scenarios)
        },
        "slo": {"default": {"p95": "500ms", "errors": "1%"}},
    }


def project(folder: Path, operations: int, scenarios: int, steps_each: int) -> Path:
    """A folder with a document and a profile, both YAML, which costs more than JSON."""
    folder.mkdir()
    for name, content in (("profile", profile(scenarios, steps_each)), ("spec", document(operations))):
        with (folder / f"{name}.yaml").open("w") as file:
            unshared = json.loads(json.dumps(content))
            yaml.dump(unshared, file, Dumper=yaml.CSafeDumper, sort_keys=False)
    return folder


def measure() -> Iterator[Measured]:
    for growth in GROWTHS:
        with tempfile.TemporaryDirectory() as scratch:
            fresh = (Path(scratch) / f"out{number}" for number in count())
            folders = {
                str(size): project(Path(scratch) / str(size), *growth.shape(size))
                for size in (growth.smallest, growth.less, growth.more)
            }
            builds = {size: partial(_build, folder, fresh) for size, folder in folders.items()}
            turns = in_turns(builds, rounds=7)
        for what, of in (("time", "cpu_s"), ("memory", "rss_mib")):
            yield growth.row(what).measured(typical(turns, partial(growth.exponent, what=attrgetter(of))))


def _build(folder: Path, fresh: Iterator[Path]) -> Cost:
    build = (sys.executable, "-m", "jivsgen", "build", "--profile", "profile.yaml", "--out")
    return cost((*build, str(next(fresh))), cwd=folder, env=NOTHING_KEPT)
