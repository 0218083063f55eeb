"""Names of the plan as identifiers of JavaScript."""

from __future__ import annotations

import re

_RESERVED = frozenset(
    [
        "arguments",
        "async",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "of",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ]
)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def scenario_digits(index: int, scenarios: int) -> str:
    """The index of a scenario in base 36, as long as that of every other: what follows it in `unique` cannot be read as
    a part of it."""
    digits, rest = "", scenarios - 1
    while rest or not digits:
        digits = _DIGITS[index % 36] + digits
        index, rest = index // 36, rest // 36
    return digits


class Identifiers:
    """Hands out identifiers, each one once. `taken` are those that the template itself uses."""

    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = set(taken) | _RESERVED
        self._of: dict[tuple[str, str], str] = {}

    def of(self, kind: str, name: str, prefix: str = "") -> str:
        """The identifier of the thing `name` of that kind: camelCase, the same at each question."""
        if (kind, name) not in self._of:
            words = re.findall(r"[0-9A-Za-z]+", f"{prefix} {name}") or ["x"]
            wanted = (
                words[0][0].lower() + words[0][1:] + "".join(word[0].upper() + word[1:] for word in words[1:])
            )
            wanted = wanted if not wanted[0].isdigit() else f"_{wanted}"
            found, number = wanted, 2
            while found in self._taken:
                found, number = f"{wanted}{number}", number + 1
            self._taken.add(found)
            self._of[kind, name] = found
        return self._of[kind, name]
