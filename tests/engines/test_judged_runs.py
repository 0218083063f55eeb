"""`jivsgen judge` says of a real run what the script itself said of it, green and red; of a distributed JMeter run, which has no
verdict of its own, it says it alone."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from jivsgen.compiler import Compiler
from jivsgen.diagnostics import Diagnostics
from jivsgen.engines.artillery.metrics import Metrics
from jivsgen.plan.model import PerVuIterations, Plan, Slo
from jivsgen.project import load_project
from jivsgen.results import Judgement, Verdict
from jivsgen.results.printers import number
from jivsgen.verify.engines import QUIET

from .jivs import Fault, Jivs
from .run import ROOT, command_of, judged, kind_of, run, write
from .server import Answer, Server

LIST = "all of the list"
POLL = "getExtraction ends within 5 attempts"
ENGINES = ("k6", "k6-1.1.0", "jmeter", "artillery")


def patient(slo: Slo) -> Slo:
    """A busy machine is no fault; a planted delay is: it is longer than the one limit that is not ten times as high."""
    is_own = slo.stat in ("errors", "rate") or slo.subject == "startExtraction"
    return slo if is_own else replace(slo, limit=slo.limit * 10)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The journey of `tests/results/profile.yaml`, three users twice."""
    diagnostics = Diagnostics()
    project = load_project(ROOT, diagnostics)
    assert project
    (unit,) = Compiler(project, diagnostics).compile((ROOT / "tests/results/profile.yaml",))
    (scenario,) = unit.plan.scenarios
    scenario = replace(scenario, load=PerVuIterations(3, 2, max_duration_ms=60_000), pause_ms=100)
    return replace(unit.plan, scenarios=(scenario,), slos=tuple(map(patient, unit.plan.slos)))


def api(fault: Fault | None) -> Server:
    return Server(Jivs(ROOT / "specs/jivs.openapi.yaml", fault))


def missed(judgement: Judgement) -> set[tuple[str, str]]:
    return {(f.slo.subject, f.slo.stat) for f in judgement.findings if f.verdict is Verdict.MISSED}


def many(operation: str, answer: Answer) -> Answer:
    if operation == "getExtraction":
        return Answer(200, {"data": {**answer.json["data"], "status": "RUNNING"}})
    if operation == "listExtractions":
        return replace(answer, status=0)
    return replace(answer, delay_s=2.3) if operation == "startExtraction" else answer


def first(operation: str, answer: Answer) -> Answer:
    return Answer(500, {}) if operation == "createExtraction" else answer


MANY = {
    ("startExtraction", "p95"), (POLL, "errors"), (LIST, "errors"), (LIST, "p95"), ("all", "errors"),
}  # fmt: skip
UNSEEN = {(name, stat) for name in ("startExtraction", "getExtraction", LIST) for stat in ("errors", "p95")}
FAULTS = {
    "none": (None, set(), 30),
    "many": (many, MANY, None),
    "at the first call": (
        first,
        UNSEEN | {("createExtraction", "errors"), ("all", "errors"), (POLL, "errors"), ("creation_time", "p95"),
                  ("work_time", "p90"), ("work_time", "max")},
        6,
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", FAULTS)
def test_judge_says_what_the_script_says(fault: str, engine: str, plan: Plan, tmp_path: Path) -> None:
    play, red, requests = FAULTS[fault]
    with api(play) as server:
        ended = run(engine, plan, tmp_path, server.url, JIVS_PASSWORD="not-a-secret")
    judgement, said = ended.judgement, ended.out
    assert missed(judgement) == red, said
    assert judgement.is_green == (ended.code == 0) == (not red), said
    assert judgement.engine == kind_of(engine)
    if requests:
        assert judgement.rows[0].samples == requests
    if engine == "jmeter":
        assert {line for line in said.splitlines() if line.startswith(("ok ", "FAIL "))} == set(
            as_jmeter_says(judgement)
        )
    if engine == "artillery":
        kept = {line[4:] for line in said.splitlines() if line.startswith("ok: ")}
        for finding, condition in zip(judgement.findings, Metrics(plan).conditions(), strict=True):
            assert (finding.verdict is Verdict.MET) == (condition in kept), condition


def as_jmeter_says(judgement: Judgement) -> Iterator[str]:
    """The lines that the plan's own judge prints, with the same numbers."""
    for finding in judgement.findings:
        slo = finding.slo
        kept = "ok  " if finding.verdict is Verdict.MET else "FAIL"
        measured = "no samples" if finding.measured is None else number(finding.measured)
        yield f"{kept} {slo.subject} {slo.stat} {measured} {slo.relation} {slo.limit:.12g}"


def test_a_distributed_run_is_judged_here_alone(plan: Plan, tmp_path: Path) -> None:
    script = write("jmeter", plan, tmp_path)
    command, quiet = command_of("jmeter"), "-Jserver.rmi.ssl.disable=true"
    here, ports = "-Djava.rmi.server.hostname=127.0.0.1", [free_port(), free_port()]
    with api(first) as jivs:
        env = {**os.environ, **QUIET, "JIVS_PASSWORD": "not-a-secret", "BASE_URL": jivs.url}
        servers = [
            subprocess.Popen(
                [command, "-s", here, quiet, f"-Jserver_port={port}", f"-Jserver.rmi.localport={free_port()}",
                 "-Jserver.exitaftertest=true", "-j", str(tmp_path / f"{port}.log")],
                env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for port in ports
        ]  # fmt: skip
        try:
            for port in ports:
                listening(port)
            ended = subprocess.run(
                [command, "-n", "-t", script.name, here, quiet, "-R", ",".join(f"127.0.0.1:{p}" for p in ports),
                 "-Jjmeterengine.force.system.exit=true", "-j", "client.log"],
                env=env, cwd=tmp_path, capture_output=True, text=True, timeout=100,
            )  # fmt: skip
        finally:
            for server in servers:
                server.terminate()
                server.wait(20)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "FAIL" not in ended.stdout
    judgement = judged(tmp_path / f"{plan.name}.jtl", plan)
    assert judgement.rows[0].samples == 12
    assert missed(judgement) == FAULTS["at the first call"][1]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def listening(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nothing listens on {port}")
