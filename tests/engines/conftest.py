"""The table of faults and engines, printed when the tests are over."""

from __future__ import annotations

import pytest

Faults = dict[str, dict[str, str]]
FAULTS = pytest.StashKey[Faults]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FAULTS] = {}


@pytest.fixture
def fault_table(pytestconfig: pytest.Config) -> Faults:
    """What each engine said of each fault: fault to engine to `met`, `missed`, or `broken (code)`."""
    return pytestconfig.stash.setdefault(FAULTS, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    table = config.stash.get(FAULTS, {})
    if not table:
        return
    engines = list(dict.fromkeys(engine for said in table.values() for engine in said))
    terminalreporter.section("planted faults")
    wide = max(map(len, table))
    terminalreporter.line("  ".join([" " * wide, *(engine.ljust(16) for engine in engines)]).rstrip())
    for fault, said in table.items():
        cells = (_colour(said.get(engine)).ljust(16) for engine in engines)
        terminalreporter.line("  ".join([fault.ljust(wide), *cells]).rstrip())


def _colour(verdict: str | None) -> str:
    """`red (missed)`: an engine that notices a fault ends red, by a limit that it missed or by its exit code."""
    if verdict is None:
        return "not run"
    return f"{'green' if verdict == 'met' else 'red'} ({verdict})"
