"""What a role shows for a security scheme: where in a request it goes, and its text; and where a client gets a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from jivsgen.diagnostics.model import listing
from jivsgen.plan.model import Body, Login, Request, Server
from jivsgen.plan.texts import PATH, as_url, encoded, join, separated
from jivsgen.profile.values import Basic, Text, Token
from jivsgen.spec import Api
from jivsgen.spec.api import Scheme

TOKEN_BASE_URL = "TOKEN_BASE_URL"  # noqa: S105 - a name
"""The environment variable that says where tokens are got, as BASE_URL says where the API is."""

_FORM = "application/x-www-form-urlencoded"


class Credential(Struct, frozen=True):
    """`place` is header, query or cookie; `name` that of the header, the parameter or the cookie."""

    place: str
    name: str
    text: Text


def bearer(token: Text) -> Credential:
    """RFC 6750 section 2.1."""
    return Credential("header", "Authorization", join("Bearer ", token))


class Alternative(Struct, frozen=True):
    """Schemes that an operation asks for at once; `undefined` are names that the document does not define."""

    schemes: tuple[Scheme, ...]
    undefined: tuple[str, ...]

    @classmethod
    def of(cls, api: Api, names: Iterable[str]) -> Alternative:
        found = {name: api.scheme(name) for name in names}
        return cls(
            tuple(scheme for scheme in found.values() if scheme),
            tuple(name for name, scheme in found.items() if scheme is None),
        )


class TokenEnd(Struct, frozen=True):
    """Where a client gets a token. `base` is scheme and host, empty for those of the API; `target` path and query."""

    base: str
    target: str
    scopes: tuple[str, ...]

    @classmethod
    def of(cls, url: str, scopes: tuple[str, ...]) -> TokenEnd | None:
        """By a `tokenUrl`: absolute, or relative to the server of the API (OpenAPI 3.0.3, Relative References in URLs). None
        where no script can call it."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return None
        if (
            bool(parts.scheme) != bool(host)
            or parts.scheme not in ("", "http", "https")
            or "@" in parts.netloc
        ):
            return None
        name = f"[{host}]" if host and ":" in host else host
        base = f"{parts.scheme}://{name}{f':{port}' if port else ''}" if host else ""
        target = as_url(f"/{parts.path.lstrip('/')}")
        if parts.query:
            target += "?" + as_url(parts.query, f"{PATH}?")
        return cls(base, target, scopes)


