"""What a changed spec means for the profiles that use it. The compiler is the judge: each profile is compiled against
the old and the new document, and what it says and what it makes are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from jivsgen.diagnostics import Severity
from jivsgen.diagnostics.model import listing
from jivsgen.drift.answers import answer_changes
from jivsgen.drift.rules import BY_DIAGNOSTIC, RULES, Rule
from jivsgen.drift.uses import Key, Reading, Use, uses_in
from jivsgen.plan.digest import meaning
from jivsgen.plan.expectations import either
from jivsgen.plan.model import (
    Body,
    Call,
    File,
    JsonPath,
    JsonText,
    Multipart,
    Origin,
    Plan,
    Request,
    Role,
    StatusCheck,
)
from jivsgen.plan.parts import plain_json
from jivsgen.plan.samples import sample
from jivsgen.spec import Api

Told: TypeAlias = tuple[str, str, str, Use]
"""Rule, operation, sentence, and the use that it is about."""

_KNOWN_ALREADY = frozenset({"unknown-operation", "ambiguous-operation", "uncaptured-name"})
"""What the compiler says of operations that are not found, and of what follows from that."""
_NOBODY = Origin("", "", "", "")


class Finding(Struct, frozen=True):
    """One change of one operation, and every use of it."""

    rule: str
    operation: str
    said: str
    uses: tuple[Use, ...]

    @property
    def meant(self) -> Rule:
        return RULES[self.rule]


class Difference(Struct, frozen=True):
    """`used`: the worst first. The rest by name: operations that no profile uses."""

    used: tuple[Finding, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether anything that a profile uses is broken."""
        return any(finding.meant.level == "error" for finding in self.used)


def difference(readings: list[tuple[Reading, Reading]], old: Api, new: Api) -> Difference:
    """The meaning of the change from `old` to `new`, for profiles that were read against both."""
    collected = Collected()
    used: set[Key] = set()
    for before, after in readings:
        _Profile(before, after, collected).compare()
        used |= {key for use in before.uses if (key := before.key(use))}
        used |= {key for use in after.uses if (key := after.key(use))}
    _note_rest_of_used(readings, collected)
    keys, now = set(old.index), set(new.index)
    return Difference(
        collected.findings(),
        tuple(sorted(_name(new, key) for key in now - keys - used)),
        tuple(sorted(_name(old, key) for key in keys - now - used)),
        tuple(sorted(_name(new, key) for key in keys & now - used if not _alike(old, new, key))),
    )


def _name(api: Api, key: Key) -> str:
    return api.index[key] or " ".join(key)


def _alike(old: Api, new: Api, key: Key) -> bool:
    one, two = old.operation(key), new.operation(key)
    return one is not None and two is not None and meaning(old, one) == meaning(new, two)


class Collected(Struct):
    """Findings by what they say; a use is named once in each."""

    by_change: dict[tuple[str, str, str], dict[Use | None, None]] = field(default_factory=dict)

    def add(self, rule: str, operation: str, said: str, use: Use | None) -> None:
        self.by_change.setdefault((rule, operation, said), {})[use] = None

    def findings(self) -> tuple[Finding, ...]:
        levels = ["error", "warning", "note"]
        found = [
            Finding(rule, operation, said, tuple(use for use in uses if use))
            for (rule, operation, said), uses in self.by_change.items()
        ]
        return tuple(sorted(found, key=lambda one: levels.index(one.meant.level)))

    def knows(self, operation: str) -> bool:
        return any(named == operation for _, named, _ in self.by_change)


def _note_rest_of_used(readings: list[tuple[Reading, Reading]], collected: Collected) -> None:
    """Used operations of which nothing was said, in one sentence."""
    quiet: dict[str, None] = {}
    for before, after in readings:
        for use in before.uses:
            key, now = before.key(use), after.key(use)
            if key is None or now is None:
                continue
            one, two = before.api.operation(key), after.api.operation(now)
            if one is None or two is None:
                continue
            if two.node.flag("deprecated") and not one.node.flag("deprecated"):
                collected.add("operation-deprecated", two.id, "is deprecated now", use)
            elif not collected.knows(one.id) and meaning(before.api, one) != meaning(after.api, two):
                quiet[one.id] = None
    if quiet:
        said = f"{listing(quiet)} changed, and nothing with it that is sent, checked or captured"
        collected.add("operation-changed", "", said, None)


