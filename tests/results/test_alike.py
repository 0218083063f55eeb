"""One run's numbers, written in the forms of three engines, are judged alike: by the rule, which is told again here."""

from __future__ import annotations

import gzip
import math
import random
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from jivsgen.cli.judge import legend
from jivsgen.compiler import Compiler
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan, Slo
from jivsgen.project import load_project
from jivsgen.results import Judgement, Verdict, judge

from .recorded import Recorded, Request

HERE = Path(__file__).parent
LIST = "all of the list"
POLL = "getExtraction ends within 5 attempts"
CALLS = ("createExtraction", "startExtraction", "getExtraction", "getExtraction", LIST)
FORMS = ("k6.json", "k6.csv", "k6-ms.csv", "k6.json.gz", "x.jtl", "report.json")


def compiled() -> Plan:
    diagnostics = Diagnostics()
    project = load_project(HERE, diagnostics)
    assert project
    (unit,) = Compiler(project, diagnostics).compile((HERE / "profile.yaml",))
    return unit.plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compiled()


def recorded(iterations: int = 60) -> Recorded:
    chance = random.Random(4)
    requests = [
        Request(call, 200 * n + 10 * k, chance.randint(5, 1800))
        for n in range(iterations)
        for k, call in enumerate(CALLS)
    ]
    works = [chance.randint(100, 1900) for _ in range(iterations)]
    return Recorded(
        requests, {POLL: [True] * iterations}, {"work_time": works}, {"creation_time": "createExtraction"}
    )


