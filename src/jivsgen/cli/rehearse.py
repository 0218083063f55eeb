"""`jivsgen rehearse`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from jivsgen.cli.common import allow_ref_option, examples, find_project, print_found, remotes, select
from jivsgen.diagnostics import Diagnostics
from jivsgen.engines import ENGINES

if TYPE_CHECKING:
    from jivsgen.compiler import Unit
    from jivsgen.rehearsal.engines import Engine
    from jivsgen.rehearsal.rehearse import Subject
    from jivsgen.rehearsal.verdict import Verdict

EXTRA = "pip install 'jivsgen[rehearse]'"


@click.command(
    epilog=examples(
        "jivsgen rehearse",
        "jivsgen rehearse extraction-load --engine k6",
        "jivsgen rehearse --engine k6 --engine k6=/opt/k6-1.1.0/k6 --keep /tmp/rehearsal",
    )
)
@click.argument("profiles", nargs=-1)
@click.option(
    "--engine", "engines", multiple=True, metavar="NAME[=PATH]",
    help="Only this engine, or this command of it; may be repeated. Default: those that the profiles name.",
)  # fmt: skip
@click.option(
    "--behaviour", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the spec cannot say about the API. Default: NAME.behaviour.yaml beside NAME.openapi.yaml.",
)  # fmt: skip
@click.option(
    "--factor", type=click.FloatRange(min=1), default=20.0, show_default=True,
    help="Widen the limits on times: here one machine plays the API, the engine and the judge.",
)  # fmt: skip
@click.option("--allow-missing", is_flag=True, help="Leave an engine out that is not installed.")
@allow_ref_option
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path),
    help="Leave scripts, recordings and logs in this folder.",
)  # fmt: skip
def command(
    profiles: tuple[str, ...], engines: tuple[str, ...], behaviour: Path | None, factor: float, allow_missing: bool,
    as_json: bool, keep: Path | None,
) -> int:  # fmt: skip
    """Run the scripts of PROFILES (paths or names; all by default) in their real engines, with 3 users of 5 iterations,
    against a server on 127.0.0.1 that plays the spec; hold every exchange against the contract and the plan.

    Right is a run whose requests were answered as the plan expects, without a violation of the contract, with the very
    story of the plan (logins, iterations, requests, pauses) and with its SLOs met. Exit code: 0 all are right, 1 one is
    not, 2 cannot run.
    """
    from jivsgen.compiler import Compiler
    from jivsgen.rehearsal.processes import stopped_like_ctrl_c
    from jivsgen.rehearsal.rehearse import CannotRehearse
    from jivsgen.rehearsal.table import as_plain, complaints, table

    _need_the_extra()
    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    units = Compiler(project, diagnostics, remotes=remotes()).compile(select(project, profiles))
    print_found(diagnostics.without_notes(), "text")
    if diagnostics.has_errors():
        return 1
    found = _find(engines or _named(units), project.root, allow_missing=allow_missing)
    try:
        with stopped_like_ctrl_c(), _folder(keep) as folder:
            verdicts = _rehearse(units, found, folder, behaviour, factor)
    except CannotRehearse as problem:
        raise click.ClickException(str(problem)) from problem
    if as_json:
        click.echo(json.dumps(as_plain(verdicts, factor), indent=2, ensure_ascii=False))
    else:
        click.echo(table(verdicts))
        click.echo(
            f"\nLimits on times are widened {factor:g} times (--factor); lower limits on rates ask for any sample."
        )
        for line in complaints(verdicts):
            click.echo(line)
    return 0 if verdicts and all(one.is_right for one in verdicts) else 1


def _need_the_extra() -> None:
    from importlib.util import find_spec

    if missing := [name for name in ("starlette", "uvicorn") if find_spec(name) is None]:
        raise click.ClickException(f"a rehearsal needs {' and '.join(missing)}: {EXTRA}")


def _named(units: list[Unit]) -> tuple[str, ...]:
    return tuple(name for name in ENGINES if any(name in unit.engines for unit in units))


def _find(asked: tuple[str, ...], root: Path, *, allow_missing: bool) -> tuple[Engine, ...]:
    """The engines. One that is missing is an error, unless that is allowed; none at all always is."""
    from jivsgen.rehearsal.engines import find_engine
    from jivsgen.verify.engines import EngineMissing

    found = []
    for one in asked:
        try:
            found.append(find_engine(one, root))
        except ValueError as unknown:
            raise click.UsageError(
                f"there is no engine `{unknown}`; the engines are {', '.join(ENGINES)}"
            ) from unknown
        except EngineMissing as missing:
            if not allow_missing:
                raise click.ClickException(f"{missing}; --allow-missing rehearses without it") from missing
            click.echo(f"left out: {missing}", err=True)
    if not found:
        raise click.ClickException("no engine is there to rehearse in")
    return tuple(found)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="jivsgen-") as folder:
        yield Path(folder)


def _rehearse(
    units: list[Unit], engines: tuple[Engine, ...], folder: Path, behaviour: Path | None, factor: float
) -> list[Verdict]:
    from jivsgen.rehearsal.rehearse import Stage, rehearse

    behaviours = [_behaviour(unit, behaviour) for unit in units]
    variables = _made_up(units, behaviours)
    if variables:
        click.echo(f"made up, because they are not set: {', '.join(variables)}", err=True)
    stage = Stage(folder, variables, _progress if sys.stderr.isatty() else _quiet)
    verdicts = []
    for unit, played in zip(units, behaviours, strict=True):
        subject = _subject(unit, {engine.kind for engine in engines}, factor, folder)
        for one in rehearse(stage, subject, engines, played):
            _clear()
            word = "right" if one.is_right else "WRONG"
            click.echo(f"{one.profile} in {one.run.engine}: {word}, {one.run.seconds:.1f} s", err=True)
            verdicts.append(one)
    return verdicts


def _behaviour(unit: Unit, named: Path | None) -> Path | None:
    from jivsgen.rehearsal.rehearse import behaviour_of

    found = named or behaviour_of(unit.api.documents.root.path)
    return found.resolve() if found else None


def _made_up(units: list[Unit], behaviours: list[Path | None]) -> dict[str, str]:
    """A value for each variable that is not set. What is wrong with a behaviour file the server says."""
    from jivsgen.rehearsal.server.load import load_behaviour
    from jivsgen.rehearsal.variables import made_up

    found: dict[str, str] = {}
    for unit, file in zip(units, behaviours, strict=True):
        behaviour = load_behaviour(file, file.name, unit.api, Diagnostics()) if file else None
        found |= made_up(unit.plan, unit.api, behaviour, {**os.environ, **found})
    return dict(sorted(found.items()))


def _subject(unit: Unit, kinds: set[str], factor: float, folder: Path) -> Subject:
    """The unit as it is rehearsed. What the compiler takes for a slip of the document is mended first, in an overlay in
    the folder: a login that needs the token that it gives would leave nothing to rehearse."""
    from jivsgen.compiler import artifacts
    from jivsgen.plan.weaknesses import mending
    from jivsgen.rehearsal.patience import rehearsed
    from jivsgen.rehearsal.rehearse import Subject
    from jivsgen.spec import laid_over

    plan, api = rehearsed(unit.plan, factor), unit.api
    if text := mending(unit.plan, unit.api):
        overlay = folder / f"{unit.plan.name}.mended.yaml"
        overlay.write_text(text, "utf-8")
        api = laid_over(unit.api, text, overlay)
    wanted = tuple(name for name in unit.engines if name in kinds)
    return Subject(plan, api, artifacts(replace(unit, plan=plan), wanted))


def _progress(profile: str, engine: str, seconds: float) -> None:
    sys.stderr.write(f"\r{profile} in {engine} … {seconds:.0f} s")
    sys.stderr.flush()


def _quiet(_profile: str, _engine: str, _seconds: float) -> None:
    """Nobody watches."""


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
