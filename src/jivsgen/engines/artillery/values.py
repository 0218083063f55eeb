"""How Artillery's processor reaches what is only known at run time, and what may stand in a template."""

from __future__ import annotations

from jivsgen.engines import javascript
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.plan.model import JsonArray, JsonLiteral, JsonObject, JsonPath, JsonText, JsonValue, Role
from jivsgen.profile.values import USERS, Capture, Literal, Text, Variable


def found(path: JsonPath) -> str:
    """What stands at the path of `body`, the parsed answer, or undefined."""
    return javascript.member("body", path)


class Expressions(javascript.Expressions):
    """Inside a hook, where `context` is the user's. `role` is whose token and user are meant, `row` that user while the login
    of one is written: set by whoever writes what a role shows."""

    def __init__(self, names: Identifiers) -> None:
        super().__init__(names)
        self.role: Role | None = None
        self.row = ""

    def capture(self, name: str) -> str:
        return f"context.{captured(self.names, name)}"

    def variable(self, name: str) -> str:
        return f"context.vars.{name}"

    def env(self, name: str) -> str:
        return f"process.env.{name}"

    def column(self, feed: str, column: str) -> str:
        row = self._user() if feed == USERS else f"context.{self.names.of('feed', feed)}"
        return f"{row}.{column}" if js_key(column) == column else f"{row}[{js(column)}]"

    def _user(self) -> str:
        assert self.role is not None
        return self.row or self._of_user(self.names.of("feed", self.role.pool))

    def token(self) -> str:
        assert self.role is not None
        tokens = f"context.vars.{token_variable(self.role, self.names)}"
        return self._of_user(tokens) if self.role.users else tokens

    def _of_user(self, listed: str) -> str:
        self.needs.add("of_user")
        return f"ofUser(context, {listed})"

    def base64(self, text: str) -> str:
        return f"Buffer.from({text}).toString('base64')"


def token_variable(role: Role, names: Identifiers) -> str:
    """The variable that holds the token of a role, or the tokens of its pool."""
    return names.of("token", role.name, "tokens of" if role.users else "token of")


def captured(names: Identifiers, name: str) -> str:
    """What a capture is called: in `context` as it is, in `context.vars` percent-encoded for templates of URLs."""
    return names.of("capture", name)


def is_safe(text: str) -> bool:
    """Whether constant text may stand where Artillery looks for templates: it has no escape for `{{`."""
    return "{{" not in text and "}}" not in text and not text.endswith("{") and not text.startswith("}")


def in_template(text: Text) -> bool:
    """Whether the text may be an Artillery template. It expands once more what a template yields, so beside constants
    only variables of our own making go through one."""
    return all(is_safe(p.text) if isinstance(p, Literal) else isinstance(p, Variable) for p in text)


def in_url(text: Text) -> bool:
    """The same for a URL, where captures are percent-encoded: they cannot hold a brace."""
    return all(is_safe(p.text) if isinstance(p, Literal) else isinstance(p, Variable | Capture) for p in text)


def template(text: Text, names: Identifiers) -> str:
    """A text for which `in_template` or `in_url` holds, as Artillery's template."""
    pieces = []
    for part in text:
        if isinstance(part, Literal):
            pieces.append(part.text)
        else:
            assert isinstance(part, Variable | Capture)
            name = part.name if isinstance(part, Variable) else captured(names, part.name)
            pieces.append(f"{{{{ {name} }}}}")
    return "".join(pieces)


def in_yaml(value: JsonValue) -> bool:
    """Whether a body may stand under `json:`. Artillery walks it and sets each member anew by its path."""
    match value:
        case JsonObject(members):
            return all(_plain(name) and in_yaml(member) for name, member in members)
        case JsonArray(items):
            return all(in_yaml(item) for item in items)
        case JsonLiteral(constant):
            return not isinstance(constant, str) or is_safe(constant)
        case JsonText(text, quoted):
            return quoted and in_template(text)


def _plain(name: str) -> bool:
    """A member that keeps its meaning when lodash's `set` writes it: no path, no prototype, no array-like object; and that
    YAML takes for a key on one line (1024 characters, YAML 1.2.2 section 7.4.2)."""
    return js_key(name) == name and name not in ("constructor", "prototype", "length") and len(name) < 1000
