"""What a plan declares and never uses."""

from __future__ import annotations

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan, calls
from jivsgen.plan.parts import parts_of
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.values import Column


def report_unused(plan: Plan, loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    """Roles, feeds and captures that nothing uses."""
    roles = {role.name for role in plan.roles}
    for name in loaded.profile.auth:
        if name not in roles:
            diagnostics.add("unused", f"no step calls as `{name}`", loaded.place(("auth", name), True))
    parts = [part for call in calls(plan) for part in parts_of(call.request)]
    feeds = {part.feed for part in parts if isinstance(part, Column)}
    for feed in loaded.profile.feeds:
        if feed not in feeds:
            diagnostics.add("unused", f"nothing reads the feed `{feed}`", loaded.place(("feeds", feed), True))
