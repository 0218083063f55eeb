"""`jivsgen build`."""

from __future__ import annotations

from pathlib import Path

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
from jivsgen.engines import ENGINES
from jivsgen.project import Project
from jivsgen.publish import Published
from jivsgen.timings import Timings


def _timings(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Printed when the command has ended, however it ends."""
    timings = context.ensure_object(Timings)
    if wanted:
        context.call_on_close(lambda: click.echo(timings.text(), nl=False, err=True))


@click.command(
    epilog=examples(
        "jivsgen build",
        "jivsgen build --profile extraction-load --engine k6 --stdout",
        "jivsgen build --smoke --out /tmp/smoke",
    )
)
@click.option(
    "--profile", "profiles", multiple=True, help="A profile, by path or name; may be repeated. Default: all."
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(ENGINES),
    help="Only this engine; may be repeated.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write here instead of the project's output folder."
)
@click.option(
    "--smoke", is_flag=True, help="Cut the load down to 3 users of 5 iterations; needs --out or --stdout."
)
@click.option("--stdout", is_flag=True, help="Print the scripts and write nothing.")
@click.option(
    "--timings", is_flag=True, expose_value=False, callback=_timings, help="Say where the time went."
)
@allow_ref_option
@format_option
@strict_option
def command(
    profiles: tuple[str, ...], engines: tuple[str, ...], out: Path | None, smoke: bool, stdout: bool, format_: str,
    strict: bool,
) -> int:  # fmt: skip
    """Write the scripts of every profile, for every engine; only what changed is touched.

    With --profile or --engine the other artifacts stay as they are. Exit code: 0 fine, 1 a profile has errors (then
    nothing is written), 2 nothing to build or not writable.
    """
    from jivsgen.compiler import Compiler, approximations, note_approximations
    from jivsgen.generate import generate, wanted, write

    if smoke and not (out or stdout):
        raise click.UsageError("--smoke would replace your real scripts: say --out DIR or --stdout")
    diagnostics = Diagnostics()
    timings = click.get_current_context().ensure_object(Timings)
    project = find_project(diagnostics)
    paths = select(project, profiles)
    compiler = Compiler(project, diagnostics, timings, remotes())
    made = generate(compiler, paths, engines, smoke=smoke, strict=strict)
    found = diagnostics.hardened() if strict else diagnostics
    if made is None:
        print_found(found, format_)
        click.echo(f"{count(len(paths), 'profile')}: {tally(found)}; nothing was written", err=True)
        return 1
    rendered = [(unit, wanted(unit, engines)) for unit in made.units]
    if stdout or format_ != "text":
        for unit, own in rendered:
            note_approximations(unit, own, diagnostics)
    if stdout:
        print_found(found, format_)
        for path, content in made.files.items():
            shown = content if isinstance(content, str) else f"({len(content):,} bytes)\n"
            click.echo(f"// ---- {path}\n{shown}", nl=False)
        return 0
    folder = (out or project.out).resolve()
    with timings.room("publish"):
        published = write(project, made, folder, diagnostics, whole=not (profiles or engines or smoke))
    found = diagnostics.hardened() if strict else diagnostics
    print_found(found, format_)
    if published is None:
        return 2
    print_published(published, project, folder)
    if notes := sum(len(approximations(unit, own)) for unit, own in rendered):
        click.echo(
            f"{count(notes, 'approximation')}: the scripts' headers say which, `jivsgen lint` lists them",
            err=True,
        )
    return 0


def print_published(published: Published, project: Project, folder: Path, *, err: bool = False) -> None:
    """What became of each file, one line each, and a sum."""
    shown = project.shown(folder) if folder.is_relative_to(project.root) else str(folder)
    lines = [f"wrote {shown}/{name}" for name in published.written]
    lines += [f"removed {shown}/{name}" for name in published.removed]
    done = f"{count(len(published.written), 'file')} written, {len(published.unchanged)} unchanged"
    lines.append(done + (f", {len(published.removed)} removed" if published.removed else ""))
    click.echo("\n".join(lines), err=err)
