"""The command line: one module a verb, imported when it is called. Verbs parse flags, call one function, print, and
choose the exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

VERBS = {
    "init": "Write a first profile for an OpenAPI document.",
    "build": "Write the scripts of every profile.",
    "check": "Say whether the generated files are up to date; what pre-commit runs.",
    "diff": "Say what a changed spec means for the load tests.",
    "pull": "Fetch a spec, in its normal form, and say what it changes.",
    "lint": "Check profiles against their spec; write nothing.",
    "verify": "Hold scripts and requests against the contract and the real engines.",
    "rehearse": "Run the scripts in their real engines against a loopback server, and judge.",
    "serve": "Play the API of a spec on this machine.",
    "judge": "Hold the results of a run against the limits of its profile.",
    "plan": "Print a compiled plan, as JSON or for people.",
    "explain": "Say what a diagnostic means and how to mend it.",
}


class Verbs(click.Group):
    """Knows every verb by name, and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"jivsgen.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from jivsgen.diagnostics.model import did_you_mean

        if args and args[0] not in VERBS:
            hint = did_you_mean(args[0], VERBS, otherwise="`jivsgen --help` lists the commands")
            ctx.fail(f"there is no command `{args[0]}`; {hint}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from jivsgen.version import VERSION

        click.echo(f"jivsgen {VERSION}")
        ctx.exit()


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  jivsgen build\n  jivsgen lint specs/profiles/extraction-load.yaml\n"
    "  jivsgen plan --summary extraction-load\n\n"
    "Exit codes: 0 fine, 1 findings or drift, 2 cannot run, 3 a bug of jivsgen.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def cli() -> None:
    """Compile an OpenAPI document and load profiles into k6, JMeter and Artillery scripts that run as they come."""


def run(arguments: list[str]) -> int:
    """Run the command line; the only place that turns exceptions into exit codes."""
    try:
        code = cli.main(args=arguments, prog_name="jivsgen", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        print("jivsgen: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except PermissionError as problem:
        print(f"jivsgen: no access to {problem.filename}: {problem.strerror}", file=sys.stderr)
        return 2
    except Exception:
        import traceback

        traceback.print_exc()
        print("jivsgen: this is a bug of jivsgen; please report it with the lines above", file=sys.stderr)
        return 3
