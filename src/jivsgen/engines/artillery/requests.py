"""A request in YAML, and the hook that writes those parts of it that a template must not touch."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct, field

from jivsgen.engines.artillery.hooks import REQUEST, Hooks
from jivsgen.engines.artillery.values import (
    Expressions,
    captured,
    in_template,
    in_url,
    in_yaml,
    is_safe,
    template,
)
from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import yaml
from jivsgen.plan.model import (
    Body,
    File,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonText,
    JsonValue,
    Multipart,
    Plan,
    Request,
    Role,
    calls,
)
from jivsgen.plan.texts import segments
from jivsgen.profile.values import Capture, Env, InJson, Literal, Text, constant, lasting

_WIDTH = 100
_KEY = re.compile(r"[?&]([A-Za-z0-9_]+)=$")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class RequestWriter(Struct, dict=True):
    """Writes the members of one request; `_lines` collects the body of its hook."""

    plan: Plan
    names: Identifiers
    expressions: Expressions
    hooks: Hooks
    _lines: list[str] = field(default_factory=list)

    def members(self, label: str, request: Request, role: Role | None) -> list[str]:
        """The members below `post:`, without the hooks that see the answer."""
        self._lines = []
        base = request.server.variable.lower() if request.server else "base_url"
        if role is not None:
            self.expressions.role = role
        found = [f"name: {plain(label)}", f"url: {yaml(f'{{{{ {base} }}}}' + self._url(request.url, label))}"]
        body: list[str] = []
        headers = self._headers(request, role, label)
        if request.body is not None:
            body = self._body(request.body)
            is_form = isinstance(request.body.content, Multipart)
            if not is_form and (
                not body or not body[0].startswith("json:") or request.body.media_type != "application/json"
            ):
                media_type = (Literal(request.body.media_type),)
                headers["content-type"] = self._header(label, "content-type", media_type)
        if headers:
            found += _flow_or_block("headers", {name: yaml(value) for name, value in headers.items()})
        if request.cookies:
            self.expressions.needs.add("cookies")
            own = self.expressions.cookies(request.cookies)
            self._lines.append(f"req.cookieJar = cookies(context, {own});")
        if request.method in ("GET", "HEAD") and request.body is not None:
            found.append("allowGetBody: true")
        found += body
        if self._lines:
            lines = [*self._lines, "return done();"]
            found.append(f"beforeRequest: {self.hooks.add(f'write {label}', REQUEST, lines)}")
        return found

    def _url(self, url: Text, label: str) -> str:
        """The template of the URL; each part that is no template gets a variable, percent-encoded by the hook."""
        pieces, in_segments = [], segments(url)
        for number, part in enumerate(url):
            alone = number in in_segments
            if alone and isinstance(part, Capture):
                pieces.append(f"{{{{ {self.segment(part.name)} }}}}")
                continue
            if in_url((part,)):
                pieces.append(template((part,), self.names))
                continue
            key = _KEY.search(pieces[-1]) if pieces else None
            variable = self.names.of(f"url of {label} {len(pieces)}", key[1] if key else _called(part))
            self.expressions.needs.update({"segment"} if alone else ())
            encode = "segment" if alone else "encodeURIComponent"
            self._lines.append(f"context.vars.{variable} = {encode}({self.expressions.part(part)});")
            pieces.append(f"{{{{ {variable} }}}}")
        return "".join(pieces)

    def segment(self, capture: str) -> str:
        """The variable that holds a capture as a segment of a path takes it: one of its own where another part of a URL takes
        it as well."""
        name = captured(self.names, capture)
        return self.names.of("segment", capture, "segment") if capture in self.read_beside_segments else name

    @cached_property
    def read_beside_segments(self) -> frozenset[str]:
        """The names of the captures that stand in a URL other than as a segment of its path."""
        urls = [(call.request.url, segments(call.request.url)) for call in calls(self.plan)]
        return frozenset(
            part.name
            for url, alone in urls
            for number, part in enumerate(url)
            if isinstance(part, Capture) and number not in alone
        )

    def _headers(self, request: Request, role: Role | None, label: str) -> dict[str, str]:
        """Lower-case names, the last of each, to their templates."""
        own = [*self.plan.target.headers, *request.headers]
        found = {name.lower(): self._header(label, name, text) for name, text in own}
        if role is None:
            return found
        for name, text in role.headers:
            variable = role_variable(role, name, self.names)
            found[name.lower()] = f"{{{{ {variable} }}}}" if variable else self._header(label, name, text)
        return found

    def _header(self, label: str, name: str, text: Text) -> str:
        if in_template(text):
            return latin(template(text, self.names))
        variable = self.names.of(f"header of {label}", name, label)
        self.expressions.needs.add("header")
        self._lines.append(f"context.vars.{variable} = headerText({self.expressions.text(text)});")
        return f"{{{{ {variable} }}}}"

    def _body(self, body: Body) -> list[str]:
        """`json:` where that is exact, else a Buffer, which Artillery sends as it is."""
        if isinstance(body.content, JsonObject) and in_yaml(body.content):
            return self._nested("json", body.content)
        if isinstance(body.content, tuple) and (fixed := constant(body.content)) and is_safe(fixed):
            return [f"body: {yaml(fixed)}"]
        written = self.expressions.body(body, 0)
        if isinstance(body.content, Multipart):
            self._lines += f"const form = {written};".split("\n")
            self._lines += [
                "req.headers = { ...req.headers, 'content-type': form.type };",
                "req.body = form.body;",
            ]
        else:
            is_file = isinstance(body.content, File)
            self._lines += f"req.body = {written if is_file else f'Buffer.from({written})'};".split("\n")
        return []

    def _nested(self, key: str, value: JsonValue) -> list[str]:
        if isinstance(value, JsonObject) and value.members:
            inner = [line for name, member in value.members for line in self._nested(plain(name), member)]
            return [f"{key}:", *(f"  {line}" for line in inner)]
        return [f"{key}: {self._scalar(value)}"]

    def _scalar(self, value: JsonValue) -> str:
        match value:
            case JsonLiteral(fixed):
                return yaml(fixed)
            case JsonText(text):
                return yaml(template(text, self.names))
            case JsonArray(items):
                return "[" + ", ".join(self._scalar(item) for item in items) + "]"
            case JsonObject(members):
                return "{" + ", ".join(f"{plain(n)}: {self._scalar(member)}" for n, member in members) + "}"


def role_variable(role: Role, name: str, names: Identifiers) -> str | None:
    """The variable that holds a header of a role for as long as its user lives; None where the header is constant, or is
    to be made anew for each request."""
    text = next(text for header, text in role.headers if header == name)
    if not lasting(text) or ((fixed := constant(text)) is not None and is_safe(fixed)):
        return None
    only = len(role.headers) == 1
    return names.of(f"role {role.name}", role.name if only else f"{role.name} {name}", "as")


def plain(name: str) -> str:
    """A mapping key or a name: bare where YAML 1.1 and 1.2 agree that it is a string."""
    keyword = name.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return name if _PLAIN.fullmatch(name) and not keyword else yaml(name)


def latin(text: str) -> str:
    """UTF-8 bytes as the characters that Node writes as these bytes; what would end a header is left out."""
    kept = "".join(c for c in text if c == "\t" or (c >= " " and c != "\x7f"))
    return kept.encode().decode("latin-1")


def _called(part: object) -> str:
    part = part.part if isinstance(part, InJson) else part
    for attribute in ("column", "name"):
        if name := getattr(part, attribute, None):
            return str(name).lower() if isinstance(part, Env) else str(name)
    return "text"


def _flow_or_block(key: str, members: dict[str, str]) -> list[str]:
    line = f"{key}: {{{', '.join(f'{plain(name)}: {value}' for name, value in members.items())}}}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{key}:", *(f"  {plain(name)}: {value}" for name, value in members.items())]
