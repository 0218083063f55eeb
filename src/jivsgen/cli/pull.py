"""`jivsgen pull`."""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from jivsgen.cli.common import (
    allow_ref_option,
    count,
    examples,
    find_project,
    print_found,
    remotes,
    wants_colour,
)
from jivsgen.diagnostics import Diagnostics
from jivsgen.project import Project


@click.command(
    epilog=examples(
        "jivsgen pull http://localhost:8080/v3/api-docs",
        "jivsgen pull https://jivs.example/v3/api-docs --to specs/deployed.yaml --token-env JIVS_TOKEN",
        "jivsgen pull export.json --to specs/deployed.yaml --dry-run",
    )
)
@click.argument("source", metavar="URL|FILE")
@click.option(
    "--to", type=click.Path(path_type=Path), help="The committed spec. Default: the one of the profiles."
)
@click.option("--actuator", is_flag=True, help="Keep the paths of Spring's actuator.")
@click.option("--token-env", metavar="NAME", help="The environment variable that holds a bearer token.")
@click.option(
    "--timeout", "timeout_s", default=30.0, show_default=True, help="Seconds for the whole transfer."
)
@click.option(
    "--max-size", "megabytes", default=128, show_default=True, help="Megabytes that are taken at the most."
)
@click.option("--cacert", type=click.Path(exists=True, dir_okay=False), help="Certificates to trust besides.")
@allow_ref_option
@click.option("--diff", "with_diff", is_flag=True, help="Print the lines that differ, too.")
@click.option("--dry-run", is_flag=True, help="Write nothing; exit 1 when something would change.")
def command(
    source: str, to: Path | None, actuator: bool, with_diff: bool, dry_run: bool, **wishes: Any
) -> int:
    """Fetch an OpenAPI document, bring it into its normal form, say what that changes, and commit it to a file.

    Sorted, with operations named by METHOD and path where the server's names are not stable. The file is replaced whole
    or not at all. Exit code: 0 fine, 1 (with --dry-run) something would change, 2 cannot fetch, read or write.
    """
    from jivsgen.publish import replace
    from jivsgen.spec.normal import normal, operations_of, written

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    target = to or _spec_of(project)
    content = _content(source, wishes, diagnostics)
    if content is None:
        print_found(diagnostics, "text")
        click.echo("nothing was written", err=True)
        return 2
    document, remarks = normal(content, actuator=actuator)
    text = written(document, as_json=target.suffix == ".json")
    old = target.read_text("utf-8", "replace") if target.is_file() else None
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)
    shown = os.path.relpath(target)
    if old == text:
        click.echo(f"{shown} is up to date")
        return 0
    _say_difference(project, target, old, text, with_diff=with_diff)
    if dry_run:
        click.echo(f"{shown} would change; nothing was written")
        return 1
    if not replace(target, text, shown, diagnostics):
        print_found(diagnostics, "text")
        return 2
    click.echo(f"wrote {shown}: {count(len(operations_of(document)), 'operation')}")
    return 0


def _spec_of(project: Project) -> Path:
    from jivsgen.profile.load import load_profile

    loaded = [load_profile(path, path.name, Diagnostics()) for path in project.profiles]
    specs = {one.path(("spec",), one.profile.spec).resolve() for one in loaded if one}
    if len(specs) != 1:
        raise click.UsageError("say where it belongs: --to specs/api.openapi.yaml")
    return specs.pop()


def _content(source: str, wishes: dict[str, Any], diagnostics: Diagnostics) -> dict[str, object] | None:
    """The data of the document; None after a report. `wishes`: token_env, timeout_s, megabytes, cacert."""
    from jivsgen.fetch import Wanted, fetch
    from jivsgen.source import document_of, load_document
    from jivsgen.spec.load import api_of

    if "://" not in source:
        document = load_document(Path(source), source, diagnostics)
    else:
        if not source.startswith(("http://", "https://")):
            raise click.UsageError("only http:// and https:// are fetched")
        if "@" in source.partition("://")[2].partition("/")[0]:
            raise click.UsageError("a URL with a password in it would be printed and kept: --token-env NAME")
        token = _token(wishes["token_env"]) if wishes["token_env"] else None
        largest = wishes["megabytes"] * 1024 * 1024
        wanted = Wanted(source, token, wishes["timeout_s"], largest, wishes["cacert"])
        text = fetch(wanted, diagnostics)
        name = Path(
            "document.json" if text is not None and text.lstrip().startswith("{") else "document.yaml"
        )
        document = document_of(text, name, source, diagnostics) if text is not None else None
    if document is None or api_of(document, diagnostics) is None:
        return None
    content: dict[str, object] = document.content
    return content


def _token(variable: str) -> str:
    """What the environment holds; nothing that could not stand in a header, or would be quoted by who refuses it there."""
    token = os.environ.get(variable, "").strip()
    if not token:
        raise click.UsageError(f"the environment variable {variable} is not set")
    if not (token.isascii() and token.isprintable()):
        raise click.UsageError(f"the environment variable {variable} holds what no header can carry")
    return token


def _say_difference(project: Project, target: Path, old: str | None, text: str, *, with_diff: bool) -> None:
    """What the change means for the project's profiles; with `with_diff`, its lines."""
    from jivsgen.compiler import Compiler
    from jivsgen.drift.telling import as_text

    if old is None:
        return
    if with_diff:
        name = os.path.relpath(target)
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, name))
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / target.name
        new.write_text(text, "utf-8")
        unread = Diagnostics()
        found = Compiler(project, unread, remotes=remotes()).change(project.profiles, target, new)
        if found is not None:
            click.echo(as_text(found, colour=wants_colour(sys.stdout)), nl=False, color=True)
        if unread.has_errors():
            said = "some profiles could not be read against both documents: `jivsgen lint` says why"
            click.echo(f"note: {said}", err=True)
