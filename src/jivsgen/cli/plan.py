"""`jivsgen plan`."""

from __future__ import annotations

import click

from jivsgen.cli.common import allow_ref_option, examples, find_project, print_found, remotes, select
from jivsgen.diagnostics import Diagnostics


@click.command(
    epilog=examples(
        "jivsgen plan extraction-load | jq .scenarios",
        "jivsgen plan --summary extraction-load",
    )
)
@click.argument("profile")
@click.option(
    "--summary", "for_people", is_flag=True, help="Print the flow, the load curve and the arithmetic."
)
@allow_ref_option
@click.option("--smoke", is_flag=True, help="The plan with its load cut down to seconds.")
def command(profile: str, for_people: bool, smoke: bool) -> int:
    """Print the compiled plan of PROFILE (a path or a name) as JSON."""
    from jivsgen.compiler import Compiler

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    units = Compiler(project, diagnostics, remotes=remotes()).compile(select(project, (profile,)))
    print_found(diagnostics, "text")
    if not units:
        return 1
    plan = units[0].plan
    if smoke:
        from jivsgen.plan.smoke import smoke as reduced

        plan = reduced(plan)
    if for_people:
        from jivsgen.plan.summary import summary

        click.echo(summary(plan), nl=False)
    else:
        from jivsgen.plan.serialize import as_json

        click.echo(as_json(plan), nl=False)
    return 0
