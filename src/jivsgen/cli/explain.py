"""`jivsgen explain CODE`."""

from __future__ import annotations

import textwrap

import click

from jivsgen.cli.common import examples
from jivsgen.diagnostics.catalogue import CATALOGUE
from jivsgen.diagnostics.model import did_you_mean


@click.command(
    epilog=examples(
        "jivsgen explain unknown-operation",
    )
)
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Say what a diagnostic means and how to mend it; without CODE, list all of them."""
    if code is None:
        width = max(map(len, CATALOGUE))
        for name, entry in sorted(CATALOGUE.items()):
            first = entry.summary.split(". ")[0].rstrip(".")
            click.echo(f"{name:<{width}}  {entry.severity:<7}  {first}.")
        return
    if code not in CATALOGUE:
        hint = did_you_mean(code, CATALOGUE, otherwise="`jivsgen explain` lists all of them")
        raise click.UsageError(f"there is no diagnostic `{code}`; {hint}")
    entry = CATALOGUE[code]
    click.echo(f"{code} ({entry.severity})\n")
    click.echo(_wrapped(entry.summary) + "\n")
    click.echo("How to mend it:\n" + _wrapped(entry.mend))


def _wrapped(text: str) -> str:
    """Paragraphs at 100 columns; indented lines (examples) stay as they are."""
    blocks = (
        block if block.startswith("    ") else textwrap.fill(block, 100)
        for block in text.strip().split("\n\n")
    )
    return "\n\n".join(blocks)
