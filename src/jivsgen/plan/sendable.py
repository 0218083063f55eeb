"""What no request can bring: characters that would end a line of HTTP, media types that are none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.plan.model import Multipart, Plan, Request, calls
from jivsgen.plan.texts import NOT_XML, Characters
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.values import Env, Function, Literal, Part, Text

_UNSENDABLE = Characters(r"\x00-\x08\x0a-\x1f\x7f", r"\ufffe\uffff")
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*;[\t -~]*)?")
"""RFC 9110 section 8.3.1, with any printable parameters."""


def report_unsendable(plan: Plan, loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    """Control characters in headers and names of parts, media types that are none, characters that no
    XML can hold in a text body (a JMX is XML), and a Content-Type for all requests, which would take the boundary away from
    forms with parts."""
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
    steps = loaded.place(("scenarios",), True)
    target = loaded.place(("target",), True)
    _headers(plan.target.headers, "every request", target, diagnostics)
    for role in plan.roles:
        place = loaded.place(("auth", role.name), True)
        _headers(role.headers, f"the role `{role.name}`", place, diagnostics)
        if role.login:
            _request(role.login.request, f"the login of `{role.name}`", place, diagnostics)
    for call in calls(plan):
        _request(call.request, call.name, steps, diagnostics)


def _request(request: Request, what: str, place: Place, diagnostics: Diagnostics) -> None:
    _headers(request.headers, what, place, diagnostics)
    body = request.body
    if body is None:
        return
    parts = body.content.parts if isinstance(body.content, Multipart) else ()
    for media_type in (body.media_type, *(part.media_type for part in parts)):
        if not _MEDIA_TYPE.fullmatch(media_type):
            said = f"`{media_type}` is no media type that a request can name"
            diagnostics.add("unprintable-text", said, place, "mend the spec with an overlay")
    for part in parts:
        _text((Literal(part.name),), _UNSENDABLE, f"the name of a part of {what}", place, diagnostics)
        headers = ((name, (Literal(value),)) for name, value in part.headers)
        _headers(headers, f"the part `{part.name}` of {what}", place, diagnostics)
    if not body.is_form:
        for content in (body.content, *(part.content for part in parts)):
            if isinstance(content, tuple):
                _text(content, NOT_XML, f"the body of {what}", place, diagnostics)


def _headers(headers: Iterable[tuple[str, Text]], what: str, place: Place, diagnostics: Diagnostics) -> None:
    for name, text in headers:
        _text(text, _UNSENDABLE, f"the header `{name}` of {what}", place, diagnostics)


def _text(text: Text, illegal: Characters, what: str, place: Place, diagnostics: Diagnostics) -> None:
    for constant in (known for part in text for known in _known(part)):
        if found := illegal.search(constant):
            said = f"{what} holds U+{ord(found[0]):04X}, which cannot be sent"
            diagnostics.add("unprintable-text", said, place)


def _known(part: Part) -> Iterator[str]:
    """What is known now of a part: a constant, the default of a variable, the choices of a function."""
    match part:
        case Literal(text) | Env(default=str(text)):
            yield text
        case Function(args=args):
            yield from (argument for argument in args if isinstance(argument, str))
