"""Who calls: a login where the document has one, else what the environment holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from jivsgen.init.answers import Key, Path, is_sayable
from jivsgen.init.names import variable
from jivsgen.init.yaml_text import is_writable
from jivsgen.plan.bodies import escaped
from jivsgen.plan.synthesis import NoValue, body_of
from jivsgen.spec import Api, MediaType, Node, Operation
from jivsgen.spec.api import Scheme
from jivsgen.spec.names import joined, words

ROLE = "user"

_TOKENS = (
    "accesstoken",
    "token",
    "jwt",
    "bearertoken",
    "authtoken",
    "sessiontoken",
    "apitoken",
    "idtoken",
    "jwttoken",
    "bearer",
)
_PLACES = frozenset(
    {
        "login",
        "signin",
        "logon",
        "authenticate",
        "token",
        "tokens",
        "session",
        "sessions",
        "auth",
        "authorize",
    }
)
_OTHERWISE = frozenset(
    {"logout", "signout", "register", "signup", "refresh", "reset", "revoke", "verify", "forgot", "introspect", "renew",
     "invalidate", "registration", "change", "password", "confirm"}
)  # fmt: skip
TOKEN_NAME = re.compile("token|auth|jwt|session", re.IGNORECASE)
_LOGOUTS = frozenset({"logout", "signout", "logoff"})
_ENDS = frozenset({"revoke", "invalidate", "terminate"})
_TICKETS = frozenset({"token", "tokens", "session", "sessions", "credentials"})
_SECRETS = ("password", "passwd", "passphrase", "pwd", "secret", "clientsecret", "apikey", "pin")
_NAMES = ("username", "email", "login", "user", "clientid", "userid", "account", "mail", "phone", "loginid")


class Login(Struct, frozen=True):
    """The operation that answers with a token at `token`; `body` as a profile writes it."""

    operation: Operation
    body: Mapping[str, Any]
    token: Path
    expect: tuple[int, ...] | None
    is_secured: bool


class Access(Struct, frozen=True):
    """A role of a profile: a login, or what it shows instead (`keys` are the profile's), or both, and the `operations` that it
    calls. The notes say how to fill its variables."""

    login: Login | None
    keys: Mapping[str, Any]
    notes: tuple[str, ...]
    name: str
    operations: frozenset[Key]


def ends_session(operation: Operation) -> bool:
    """A call that would make the shared token worthless."""
    own = {*words(operation.path), *words(operation.id)}
    return bool(own & _LOGOUTS) or {"log", "out"} <= own or bool(own & _ENDS and own & _TICKETS)


def why_unservable(api: Api, operation: Operation) -> str:
    """Why no role can call the operation; empty where one can."""
    can_be = not operation.is_secured or servable(api, operation)
    return "" if can_be else "no script can show what its security asks for"


def servable(api: Api, operation: Operation) -> list[tuple[str, ...]]:
    """The security requirements that a role can fulfil; without any, those with schemes that the document does not define,
    which are taken for bearer tokens."""
    schemes = {name: api.scheme(name) for names in operation.security for name in names}
    whole = [tuple(names) for names in operation.security if names]
    known = [names for names in whole if all(is_shown(schemes[name]) for name in names)]
    return known or [
        names for names in whole if all(schemes[name] is None or is_shown(schemes[name]) for name in names)
    ]


def is_shown(scheme: Scheme | None) -> bool:
    """Whether a script can show something for the scheme."""
    return scheme is not None and bool(scheme.kind)


class Shown(Struct):
    """Collects what a role shows beside the token of its login."""

    api: Api
    prefix: str
    api_keys: dict[str, str] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, name: str) -> None:
        scheme = self.api.scheme(name)
        if scheme is None:
            self.rest["headers"] = {"Authorization": f"Bearer {self._env('token')}"}
            said = f"the spec does not define the security scheme `{name}`; a bearer token is a guess"
            self.notes[said] = None
        elif scheme.kind == "key":
            called = "token" if scheme.field == "Authorization" else scheme.field
            self.api_keys[name] = self._env(called)
        elif scheme.kind == "basic":
            self.rest |= {"username": self._env("username"), "password": self._env("password")}
        elif scheme.token_url:
            self.rest |= {"client_id": self._env("client_id"), "client_secret": self._env("client_secret")}
        elif "client_id" not in self.rest:
            self.rest["token"] = self._env("token")
            self.notes["a token that is valid for as long as the test runs"] = None

    def keys(self, has_login: bool) -> dict[str, Any]:
        """The keys of the role in the profile."""
        if "client_id" in self.rest:
            self.rest.pop("token", None)
        alone = len(self.api_keys) == 1 and not has_login
        if not self.api_keys:
            return self.rest
        return {"api_key": next(iter(self.api_keys.values())) if alone else self.api_keys, **self.rest}

    def _env(self, name: str) -> str:
        return f"${{env.{variable(self.prefix, name)}}}"


def find_login(api: Api, operations: Mapping[Key, Operation], prefix: str) -> Login | None:
    """The most likely login of the document: a POST that takes credentials and answers with a token. One that is
    unsecured is more likely than one that is not, which no client could call."""
    best: tuple[int, Login] | None = None
    for operation in operations.values():
        if operation.method != "POST" or "{" in operation.path or not _credible(operation):
            continue
        login = _login(api, operation, prefix)
        score = _score(operation) if login else 0
        if login and (best is None or score > best[0]):
            best = score, login
    return best[1] if best else None


def with_variables_of(api: Api, login: Login, prefix: str) -> Login:
    """The same login with credentials of another prefix."""
    return _login(api, login.operation, prefix) or login


def _credible(operation: Operation) -> bool:
    """Before any schema is read: something in its path or name sounds like a login."""
    own = {*words(operation.path), *words(operation.id)}
    return bool(own & _PLACES) or "log in" in " ".join(words(operation.id))


def _score(operation: Operation) -> int:
    own = [*words(operation.path), *words(operation.id)]
    good = sum(3 if word in ("login", "signin", "logon") else 2 for word in set(own) & _PLACES)
    bad = 4 * len(set(own) & _OTHERWISE)
    return good - bad + (0 if operation.is_secured else 10)


def _login(api: Api, operation: Operation, prefix: str) -> Login | None:
    media = next((one for one in operation.bodies if one.is_json), None) or next(
        (one for one in operation.bodies if one.name.startswith("application/x-www-form-urlencoded")), None
    )
    body = _credentials(api, media, prefix) if media and media.schema else None
    if body is None or not is_writable(body):
        return None
    paths = {status: path for status in operation.successes if (path := _token(api, operation, status))}
    if not paths:
        return None
    token = next(iter(paths.values()))
    same = tuple(status for status, path in paths.items() if path == token)
    expect = None if len(same) == len(operation.successes) else same
    return Login(operation, body, token, expect, operation.is_secured)


def _credentials(api: Api, media: MediaType, prefix: str) -> dict[str, Any] | None:
    """The body of a login, credentials from the environment; None where it takes no secret."""
    assert media.schema is not None
    members = api.schemas.members(media.schema)
    secrets = [name for name in members if joined(name) in _SECRETS]
    if not secrets:
        return None
    try:
        built = body_of(api.schemas, media)
    except NoValue:
        built = {}
    built = built if isinstance(built, dict) else {}
    known = [name for name in members if joined(name) in _NAMES]
    who = [name for name in known if name in built] or known[:1]
    body: dict[str, Any] = {
        name: f"${{env.{variable(prefix, name)}}}"
        for name in [*who, *secrets]
        if _is_text(api, members[name])
    }
    return (
        {**{name: escaped(value) for name, value in built.items() if name not in body}, **body}
        if body
        else None
    )


def _is_text(api: Api, schema: Node) -> bool:
    types = api.schemas.types(schema)
    return not types or "string" in types


def _token(api: Api, operation: Operation, status: int) -> Path:
    """Where the answer holds the token: by name, at most two members deep; empty where it does not."""
    response = operation.response(status)
    schema = response.json_schema if response else None
    level: list[tuple[Path, Node]] = [((), schema)] if schema else []
    for _ in range(3):
        below = [
            ((*path, name), member)
            for path, node in level
            for name, member in api.schemas.members(node).items()
        ]
        for wanted in _TOKENS:
            for path, member in below:
                name = str(path[-1])
                if joined(name) == wanted and "string" in api.schemas.types(member) and is_sayable(name):
                    return path
        level = below
    return ()