class Wallet(Struct):
    """What one role has. `role` is the profile's; `read` makes a text of one of its keys, and reports what is wrong with it:
    each is read once, and only when it is shown."""

    role: Any
    read: Callable[[str, tuple[str, ...]], Text]
    _texts: dict[tuple[str, ...], Text] = field(default_factory=dict)

    def shown(self, alternative: Alternative) -> list[Credential] | None:
        """A credential for each scheme, those left out that its own `headers:` and `cookies:` hold; None where the role lacks
        one."""
        if alternative.undefined or self.lacking(alternative):
            return None
        found = map(self._credential, alternative.schemes)
        return [one for one in found if one is not None]

    def lacking(self, alternative: Alternative) -> list[Scheme]:
        """The schemes of an alternative that the role has nothing for."""
        return [scheme for scheme in alternative.schemes if not self._serves(scheme, alternative)]

    def cookies(self) -> list[Credential]:
        """Those that it has of its own."""
        return [
            Credential("cookie", name, self._text(source, ("cookies", name)))
            for name, source in self.role.cookies.items()
        ]

    def _serves(self, scheme: Scheme, together: Alternative) -> bool:
        if self._has_own(scheme):
            return True
        if scheme.kind == "basic":
            return self.role.username is not None
        if scheme.kind == "token":
            return self._has_token(scheme)
        return scheme.kind == "key" and (self._key(scheme) is not None or self._token_is_key(together))

    def _has_own(self, scheme: Scheme) -> bool:
        if scheme.place == "header" and scheme.kind:
            return scheme.field.lower() in {name.lower() for name in self.role.headers}
        return scheme.place == "cookie" and scheme.field in self.role.cookies

    def _has_token(self, scheme: Scheme) -> bool:
        """OAuth2 without client credentials and OpenID Connect take a token that somebody else has got, or a login's."""
        is_bearer = scheme.node.text("type") == "http"
        by_client = self.role.client_id is not None and (is_bearer or bool(scheme.token_url))
        return self.role.token is not None or by_client

    def _key(self, scheme: Scheme) -> str | None:
        """The name, among the role's keys, of the one for the scheme."""
        return next((name for name in (scheme.name, "") if name in self.role.api_key), None)

    def _token_is_key(self, together: Alternative) -> bool:
        """Whether the role's token goes where a key is wanted: not where the same request wants a token as well."""
        return self.role.token is not None and all(one.kind != "token" for one in together.schemes)

    def _credential(self, scheme: Scheme) -> Credential | None:
        if self._has_own(scheme):
            return None
        if scheme.kind == "basic":
            return Credential("header", "Authorization", join("Basic ", (self._basic(),)))
        if scheme.kind == "token":
            return bearer(self._token())
        name = self._key(scheme)
        text = self._token() if name is None else self._text(self.role.api_key[name], ("api_key", name))
        return Credential(scheme.place, scheme.field, text)

    def _token(self) -> Text:
        return self._text(self.role.token, ("token",)) if isinstance(self.role.token, str) else (Token(),)

    def _basic(self) -> Basic:
        name, password = self.role.username, self.role.password
        return Basic(self._text(name, ("username",)), self._text(password, ("password",)))

    def _text(self, source: str, where: tuple[str, ...]) -> Text:
        if where not in self._texts:
            self._texts[where] = self.read(source, tuple(step for step in where if step))
        return self._texts[where]

    # --- getting a token --------------------------------------------------------------------------------------------

    def client_login(self, end: TokenEnd, variable: str) -> Login:
        """The login of a client (RFC 6749 section 4.4), which says who it is in the form or in a header (section 2.3.1)."""
        client = encoded(self._text(self.role.client_id, ("client_id",)))
        secret = encoded(self._text(self.role.client_secret, ("client_secret",)))
        form = [join("grant_type=client_credentials")]
        headers: tuple[tuple[str, Text], ...] = ()
        if self.role.client_auth == "basic":
            headers = (("Authorization", join("Basic ", (Basic(client, secret, encoded=True),))),)
        else:
            form += [join("client_id=", client), join("client_secret=", secret)]
        if end.scopes:
            form.append(join("scope=", encoded(join(" ".join(end.scopes)))))
        path = end.target.partition("?")[0]
        request = Request(
            operation=f"POST {path}",
            method="POST",
            template=path,
            url=join(end.target),
            headers=headers,
            body=Body(_FORM, separated(form, "&")),
            server=Server(variable, end.base),
        )
        return Login(request, (200,), ("access_token",))


def to_write(scheme: Scheme) -> str:
    """What gives a role a credential for the scheme; empty where nothing but `headers:` does."""
    if scheme.kind == "key":
        return '`api_key: "${env.API_KEY}"`'
    if scheme.kind == "basic":
        return '`username: "${env.USERNAME}"` and `password: "${env.PASSWORD}"`'
    if scheme.token_url:
        return '`client_id: "${env.CLIENT_ID}"` and `client_secret: "${env.CLIENT_SECRET}"`'
    if scheme.kind == "token":
        ready = '`token: "${env.TOKEN}"` (a token that is valid for as long as the test runs)'
        return f"{ready}, or a login (`call:` and `token: $.accessToken`)"
    return ""


def described(schemes: list[Scheme]) -> str:
    """The security scheme `key` (an API key in the header `X-Key`)."""
    named = listing(scheme.name for scheme in schemes)
    what = " and ".join(scheme.described for scheme in schemes if scheme.described)
    return f"the security scheme{'s' if len(schemes) > 1 else ''} {named}" + (f" ({what})" if what else "")
