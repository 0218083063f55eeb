"""`jivsgen lint`."""

from __future__ import annotations

import click

from jivsgen.cli.common import (
    allow_ref_option,
    count,
    examples,
    find_project,
    format_option,
    print_found,
    remotes,
    select,
    strict_option,
    tally,
)
from jivsgen.diagnostics import Diagnostics


@click.command(
    epilog=examples(
        "jivsgen lint",
        "jivsgen lint specs/profiles/extraction-load.yaml --format github",
    )
)
@click.argument("profiles", nargs=-1)
@allow_ref_option
@format_option
@strict_option
def command(profiles: tuple[str, ...], format_: str, strict: bool) -> int:
    """Check PROFILES (paths or names; all by default) against their spec, and write nothing.

    Exit code: 0 no errors, 1 errors (with --strict: or warnings), 2 nothing to check.
    """
    from jivsgen.compiler import Compiler, note_approximations

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    paths = select(project, profiles)
    for unit in Compiler(project, diagnostics, remotes=remotes()).compile(paths):
        note_approximations(unit, unit.engines, diagnostics)
    found = diagnostics.hardened() if strict else diagnostics
    print_found(found, format_)
    if format_ == "text":
        click.echo(f"{count(len(paths), 'profile')}: {tally(found)}", err=True)
    return 1 if found.has_errors() else 0
