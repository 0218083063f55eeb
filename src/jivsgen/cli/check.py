"""`jivsgen check`. What has not changed at all is answered by the door, before this module is imported."""

from __future__ import annotations

import difflib
import sys

import click

from jivsgen.cli.common import (
    allow_ref_option,
    count,
    examples,
    find_project,
    format_option,
    print_found,
    remotes,
    tally,
)
from jivsgen.diagnostics import Diagnostics
from jivsgen.drift.findings import Comparison
from jivsgen.drift.lock import NAME, plain


@click.command(
    epilog=examples(
        "jivsgen check",
        "jivsgen check --diff",
        "jivsgen check --fix",
        "jivsgen check --format github",
    )
)
@click.option("--diff", "with_diff", is_flag=True, help="Print what differs, as a unified diff.")
@click.option("--fix", is_flag=True, help="Build what is out of date, as `jivsgen build` does.")
@allow_ref_option
@format_option
def command(with_diff: bool, fix: bool, format_: str) -> int:
    """Say whether the generated files are what the profiles and their spec say today. This is what pre-commit runs.

    Nothing changed: answered from digests. Else everything is rendered in memory and compared; nothing is written
    without --fix. Exit code: 0 up to date (a change that changes no artifact is a note), 1 drift, or a profile has
    errors, 2 cannot run.
    """
    from jivsgen.cli.build import print_published
    from jivsgen.compiler import Compiler
    from jivsgen.generate import compare, generate, write

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    if not project.profiles:
        raise click.UsageError("there are no profiles here; set `profiles` in [tool.jivsgen]")
    made = generate(Compiler(project, diagnostics, remotes=remotes()), project.profiles, ())
    if made is None:
        print_found(diagnostics.without_notes(), format_)
        click.echo(f"{tally(diagnostics)}: what is generated here is of an earlier state", err=True)
        return 1
    found = Diagnostics()
    if fix:
        published = write(project, made, project.out, found, whole=True)
        if published is None:
            print_found(found, format_)
            return 2
        print_published(published, project, project.out, err=format_ != "text")
    comparison = compare(project, made, found)
    comparison.report(found)
    print_found(found, format_)
    if with_diff:
        _print_diff(comparison)
    if format_ == "text":
        verdict = (
            f"{tally(found)}" if found.has_errors() else f"{count(len(made.files), 'artifact')} up to date"
        )
        click.echo(verdict, err=found.has_errors())
    return 1 if found.has_errors() else 0


def _print_diff(comparison: Comparison) -> None:
    """From what lies there to what jivsgen writes."""
    for path in sorted({*comparison.fresh, *comparison.disk} - {NAME}):
        before, after = comparison.disk.get(path) or b"", comparison.fresh.get(path, "")
        name = f"{comparison.out}/{path}"
        if before == plain(after):
            continue
        if isinstance(after, bytes):
            click.echo(f"{name} holds {len(before):,} bytes, the file that it is a copy of {len(after):,}")
            continue
        lines = difflib.unified_diff(
            before.decode("utf-8", "replace").splitlines(True),
            after.splitlines(True),
            name if path in comparison.disk else "/dev/null",
            name if path in comparison.fresh else "/dev/null",
        )
        sys.stdout.writelines(line if line.endswith("\n") else f"{line}\n" for line in lines)
