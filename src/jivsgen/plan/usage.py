"""What a plan declares and never uses, and what cannot be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Body, Multipart, Plan, calls
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
    """Control characters in headers, characters that no XML can hold in a text body (a JMX is XML), and a Content-Type
    for all requests, which would take the boundary away from forms with parts."""
    common = [*plan.target.headers, *(header for role in plan.roles for header in role.headers)]
    forms = [
        call.name
        for call in calls(plan)
        if call.request.body and isinstance(call.request.body.content, Multipart)
    ]
    if forms and any(name.lower() == "content-type" for name, _ in common):
        said = f"a Content-Type for every request would take the boundary away from the form of {forms[0]}"
        hint = "say it in the calls that need it"
        diagnostics.add("bad-header", said, loaded.place(("target",), True), hint)
    for call in calls(plan):
        for name, text in call.request.headers:
            _complain(text, _UNSENDABLE, f"the header `{name}` of {call.name}", loaded, diagnostics)
        for text in _raw_texts(call.request.body):
            _complain(text, NOT_XML, f"the body of {call.name}", loaded, diagnostics)


def _raw_texts(body: Body | None) -> Iterator[Text]:
    """The texts of a body that are sent as they are."""
    if body is None or body.is_form:
        return
    contents = (
        [part.content for part in body.content.parts]
        if isinstance(body.content, Multipart)
        else [body.content]
    )
    yield from (content for content in contents if isinstance(content, tuple))


def _complain(
    text: Text, illegal: re.Pattern[str], what: str, loaded: LoadedProfile, diagnostics: Diagnostics
) -> None:
    for part in text:
        if isinstance(part, Literal) and (found := illegal.search(part.text)):
            said = f"{what} holds U+{ord(found[0]):04X}, which cannot be sent"
            diagnostics.add("unprintable-text", said, loaded.place(("scenarios",), True))
