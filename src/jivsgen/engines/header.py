"""The lines at the top of every script, without the comment marks of its language."""

from __future__ import annotations

from functools import cache
from textwrap import wrap

from jivsgen.engines.quoting import comment
from jivsgen.plan.model import Plan

WIDTH = 108


def header(
    plan: Plan, command: str, exits: str, approximations: tuple[str, ...], also: str = ""
) -> list[str]:
    """What it is, where it is from, how to run it, what it reads, how it ends, what it cannot do exactly. `command` is
    the command line, `also` a remark about it."""
    origin = plan.origin
    release = f" {origin.spec_version}" if origin.spec_version else ""
    required = [variable.name for variable in plan.environment if variable.default is None]
    lines = [f"{plan.name}: {comment(plan.title)}"]
    overlays = f", overlaid by {comment(' and '.join(origin.overlays))}" if origin.overlays else ""
    lines.append(
        f"From {comment(origin.profile)} and {comment(origin.spec)}{release}{overlays} (sha256:{origin.digest}). Do not edit."
    )
    lines += ["", "  " + " ".join([*(f"{name}=…" for name in required), command])]
    lines += ["", *_wrapped(f"Environment: {_environment(plan)}.{f' {also}' if also else ''}")]
    lines += _wrapped(f"Exit code: {exits}.")
    if approximations:
        lines.append("Approximations:")
        for sentence in approximations:
            lines += _wrapped(f"- {comment(sentence)}", hanging="  ")
    return lines


def _environment(plan: Plan) -> str:
    variables = [f"BASE_URL (default {comment(plan.target.base_url)})"]
    for server in plan.servers:
        default = comment(server.url) if server.url else "that of BASE_URL"
        variables.append(f"{server.variable} (gives tokens; default {default})")
    for variable in plan.environment:
        default = (
            "required" if variable.default is None else f"default {comment(variable.default) or 'empty'}"
        )
        variables.append(f"{variable.name} ({default})")
    return ", ".join(variables)


@cache  # what an engine cannot do, it cannot do in any profile
def _wrapped(text: str, hanging: str = "  ") -> list[str]:
    return wrap(text, WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
