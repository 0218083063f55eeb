"""Who asks: tokens that were given, keys that are there, and what a role may call."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any
from urllib.parse import unquote_plus

from jivsgen.plan.model import JsonPath
from jivsgen.profile.json_path import at
from jivsgen.rehearsal.server.behaviour import Behaviour, Login
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.faults import put
from jivsgen.rehearsal.server.recent import Recent
from jivsgen.spec import Api, Node, Operation
from jivsgen.spec.api import Scheme
from jivsgen.spec.schema import Schemas

_TOKEN = re.compile(r"(access|auth|id|session|api|bearer)?_?-?(token|jwt)", re.IGNORECASE)
_REFRESH = re.compile(r"refresh_?token", re.IGNORECASE)
_LIFE = re.compile(r"expires?_?in", re.IGNORECASE)
_USER = ("username", "user", "email", "login", "name", "clientId", "client_id", "account")
_PASSWORD = ("password", "client_secret", "clientSecret", "secret")


BASIC = 'Basic realm="rehearsal"'
"""What asks for HTTP basic authentication (RFC 7617 section 2)."""


class Credentials:
    """Gives tokens, and knows whose they are. Without users in the behaviour any credentials log in and any token or key
    that is not empty is somebody's."""

    def __init__(self, api: Api, behaviour: Behaviour) -> None:
        self.api = api
        self.behaviour = behaviour
        self.login = behaviour.login or Login(operation="")
        self.token_urls = _token_urls(api)
        self._keys = {user.key: name for name, user in behaviour.users.items() if user.key}
        self._tokens: Recent[str, tuple[str, float]] = Recent()
        self._refreshing: Recent[str, str] = Recent()
        self._paths: dict[str, JsonPath | None] = {}
        self._given = 0

    # --- giving -----------------------------------------------------------------------------------------------------

    def gives(self, operation: Operation) -> bool:
        """Whether the operation gives a token."""
        if self.behaviour.login is not None:
            return operation.id in (self.login.operation, self.login.refresh)
        is_plain = operation.method == "POST" and "{" not in operation.path
        if not is_plain or not self._token_path(operation):
            return False
        return not operation.is_secured or self._wants_its_own(operation)

    def _wants_its_own(self, operation: Operation) -> bool:
        """Whether it takes a password, and asks for the token that it is to give: a slip of many documents."""
        takes_one = any(
            name in _PASSWORD or member.text("format") == "password"
            for media in operation.bodies
            for name, member in self.api.schemas.members(media.schema).items()
        )
        schemes = (self.api.scheme(name) for alternative in operation.security for name in alternative)
        return takes_one and all(one is None or one.kind == "token" for one in schemes)

    def log_in(
        self, operation: Operation | None, sent: Any, body: Any, shown: tuple[str, str] | None
    ) -> str | None:
        """Put fresh tokens into the answer's body; returns the user, None where the credentials are refused: the name and the
        password that were shown, else those in what was sent."""
        refresh = _first(
            sent, tuple(n for n in sent if _REFRESH.fullmatch(n)) if isinstance(sent, dict) else ()
        )
        name = self._refreshed(refresh) if refresh is not None else self._known(sent, shown)
        if name is None:
            return None
        path = self._token_path(operation) if operation else ("access_token",)
        if not path:
            return name
        self._given += 1
        token = f"token-{self._given}-of-{re.sub(r'[^0-9A-Za-z._-]', '-', name)}"
        life = self.login.life
        self._tokens[token] = (name, time.monotonic() + life / 1000 if life else float("inf"))
        put(body, path, token)
        self._beside(body, path, token, name)
        return name

    def log_out(self, operation: Operation, asked: Asked) -> None:
        """Revoke the token of the call, where that is what the operation does."""
        if self.login.logout is not None and operation.id == self.login.logout:
            self._tokens.pop(_after(asked, "bearer"), None)

    def _known(self, sent: Any, shown: tuple[str, str] | None) -> str | None:
        """The user whose credentials were sent."""
        if shown is not None:
            user, password = shown
        elif self.behaviour.login is not None:
            user, password = at(sent, self.login.user), at(sent, self.login.password)
        else:
            user, password = _first(sent, _USER), _first(sent, _PASSWORD)
        name = str(user) if user else "somebody"
        return name if self._accepts(name, password) else None

    def _accepts(self, name: str, password: Any) -> bool:
        if not self.behaviour.users:
            return True
        user = self.behaviour.users.get(name)
        return user is not None and bool(password) and user.password in (None, password)

    def _refreshed(self, refresh: Any) -> str | None:
        """The user of a refresh token, which is used up; without known users any will do."""
        known = self._refreshing.pop(refresh, None) if isinstance(refresh, str) else None
        return known or (None if self.behaviour.users else "somebody")

    def _beside(self, body: Any, path: JsonPath, token: str, user: str) -> None:
        """The refresh token and the life of the token, which stand beside it."""
        owner = at(body, path[:-1])
        for name, old in list(owner.items()) if isinstance(owner, dict) else ():
            if _REFRESH.fullmatch(name) and isinstance(old, str):
                owner[name] = f"refresh-{token}"
                self._refreshing[owner[name]] = user
            elif _LIFE.fullmatch(name) and isinstance(old, int) and self.login.life:
                owner[name] = max(self.login.life // 1000, 1)

    def _token_path(self, operation: Operation) -> JsonPath | None:
        if operation.id not in self._paths:
            responses = (operation.response(status) for status in operation.successes)
            found = (one.json_schema for one in responses if one)
            paths = (_token_in(self.api.schemas, schema, (), 0) for schema in found if schema)
            self._paths[operation.id] = next((path for path in paths if path), None)
        return self._paths[operation.id]

    # --- knowing ----------------------------------------------------------------------------------------------------

    def who(self, asked: Asked, operation: Operation) -> str | None:
        """The user by the first alternative of the operation's security that the request fulfils; None: nobody. Of an
        operation that asks for none, whoever the token says."""
        for alternative in operation.security:
            users = [self._user(asked, self.api.scheme(name)) for name in alternative]
            if users and all(users):
                return users[0]
        return None if operation.is_secured else self._owner(_after(asked, "bearer"))

    def may_be_nobody(self, operation: Operation) -> bool:
        """Whether the operation is played for those who have no credentials yet."""
        return not operation.is_secured or (self.gives(operation) and self._wants_its_own(operation))

    def may(self, user: str | None, operation: Operation) -> bool:
        """Whether the user's role may call the operation."""
        known = self.behaviour.users.get(user or "")
        if known is None or not operation.is_secured:
            return True
        role = self.behaviour.roles.get(known.role or "")
        if role is not None and (operation.method in role.methods or operation.id in role.operations):
            return True
        if self.behaviour.roles_in is not None:
            listed = operation.node.get(self.behaviour.roles_in)
            return listed is None or not isinstance(listed.value, list) or known.role in listed.value
        return role is None

    def challenge(self, operation: Operation) -> str:
        """What a 401 asks for (RFC 9110, WWW-Authenticate)."""
        schemes = [self.api.scheme(name) for alternative in operation.security for name in alternative]
        is_basic = any(one is not None and one.kind == "basic" for one in schemes)
        return BASIC if is_basic else "Bearer"

    def _user(self, asked: Asked, scheme: Scheme | None) -> str | None:
        if scheme is None:
            return self._owner(_after(asked, "bearer"))
        if scheme.kind == "key":
            return self._owner(_key(asked, scheme).removeprefix("Bearer "))
        if scheme.kind == "basic":
            name, password = basic(asked) or ("", "")
            return name if name and self._accepts(name, password) else None
        if scheme.node.text("type") == "mutualTLS":
            return "somebody"
        return self._owner(_after(asked, "bearer"))

    def _owner(self, token: str) -> str | None:
        if token in self._tokens:
            name, until = self._tokens[token]
            return name if time.monotonic() < until else None
        if token in self._keys:
            return self._keys[token]
        if not token or self.behaviour.users:
            return None
        return f"key-{hashlib.sha256(token.encode()).hexdigest()[:8]}"


def _key(asked: Asked, scheme: Scheme) -> str:
    if scheme.place == "header":
        return asked.headers.get(scheme.field.lower(), "")
    pairs = asked.pairs() if scheme.place == "query" else asked.cookies()
    return next((value for name, value in pairs if name == scheme.field), "")


def _after(asked: Asked, kind: str) -> str:
    """What follows the scheme in `Authorization`; empty where the scheme is another."""
    own, _, value = asked.headers.get("authorization", "").partition(" ")
    return value.strip() if own.lower() == kind else ""


def basic(asked: Asked) -> tuple[str, str] | None:
    """The name and the password of HTTP basic authentication (RFC 7617); None where there are none."""
    value = _after(asked, "basic")
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if value else None


def clients(form: dict[str, Any], asked: Asked) -> list[tuple[str, str]]:
    """Who a client says it is, and its secret: in the form, and by HTTP basic authentication, both parts of which are form-encoded
    (RFC 6749 section 2.3.1). More than one is a mistake (section 2.3)."""
    in_form = (str(form.get("client_id", "")), str(form.get("client_secret", "")))
    name, secret = basic(asked) or ("", "")
    return [both for both in (in_form, (unquote_plus(name), unquote_plus(secret))) if all(both)]


def _token_urls(api: Api) -> set[str]:
    """The paths of OAuth2 token end points: the document names them, and they are no operations of it."""
    from urllib.parse import urlsplit

    found = set()
    schemes = api.root.at("components", "securitySchemes")
    for _, listed in schemes.items() if schemes else ():
        scheme = api.documents.resolve(listed)
        flows = scheme.get("flows") if scheme else None
        for _, flow in flows.items() if flows else ():
            if url := flow.text("tokenUrl"):
                found.add(urlsplit(url).path)
    return found


def _token_in(schemas: Schemas, schema: Node, path: JsonPath, depth: int) -> JsonPath | None:
    members = schemas.members(schema) if depth < 3 else {}
    for name, member in members.items():
        if _TOKEN.fullmatch(name) and "string" in (schemas.types(member) or {"string"}):
            return (*path, name)
    for name, member in members.items():
        if found := _token_in(schemas, member, (*path, name), depth + 1):
            return found
    return None


def _first(sent: Any, names: tuple[str, ...]) -> Any:
    return next((sent[name] for name in names if name in sent), None) if isinstance(sent, dict) else None
