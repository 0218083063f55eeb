"""Who calls: roles, their logins, and which operation needs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from jivsgen.diagnostics import Diagnostics, Place, Related
from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan.credentials import (
    TOKEN_BASE_URL,
    Alternative,
    Credential,
    TokenEnd,
    Wallet,
    bearer,
    described,
    to_write,
)
from jivsgen.plan.expectations import Expectations
from jivsgen.plan.gaps import action
from jivsgen.plan.media import ABSENT
from jivsgen.plan.model import Feed, Login, Role
from jivsgen.plan.requests import Given, RequestReader
from jivsgen.plan.scope import Scope
from jivsgen.profile.values import USERS, Text, Token
from jivsgen.source import Pointer
from jivsgen.spec import Api, Operation
from jivsgen.spec.schema import Schemas

ANONYMOUS = "anonymous"


class Roles(Struct):
    """The roles of a profile, in its order; `pools` are the users of those that have some, `used` the roles that a step has,
    with what their operations want to be shown."""

    api: Api
    schemas: Schemas
    diagnostics: Diagnostics
    declared: Mapping[str, Any]
    scope: Scope
    pools: Mapping[str, Feed]
    used: dict[str, dict[Credential, None]] = field(default_factory=dict)
    _wallets: dict[str, Wallet] = field(default_factory=dict)
    _scopes: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def of(
        self, wanted: str | None, operation: Operation, statuses: tuple[int, ...], pointer: Pointer
    ) -> tuple[str | None, tuple[Credential, ...]]:
        """The role that a step has: what it says, else the first one where the operation is secured (None: anonymous); and
        what it shows in the query and the cookies of this call."""
        refused = all(400 <= status < 500 for status in statuses)
        if wanted == ANONYMOUS:
            if operation.is_secured and not refused:
                self._needs_role(operation, (*pointer, "as"), "an anonymous call of it is answered with 401")
            return None, ()
        if wanted is not None and wanted not in self.declared:
            known = [*self.declared, ANONYMOUS]
            hint = did_you_mean(wanted, known, otherwise=f"the roles are {listing(known)}")
            place = self.scope.locate((*pointer, "as"), False)
            self.diagnostics.add("unknown-role", f"there is no role `{wanted}` in `auth`", place, hint)
            return None, ()
        if wanted is None:
            if not operation.is_secured:
                return None, ()
            if not self.declared:
                if not refused:
                    self._needs_role(operation, pointer, "declare one in `auth:`, or say `as: anonymous`")
                return None, ()
            wanted = next(iter(self.declared))
        shown = [*self._shown(wanted, operation, refused, pointer), *self._wallet(wanted).cookies()]
        self.used.setdefault(wanted, {}).update(dict.fromkeys(shown))
        return wanted, tuple(one for one in shown if one.place != "header")

    def _needs_role(self, operation: Operation, where: Pointer, hint: str) -> None:
        said = f"{operation.id} is secured, and this step has no role"
        place = self.scope.locate(where, False)
        self.diagnostics.add("needs-role", said, place, hint, self._contract(operation))

    def _contract(self, operation: Operation) -> tuple[Related, ...]:
        node = operation.node.get("security") or self.api.root.get("security") or operation.node
        return node.says_so()

    # --- what a role shows ------------------------------------------------------------------------------------------

    def _shown(self, name: str, operation: Operation, refused: bool, pointer: Pointer) -> list[Credential]:
        """What the first alternative of the operation that the role can serve asks for."""
        alternatives = [Alternative.of(self.api, names) for names in operation.security if names]
        for alternative in alternatives:
            shown = self._wallet(name).shown(alternative)
            if shown is not None:
                self._count_scopes(name, alternative, operation)
                return shown
        if alternatives and operation.is_secured and not refused:
            self._lacks(name, alternatives, operation, pointer)
        return []

    def _wallet(self, name: str) -> Wallet:
        if name not in self._wallets:
            before = replace(self.scope, in_load=False, feeds=self._users(name))
            self._wallets[name] = Wallet(
                self.declared[name], lambda source, where: before.text(source, ("auth", name, *where))
            )
        return self._wallets[name]

    def _users(self, name: str) -> dict[str, Feed]:
        """The role's pool, as texts call it."""
        return {USERS: self.pools[name]} if name in self.pools else {}

    def _count_scopes(self, name: str, alternative: Alternative, operation: Operation) -> None:
        known = self._scopes.setdefault(name, {})
        for scheme in alternative.schemes:
            if scheme.kind == "token":
                scopes = (*known.get(scheme.name, ()), *operation.scopes.get(scheme.name, ()))
                known[scheme.name] = tuple(dict.fromkeys(scopes))

    def _lacks(
        self, name: str, alternatives: list[Alternative], operation: Operation, pointer: Pointer
    ) -> None:
        """Says what would do, for the alternative that lacks least. A role with headers of its own knows more than the
        spec, where that does not say what is to be shown."""
        wallet = self._wallet(name)
        trusted = bool(wallet.role.headers or wallet.role.cookies)
        place, related = self.scope.locate(pointer, False), self._contract(operation)
        hint = "give the role `headers:` of its own, or mend the spec with an overlay"
        whole = [one for one in alternatives if not one.undefined]
        if trusted and len(whole) < len(alternatives):
            return
        if not whole:
            (missing, *_) = alternatives[0].undefined
            scheme = {missing: {"type": "http", "scheme": "bearer"}}
            hint += f":\n{action(self.api.root, {'components': {'securitySchemes': scheme}})}"
            said = f"the security scheme `{missing}` is not defined, but {operation.id} asks for it"
            self.diagnostics.add("unknown-security-scheme", said, place, hint, related)
            return
        ways = [wallet.lacking(one) for one in whole]
        lacking = min(ways, key=lambda schemes: (not all(map(to_write, schemes)), len(schemes)))
        advice = [to_write(scheme) for scheme in lacking]
        said = f"{operation.id} asks for {described(lacking)}, "
        if all(advice):
            others = [
                one for one in self.declared if any(self._wallet(one).lacking(way) == [] for way in whole)
            ]
            hint = f"write in `auth: {{{name}: …}}` {', and '.join(advice)}"
            hint += f"; or say `as: {others[0]}` in the step" if others else ""
            said += f"and the role `{name}` has nothing to show for it"
            self.diagnostics.add("missing-credential", said, place, hint, related)
        elif not trusted:
            self.diagnostics.add("unsupported", f"{said}which no script can show", place, hint, related)

    # --- the roles themselves ---------------------------------------------------------------------------------------

    def compiled(self) -> tuple[Role, ...]:
        """The roles that steps use, in the profile's order."""
        used = {name: role for name, role in self.declared.items() if name in self.used}
        ends: dict[str, TokenEnd] = {}
        for name, role in used.items():
            with self.diagnostics.about(("auth", name)):
                if role.client_id and (end := self._end(name)):
                    ends[name] = end
        alone = len({end.base for end in ends.values()}) == 1
        roles = []
        for name, role in used.items():
            pointer: Pointer = ("auth", name)
            with self.diagnostics.about(pointer):
                login = self._login(role, pointer) if role.call is not None else None
                if name in ends:
                    variable = TOKEN_BASE_URL if alone else f"{name.upper()}_{TOKEN_BASE_URL}"
                    login = self._wallet(name).client_login(ends[name], variable)
                roles.append(Role(name, self._headers(name, role, pointer), login, self.pools.get(name)))
        return tuple(roles)

    def _headers(self, name: str, role: Any, pointer: Pointer) -> tuple[tuple[str, Text], ...]:
        scope = replace(self.scope, feeds={**self.scope.feeds, **self._users(name)})
        own = tuple(
            (key, scope.text(value, (*pointer, "headers", key))) for key, value in role.headers.items()
        )
        shown = [one for one in self.used[name] if one.place == "header"]
        if role.has_login and not self.used[name] and "authorization" not in {key.lower() for key, _ in own}:
            shown = [bearer((Token(),))]
        carried = sorted(shown, key=lambda one: one.name)
        self._report_mixed(name, carried)
        return (*((one.name, one.text) for one in carried), *own)

    def _report_mixed(self, name: str, carried: list[Credential]) -> None:
        tokens = [one.name for one in carried if Token() in one.text]
        names = [one.name.lower() for one in carried]
        twice = next((one.name for one in carried if names.count(one.name.lower()) > 1), None)
        if len(tokens) > 1:
            said = (
                f"the operations that `{name}` calls want its token in different headers: {listing(tokens)}"
            )
        elif twice:
            said = f"the operations that `{name}` calls want different credentials in the header `{twice}`"
        else:
            return
        self.diagnostics.add("mixed-security", said, self.scope.locate(("auth", name), True))

    def _end(self, name: str) -> TokenEnd | None:
        """Where the client of a role gets its token, by the schemes that its operations ask for, else by the only one that
        the document has."""
        asked = [scheme for one in self._scopes.get(name, ()) if (scheme := self.api.scheme(one))]
        known = [scheme for scheme in asked if scheme.token_url]
        known = known or [scheme for scheme in self.api.schemes if scheme.token_url]
        place = self.scope.locate(("auth", name, "client_id"), True)
        urls = {scheme.token_url: scheme for scheme in known}
        if len(urls) != 1:
            said = (
                f"the operations that `{name}` calls have tokens of {listing(urls)}"
                if urls
                else "no OAuth2 scheme of the spec has the flow `clientCredentials`, which says where a client gets its token"
            )
            hint = (
                "declare a role for each of them" if urls else "say it in an overlay, or log in with `call:`"
            )
            self.diagnostics.add("no-token-url", said, place, hint)
            return None
        ((url, scheme),) = urls.items()
        asked_for = self._scopes.get(name, {}).get(scheme.name, ())
        scopes = asked_for if self.declared[name].scopes is None else self.declared[name].scopes
        end = TokenEnd.of(url, scopes)
        if end is None:
            said = f"the `tokenUrl` of `{scheme.name}` is `{url}`, which is no http(s) URL"
            hint = "mend it with an overlay; relative to the server of the API is right, too"
            self.diagnostics.add("no-token-url", said, place, hint, scheme.node.says_so())
        return end

    def _login(self, role: Any, pointer: Pointer) -> Login | None:
        found = self.api.find(role.call)
        place: Place = self.scope.locate((*pointer, "call"), False)
        operation = self.api.operation(found[0]) if len(found) == 1 else None
        if operation is None:
            hint = did_you_mean(
                role.call, self.api.by_id, otherwise="name it by operationId, or METHOD and path"
            )
            self.diagnostics.add("unknown-operation", f"the spec has no operation `{role.call}`", place, hint)
            return None
        inside = Scope(
            self.diagnostics,
            self.scope.locate,
            self.scope.environment,
            self._users(str(pointer[1])),
            self.scope.gaps,
            self.scope.uploads,
            in_load=False,
        )
        expect = Expectations(inside, self.schemas, operation, role.call, pointer)
        statuses = expect.statuses(role.expect)
        for node in expect.path(role.token, statuses, ("token",)):
            if self.schemas.types(node) - {"string", "null"}:
                said = "the token is not text"
                related = node.says_so()
                self.diagnostics.add(
                    "wrong-type", said, self.scope.locate((*pointer, "token"), False), related=related
                )
        body = role.body if role.body is not None else ABSENT
        added = role.with_ if role.with_ is not None else ABSENT
        given = Given({}, {}, {}, {}, body, added)
        request = RequestReader(inside, self.schemas, operation, given, pointer).read()
        return Login(request, statuses, role.token)
