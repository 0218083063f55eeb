"""Artillery 2.0: a YAML that people read, and its processor."""

from __future__ import annotations

from jivsgen.engines.artillery.approximations import approximations
from jivsgen.engines.artillery.view import View
from jivsgen.engines.templates import render as render_template
from jivsgen.plan.model import Plan

__all__ = ["approximations", "render"]


def render(plan: Plan) -> dict[str, str]:
    """`<name>.yml` and `<name>.processor.mjs`."""
    view = View.of(plan)
    return {
        f"{plan.name}.yml": render_template("artillery/script.yml.j2", view),
        f"{plan.name}.processor.mjs": render_template("artillery/processor.mjs.j2", view),
    }
