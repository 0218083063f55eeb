"""Who calls: roles, their logins, and which operation needs one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan.expectations import Expectations
from jivsgen.plan.gaps import action
from jivsgen.plan.media import ABSENT
from jivsgen.plan.model import Feed, Login, Role
from jivsgen.plan.requests import Given, RequestReader
from jivsgen.plan.scope import Scope
from jivsgen.plan.texts import join
from jivsgen.profile.values import Token
from jivsgen.source import Pointer
from jivsgen.spec import Api, Operation
from jivsgen.spec.schema import Schemas

ANONYMOUS = "anonymous"


@dataclass
class Roles:
    """The roles of a profile, in its order; `used` are those that a step has, with the headers that their operations
    ask for."""

    api: Api
    schemas: Schemas
    diagnostics: Diagnostics
    declared: Mapping[str, Any]
    locate: Any
    used: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def of(
        self, wanted: str | None, operation: Operation, statuses: tuple[int, ...], pointer: Pointer
    ) -> str | None:
        """The role that a step has: what it says, else the first one where the operation is secured. None: anonymous."""
        refused = all(400 <= status < 500 for status in statuses)
        if wanted == ANONYMOUS:
            if operation.is_secured and not refused:
                self._needs_role(operation, (*pointer, "as"), "an anonymous call of it is answered with 401")
            return None
        if wanted is not None and wanted not in self.declared:
            known = [*self.declared, ANONYMOUS]
            hint = did_you_mean(wanted, known, otherwise=f"the roles are {listing(known)}")
            place = self.locate((*pointer, "as"), False)
            self.diagnostics.add("unknown-role", f"there is no role `{wanted}` in `auth`", place, hint)
            return None
        if wanted is None:
            if not operation.is_secured:
                return None
            if not self.declared:
                if not refused:
                    self._needs_role(operation, pointer, "declare one in `auth:`, or say `as: anonymous`")
                return None
            wanted = next(iter(self.declared))
        self.used.setdefault(wanted, set()).update(self._headers(operation, pointer))
        return wanted

    def _needs_role(self, operation: Operation, where: Pointer, hint: str) -> None:
        said = f"{operation.id} is secured, and this step has no role"
        node = operation.node.get("security") or self.api.root.get("security") or operation.node
        related = node.says_so()
        self.diagnostics.add("needs-role", said, self.locate(where, False), hint, related)

    def _headers(self, operation: Operation, pointer: Pointer) -> set[tuple[str, str]]:
        """(name, prefix) of the header that carries the token: of the first alternative that a header can serve."""
        problems: list[tuple[str, str]] = []
        for alternative in operation.security:
            schemes = [(name, self.api.scheme(name)) for name in alternative]
            missing = [name for name, scheme in schemes if scheme is None]
            odd = [name for name, scheme in schemes if scheme and scheme.header is None]
            if missing:
                problems.append(
                    ("unknown-security-scheme", f"the security scheme `{missing[0]}` is not defined")
                )
            elif odd:
                problems.append(
                    ("unsupported", f"the security scheme `{odd[0]}` is not a header that holds a token")
                )
            else:
                return {scheme.header for _, scheme in schemes if scheme and scheme.header}
        if problems:
            code, said = problems[0]
            node = operation.node.get("security") or self.api.root.get("security") or operation.node
            related = node.says_so()
            hint = "give the role `headers:` of its own, or mend the spec with an overlay"
            if code == "unknown-security-scheme":
                scheme = {said.split("`")[1]: {"type": "http", "scheme": "bearer"}}
                hint += f":\n{action(self.api.root, {'components': {'securitySchemes': scheme}})}"
            if not all(getattr(role, "headers", None) for role in self.declared.values()):
                self.diagnostics.add(
                    code,
                    f"{said}, but {operation.id} asks for it",
                    self.locate(pointer, False),
                    hint,
                    related,
                )
        return set()

    # --- the roles themselves ---------------------------------------------------------------------------------------

    def compiled(self, scope: Scope, pools: Mapping[str, Feed]) -> tuple[Role, ...]:
        """The roles that steps use, in the profile's order. `pools` are the feeds of those that have users."""
        return tuple(
            self._role(name, role, scope, pools.get(name))
            for name, role in self.declared.items()
            if name in self.used
        )

    def _role(self, name: str, role: Any, scope: Scope, users: Feed | None) -> Role:
        with self.diagnostics.about(("auth", name)):
            return self._compiled(name, role, scope, users)

    def _compiled(self, name: str, role: Any, scope: Scope, users: Feed | None) -> Role:
        pointer: Pointer = ("auth", name)
        headers = tuple(
            (key, scope.text(value, (*pointer, "headers", key))) for key, value in role.headers.items()
        )
        if role.call is None:
            return Role(name, headers)
        carried = sorted(self.used[name]) or [("Authorization", "Bearer ")]
        carried = [(header, prefix) for header, prefix in carried if header not in dict(headers)]
        if len(carried) > 1:
            said = f"the operations that `{name}` calls want its token in different headers: "
            said += listing(header for header, _ in carried)
            self.diagnostics.add("mixed-security", said, self.locate(pointer, True))
        token = tuple((header, join(prefix, (Token(),))) for header, prefix in carried)
        login = self._login(role, scope, pointer, users)
        return Role(name, (*token, *headers), login, users)

    def _login(self, role: Any, scope: Scope, pointer: Pointer, users: Feed | None) -> Login | None:
        found = self.api.find(role.call)
        place: Place = self.locate((*pointer, "call"), False)
        operation = self.api.operation(found[0]) if len(found) == 1 else None
        if operation is None:
            hint = did_you_mean(
                role.call, self.api.by_id, otherwise="name it by operationId, or METHOD and path"
            )
            self.diagnostics.add("unknown-operation", f"the spec has no operation `{role.call}`", place, hint)
            return None
        inside = Scope(
            self.diagnostics,
            self.locate,
            scope.environment,
            {"users": users} if users else {},
            scope.gaps,
            scope.uploads,
            in_load=False,
        )
        expect = Expectations(inside, self.schemas, operation, role.call, pointer)
        statuses = expect.statuses(role.expect)
        for node in expect.path(role.token, statuses, ("token",)):
            if self.schemas.types(node) - {"string", "null"}:
                said = "the token is not text"
                related = node.says_so()
                self.diagnostics.add(
                    "wrong-type", said, self.locate((*pointer, "token"), False), related=related
                )
        body = role.body if role.body is not None else ABSENT
        added = role.with_ if role.with_ is not None else ABSENT
        given = Given({}, {}, {}, body, added)
        request = RequestReader(inside, self.schemas, operation, given, pointer).read()
        return Login(request, statuses, role.token)