def written(run: Recorded, plan: Plan, folder: Path) -> dict[str, Path]:
    """The same run in every form."""
    names = legend(plan)
    beyond = {
        counter: (names.artillery_keys[slo.kind, slo.subject], slo.limit)
        for slo, counter in names.artillery_beyond.items()
    }
    texts = {
        "k6.json": run.k6_json(),
        "k6.csv": run.k6_csv(),
        "k6-ms.csv": run.k6_csv(digits=13),
        "x.jtl": run.jtl(),
        "report.json": run.artillery(dict(names.artillery_keys), beyond),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    (folder / "k6.json.gz").write_bytes(gzip.compress(texts["k6.json"].encode()))
    return {name: folder / name for name in FORMS}


def judged(run: Recorded, plan: Plan, folder: Path) -> dict[str, Judgement]:
    found = {}
    for form, path in written(run, plan, folder).items():
        diagnostics = Diagnostics()
        judgement = judge(path, path.name, plan, legend(plan), None, diagnostics)
        assert judgement, [one.message for one in diagnostics]
        found[form] = judgement
    return found


def missed(judgement: Judgement) -> set[tuple[str, str]]:
    assert all(finding.verdict is not Verdict.UNSAID for finding in judgement.findings)
    return {(f.slo.subject, f.slo.stat) for f in judgement.findings if f.verdict is Verdict.MISSED}


def slowed(run: Recorded, call: str, share: float) -> None:
    own = [n for n, one in enumerate(run.requests) if one.call == call]
    for n in own[: math.ceil(share * len(own))]:
        run.requests[n] = replace(run.requests[n], ms=5000)


def failed(run: Recorded, call: str, share: float, **changes: object) -> None:
    own = [n for n, one in enumerate(run.requests) if one.call == call]
    for n in own[: math.ceil(share * len(own))]:
        run.requests[n] = replace(run.requests[n], ok=False, **changes)


def without(run: Recorded, call: str) -> None:
    run.requests = [one for one in run.requests if one.call != call]


FAULTS = {
    "none": (lambda run: None, set()),
    "six percent slow": (
        lambda run: slowed(run, "startExtraction", 0.06),
        {("startExtraction", "p95")},
    ),
    "a tenth slow": (
        lambda run: slowed(run, "createExtraction", 0.1),
        {("createExtraction", stat) for stat in ("p93", "p95", "p99", "p99.9", "max")} | {("creation_time", "p95")},
    ),
    "one in a hundred slow": (
        lambda run: slowed(run, "createExtraction", 0.01),
        {("createExtraction", stat) for stat in ("p99", "p99.9", "max")},
    ),
    "a tenth wrong": (lambda run: failed(run, LIST, 0.1), set()),
    "over a tenth wrong": (lambda run: failed(run, LIST, 0.11), {(LIST, "errors")}),
    "no answer": (
        lambda run: failed(run, LIST, 1.0, ms=None),
        {(LIST, "errors"), (LIST, "p95"), ("all", "errors")},
    ),
    "never called": (lambda run: without(run, LIST), {(LIST, "errors"), (LIST, "p95")}),
    "a poll failed": (lambda run: run.checks.update({POLL: [True] * 59 + [False]}), {(POLL, "errors")}),
    "no poll": (lambda run: run.checks.clear(), {(POLL, "errors")}),
    "no work": (lambda run: run.own.clear(), {("work_time", "p90"), ("work_time", "max")}),
    "slow work": (lambda run: run.own["work_time"].append(2001), {("work_time", "max")}),
    "half as often": (
        lambda run: setattr(run, "requests", [replace(one, at=one.at * 20) for one in run.requests]),
        {("all", "rate")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_form_has_the_same_verdict(fault: str, plan: Plan, tmp_path: Path) -> None:
    plant, red = FAULTS[fault]
    run = recorded()
    plant(run)
    for form, judgement in judged(run, plan, tmp_path).items():
        assert missed(judgement) == red, form
        assert judgement.is_green == (not red), form
        assert judgement.engine == form.split(".")[0].removesuffix("-ms").replace("x", "jmeter").replace(
            "report", "artillery"
        )


def test_the_numbers_are_those_of_the_rule(plan: Plan, tmp_path: Path) -> None:
    run = recorded()
    failed(run, "startExtraction", 0.05)
    failed(run, "getExtraction", 0.05, ms=None)
    failed(run, "createExtraction", 0.05)
    for form, judgement in judged(run, plan, tmp_path).items():
        for finding in judgement.findings:
            expected = measured(run, finding.slo)
            if finding.measured is None:
                assert form == "report.json", (form, finding)
                assert (finding.slo.stat, finding.said) == (
                    "p93",
                    "0.00% of the samples are above the limit",
                )
                continue
            near = (
                (0.011, 0.1)
                if form == "report.json" and finding.slo.stat not in ("errors", "rate")
                else (1e-3, 0)
            )
            if form == "k6.csv" and finding.slo.stat == "rate":
                near = (0.1, 0)  # its times of day are whole seconds
            close = finding.measured == pytest.approx(expected, rel=near[0], abs=near[1])
            assert close or (form == "report.json" and neighbours(run, finding.slo, finding.measured)), (form, finding)  # fmt: skip
        row = next(row for row in judgement.rows if row.subject == ("call", "getExtraction"))
        assert (row.samples, row.errors) == (120, 0.05), form
        row = next(row for row in judgement.rows if row.subject == ("trend", "creation_time"))
        assert (row.samples, row.errors) == (57, None), form


def times(run: Recorded, slo: Slo) -> list[int]:
    if slo.kind == "trend":
        return sorted(run.trends[slo.subject])
    own = (one for one in run.requests if slo.kind == "all" or one.call == slo.subject)
    return sorted(one.ms for one in own if one.ms is not None)


def measured(run: Recorded, slo: Slo) -> float:
    """The rule, told a second time."""
    own = [one for one in run.requests if slo.kind == "all" or one.call == slo.subject]
    if slo.kind == "check":
        return run.checks[slo.subject].count(False) / len(run.checks[slo.subject])
    if slo.stat == "errors":
        return sum(not one.ok for one in own) / len(own)
    if slo.stat == "rate":
        begin = min(one.at for one in run.requests)
        return 1000 * len(own) / (max(one.ends for one in run.requests) - begin)
    ordered = times(run, slo)
    simple = {"avg": sum(ordered) / len(ordered), "min": ordered[0], "max": ordered[-1]}
    if slo.stat in simple:
        return simple[slo.stat]
    share = Fraction(slo.stat[1:]) / 100
    return next(value for n, value in enumerate(ordered, 1) if Fraction(n, len(ordered)) >= share)


def neighbours(run: Recorded, slo: Slo, value: float) -> bool:
    """Whether it is a sample one rank below, to 1 %: that is where Artillery's sketch may take a percentile from."""
    ordered = times(run, slo)
    below = ordered[ordered.index(int(measured(run, slo))) - 1]
    return value == pytest.approx(below, rel=0.011)


@pytest.mark.parametrize(("slowest", "verdict"), [(2000, Verdict.MET), (2001, Verdict.MISSED)])
def test_limits_are_inclusive_to_the_millisecond(
    slowest: int, verdict: Verdict, plan: Plan, tmp_path: Path
) -> None:
    """Of 15 samples, p95 and p99 are the greatest, which a report holds as well; p93 is the one below."""
    run = recorded(iterations=15)
    own = [n for n, one in enumerate(run.requests) if one.call == "createExtraction"]
    for n in own[:2]:
        run.requests[n] = replace(run.requests[n], ms=slowest)
    for form, judgement in judged(run, plan, tmp_path).items():
        found = {f.slo.stat: f for f in judgement.findings if f.slo.subject == "createExtraction"}
        for stat in ("p93", "p95", "p99", "p99.9", "max"):
            assert found[stat].verdict is verdict, (form, stat)
        assert found["p95"].measured == slowest


def test_an_empty_run_misses_everything(plan: Plan, tmp_path: Path) -> None:
    for form, judgement in judged(Recorded([]), plan, tmp_path).items():
        assert len(missed(judgement)) == len(plan.slos), form
        assert {finding.said for finding in judgement.findings} == {"no samples"}
        assert judgement.seconds is None


def test_logins_are_no_part_of_it(plan: Plan, tmp_path: Path) -> None:
    run = recorded()
    path = tmp_path / "k6.json"
    path.write_text(run.k6_json(), "utf-8")
    assert '"name":"login as admin"' in path.read_text("utf-8")
    judgement = judge(path, path.name, plan, legend(plan), None, Diagnostics())
    assert judgement
    assert judgement.rows[0].samples == len(run.requests)
    assert judgement.rows[0].times["max"] <= 1800
