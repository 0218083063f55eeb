"""Where a profile uses which operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics import Diagnostic, Diagnostics, Place
from jivsgen.plan.model import Call, Plan, Request, calls
from jivsgen.profile.layers import LoadedProfile
from jivsgen.source import Pointer
from jivsgen.spec import Api

Key = tuple[str, str]


@dataclass(frozen=True)
class Use:
    """One call of a profile, or the login of a role. `named` is what the profile calls the operation, `label` says where:
    `step 2`, `login of admin`; `pointer` leads there. `step` is what the profile says of it."""

    profile: str
    label: str
    named: str
    place: Place
    pointer: Pointer
    step: Any = field(compare=False)


class Reading(Struct, frozen=True):
    """A profile, read against one spec. `plan` is None where it has errors under it; `found` is all that was said."""

    loaded: LoadedProfile
    api: Api
    plan: Plan | None
    found: Diagnostics
    uses: tuple[Use, ...] = ()

    def key(self, use: Use) -> Key | None:
        """(METHOD, path) of what the use names, under this spec."""
        found = self.api.find(use.named)
        return found[0] if len(found) == 1 else None

    def requests(self) -> dict[str, tuple[Request, Call | None]]:
        """By label, in the order of the profile: the request of each use, and the call (None: a login)."""
        if self.plan is None:
            return {}
        logins = {
            f"login of {role.name}": (role.login.request, None)
            for role in self.plan.roles
            if role.login and not role.login.request.server
        }
        labels = [use.label for use in self.uses if not use.label.startswith("login")]
        return {
            **logins,
            **{label: (call.request, call) for label, call in zip(labels, calls(self.plan), strict=True)},
        }


def uses_of(loaded: LoadedProfile) -> tuple[Use, ...]:
    """The logins, then the calls in the order in which a plan has them."""
    profile = loaded.profile
    found = [
        Use(
            profile.profile,
            f"login of {name}",
            role.call,
            loaded.place(("auth", name, "call")),
            ("auth", name),
            role,
        )
        for name, role in profile.auth.items()
        if role.call is not None
    ]
    several = len(profile.scenarios) > 1
    for name, scenario in profile.scenarios.items():
        if scenario.load is None and profile.load is None:
            continue
        where = f"{name}, " if several else ""
        for number, pointer, step, key in _steps(scenario.steps, ("scenarios", name, "steps"), ""):
            place = loaded.place((*pointer, key))
            named = getattr(step, key)
            found.append(Use(profile.profile, f"{where}step {number}", named, place, pointer, step))
    return tuple(found)


def _steps(steps: Any, pointer: Pointer, above: str) -> Iterator[tuple[str, Pointer, Any, str]]:
    for index, step in enumerate(steps):
        number = f"{above}{index + 1}"
        here: Pointer = (*pointer, index)
        for key in ("call", "poll"):
            if getattr(step, key, None) is not None:
                yield number, here, step, key
        if (inner := getattr(step, "steps", None)) is not None:
            yield from _steps(inner, (*here, "steps"), f"{number}.")
        for branch, chosen in enumerate(getattr(step, "choose", None) or ()):
            yield from _steps(chosen.steps, (*here, "choose", branch, "steps"), f"{number}.{branch + 1}.")


def uses_in(reading: Reading, found: Diagnostic) -> tuple[Use, ...]:
    """The uses that a message is about: those that it was said about, else the last one that begins before its place."""
    subjects = reading.found.subjects(found)
    if said := tuple(use for use in reading.uses if use.pointer in subjects):
        return said
    place = found.place
    before = [
        use for use in reading.uses if place and use.place.path == place.path and use.place.line <= place.line
    ]
    return (max(before, key=lambda use: use.place),) if before else ()


def known_as(before: Reading, api: Api) -> Api:
    """The API, with the names that the profile of `before` uses: an operation that is called otherwise now, or stands at
    another path, is still found, so that the rest of its change can be told."""
    called: dict[Key, str] = {}
    moved: dict[str, Key] = {}
    named = {use.named for use in before.uses}
    for use in before.uses:
        key = before.key(use)
        if key is None:
            continue
        name = before.api.index[key] or " ".join(key)
        now = api.index.get(key) or " ".join(key)
        if key in api.index and now != name and name not in api.by_id and now not in named:
            called[key] = name
        elif not api.find(use.named) and len(there := api.by_id.get(name, [])) == 1:
            moved[use.named] = there[0]
    return api.known_as(called, moved) if called or moved else api
