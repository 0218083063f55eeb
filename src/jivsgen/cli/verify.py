"""`jivsgen verify`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

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
)
from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.drift.lock import Content, as_bytes

if TYPE_CHECKING:
    from jivsgen.contract.referee import Referee
    from jivsgen.spec import Api


@click.command(
    epilog=examples(
        "jivsgen verify",
        "jivsgen verify --no-engines --profile extraction-load",
    )
)
@click.option(
    "--profile", "profiles", multiple=True, help="A profile, by path or name; may be repeated. Default: all."
)
@click.option(
    "--engines/--no-engines", "with_engines", default=True, show_default=True, help="Ask the real engines."
)
@allow_ref_option
@format_option
@strict_option
def command(profiles: tuple[str, ...], with_engines: bool, format_: str, strict: bool) -> int:
    """Hold fresh scripts against their grammars, every distinct request and every example in use against the contract (by openapi-core), and the
    scripts against the real engines where they are installed; nothing is sent, nothing is written.

    An engine that is missing is said, and is an error where CI is set in the environment. Exit code: 0 all holds,
    1 findings.
    """
    from jivsgen.compiler import Compiler
    from jivsgen.contract.examples import judge_examples
    from jivsgen.contract.referee import judge_plan
    from jivsgen.generate import generate
    from jivsgen.plan.weaknesses import mending

    diagnostics = Diagnostics()
    project = find_project(diagnostics)
    compiler = Compiler(project, diagnostics, remotes=remotes())
    made = generate(compiler, select(project, profiles), (), strict=strict)
    if made is None:
        print_found(diagnostics.hardened() if strict else diagnostics, format_)
        return 1
    referee = cache(_referee)  # profiles share their API
    judges = [(unit.plan, referee(unit.api, mending(unit.plan, unit.api))) for unit in made.units]
    judged = sum(judge_plan(plan, judge, diagnostics) for plan, judge in judges)
    examples = sum(judge_examples(plan, judge, diagnostics) for plan, judge in judges)
    lines = [
        f"{count(len(made.files), 'artifact')} held against the grammars",
        f"{count(judged, 'request')} and {count(examples, 'example')} held against the contract",
    ]
    if with_engines:
        environment = {
            variable.name: "x"
            for unit in made.units
            for variable in unit.plan.environment
            if variable.default is None
        }
        lines += _ask_engines(project.root, made.files, environment, diagnostics)
    print_found(diagnostics.without_notes() if format_ == "text" else diagnostics, format_)
    if format_ == "text":
        click.echo("\n".join(lines))
    return 1 if diagnostics.has_errors(strict=strict) else 0


def _referee(api: Api, mended: str) -> Referee:
    """Who judges by the document as the compiler takes it: slips that it has warned of are mended by an overlay."""
    from jivsgen.contract.referee import Referee
    from jivsgen.spec import laid_over

    return Referee(laid_over(api, mended, Path("mended.yaml")) if mended else api)


def _ask_engines(
    root: Path, files: Mapping[str, Content], environment: dict[str, str], diagnostics: Diagnostics
) -> list[str]:
    """One line an engine; refusals are reported."""
    from jivsgen.engines import ENGINES, SUFFIXES
    from jivsgen.verify.engines import EngineMissing, find, refusals

    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(as_bytes(content))
        for engine in ENGINES:
            scripts = {
                path: Path(folder) / path
                for path in files
                if path.startswith(f"{engine}/") and path.endswith(SUFFIXES[engine])
            }
            if not scripts:
                continue
            print(f"asking {engine} …", file=sys.stderr) if sys.stderr.isatty() else None
            try:
                found = refusals(engine, find(engine, root), scripts, environment)
            except EngineMissing as missing:
                lines.append(f"{engine}: not asked: {missing}")
                if os.environ.get("CI"):
                    diagnostics.add("engine-refused", str(missing))
                continue
            for refusal in found:
                diagnostics.add("engine-refused", f"{engine}: {refusal.message}", Place(refusal.script))
            lines.append(f"{engine}: {len(scripts) - len(found)} of {count(len(scripts), 'script')} accepted")
    return lines
