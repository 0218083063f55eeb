"""What a plan declares and never uses."""

from __future__ import annotations

from collections.abc import Iterator

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan, Role, calls
from jivsgen.plan.parts import parts_of, texts_of
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.values import Basic, Column, InJson, Part


def report_unused(plan: Plan, loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    """Roles, pools of users and feeds that nothing uses."""
    roles = {role.name for role in plan.roles}
    for name in loaded.profile.auth:
        if name not in roles:
            diagnostics.add("unused", f"no step calls as `{name}`", loaded.place(("auth", name), True))
    for role in plan.roles:
        if role.users and not any(
            isinstance(part, Column) and part.is_of_user for part in _shown(plan, role)
        ):
            said = f"nothing that `{role.name}` shows or logs in with is of its pool of users"
            hint = "write `${users.COLUMN}` there"
            diagnostics.add("unused", said, loaded.place(("auth", role.name, "users"), True), hint)
    parts = [part for call in calls(plan) for part in parts_of(call.request)]
    feeds = {part.feed for part in parts if isinstance(part, Column)}
    for feed in loaded.profile.feeds:
        if feed not in feeds:
            diagnostics.add("unused", f"nothing reads the feed `{feed}`", loaded.place(("feeds", feed), True))


def _shown(plan: Plan, role: Role) -> Iterator[Part]:
    """Every part of what a role logs in with, and of what it sends."""
    requests = [call.request for call in calls(plan) if call.role == role.name]
    requests += [role.login.request] if role.login else []
    texts = [text for _, text in role.headers] + [text for one in requests for text in texts_of(one)]
    for part in (part for text in texts for part in text):
        if isinstance(part, Basic):
            yield from (*part.user, *part.password)
        else:
            yield part.part if isinstance(part, InJson) else part
