"""What several verbs need: their arguments, and how they print."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean
from jivsgen.diagnostics.printers import as_github, as_json, as_sarif, as_text
from jivsgen.project import Project, load_project

if TYPE_CHECKING:
    from jivsgen.spec import Remotes

FORMATS = ("text", "json", "github", "sarif")


def examples(*lines: str) -> str:
    """The end of a verb's help: one command a line, which click leaves as they are (`\\b`)."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
        help="How to print diagnostics.",
    )(command)  # fmt: skip


def strict_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--strict", is_flag=True, help="Warnings are errors.")(command)


def allow_ref_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """What it allows, `remotes()` of the command knows."""
    return click.option(
        "--allow-ref", multiple=True, metavar="URL", expose_value=False, callback=_allow,
        help="Fetch what a $ref names at or below this URL; may be repeated. Default: nothing is fetched.",
    )(command)  # fmt: skip


def _allow(context: click.Context, _option: click.Parameter, urls: tuple[str, ...]) -> None:
    from jivsgen.spec import Remotes

    context.meta[__name__] = Remotes(tuple(map(_allowed, urls)))


def _allowed(url: str) -> str:
    from jivsgen.fetch import canonical

    known = canonical(url)
    if known is None or "?" in known:
        said = "name the beginning of an http or https URL: a host and perhaps a path, no password, no query"
        raise click.BadParameter(said)
    return known


def remotes() -> Remotes:
    """The documents on servers that the specs of this command may lead to."""
    found: Remotes = click.get_current_context().meta[__name__]
    return found


def find_project(diagnostics: Diagnostics) -> Project:
    """The project of the current folder; reports and exits with 2 where it cannot be read."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise click.UsageError("the folder that you are in is not there any more") from None
    project = load_project(here, diagnostics)
    if project is None:
        print_found(diagnostics, "text")
        raise click.exceptions.Exit(2)
    return project


def select(project: Project, named: Iterable[str]) -> tuple[Path, ...]:
    """The profiles that the user asked for, by path or by name; all of the project where none was named."""
    wanted = tuple(named)
    if not wanted:
        if not project.profiles:
            raise click.UsageError(
                "there are no profiles here; name one, or set `profiles` in [tool.jivsgen]"
            )
        return project.profiles
    by_name = {path.stem: path for path in project.profiles}
    found = []
    for name in wanted:
        path = Path(name)
        if path.is_file() or path.suffix in (".yaml", ".yml") or "/" in name:
            found.append(path.resolve())
        elif name in by_name:
            found.append(by_name[name])
        else:
            raise click.UsageError(
                f"there is no profile `{name}`; {did_you_mean(name, by_name, otherwise='name its file')}"
            )
    return tuple(found)


def print_found(diagnostics: Diagnostics, format_: str) -> None:
    """Diagnostics: as text on standard error, in the other formats on standard output."""
    if format_ == "text":
        click.echo(as_text(diagnostics, colour=wants_colour(sys.stderr)), nl=False, err=True, color=True)
    else:
        printer = {"json": as_json, "github": as_github, "sarif": as_sarif}[format_]
        click.echo(printer(diagnostics), nl=False)


def wants_colour(stream: Any) -> bool:
    """Colour on a terminal only, never under NO_COLOR (https://no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(diagnostics: Diagnostics) -> str:
    """`2 errors, 1 warning`; notes are not counted."""
    severities = [str(found.severity) for found in diagnostics]
    parts = [count(severities.count(name), name) for name in ("error", "warning") if name in severities]
    return ", ".join(parts) or "no problems"
