"""How k6 reaches what is only known at run time."""

from __future__ import annotations

import re

from jivsgen.engines import javascript
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.plan.model import JsonPath, Request, Role
from jivsgen.profile.values import USERS, Capture, Column, Env, Text

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def found(path: JsonPath) -> str:
    """What stands at the path of the body of `res`, or undefined. k6 takes a value out of a text by a path of GJSON, which
    costs a quarter of parsing all of it; a name that GJSON may read otherwise is looked up in the parsed whole (`@this`)."""
    if path and all(isinstance(step, int) or _PLAIN.fullmatch(step) for step in path):
        return f"json(res, {js('.'.join(map(str, path)))})"
    return javascript.member("json(res, '@this')", path)


class Expressions(javascript.Expressions):
    """`role` is whose token and user are meant, `row` that user while the login of one is written: set by whoever writes what
    a role shows."""

    def __init__(self, names: Identifiers) -> None:
        super().__init__(names)
        self.role: Role | None = None
        self.row = ""

    def url(self, request: Request) -> str:
        """The whole URL."""
        base = request.server.variable if request.server else "BASE_URL"
        return f"`${{{base}}}" + "".join(self.piece(part, encode=True) for part in request.url) + "`"

    def header(self, text: Text) -> str:
        """The value of a header. What answers, feeds and the environment say could hold what Go refuses to send."""
        if any(isinstance(part, Capture | Column | Env) for part in text):
            self.needs.add("header")
            return f"headerText({self.text(text)})"
        return self.text(text)

    def capture(self, name: str) -> str:
        return self.names.of("capture", name)

    def variable(self, name: str) -> str:
        if name == "unique":
            self.needs.add("run")
            return "unique"
        return "exec.vu.idInTest" if name == "vu" else "exec.vu.iterationInScenario"

    def env(self, name: str) -> str:
        return f"__ENV.{name}" if js_key(name) == name else f"__ENV[{js(name)}]"

    def column(self, feed: str, column: str) -> str:
        if feed != USERS:
            return f"{self.names.of('row', feed, 'row of')}.{column}"
        assert self.role is not None
        return f"{self.row or self._of_user(self.names.of('feed', self.role.pool))}.{column}"

    def token(self) -> str:
        assert self.role is not None
        tokens = f"data.{self.role.name}"
        return self._of_user(tokens) if self.role.users else tokens

    def _of_user(self, listed: str) -> str:
        self.needs.add("of_user")
        return f"ofUser({listed})"

    def base64(self, text: str) -> str:
        self.needs.add("encoding")
        return f"encoding.b64encode({text})"
