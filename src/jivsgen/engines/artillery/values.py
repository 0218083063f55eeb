"""How Artillery's processor reaches what is only known at run time."""

from __future__ import annotations

from jivsgen.engines import javascript
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.profile.values import Capture, Literal, Text, Variable


class Expressions(javascript.Expressions):
    """Inside a hook: `value` is the user's variables, `context` its context; `row` is set while a login is written."""

    def __init__(self, names: Identifiers) -> None:
        super().__init__()
        self.names = names
        self.role_token = ""
        self.row = ""

    def capture(self, name: str) -> str:
        return f"context.taken.{name}"

    def variable(self, name: str) -> str:
        if name == "unique":
            self.needs.add("unique")
        return f"value.{name}"

    def env(self, name: str) -> str:
        return f"process.env.{name}" if js_key(name) == name else f"process.env[{js(name)}]"

    def column(self, feed: str, column: str) -> str:
        return f"{self.row}.{column}" if self.row else f"context.rows.{feed}.{column}"

    def token(self) -> str:
        return self.role_token


def is_safe(text: Text) -> bool:
    """Whether the text may stand in the YAML as it is. Artillery has no escape for `{{`, and it expands what a template
    yields once more: only texts without braces and values of our own making go through its templates."""
    for part in text:
        if isinstance(part, Literal):
            if "{{" in part.text or "}}" in part.text or part.text.endswith("{") or part.text.startswith("}"):
                return False
        elif not isinstance(part, Variable):
            return False
    return True


def templated(text: Text) -> str:
    """A safe text as Artillery's template; captures stand in the user's variables percent-encoded, for URLs."""
    pieces = []
    for part in text:
        if isinstance(part, Literal):
            pieces.append(part.text)
        else:
            assert isinstance(part, Variable | Capture)
            pieces.append(f"{{{{ {part.name} }}}}")
    return "".join(pieces)


def in_url(text: Text) -> bool:
    """Whether each run-time part of a URL is one that stands in the user's variables, encoded already."""
    return all(isinstance(part, Literal | Capture | Variable) for part in text)