class _Profile(Struct):
    """One profile under both documents."""

    before: Reading
    after: Reading
    collected: Collected

    def compare(self) -> None:
        for use, new in zip(self.before.uses, self.after.uses, strict=True):
            key, now = self.before.key(use), self.after.key(new)
            if key is None:
                continue
            if now is None:
                self.collected.add(*self._gone(use), use)
                continue
            self._renamed(use, key, now)
            for rule, said in answer_changes(use, (self.before.api, key), (self.after.api, now)):
                self.collected.add(rule, self._operation(use), said, use)
        self._said()
        if self.before.plan is not None and self.after.plan is not None:
            self._made(self.before.plan, self.after.plan)

    def _operation(self, use: Use) -> str:
        key = self.before.key(use)
        operation = self.before.api.operation(key) if key else None
        return operation.id if operation else use.named

    def _gone(self, use: Use) -> tuple[str, str, str]:
        if several := self.after.api.find(use.named):
            said = f"is the operationId of {len(several)} operations now"
            return "api-operation-id-removed", self._operation(use), said
        return "api-removed-without-deprecation", self._operation(use), "is gone"

    def _renamed(self, use: Use, key: Key, now: Key) -> None:
        """What the use calls is still there, but elsewhere or under another name."""
        one, two = self.before.api.operation(key), self.after.api.operation(now)
        assert one is not None
        assert two is not None
        called = two.node.text("operationId")
        if key != now:
            self.collected.add("api-path-changed", one.id, _moved(key, now), use)
        elif called != one.node.text("operationId"):
            said = f"is called {called} now" if called else "has no operationId any more"
            self.collected.add("api-operation-id-removed", one.id, said, use)

    # --- what the compiler says -------------------------------------------------------------------------------------

    def _said(self) -> None:
        known = {
            (one.code, same, use)
            for one in self.before.found
            for use in uses_in(self.before, one) or [None]
            for same in (one.place, one.message)  # a place in the document may have moved
        }
        for one in self.after.found:
            if one.severity is Severity.NOTE or one.code in _KNOWN_ALREADY:
                continue
            rule = BY_DIAGNOSTIC.get(one.code)
            if one.severity is Severity.WARNING and rule and RULES[rule].level == "error":
                rule = None  # what still compiles is not broken
            for use in uses_in(self.after, one) or [None]:
                if {(one.code, one.place, use), (one.code, one.message, use)} & known:
                    continue
                operation = self._operation(use) if use else ""
                if rule is not None and (use is not None or one.severity is Severity.ERROR):
                    said = self._statuses(use) if one.code == "undocumented-status" and use else one.message
                    self.collected.add(rule, operation, said, use)
                elif one.severity is Severity.ERROR:
                    self.collected.add("plan-changed", operation, one.message, use)

    def _statuses(self, use: Use) -> str:
        key = self.after.key(use)
        operation = self.after.api.operation(key) if key else None
        now = either(operation.successes) if operation and operation.successes else "no 2xx"
        expected = getattr(use.step, "expect", None) or ()
        return f"answers {now} now, not {either(expected)}: the check of the status will fail"

    # --- what the compiler makes ------------------------------------------------------------------------------------

    def _made(self, old: Plan, new: Plan) -> None:
        if replace(old, origin=_NOBODY) == replace(new, origin=_NOBODY):
            return
        told = list(self._remade()) + list(self._around(old, new))
        if not told:
            told = [("plan-changed", "", f"{old.name} compiles to another plan", self.before.uses[0])]
        for finding in told:
            self.collected.add(*finding)

    def _remade(self) -> Iterator[Told]:
        """What each use sends and checks otherwise."""
        uses = {use.label: use for use in self.before.uses}
        requests = self.after.requests()
        for label, (request, call) in self.before.requests().items():
            if (other := requests.get(label)) is not None:
                for rule, said in (*self._request(request, other[0]), *_call(call, other[1])):
                    yield rule, request.operation, said, uses[label]

    def _request(self, old: Request, new: Request) -> Iterator[tuple[str, str]]:
        one, two = (old.method, old.template), (new.method, new.template)
        if one != two:
            yield "api-path-changed", _moved(one, two)
        elif old.url != new.url:
            yield "api-path-changed", "has parameters that are written into the URL otherwise"
        if old.headers != new.headers:
            yield "plan-changed", "is sent with other headers"
        if old.cookies != new.cookies:
            yield "plan-changed", "is sent with other cookies"
        if old.body != new.body:
            yield from self._body(old.body, new)

    def _body(self, old: Body | None, new: Request) -> Iterator[tuple[str, str]]:
        if old is None or new.body is None:
            yield "request-body-invalid", f"is sent {'without a' if new.body is None else 'with a'} body now"
            return
        if old.media_type != new.body.media_type:
            said = f"takes {new.body.media_type} now, not {old.media_type}"
            yield "request-body-media-type-removed", said
            return
        operation = self.after.api.operation((new.method, new.template))
        media = next((one for one in operation.bodies if one.is_json), None) if operation else None
        broken = []
        if (
            media is not None
            and media.schema is not None
            and not isinstance(old.content, tuple | Multipart | File)
        ):
            broken = self.after.api.schemas.violations(media.schema, plain_json(old.content, _sampled))
        if broken:
            yield (
                "request-body-invalid",
                f"does not take the body any more that the scripts send: {broken[0].said}",
            )
        else:
            yield "request-body-changed", "has another body, built from the document"

    def _around(self, old: Plan, new: Plan) -> Iterator[Told]:
        first = self.before.uses[0]
        if old.target.base_path != new.target.base_path:
            said = f"every request goes below {new.target.base_path or '/'} now, not {old.target.base_path or '/'}"
            yield "api-path-changed", "", said, first
        for role in old.roles:
            other = next((one for one in new.roles if one.name == role.name), None)
            if other is not None and (other.headers, _token_end(other)) != (role.headers, _token_end(role)):
                yield "api-security-changed", "", f"`{role.name}` identifies itself otherwise", first
            if other is None and role.login is not None and role.login.request.server is None:
                login = next(use for use in self.before.uses if use.label == f"login of {role.name}")
                said = f"is not called any more: no step needs to be `{role.name}`"
                yield "api-security-removed", role.login.request.operation, said, login


def _moved(old: Key, new: Key) -> str:
    return f"is {' '.join(new)} now, not {' '.join(old)}"


def _call(old: Call | None, new: Call | None) -> Iterator[tuple[str, str]]:
    if old is None or new is None:
        return
    before, after = _expected(old), _expected(new)
    if lost := [status for status in before if status not in after]:
        yield "response-success-status-removed", f"answers {either(after)} now, not {either(lost)}"
    elif gained := [status for status in after if status not in before]:
        yield "response-success-status-added", f"may answer {either(gained)} too now"
    if old.role is not None and new.role is None:
        yield "api-security-removed", f"may be called by anybody now, not only as {old.role}"
    elif old.role != new.role:
        yield "api-security-changed", f"is called as {new.role} now"


def _token_end(role: Role) -> Request | None:
    """The request for a token beside the API."""
    return role.login.request if role.login and role.login.request.server else None


def _expected(call: Call) -> tuple[int, ...]:
    return next((check.statuses for check in call.checks if isinstance(check, StatusCheck)), ())


def _sampled(value: JsonText, _path: JsonPath) -> Any:
    """A sample for a place that is only known at run time."""
    return sample(value.text, {}, {}).text if value.quoted else 1
