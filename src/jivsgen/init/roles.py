"""Which roles the calls of a first profile need: operations that want other credentials are called by another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from jivsgen.init.access import ROLE, TOKEN_NAME, Access, Login, Shown, is_shown, servable, with_variables_of
from jivsgen.init.answers import Key
from jivsgen.init.names import RESERVED
from jivsgen.spec import Api, Operation
from jivsgen.spec.api import Scheme
from jivsgen.spec.names import words

_EVERYDAY = frozenset(
    {"access", "api", "apikey", "auth", "authentication", "authorization", "basic", "bearer", "client", "cookie", "credentials",
     "header", "http", "id", "jwt", "key", "oauth", "oauth2", "oidc", "open", "password", "query", "scheme", "security",
     "session", "sid", "token", "x"}
)  # fmt: skip
"""What the name of a security scheme says of any."""


def roles_for(
    api: Api, called: Iterable[Operation], login: Login | None, prefix: str
) -> tuple[tuple[Access, ...], list[Operation]]:
    """The roles that the operations need, that of the most operations first, none where no operation is secured; and those
    operations that want two things in one header, which no role can show."""
    secured = [one for one in called if one.is_secured]
    asked = [(one, chosen) for one in secured if (chosen := _preferred(api, one, secured))]
    names = list(dict.fromkeys(name for _, chosen in asked for name in chosen))
    by_token = _by_token(api, names) if login else frozenset()
    impossible = [one for one, chosen in asked if _clash(api, chosen, by_token)]
    groups: dict[tuple[str, ...], list[Operation]] = {}
    for operation, chosen in sorted(asked, key=lambda one: -len(one[1])):
        if not any(operation is one for one in impossible):
            whole = next((group for group in groups if set(chosen) <= set(group)), chosen)
            groups.setdefault(whole, []).append(operation)
    accesses: list[Access] = []
    for group, operations in sorted(groups.items(), key=lambda one: -len(one[1])):
        name = _name(group, accesses)
        own = f"{prefix}_{name}" if accesses else prefix
        keys = frozenset((one.method, one.path) for one in operations)
        accesses.append(_access(api, name, group, by_token, login, own, keys))
    return tuple(accesses), impossible


def _access(
    api: Api,
    name: str,
    schemes: tuple[str, ...],
    by_token: frozenset[str],
    login: Login | None,
    prefix: str,
    operations: frozenset[Key],
) -> Access:
    shown = Shown(api, prefix)
    for scheme in schemes:
        if scheme not in by_token:
            shown.add(scheme)
    logs_in = login if by_token & set(schemes) else None
    own = with_variables_of(api, logs_in, prefix) if logs_in else None
    return Access(own, shown.keys(own is not None), tuple(shown.notes), name, operations)


def _preferred(api: Api, operation: Operation, all_: list[Operation]) -> tuple[str, ...]:
    """Of the alternatives that a role can show, the one that most operations list: fewer roles do."""
    listed = Counter(names for one in all_ for names in set(one.security))
    return max(servable(api, operation), key=lambda names: listed[names], default=())


def _clash(api: Api, schemes: tuple[str, ...], by_token: frozenset[str]) -> bool:
    """Whether two of the schemes want different things in one place."""
    wanted = [_place(api, name, by_token) for name in schemes]
    return len({place for place, _ in wanted}) < len(set(wanted))


def _place(api: Api, name: str, by_token: frozenset[str]) -> tuple[str, str]:
    """Where a scheme wants something, and what: two that differ cannot be shown at once."""
    scheme = api.scheme(name)
    if scheme is None:
        return "header authorization", "a guess"
    field = scheme.field.lower() if scheme.place == "header" else scheme.field
    return f"{scheme.place} {field}", "token" if name in by_token else _what(scheme)


def _what(scheme: Scheme) -> str:
    return scheme.name if scheme.kind == "key" else scheme.kind + scheme.token_url


def _by_token(api: Api, names: list[str]) -> frozenset[str]:
    """The schemes that the token of a login is for: the bearers, before those of which a client gets a token elsewhere; else the
    only key that is called like one."""
    schemes = [scheme for name in names if is_shown(scheme := api.scheme(name)) and scheme]
    tokens = [scheme for scheme in schemes if scheme.kind == "token"]
    bearers = frozenset(
        scheme.name for scheme in tokens if not scheme.token_url or all(one.token_url for one in tokens)
    )
    keys = [scheme for scheme in schemes if scheme.kind == "key" and TOKEN_NAME.search(scheme.field)]
    return bearers or frozenset(scheme.name for scheme in keys if len(keys) == 1)


def _name(schemes: tuple[str, ...], others: list[Access]) -> str:
    """The first role is the user; another is called by what its schemes are called: `adminKey` is that of `admin`."""
    if not others:
        return ROLE
    telling = ["_".join(word for word in words(name) if word not in _EVERYDAY) for name in schemes]
    whole = ["_".join(words(name)) for name in schemes]
    wanted = next((one for one in (*telling, *whole) if one.isascii() and one), "other")[:40].strip("_")
    wanted = f"the_{wanted}" if wanted in RESERVED or wanted[0].isdigit() else wanted
    name, number = wanted, 2
    while any(name == one.name for one in others):
        name, number = f"{wanted}_{number}", number + 1
    return name
