"""`jivsgen init`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from jivsgen.cli.common import allow_ref_option, count, examples, find_project, print_found, remotes
from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean
from jivsgen.project import Project
from jivsgen.spec import Api


@click.command(
    epilog=examples(
        "jivsgen init openapi.yaml",
        "jivsgen init api.json --tag orders --name orders --stdout",
        'jivsgen init api.json --operations createPet --operations "GET /pets/{id}"',
    )
)
@click.argument("spec", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder to write into. Default: the project's profiles.",
)
@click.option("--name", help="The name of the profile and its file. Default: the name of SPEC.")
@click.option("--tag", "tags", multiple=True, help="Only operations with this tag; may be repeated.")
@click.option(
    "--operations",
    multiple=True,
    help='Exactly these, whatever they change: an operationId, or "METHOD /path"; may be repeated.',
)
@allow_ref_option
@click.option("--stdout", is_flag=True, help="Print the profile and write nothing.")
def command(
    spec: Path,
    out: Path | None,
    name: str | None,
    tags: tuple[str, ...],
    operations: tuple[str, ...],
    stdout: bool,
) -> int:
    """Write a first profile for the OpenAPI document SPEC: a login if there is one, and up to ten calls that follow from
    each other, under a modest load. It compiles as it is, and says in comments what was guessed.

    A file that exists is never replaced. Exit code: 0 written, 1 nothing in the document can be called, 2 cannot read or
    write.
    """
    from jivsgen.init import Wanted, draft_profile
    from jivsgen.plan.model import calls
    from jivsgen.publish import is_free, publish_new
    from jivsgen.spec import load_api

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    api = load_api(spec, project.shown(spec), diagnostics, remotes=remotes())
    if api is None:
        print_found(diagnostics, "text")
        return 2
    named = _name(api, spec, name)
    file = (out or project.home).resolve() / f"{named}.yaml"
    shown = _shown(project, file)
    wanted = Wanted(
        named,
        _relative(spec.resolve(), file),
        file,
        shown,
        _keys(api, operations),
        _tags(api, tags),
        _schema(file),
    )
    if not stdout and not is_free(file, shown, diagnostics):
        print_found(diagnostics, "text")
        return 2
    draft = draft_profile(api, wanted, diagnostics)
    if draft is None:
        print_found(diagnostics, "text")
        return 1
    if stdout:
        click.echo(draft.text, nl=False)
        return 0
    if not publish_new(file, draft.text, shown, diagnostics):
        print_found(diagnostics, "text")
        return 2
    print_found(draft.found.without_notes(), "text")
    click.echo(f"wrote {shown}: {count(sum(1 for _ in calls(draft.plan)), 'call')}")
    if needed := [variable.name for variable in draft.plan.environment if variable.default is None]:
        click.echo(f"its scripts need {', '.join(needed)} in the environment")
    chosen = named if file.parent == project.home.resolve() else shown
    allowed = "".join(f" --allow-ref {url}" for url in remotes().allowed)
    click.echo(f"next: jivsgen build --profile {chosen}{allowed}  # writes the scripts")
    click.echo(
        f"      jivsgen rehearse {chosen}{allowed}  # runs them here, against a server that plays the document"
    )
    return 0


def _name(api: Api, spec: Path, said: str | None) -> str:
    """The name of the document's file, or its title where the file is called what they are all called."""
    from jivsgen.init.names import telling_name

    if said is None:
        own = telling_name(re.sub(r"[._]", " ", spec.stem))
        return (own or telling_name(api.title))[:48].strip("-") or "api"
    if not re.fullmatch(r"[0-9A-Za-z_-]+", said):
        raise click.UsageError(f"`{said}` is no name of a profile: letters, digits, `_` and `-` only")
    return said


def _keys(api: Api, operations: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name in operations:
        keys = api.find(name)
        if not keys:
            known = [*api.by_id, *(" ".join(key) for key in api.index)]
            hint = did_you_mean(name, known, otherwise="name it by operationId, or METHOD and path")
            raise click.UsageError(f"the document has no operation `{name}`; {hint}")
        found += keys
    return tuple(found)


def _tags(api: Api, tags: tuple[str, ...]) -> tuple[str, ...]:
    known = dict.fromkeys(
        tag.value
        for method, path in api.index
        for tag in (api.root.at("paths", path, method.lower(), "tags") or api.root).elements()
        if isinstance(tag.value, str)
    )
    for tag in tags:
        if tag not in known:
            from jivsgen.diagnostics.model import listing

            hint = did_you_mean(tag, known, otherwise=f"its tags are {listing(known, limit=20) or 'none'}")
            raise click.UsageError(f"no operation has the tag `{tag}`; {hint}")
    return tags


def _relative(target: Path, file: Path) -> str:
    """The path of `target` as the profile names it."""
    return Path(os.path.relpath(target, file.parent)).as_posix()


def _schema(file: Path) -> str:
    """The schema of profiles, where the project keeps one above them: editors complete with it."""
    schema = file.parent.parent / "profile.schema.json"
    return _relative(schema, file) if schema.is_file() else ""


def _shown(project: Project, file: Path) -> str:
    return project.shown(file) if file.is_relative_to(project.root) else str(file)
