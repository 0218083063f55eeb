"""The targets. An engine is a package behind a small protocol, listed in a literal: a fourth one means a folder, a
template and a line. Engines never import each other."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from jivsgen.plan.model import Plan

ENGINES = ("k6", "jmeter", "artillery")
SUFFIXES = {"k6": ".js", "jmeter": ".jmx", "artillery": ".yml"}
"""Of the artifact that the engine is started with."""


class Engine(Protocol):
    """What a target can do. Both functions are pure: no file is read but the engine's own templates, none is written."""

    def approximations(self, plan: Plan) -> tuple[str, ...]:
        """What of the plan this engine cannot say exactly: one sentence each, also printed in the script's header."""
        ...

    def render(self, plan: Plan) -> dict[str, str]:
        """The artifacts: file name (relative to the engine's folder) to text, feeds not included."""
        ...


def load(name: str) -> Engine:
    """The engine of that name (one of `ENGINES`); imports it, and with it the template library, only now."""
    return cast(Engine, import_module(f"jivsgen.engines.{name}"))
