"""What goes along with a request of k6, its headers and tags: what its functions take as `params`."""

from __future__ import annotations

from typing import TypeAlias

from jivsgen.engines.javascript import INDENT, bracketed
from jivsgen.engines.k6.values import Expressions
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.plan.model import Call, Multipart, Plan, Role
from jivsgen.profile.values import Text, lasting

_Headers: TypeAlias = tuple[tuple[str, Text], ...]


class Params:
    """Writes the params of calls, and gathers those that stay the same for a virtual user: `prepare` of the script makes them
    once. Made in each iteration, those of a call cost k6 three microseconds."""

    def __init__(self, plan: Plan, names: Identifiers, expressions: Expressions) -> None:
        self._target = plan.target
        self._names = names
        self._expressions = expressions
        self._roles = {role.name: role for role in plan.roles}
        self._headers_of_roles: dict[str, str] = {}
        self._keys = Identifiers(frozenset())
        self._made_once: dict[str, str] = {}

    def made_once(self, call: Call) -> bool:
        """Whether the params of a call stay the same for a virtual user."""
        texts = (*self._shared(call), *call.request.headers, *call.request.cookies)
        return not sends_form(call) and all(lasting(text) for _, text in texts)

    def of(self, call: Call) -> str:
        """The expression of a call's params; its role is the one that the expressions have."""
        role, shared = self._roles.get(call.role or ""), self._shared(call)
        if not self.made_once(call):
            return self._literal(call, self._headers(shared), 0)
        headers = [f"...{self._as(role, shared)}"] if role and shared else self._headers(shared)
        literal = self._literal(call, headers, 2)
        key = self._keys.of(literal, call.name)
        self._made_once[key] = literal
        return f"calls.{key}"

    def prepare(self) -> str:
        """The body of the function that makes `calls`; empty where that would hold nothing."""
        if not self._made_once:
            return ""
        members = [f"{key}: {literal}" for key, literal in self._made_once.items()]
        calls = bracketed("calls = { ", members, " };", 1)
        return "\n".join(f"{INDENT}{statement}" for statement in (*self._headers_of_roles.values(), calls))

    def _shared(self, call: Call) -> _Headers:
        """What goes along with each call of the role."""
        role = self._roles.get(call.role or "")
        return (*self._target.headers, *(role.headers if role else ()))

    def _as(self, role: Role, headers: _Headers) -> str:
        """The constant that holds what each call of a role sends."""
        name = self._names.of("role", role.name, "as")
        if name not in self._headers_of_roles:
            made = bracketed("{ ", self._headers(headers), " }", 1)
            self._headers_of_roles[name] = f"const {name} = {made};"
        return name

    def _headers(self, headers: _Headers) -> list[str]:
        return [f"{js_key(name)}: {self._expressions.header(text)}" for name, text in headers]

    def _literal(self, call: Call, shared: list[str], depth: int) -> str:
        headers = [*shared, *self._headers(call.request.headers)]
        if call.request.cookies:  # k6 adds those of the iteration
            headers.append(f"Cookie: {self._expressions.cookies(call.request.cookies)}")
        if call.request.body:
            kind = "form.type" if sends_form(call) else js(call.request.body.media_type)
            headers.append(f"'Content-Type': {kind}")
        only = headers[0].removeprefix("...") if len(headers) == 1 else ""
        whole = only if only in self._headers_of_roles else bracketed("{ ", headers, " }", depth + 1)
        members = [f"headers: {whole}"] if headers else []
        members.append(f"tags: {{ name: {js(call.name)} }}")
        if self._target.timeout_ms != 60_000:
            members.append(f"timeout: {js(f'{self._target.timeout_ms}ms')}")
        return bracketed("{ ", members, " }", depth)


def sends_form(call: Call) -> bool:
    return call.request.body is not None and isinstance(call.request.body.content, Multipart)
