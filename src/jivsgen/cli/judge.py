"""`jivsgen judge`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jivsgen.cli.common import allow_ref_option, examples, find_project, print_found, remotes, select
from jivsgen.diagnostics import Diagnostics
from jivsgen.engines import ENGINES

if TYPE_CHECKING:
    from jivsgen.plan.model import Plan
    from jivsgen.results import Legend


@click.command(
    epilog=examples(
        "jivsgen judge extraction-load.jtl --profile extraction-load",
        "k6 run --out json=run.json.gz generated/k6/extraction-load.js",
        "jivsgen judge run.json.gz --profile extraction-load",
    )
)
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--profile", required=True, help="The profile that the script was made from, by path or name.")
@click.option(
    "--engine", type=click.Choice(ENGINES), help="Who wrote RESULTS. Default: told by their content."
)
@allow_ref_option
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def command(results: Path, profile: str, engine: str | None, json_: bool) -> int:
    """Hold the RESULTS of a run against the limits of its profile: the same rule and the same words for all engines.

    RESULTS is what `k6 run --out json=FILE` (or csv=FILE) writes, JMeter's JTL as CSV, or the report of `artillery run -o
    FILE`; .gz is read too. JMeter appends to a file that is there: all runs in it are judged as one. Exit code: 0 every
    limit was met, 1 a limit was missed or cannot be judged, 2 cannot run.
    """
    from jivsgen.compiler import Compiler
    from jivsgen.results import judge, printers

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    units = Compiler(project, diagnostics, remotes=remotes()).compile(select(project, (profile,)))
    judgement = None
    if units:
        plan = units[0].plan
        judgement = judge(results, str(results), plan, legend(plan), engine, diagnostics)
    print_found(diagnostics, "text")
    if judgement is None:
        return 2
    click.echo(printers.as_json(judgement) if json_ else printers.as_text(judgement), nl=False)
    return 0 if judgement.is_green else 1


def legend(plan: Plan) -> Legend:
    """What the emitted scripts call things: the engines know."""
    from jivsgen.engines.artillery import metrics as artillery
    from jivsgen.engines.jmeter.metrics import Metrics
    from jivsgen.results import Legend
    from jivsgen.results.model import subjects

    names = artillery.Metrics(plan)
    return Legend(
        jmeter_feeds=Metrics.of(plan).derived,
        artillery_keys={subject: names.key(*subject) for subject in subjects(plan)},
        artillery_beyond={slo: counter for slo in plan.slos if (counter := names.beyond(slo))},
        artillery_length=artillery.LENGTH,
        artillery_ended=artillery.ABORTED,
    )
