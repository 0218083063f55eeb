"""`jivsgen diff`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from jivsgen.cli.common import (
    allow_ref_option,
    examples,
    find_project,
    print_found,
    remotes,
    select,
    wants_colour,
)
from jivsgen.diagnostics import Diagnostics


@click.command(
    epilog=examples(
        "jivsgen diff old.yaml specs/jivs.openapi.yaml",
        "git show HEAD:specs/jivs.openapi.yaml > /tmp/old.yaml && jivsgen diff /tmp/old.yaml specs/jivs.openapi.yaml --format markdown",
    )
)
@click.argument("old", type=click.Path(path_type=Path), required=False)
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option(
    "--profile", "profiles", multiple=True, help="A profile, by path or name; may be repeated. Default: all."
)
@click.option("--all", "everything", is_flag=True, help="List the operations that no profile uses, too.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
@allow_ref_option
@click.option("--rules", is_flag=True, help="List the rules, and compare nothing.")
def command(
    old: Path | None, new: Path | None, profiles: tuple[str, ...], everything: bool, format_: str, rules: bool
) -> int:
    """Say what the change from the spec OLD to NEW means for the load tests: first what the profiles use, then the rest.

    Exit code: 0 nothing that is used breaks, 1 something does, 2 cannot compare.
    """
    from jivsgen.compiler import Compiler
    from jivsgen.drift.rules import RULES
    from jivsgen.drift.telling import as_json, as_markdown, as_text

    if rules:
        for name, rule in RULES.items():
            click.echo(f"{name} ({rule.level})\n  {rule.what} {rule.why} {rule.mend}")
        return 0
    if old is None or new is None:
        raise click.UsageError("name two documents: jivsgen diff OLD NEW")
    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    compiler = Compiler(project, diagnostics, remotes=remotes())
    for path in (old, new):
        if not path.is_file():
            raise click.UsageError(f"there is no file {path}")
    found = compiler.change(select(project, profiles), old, new)
    if diagnostics.has_errors() or found is None:
        print_found(diagnostics, "text")
        return 2
    if format_ == "text":
        click.echo(
            as_text(found, everything=everything, colour=wants_colour(sys.stdout)), nl=False, color=True
        )
    else:
        click.echo(as_json(found) if format_ == "json" else as_markdown(found), nl=False)
    return 1 if found.breaks else 0
