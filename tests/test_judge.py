"""`jivsgen judge` as a user meets it: what it says, how it ends, and what it refuses."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.results.recorded import Recorded, Request

HERE = Path(__file__).parent
CALLS = ("createExtraction", "startExtraction", "getExtraction", "all of the list")
POLL = "getExtraction ends within 5 attempts"
KEYS = {
    **{("call", call): f"op.{call.replace(' ', '_')}" for call in CALLS},
    ("check", POLL): "check.getExtraction_ends_within_5_attempts",
    ("trend", "creation_time"): "time.creation_time",
    ("trend", "work_time"): "time.work_time",
}
OVER = "op.createExtraction.over_2000.samples"
BEYOND = {OVER: ("op.createExtraction", 2000)}


def run(slowest: int = 20) -> Recorded:
    requests = [Request(call, 100 * n, slowest if n == 0 else 10) for n in range(30) for call in CALLS]
    return Recorded(
        requests, {POLL: [True] * 30}, {"work_time": [50] * 30}, {"creation_time": "createExtraction"}
    )


@pytest.fixture
def judge(tmp_path: Path, jivsgen):
    def judged(content: str | bytes, *options: str, name: str = "results"):
        raw = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(raw)
        profile = HERE / "results/profile.yaml"
        return jivsgen("judge", name, "--profile", profile, *options, cwd=tmp_path)

    return judged


FORMS = {
    "k6": Recorded.k6_json,
    "k6 csv": Recorded.k6_csv,
    "jmeter": Recorded.jtl,
    "artillery": lambda one: one.artillery(KEYS, BEYOND),
}


@pytest.mark.parametrize("form", FORMS)
def test_green_and_red(form: str, judge) -> None:
    green = judge(FORMS[form](run()))
    assert (green.returncode, green.stderr) == (0, "")
    assert "22 limits: 22 met" in green.stdout
    red = judge(FORMS[form](run(slowest=3000)))
    assert red.returncode == 1
    line = next(line for line in red.stdout.splitlines() if "startExtraction" in line and "p95" in line)
    assert line.startswith("met ")
    line = next(line for line in red.stdout.splitlines() if "createExtraction" in line and "p99 " in line)
    assert line.split() == ["missed", "createExtraction", "p99", "≤", "2000", "ms", "3000", "ms"]


def test_the_whole_table(judge, golden) -> None:
    one = run(slowest=3000)
    one.requests.append(Request("getExtraction", 3000, None, ok=False))
    one.own.clear()
    ended = judge(one.jtl(), name="run.jtl")
    assert ended.returncode == 1
    golden(HERE / "results/expected/table.txt", ended.stdout)
    ended = judge(one.jtl(), "--json", name="run.jtl")
    assert ended.returncode == 1
    golden(HERE / "results/expected/table.json", ended.stdout)
    assert json.loads(ended.stdout)["green"] is False


def test_packed_and_marked_files(judge) -> None:
    assert judge(gzip.compress(run().jtl().encode())).returncode == 0
    assert judge(b"\xef\xbb\xbf" + run().jtl().encode()).returncode == 0
    assert judge(run().jtl().replace("\n", "\r\n")).returncode == 0


def test_joined_files_are_one_run(judge) -> None:
    """As from engines that each ran a part: every file has its own line of names."""
    ended = judge(run().jtl() + run().jtl(), "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["measured"][0]["requests"] == 240


# --- what a file does not say -----------------------------------------------------------------------------------


def unsaid(ended) -> dict[tuple[str, str], str]:
    limits = json.loads(ended.stdout)["limits"]
    return {(o["subject"], o["stat"]): o["said"] for o in limits if o["verdict"] == "cannot be judged"}


def test_a_report_without_what_a_limit_is_about_cannot_be_judged(judge) -> None:
    report = json.loads(run().artillery(KEYS, BEYOND))
    del report["aggregate"]["counters"][OVER]
    for gone in ("load.all.ms", "load.length.ms"):
        del report["aggregate"]["summaries"][gone]
    ended = judge(json.dumps(report), "--json")
    assert ended.returncode == 1
    found = unsaid(ended)
    assert set(found) == {("createExtraction", "p93"), ("all", "p95"), ("all", "rate")}
    assert "p50, p75, p90, p95, p99 and p99.9" in found["createExtraction", "p93"]
    assert "2 met" not in ended.stdout
    assert "3 cannot be judged" in judge(json.dumps(report)).stdout


def test_samples_beyond_the_limit_are_counted(judge) -> None:
    """p93 of 30 samples is the 28th: two may be beyond, three may not."""
    for beyond, code in ((2, 0), (3, 1)):
        report = json.loads(run().artillery(KEYS, BEYOND))
        report["aggregate"]["counters"][OVER] = beyond
        assert judge(json.dumps(report)).returncode == code


@pytest.mark.parametrize("apart", [2050, 2080])
def test_whole_seconds_are_too_coarse_for_a_short_run(apart: int, judge) -> None:
    """120 requests in about 60 s: a second more or less is the limit of 2/s kept or missed."""
    one = replace(run(), requests=[Request(call, apart * n, 10) for n in range(30) for call in CALLS])
    assert set(unsaid(judge(one.k6_csv(), "--json"))) == {("all", "rate")}
    exact = judge(one.k6_csv(digits=13), "--json")
    assert (unsaid(exact), exact.returncode) == ({}, int(apart == 2080))


def test_an_early_end_is_red(judge) -> None:
    report = json.loads(run().artillery(KEYS, BEYOND))
    report["aggregate"]["counters"]["load.aborted"] = 1
    ended = judge(json.dumps(report))
    assert ended.returncode == 1
    assert "error[ended-early]" in ended.stderr
    report["aggregate"]["counters"]["load.aborted"] = 0
    assert judge(json.dumps(report)).returncode == 0


def test_a_script_that_failed_is_red(judge) -> None:
    row = '1790000000000,0,next iteration,500,"javax.script.ScriptException: no\nsuch thing",t,text,false,,0,0,1,1,null,0,0,0\n'
    ended = judge(run().jtl() + row)
    assert ended.returncode == 1
    assert (
        "results:183:1: error[failed-script]: next iteration: javax.script.ScriptException: no"
        in ended.stderr
    )
    assert "22 met" in ended.stdout


# --- what is refused --------------------------------------------------------------------------------------------

K6 = run().k6_json()
JTL = run().jtl()
REPORT = run().artillery(KEYS, BEYOND)
PACKED = gzip.compress(K6.encode())
REFUSED = {
    "nothing": ("", "results:1:1: error[empty-file]: the file is empty"),
    "spaces": ("\n \n", "results:1:1: error[empty-file]"),
    "binary": (b"\x7fELF\0\0\1", "results:1:1: error[unknown-results]: this is no text"),
    "some text": ("hello\n", "results:1:1: error[unknown-results]: the file is none of"),
    "another csv": ("id,name\n1,x\n", "results:1:1: error[unknown-results]: the file is none of"),
    "another json": ('{"openapi": "3.1.0"}', "results:1:1: error[unknown-results]: the file is none of"),
    "jtl as xml": ('<?xml version="1.0"?>\n<testResults version="1.2">', "hint: run JMeter with -Jjmeter.save.saveservice.output_format=csv"),
    "jtl with tabs": (JTL.replace(",", "\t"), "error[unknown-results]: this looks like JMeter's results with another delimiter"),
    "jtl without names": (JTL.split("\n", 1)[1], "without a first line of names"),
    "dashboard": ('{"Total": {"transaction": "Total", "sampleCount": 14}}', "the statistics of JMeter's dashboard"),
    "k6 summary": ('{"root_group": {}, "metrics": {}}', "hint: run k6 with --out json=FILE"),
    "k6 cut off": (K6[: len(K6) - 40], f"results:{K6.count(chr(10))}:1: error[broken-results]: the line is no JSON"),
    "k6 cut at once": (K6[:30], "results:1:1: error[broken-results]: the line is no JSON"),
    "k6 with a hole": (K6.replace('"name":"startExtraction"', '"name":"start'), "error[broken-results]: the line is no JSON"),
    "k6 point without a time": (K6.replace('"time":', '"tame":'), "error[broken-results]: this is no point as k6 writes it"),
    "k6 value as text": (K6.replace('"value":10,', '"value":"ten",'), "error[broken-results]: this is no point as k6 writes it"),
    "k6 without a tag": (K6.replace("expected_response", "expected"), "hint: run k6 with its default --system-tags"),
    "k6 deep": ('{"type":"Point","metric":"errors","data":' + "[" * 100_000, "results:1:1: error[broken-results]"),
    "k6 csv cut off": (run().k6_csv()[:-30], "columns, the first line 19"),
    "k6 csv with an open quote": (run().k6_csv() + '"errors', "error[broken-results]: no CSV"),
    "k6 csv without a column": (run().k6_csv().replace(",scenario,", ",scene,"), "error[broken-results]: the first line lacks"),
    "k6 csv with a bad number": (run().k6_csv().replace(",10.000000,", ",ten,"), "error[broken-results]: this is no point"),
    "k6 nan": (K6.replace('"value":10,', '"value":NaN,'), "the point has an impossible value or time"),
    "k6 endless": (K6.replace('"value":10,', '"value":1e999,'), "the point has an impossible value or time"),
    "k6 of old": (K6.replace("2026-09-21", "0001-01-01"), "the point has an impossible value or time"),
    "k6 csv of no time": (run().k6_csv().replace(",1790000000,", ",soon,"), "error[broken-results]: this is no point"),
    "jtl endless": (JTL.replace(",17,", f",{10**30},"), "error[broken-results]: the row has an impossible time"),
    "jtl below nothing": (JTL.replace(",17,", ",-17,"), "error[broken-results]: the row has an impossible time"),
    "report nan": (REPORT.replace('"http.requests": 120', '"http.requests": NaN'), "`aggregate.counters` is no object of numbers"),
    "gzip cut off": (PACKED[: len(PACKED) // 2], "results:1:1: error[broken-results]: the gzip file is damaged or cut off"),
    "gzip damaged": (PACKED[:200] + b"????" + PACKED[204:], "error[broken-results]"),
    "gzip of nothing": (gzip.compress(b""), "error[empty-file]"),
    "jtl cut off": (JTL[:-40], f"results:{JTL.count(chr(10))}:1: error[broken-results]: the row has"),
    "jtl with an open quote": (JTL + '1,2,"open', "error[broken-results]: no CSV"),
    "jtl with a date": (JTL.replace("1790000000000", "2026/09/21 12:00:00"), "`timeStamp`, `elapsed` or `Connect` is no number"),
    "jtl without a column": (JTL.replace("Connect", "Konnect"), "results:1:1: error[broken-results]: the first line lacks Connect"),
    "jtl of another plan": (JTL.replace("startExtraction", "startExtractoin"), 'results:3:1: error[foreign-results]: "startExtractoin" is no call of the profile `judged`\n  hint: did you mean `startExtraction`?'),
    "k6 of another script": (K6.replace("startExtraction", "GET /x"), 'error[foreign-results]: "GET /x" is no call'),
    "report of another script": (REPORT.replace("op.startExtraction.requests", "op.other.requests"), "the report counts `other`"),
    "report of a stranger": ('{"aggregate": {"counters": {"http.requests": 5}, "summaries": {}}}', "error[foreign-results]: the report has none of the counters"),
    "report cut off": (REPORT[: len(REPORT) * 2 // 3], "error[broken-results]: not JSON, or cut off"),
    "report without its last brace": (REPORT[:-1], f"results:{REPORT.count(chr(10)) + 1}:1: error[broken-results]: not JSON, or cut off"),
    "report twice": (REPORT + REPORT, "there is more after the end of the report"),
    "report with words": (REPORT.replace('"http.requests": 120', '"http.requests": "many"'), "`aggregate.counters` is no object of numbers"),
    "report with a list": ('{"aggregate": []}', "the report has no object `aggregate`"),
    "report without a maximum": (REPORT.replace('"max"', '"greatest"'), "has no `max`"),
    "report too deep": ('{"aggregate": ' + "[" * 100_000, "results:1:1: error[broken-results]: nested too deep"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_no_results_are_refused_at_their_line(what: str, judge) -> None:
    content, said = REFUSED[what]
    ended = judge(content)
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (ended.returncode, ended.stdout) == (2, "")


def test_what_cannot_be_opened_is_said(judge, tmp_path: Path, jivsgen) -> None:
    profile = HERE / "results/profile.yaml"
    for name, said in (("missing", "No such file"), (".", "Is a directory")):
        ended = jivsgen("judge", name, "--profile", profile, cwd=tmp_path)
        assert (ended.returncode, said in ended.stderr) == (2, True)
        assert f"{name}:1:1: error[unreadable-file]" in ended.stderr
    (tmp_path / "run.jtl").write_text(JTL)
    ended = jivsgen("judge", "run.jtl", "--profile", HERE / "invalid/unknown-key/profile.yaml", cwd=tmp_path)
    assert ended.returncode == 2
    assert "error[unknown-key]" in ended.stderr


def test_another_engine_than_the_user_says(judge) -> None:
    ended = judge(JTL, "--engine", "k6")
    assert ended.returncode == 2
    assert "error[unknown-results]: these are results of jmeter, not of k6" in ended.stderr
    assert judge(JTL, "--engine", "jmeter").returncode == 0


def test_a_large_report_is_read_in_parts(judge) -> None:
    """Longer than a chunk, with a part that ends where one chunk does."""
    report = json.loads(REPORT)
    report["intermediate"] *= 400
    text = json.dumps(report, indent=2)
    assert len(text) > 2 << 20
    assert judge(text).returncode == 0
    assert judge(text[: text.rindex('"summaries"')]).returncode == 2


@pytest.mark.parametrize("times", [1, 400])
def test_a_fault_of_a_report_is_at_its_line(times: int, judge) -> None:
    report = json.loads(REPORT)
    report["intermediate"] *= times
    text = json.dumps(report, indent=2)
    broken = text[: text.rindex('"p999": ')] + '"p999" ' + text[text.rindex('"p999": ') + len('"p999": ') :]
    with pytest.raises(json.JSONDecodeError) as fault:
        json.loads(broken)
    ended = judge(broken)
    assert ended.returncode == 2
    assert f"results:{fault.value.lineno}:1: error[broken-results]: not JSON" in ended.stderr
