"""Where the time of a command goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct, field

START = "start"


class Timings(Struct):
    """CPU seconds of this process by room, in the order in which the rooms were first entered. A room that is entered
    within another one counts for itself only; what belongs to no room (Python, imports before the first one) is `START`."""

    seconds: dict[str, float] = field(default_factory=dict)
    _inside: list[str] = field(default_factory=lambda: [START])
    _counted: float = 0.0

    @contextmanager
    def room(self, name: str) -> Iterator[None]:
        """Whatever happens within is the time of this room."""
        self._count()
        self._inside.append(name)
        try:
            yield
        finally:
            self._count()
            self._inside.pop()

    def _count(self) -> None:
        """Everything since the last count belongs to the innermost room."""
        now = time.process_time()
        room = self._inside[-1]
        self.seconds[room] = self.seconds.get(room, 0.0) + now - self._counted
        self._counted = now

    def text(self) -> str:
        """One line a room, in milliseconds of CPU, and the sum of them."""
        self._count()
        rows = [*self.seconds.items(), ("together", sum(self.seconds.values()))]
        return "".join(f"{room:13} {seconds * 1000:8,.0f} ms\n" for room, seconds in rows)
