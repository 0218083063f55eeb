"""k6 1.1 to 2.x: one JavaScript module a plan."""

from __future__ import annotations

from jivsgen.engines.k6.view import View, approximations
from jivsgen.engines.templates import render as render_template
from jivsgen.plan.model import Plan

__all__ = ["approximations", "render"]


def render(plan: Plan) -> dict[str, str]:
    """`<name>.js`."""
    return {f"{plan.name}.js": render_template("k6/script.js.j2", View.of(plan))}
