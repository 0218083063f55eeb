"""Who calls: a login where the document has one, else what the environment holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 section 5.6.2): what headers and cookies may be called."""

_LOGOUTS = frozenset({"logout", "signout", "logoff"})
_ENDS = frozenset({"revoke", "invalidate", "terminate"})
_TICKETS = frozenset({"token", "tokens", "session", "sessions", "credentials"})
_SECRETS = ("password", "passwd", "passphrase", "pwd", "secret", "clientsecret", "apikey", "pin")
_NAMES = ("username", "email", "login", "user", "clientid", "userid", "account", "mail", "phone", "loginid")


@dataclass(frozen=True)
class Login:
    """The operation that answers with a token at `token`; `body` as a profile writes it."""

    operation: Operation
    body: Mapping[str, Any]
    token: Path
    expect: tuple[int, ...] | None
    is_secured: bool


@dataclass(frozen=True)
class Access:
    """The one role of a profile: a login, or headers, or both. Each header has the word on how to fill its variable."""

    login: Login | None
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def ends_session(operation: Operation) -> bool:
    """A call that would make the shared token worthless."""
    own = {*words(operation.path), *words(operation.id)}
    return bool(own & _LOGOUTS) or {"log", "out"} <= own or bool(own & _ENDS and own & _TICKETS)


def why_unservable(api: Api, operation: Operation) -> str:
    """Why nobody can call the operation with headers alone; empty where somebody can."""
    return (
        "" if alternative_of(api, operation) is not None else "no header can hold what its security asks for"
    )


def alternative_of(api: Api, operation: Operation) -> tuple[str, ...] | None:
    """The security requirement to fulfil: the compiler's choice, the first of token headers, before one that only
    headers of the role can serve; None where there is none."""
    if not operation.is_secured:
        return ()
    tokens = (names for names in operation.security if all(_is_token(api.scheme(name)) for name in names))
    headers = (names for names in operation.security if all(_header(api, name, "") for name in names))
    return next(tokens, None) or next(headers, None)


def _is_token(scheme: Scheme | None) -> bool:
    return scheme is not None and scheme.header is not None and bool(_HEADER_NAME.fullmatch(scheme.header[0]))


def _header(api: Api, name: str, prefix: str) -> tuple[str, str, str] | None:
    """Header, its value, and a word on it, for a role that has no login."""
    scheme = api.scheme(name)
    if scheme is None:
        token = variable(prefix, "token")
        said = f"the spec does not define the security scheme `{name}`; a bearer token is a guess"
        return "Authorization", f"Bearer ${{env.{token}}}", said
    kind, place = scheme.node.text("type"), scheme.node.text("in")
    if scheme.header is not None and _is_token(scheme):
        header, start = scheme.header
        token = (
            variable(prefix, "token")
            if start
            else variable(prefix, header if header != "Authorization" else "token")
        )
        said = "a token that is valid for as long as the test runs" if start else ""
        return header, f"{start}${{env.{token}}}", said
    if kind == "http" and (scheme.node.text("scheme") or "").lower() == "basic":
        token = variable(prefix, "basic", "token")
        return "Authorization", f"Basic ${{env.{token}}}", f"{token} is base64 of user:password"
    if kind == "apiKey" and place == "cookie":
        key = scheme.node.text("name") or ""
        if _HEADER_NAME.fullmatch(key):
            return "Cookie", f"{escaped(key)}=${{env.{variable(prefix, key)}}}", ""
    return None


def access_for(
    api: Api, called: Iterable[Operation], login: Login | None, prefix: str
) -> tuple[Access | None, list[Operation]]:
    """The role that the operations need, None where none of them is secured; and those that need another one, because
    they want something else in the same header."""
    wanted = [(one, alternative_of(api, one) or ()) for one in called]
    names = list(dict.fromkeys(name for _, alternative in wanted for name in alternative))
    if not names:
        return None, []
    token = _token_scheme(api, names) if login else None
    taken = {token[0]: ""} if token else {}
    notes: dict[str, None] = {}
    others = []
    for operation, alternative in wanted:
        own = [found for name in alternative if (found := _own_header(api, name, prefix, token))]
        if any(taken.get(header, value) != value for header, value, _ in own):
            others.append(operation)
            continue
        taken.update({header: value for header, value, _ in own})
        notes.update(dict.fromkeys(said for _, _, said in own if said))
    headers = {header: value for header, value in taken.items() if value}
    return Access(login if token else None, headers, tuple(notes)), others


def _own_header(
    api: Api, name: str, prefix: str, token: tuple[str, str] | None
) -> tuple[str, str, str] | None:
    """The header that the role itself holds for a scheme; None for the one that the token of the login is for."""
    scheme = api.scheme(name)
    return None if token and scheme and scheme.header == token else _header(api, name, prefix)


def _token_scheme(api: Api, names: list[str]) -> tuple[str, str] | None:
    """The header that carries the token of a login: the bearer's, else the only key that is called like one."""
    headers = [scheme.header for name in names if (scheme := api.scheme(name)) and scheme.header]
    bearer = next((header for header in headers if header[1]), None)
    keys = [header for header in headers if re.search("token|auth|jwt|session", header[0], re.IGNORECASE)]
    return bearer or (keys[0] if len(set(keys)) == 1 else None)


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
