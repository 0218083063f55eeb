"""JMeter 5.5 and 5.6, without plug-ins: one JMX a plan.

The rows of its results file: those with a URL are calls, by the call's name. The others are the plan's own: the
verdict of a poll under the name of its check, and metrics under their names, where the rows of calls do not
hold them already (`Metrics`).
"""

from __future__ import annotations

from jivsgen.engines.jmeter.approximations import approximations
from jivsgen.engines.jmeter.view import View
from jivsgen.engines.templates import render as render_template
from jivsgen.plan.model import Plan

__all__ = ["approximations", "render"]


def render(plan: Plan) -> dict[str, str]:
    """`<name>.jmx`."""
    return {f"{plan.name}.jmx": render_template("jmeter/plan.jmx.j2", View.of(plan))}
