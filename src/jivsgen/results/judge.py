"""A file and a plan in, a judgement out."""

from __future__ import annotations

from pathlib import Path

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.plan.model import Plan
from jivsgen.results.files import read_results
from jivsgen.results.model import Judgement, Legend, Unreadable, subjects


def judge(
    path: Path, shown: str, plan: Plan, legend: Legend, engine: str | None, diagnostics: Diagnostics
) -> Judgement | None:  # fmt: skip
    """The results in a file held against the limits of a plan; None after a report. `shown` is the path in messages;
    `engine`, when it is given, must be the one that wrote the file."""
    try:
        found, run = read_results(path, plan, legend, engine)
    except OSError as refusal:
        diagnostics.add("unreadable-file", f"cannot read the file: {refusal.strerror}", Place(shown))
        return None
    except Unreadable as fault:
        diagnostics.add(fault.code, fault.message, Place(shown, fault.line), fault.hint)
        return None
    for problem in run.problems:
        diagnostics.add(problem.code, problem.message, Place(shown, problem.line) if problem.line else None)
    return Judgement(
        profile=plan.name,
        engine=found,
        results=shown,
        begin_s=run.begin_s,
        seconds=run.seconds,
        rows=tuple(run.row(subject) for subject in subjects(plan)),
        findings=tuple(run.finding(slo) for slo in plan.slos),
        problems=run.problems,
        remarks=run.remarks,
    )
