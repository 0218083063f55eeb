"""One run, written down as k6, JMeter and Artillery would have written it: the form is that of files of real runs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

BEGIN_MS = 1_790_000_000_000
JTL = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
]
K6_CSV = [
    "metric_name",
    "timestamp",
    "metric_value",
    "check",
    "error",
    "error_code",
    "expected_response",
    "group",
    "method",
    "name",
    "proto",
    "scenario",
    "service",
    "status",
    "subproto",
    "tls_version",
    "url",
    "extra_tags",
    "metadata",
]


class Request(Struct, frozen=True):
    """`at` and `ms` in milliseconds; no `ms`: no answer."""

    call: str
    at: int
    ms: int | None
    ok: bool = True

    @property
    def ends(self) -> int:
        return self.at + (self.ms or 0)


@dataclass
class Recorded:
    """`checks`: whether each poll ended well; `own`: times of metrics that no row of a call stands for, and `derived`:
    the metrics that have the times of a call's requests without error."""

    requests: list[Request]
    checks: dict[str, list[bool]] = field(default_factory=dict)
    own: dict[str, list[int]] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)

    @property
    def trends(self) -> dict[str, list[int]]:
        taken = {
            metric: [r.ms for r in self.requests if r.call == call and r.ok and r.ms is not None]
            for metric, call in self.derived.items()
        }
        return {**self.own, **taken}

    # --- k6 ---------------------------------------------------------------------------------------------------------

    def k6_json(self) -> str:
        lines = [
            {"type": "Metric", "data": {"name": "http_reqs", "type": "counter", "contains": "default", "thresholds": [],
                                        "submetrics": None}, "metric": "http_reqs"},
        ]  # fmt: skip
        for metric, at, value, tags in self._points():
            whole, ms = divmod(at, 1000)
            time = f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03}000001Z"
            lines.append(
                {"metric": metric, "type": "Point", "data": {"time": time, "value": value, "tags": tags}}
            )
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)

    def k6_csv(self, digits: int = 10) -> str:
        text = io.StringIO()
        rows = csv.DictWriter(text, K6_CSV, lineterminator="\n", extrasaction="ignore", restval="")
        rows.writeheader()
        for metric, at, value, tags in self._points():
            time = str(at * 10**6)[:digits]
            rows.writerow(
                {"metric_name": metric, "timestamp": time, "metric_value": f"{value:.6f}", **tags, "extra_tags": "load=yes"}
            )  # fmt: skip
        return text.getvalue()

    def _points(self) -> Iterator[tuple[str, int, float, dict[str, str]]]:
        login = {"expected_response": "true", "group": "::setup", "name": "login as admin", "status": "200"}
        yield "http_reqs", BEGIN_MS - 9000, 1, login
        yield "http_req_duration", BEGIN_MS - 9000, 60_000, login
        for one in self.requests:
            tags = {"group": "", "load": "yes", "name": one.call, "scenario": "journey"}
            answered = {**tags, "expected_response": str(one.ms is not None).lower(), "method": "GET"}
            yield "http_reqs", BEGIN_MS + one.ends, 1, answered
            yield "http_req_duration", BEGIN_MS + one.ends, one.ms or 0, answered
            yield "http_req_failed", BEGIN_MS + one.ends, one.ms is None, answered
            yield "checks", BEGIN_MS + one.ends, int(one.ok), {**tags, "check": f"{one.call} answers 200"}
            yield "errors", BEGIN_MS + one.ends, int(not one.ok), tags
        tags = {"group": "", "load": "yes", "scenario": "journey"}
        for name, passed in self.checks.items():
            for one_passed in passed:
                yield "checks", BEGIN_MS, int(one_passed), {**tags, "name": "the last call", "check": name}
                yield "samples", BEGIN_MS, 1, {**tags, "of": name}
        for metric, times in self.trends.items():
            for ms in times:
                yield metric, BEGIN_MS, ms, tags

    # --- JMeter -----------------------------------------------------------------------------------------------------

    def jtl(self) -> str:
        """Connecting took 7 ms each time: that is in `elapsed`, and no part of a response time."""
        text = io.StringIO()
        rows = csv.DictWriter(text, JTL, lineterminator="\n", restval="0")
        rows.writeheader()
        for one in self.requests:
            answered = one.ms is not None
            code = (
                "200" if answered else "Non HTTP response code: org.apache.http.conn.HttpHostConnectException"
            )
            failure = "" if one.ok or not answered else "answers 200;\nhas $.data.id"
            rows.writerow(
                self._row(one.call, one.at - 7 * answered, (one.ms or 0) + 7 * answered, one.ok)
                | {"responseCode": code, "failureMessage": failure, "Connect": 7 * answered}
                | {"URL": "http://localhost:8080/api/v1/extractions" if answered else "null"}
            )
        for name, passed in self.checks.items():
            rows.writerows(self._row(name, 0, 0, one) for one in passed)
        for metric, times in self.own.items():
            rows.writerows(self._row(metric, 0, ms, True) for ms in times)
        return text.getvalue()

    def _row(self, label: str, at: int, elapsed: int, ok: bool) -> dict[str, Any]:
        return {
            "timeStamp": BEGIN_MS + at, "elapsed": elapsed, "label": label, "responseCode": "200", "responseMessage": "OK",
            "threadName": "journey 1-1", "dataType": "text", "success": str(ok).lower(), "failureMessage": "", "URL": "null",
        }  # fmt: skip

    # --- Artillery --------------------------------------------------------------------------------------------------

    def artillery(self, keys: dict[tuple[str, str], str], beyond: dict[str, tuple[str, float]]) -> str:
        """`beyond`: the counter of a metric's samples above a limit."""
        counters: dict[str, float] = {"vusers.created": 3, "http.requests": len(self.requests)}
        histograms: dict[str, list[float]] = {}
        for one in self.requests:
            for key in (keys["call", one.call], "load.all"):
                counters[f"{key}.requests"] = counters.get(f"{key}.requests", 0) + 1
                counters[f"{key}.errors"] = counters.get(f"{key}.errors", 0) + (not one.ok)
                if one.ms is not None:
                    histograms.setdefault(f"{key}.ms", []).append(one.ms)
            histograms.setdefault("load.length.ms", []).append(one.ends)
        for name, passed in self.checks.items():
            counters[f"{keys['check', name]}.requests"] = len(passed)
            counters[f"{keys['check', name]}.errors"] = passed.count(False)
        histograms |= {f"{keys['trend', metric]}.ms": times for metric, times in self.trends.items() if times}
        for counter, (key, limit) in beyond.items():
            counters[counter] = sum(ms > limit for ms in histograms.get(f"{key}.ms", []))
        summaries = {name: _summary(times) for name, times in histograms.items()}
        totals = {
            "period": BEGIN_MS, "counters": counters, "rates": {"http.request_rate": 14}, "firstCounterAt": BEGIN_MS,
            "summaries": summaries, "histograms": summaries,
        }  # fmt: skip
        return json.dumps({"aggregate": totals, "intermediate": [totals, totals]}, indent=2)


def _summary(samples: list[float]) -> dict[str, float]:
    """As Artillery 2.0 sums up its sketch, whose relative accuracy is 1 %."""
    ordered = sorted(map(_sketched, samples))

    def quantile(share: float) -> float:
        return round(ordered[math.floor(share * (len(ordered) - 1))], 1)

    names = {"p50": 0.5, "median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
    return {
        "min": min(samples), "max": max(samples), "count": len(samples), "mean": round(sum(samples) / len(samples), 1),
        **{name: quantile(share) for name, share in names.items()},
    }  # fmt: skip


def _sketched(value: float) -> float:
    gamma = 1.01 / 0.99
    return 2 * gamma ** math.ceil(math.log(value, gamma)) / (1 + gamma) if value > 0 else 0.0
