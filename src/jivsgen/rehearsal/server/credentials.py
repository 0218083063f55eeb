"""Who asks: tokens that were given, keys that are there, and what a role may call."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any

from jivsgen.plan.model import JsonPath
from jivsgen.rehearsal.server.behaviour import Behaviour, Login
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.spec import Api, Node, Operation
from jivsgen.spec.schema import Schemas

_TOKEN = re.compile(r"(access|auth|id|session|api|bearer)?_?-?(token|jwt)", re.IGNORECASE)
_USER = ("username", "user", "email", "login", "name", "clientId", "client_id", "account")


class Credentials:
    """Gives tokens, and knows whose they are. Without users in the behaviour any credentials log in and any token or key
    that is not empty is somebody's."""

    def __init__(self, api: Api, behaviour: Behaviour) -> None:
        self.api = api
        self.behaviour = behaviour
        self.tokens: dict[str, tuple[str, float]] = {}
        self.token_urls = self._token_urls()

    # --- giving -----------------------------------------------------------------------------------------------------

    def logs_in(self, operation: Operation) -> bool:
        """Whether the operation gives a token."""
        if self.behaviour.login is not None:
            return self.behaviour.login.operation == operation.id
        return operation.method == "POST" and bool(self._token_path(operation)) and not _has_path(operation)

    def log_in(self, operation: Operation | None, sent: Any, body: Any) -> str | None:
        """Put a fresh token into the answer's body; returns the user, None where the credentials are refused."""
        login = self.behaviour.login or Login(operation="")
        user = _at(sent, login.user) if self.behaviour.login else _first(sent, _USER)
        password = _at(sent, login.password)
        name = user if isinstance(user, str) else "somebody"
        if self.behaviour.users:
            known = self.behaviour.users.get(name)
            if known is None or not password or known.password not in (None, password):
                return None
        token = f"token-{len(self.tokens) + 1}-of-{re.sub(r'[^0-9A-Za-z._-]', '-', name)}"
        life = login.life
        self.tokens[token] = (name, time.monotonic() + life / 1000 if life else float("inf"))
        path = self._token_path(operation) if operation else ("access_token",)
        if path:
            _put(body, path, token)
            for other in _others(body, path):
                _put(body, other, f"refresh-{token}")
        return name

    def _token_path(self, operation: Operation) -> JsonPath | None:
        for status in operation.successes:
            response = operation.response(status)
            if response and (schema := response.json_schema):
                return _token_in(self.api.schemas, schema, (), 0)
        return None

    def _token_urls(self) -> set[str]:
        """The paths of OAuth2 token end points: the document names them, and they are no operations of it."""
        from urllib.parse import urlsplit

        found = set()
        schemes = self.api.root.at("components", "securitySchemes")
        for _, listed in schemes.items() if schemes else ():
            scheme = self.api.documents.resolve(listed)
            flows = scheme.get("flows") if scheme else None
            for _, flow in flows.items() if flows else ():
                if url := flow.text("tokenUrl"):
                    found.add(urlsplit(url).path)
        return found

    # --- knowing ----------------------------------------------------------------------------------------------------

    def who(self, asked: Asked, operation: Operation) -> str | None:
        """The user by the first alternative of the operation's security that the request fulfils; None: nobody. Of an
        operation that asks for none, whoever the token says."""
        for alternative in operation.security or ((),):
            users = [self._user(asked, self.api.scheme(name)) for name in alternative]
            if users and all(users):
                return users[0]
        return self._bearer(asked) if not operation.is_secured else None

    def may(self, user: str | None, operation: Operation) -> bool:
        """Whether the user's role may call the operation."""
        known = self.behaviour.users.get(user or "")
        role = self.behaviour.roles.get(known.role or "") if known else None
        if role is None or not operation.is_secured:
            return True
        return operation.method in role.methods or operation.id in role.operations

    def _user(self, asked: Asked, scheme: Any) -> str | None:
        if scheme is None:
            return self._bearer(asked)
        node: Node = scheme.node
        if node.text("type") == "apiKey":
            name = node.text("name") or ""
            value = {
                "header": asked.headers.get(name.lower()),
                "query": dict(asked.pairs()).get(name),
                "cookie": asked.cookies().get(name),
            }.get(node.text("in") or "")
            return self._owner(value.removeprefix("Bearer ")) if value else None
        if (node.text("scheme") or "").lower() == "basic":
            return _basic(asked.headers.get("authorization", ""))
        if node.text("type") == "mutualTLS":
            return "somebody"
        return self._bearer(asked)

    def _bearer(self, asked: Asked) -> str | None:
        kind, _, token = asked.headers.get("authorization", "").partition(" ")
        return self._owner(token.strip()) if kind.lower() == "bearer" and token.strip() else None

    def _owner(self, token: str) -> str | None:
        if token in self.tokens:
            name, until = self.tokens[token]
            return name if time.monotonic() < until else None
        if self.behaviour.users:
            return None
        return f"key-{hashlib.sha256(token.encode()).hexdigest()[:8]}"


def _basic(header: str) -> str | None:
    kind, _, value = header.partition(" ")
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0] if kind == "Basic" else None
    except ValueError:
        return None


def _has_path(operation: Operation) -> bool:
    return "{" in operation.path


def _token_in(schemas: Schemas, schema: Node, path: JsonPath, depth: int) -> JsonPath | None:
    members = schemas.members(schema) if depth < 3 else {}
    for name, member in members.items():
        if _TOKEN.fullmatch(name) and "string" in (schemas.types(member) or {"string"}):
            return (*path, name)
    for name, member in members.items():
        if found := _token_in(schemas, member, (*path, name), depth + 1):
            return found
    return None


def _others(body: Any, path: JsonPath) -> list[JsonPath]:
    """Other tokens beside it: one to refresh with, say."""
    owner = _at(body, path[:-1])
    names = list(owner) if isinstance(owner, dict) else []
    return [
        (*path[:-1], name)
        for name in names
        if re.fullmatch(r"refresh_?token", name, re.IGNORECASE) and isinstance(owner[name], str)
    ]


def _first(sent: Any, names: tuple[str, ...]) -> Any:
    return next((sent[name] for name in names if name in sent), None) if isinstance(sent, dict) else None


def _at(value: Any, path: JsonPath) -> Any:
    for step in path:
        inside = isinstance(value, dict) and step in value
        inside = inside or (isinstance(value, list) and isinstance(step, int) and step < len(value))
        if not inside:
            return None
        value = value[step]
    return value


def _put(body: Any, path: JsonPath, value: Any) -> None:
    owner = _at(body, path[:-1])
    if isinstance(owner, dict):
        owner[path[-1]] = value
