"""Runs a plan in a real engine, as the header of its script says: how it ended, and what its results file says."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import pytest
from msgspec import Struct

from jivsgen.cli.judge import legend
from jivsgen.diagnostics import Diagnostics
from jivsgen.engines import SUFFIXES, load
from jivsgen.plan.model import Plan
from jivsgen.rehearsal.engines import environment, verdict_of
from jivsgen.results import Judgement, judge
from jivsgen.results.model import Row
from jivsgen.verify.engines import find
from jivsgen.verify.jmeter import check

Body = Callable[[str, Path], None]
ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("k6", "jmeter", "artillery")
OLDEST = ("k6-1.1.0", "jmeter-5.5")
EVERY = (*ENGINES, *OLDEST)
"""Every version that a script is promised to run on."""
_RESULTS = {"k6": "run.json.gz", "jmeter": "run.jtl", "artillery": "report.json"}


class Ended(Struct, frozen=True, dict=True):
    """How a run ended: its exit code, what it printed and logged, and where its results are."""

    engine: str
    plan: Plan
    code: int
    out: str
    folder: Path

    @property
    def verdict(self) -> str:
        """What the exit code says: `met`, `missed`, or `broken (code)`."""
        return verdict_of(kind_of(self.engine), self.code)

    def says(self, words: str) -> bool:
        """Whether the script's own header has an approximation with these words."""
        return any(words in said for said in load(kind_of(self.engine)).approximations(self.plan))

    @property
    def results(self) -> Path:
        return self.folder / _RESULTS[kind_of(self.engine)]

    @property
    def log(self) -> str:
        """JMeter's own log."""
        file = self.folder / "jmeter.log"
        return file.read_text("utf-8") if file.exists() else ""

    @property
    def missed(self) -> int:
        """How many limits the engine itself says were missed. k6 says so by metric, and has a second one where there may be no
        samples at all."""
        marks = {"jmeter": r"^FAIL ", "artillery": r"^fail: ", "k6": r"✗ '"}
        return len(re.findall(marks[kind_of(self.engine)], self.out, re.MULTILINE))

    def counter(self, name: str) -> int:
        """What a `count:` metric of the plan came to."""
        if self.engine == "artillery":
            found: int = json.loads(self.results.read_text("utf-8"))["aggregate"]["counters"].get(
                f"count.{name}", 0
            )
            return found
        if kind_of(self.engine) == "jmeter":
            said = re.search(rf"^ +{re.escape(name)} (\d+)$", self.out, re.MULTILINE)
            return int(said[1]) if said else 0
        points = map(json.loads, gzip.decompress(self.results.read_bytes()).splitlines())
        return sum(
            int(one["data"]["value"]) for one in points if one["type"] == "Point" and one["metric"] == name
        )

    @cached_property
    def judgement(self) -> Judgement:
        """What `jivsgen judge` says of the results."""
        return judged(self.results, self.plan)

    def row(self, name: str, kind: str = "call") -> Row:
        """What was measured of a call, a `trend` or a `check`."""
        (found,) = (row for row in self.judgement.rows if row.subject == (kind, name))
        return found


def judged(results: Path, plan: Plan) -> Judgement:
    """What `jivsgen judge` says of a results file."""
    diagnostics = Diagnostics()
    judgement = judge(results, results.name, plan, legend(plan), None, diagnostics)
    assert judgement, [one.message for one in diagnostics]
    return judgement


def kind_of(engine: str) -> str:
    """`jmeter` for `jmeter-5.5`."""
    return engine.partition("-")[0]


def command_of(engine: str) -> str:
    """A version that has a name of its own is the installed one; others may be named by the environment."""
    return str(ROOT / ".engines/bin" / engine if "-" in engine else find(engine, ROOT))


def write(engine: str, plan: Plan, folder: Path, change: Callable[[str], str] = str) -> Path:
    """The scripts of a plan and its feeds, in a folder; `change` may spoil what is rendered. The path of the script."""
    kind = kind_of(engine)
    folder.mkdir(exist_ok=True)
    rendered = load(kind).render(plan)
    if kind == "jmeter":
        assert check(rendered) == {name: [] for name in rendered}
    for name, text in rendered.items():
        (folder / name).write_text(change(text), "utf-8", newline="")
    for copy in plan.copies:
        (folder / copy.name).write_bytes(copy.content)
    return folder / (plan.name + SUFFIXES[kind])


def run(
    engine: str,
    plan: Plan,
    folder: Path,
    base_url: str,
    *options: str,
    change: Callable[[str], str] = str,
    longest_s: float = 100,
    **variables: str,
) -> Ended:
    """Runs a plan from another folder than its scripts', with `options` for the engine and `variables` in its
    environment."""
    kind = kind_of(engine)
    script = str(write(engine, plan, folder / "scripts", change).relative_to(folder))
    results = _RESULTS[kind]
    arguments = {
        "k6": ["run", "--quiet", "--out", f"json={results}", *options, script],
        "jmeter": ["-n", "-t", script, "-j", "jmeter.log", f"-Jjtl={results}", "-Jjmeterengine.force.system.exit=true", *options],
        "artillery": ["run", script, "-o", results, *options],
    }[kind]  # fmt: skip
    ended = subprocess.run(
        [command_of(engine), *arguments],
        cwd=folder,
        env={**environment({}, base_url), **variables},
        capture_output=True,
        text=True,
        timeout=longest_s,
        check=False,
    )
    return Ended(engine, plan, ended.returncode, ended.stdout + ended.stderr, folder)


_POOL = ThreadPoolExecutor(thread_name_prefix="engine")


def side_by_side(*engines: str) -> Callable[[Body], Callable[..., None]]:
    """Makes a test of each engine out of `test(engine, folder)`. The first that is asked for starts all: starting an engine is
    most of a short run, and much of that is waiting."""

    def decorate(body: Body) -> Callable[..., None]:
        started: dict[str, Future[None]] = {}

        @pytest.mark.parametrize("engine", engines)
        def test(engine: str, tmp_path_factory: pytest.TempPathFactory) -> None:
            for one in engines if not started else ():
                started[one] = _POOL.submit(body, one, tmp_path_factory.mktemp(one))
            started[engine].result()

        test.__name__, test.__doc__, test.__module__ = body.__name__, body.__doc__, body.__module__
        return test

    return decorate
