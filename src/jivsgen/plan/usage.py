"""What a plan declares and never uses, and what cannot be sent."""

from __future__ import annotations

import re

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan, calls
from jivsgen.plan.parts import parts_of
from jivsgen.plan.texts import NOT_XML
from jivsgen.profile.load import LoadedProfile
from jivsgen.profile.values import Column, Literal, Text

_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


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


def report_unprintable(plan: Plan, loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    """Control characters in headers, and characters that no XML can hold in a text body (a JMX is XML)."""
    for call in calls(plan):
        for name, text in call.request.headers:
            _complain(text, _UNSENDABLE, f"the header `{name}` of {call.name}", loaded, diagnostics)
        body = call.request.body
        if body is not None and isinstance(body.content, tuple) and not body.is_form:
            _complain(body.content, NOT_XML, f"the body of {call.name}", loaded, diagnostics)


def _complain(
    text: Text, illegal: re.Pattern[str], what: str, loaded: LoadedProfile, diagnostics: Diagnostics
) -> None:
    for part in text:
        if isinstance(part, Literal) and (found := illegal.search(part.text)):
            said = f"{what} holds U+{ord(found[0]):04X}, which cannot be sent"
            diagnostics.add("unprintable-text", said, loaded.place(("scenarios",), True))
