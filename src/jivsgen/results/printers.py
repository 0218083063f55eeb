"""A judgement as tables for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from jivsgen.plan.summary import limit_in_words
from jivsgen.results.model import COLUMNS, Finding, Judgement, Row, Verdict

_ENGINES = {"k6": "k6", "jmeter": "JMeter", "artillery": "Artillery"}


def as_text(judgement: Judgement) -> str:
    """What was measured, a line an operation; then each limit and how it was kept."""
    lines = [_headline(judgement), ""]
    names = ("", "requests", "errors", *(f"{stat} ms" for stat in COLUMNS))
    lines += _aligned([names, *(_cells(row) for row in judgement.rows)], "<" + ">" * (len(names) - 1))
    lines += ["", *_aligned([_limit(finding) for finding in judgement.findings], "<<<<")]
    lines += ["", *judgement.remarks, _tally(judgement)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _headline(judgement: Judgement) -> str:
    when = ""
    if judgement.begin_s is not None:
        when = f", from {datetime.fromtimestamp(judgement.begin_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
    length = "" if judgement.seconds is None else f", {judgement.seconds:.1f} s"
    return (
        f"{judgement.profile}: results of {_ENGINES[judgement.engine]} in {judgement.results}{when}{length}"
    )


def _cells(row: Row) -> tuple[str, ...]:
    errors = "" if row.errors is None else _share(row.errors)
    times = [number(row.times[stat]) if stat in row.times else "" for stat in COLUMNS]
    return (row.subject[1], f"{row.samples:,}", errors, *times)


def _limit(finding: Finding) -> tuple[str, ...]:
    said = f"({finding.said})" if finding.measured is not None and finding.said else finding.said
    measured = "" if finding.measured is None else _measured(finding)
    return (
        str(finding.verdict),
        finding.slo.subject,
        limit_in_words(finding.slo),
        f"{measured} {said}".strip(),
    )


def _measured(finding: Finding) -> str:
    assert finding.measured is not None
    if finding.slo.stat == "errors":
        return _share(finding.measured)
    return f"{number(finding.measured)}{'/s' if finding.slo.stat == 'rate' else ' ms'}"


def _tally(judgement: Judgement) -> str:
    verdicts = Counter(finding.verdict for finding in judgement.findings)
    parts = [f"{verdicts[verdict]} {verdict}" for verdict in Verdict if verdicts[verdict]]
    count = len(judgement.findings)
    return f"{count} {'limit' if count == 1 else 'limits'}: {', '.join(parts) or 'nothing to judge'}"


def number(value: float) -> str:
    """Plain digits, at most four after the point."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _share(value: float) -> str:
    return f"{number(100 * value)}%"


def _aligned(rows: Iterable[tuple[str, ...]], sides: str) -> Iterator[str]:
    """Columns as wide as their widest cell, two spaces apart."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))


def as_json(judgement: Judgement) -> str:
    """The same, as an object; times in ms, errors as shares, rates a second."""
    content: dict[str, Any] = {
        "profile": judgement.profile,
        "engine": judgement.engine,
        "results": judgement.results,
        "green": judgement.is_green,
        "begin": judgement.begin_s,
        "seconds": judgement.seconds,
        "measured": [_row(row) for row in judgement.rows],
        "limits": [_finding(finding) for finding in judgement.findings],
        "problems": [problem.message for problem in judgement.problems],
        "remarks": list(judgement.remarks),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    kind, name = row.subject
    return {"kind": kind, "subject": name, "requests": row.samples, "errors": row.errors, **row.times}


def _finding(finding: Finding) -> dict[str, Any]:
    slo = finding.slo
    limit = {
        "kind": slo.kind,
        "subject": slo.subject,
        "stat": slo.stat,
        "relation": slo.relation,
        "limit": slo.limit,
    }
    return {**limit, "measured": finding.measured, "verdict": str(finding.verdict), "said": finding.said}
