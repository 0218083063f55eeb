"""The functions that the YAML names: hooks of requests, steps, and the ends of loops."""

from __future__ import annotations

from msgspec import Struct, field

from jivsgen.engines.naming import Identifiers

REQUEST = "req, context, events, done"
ANSWER = "req, res, context, events, done"
STEP = "context, events, done"
AGAIN = "context, again"


class Hook(Struct, frozen=True):
    """An exported function; `lines` are its body."""

    name: str
    parameters: str
    lines: tuple[str, ...]


class Hooks(Struct):
    """Gives functions their names; two calls that mean the same share one."""

    names: Identifiers
    functions: list[Hook] = field(default_factory=list)
    _known: dict[tuple[str, str, tuple[str, ...]], str] = field(default_factory=dict)

    def add(self, wanted: str, parameters: str, lines: list[str]) -> str:
        """The name of the function with this body."""
        key = (wanted, parameters, tuple(lines))
        if key not in self._known:
            name = self.names.of(f"hook {len(self._known)}", wanted)
            self._known[key] = name
            self.functions.append(Hook(name, parameters, tuple(lines)))
        return self._known[key]
