"""Journeys become the text of a profile, with a comment where something was guessed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from jivsgen.diagnostics.model import listing
from jivsgen.init.access import Access, Login
from jivsgen.init.answers import Key
from jivsgen.init.binding import Step
from jivsgen.init.choosing import Journey
from jivsgen.init.names import one_line, variable
from jivsgen.init.survey import Survey
from jivsgen.init.yaml_text import entry, scalar
from jivsgen.plan.steps import can_name_samples
from jivsgen.profile.json_path import written as path_written
from jivsgen.spec import Api, Operation
from jivsgen.spec.api import server_url
from jivsgen.spec.names import words

WIDTH = 110
LOCAL = "http://localhost:8080"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Frame(Struct, frozen=True):
    """What stands around the journeys: the profile's name, its spec and its schema as it names them."""

    name: str
    spec: str
    schema: str


class Written(Struct, frozen=True):
    """A profile's text; `steps` and `auth` say on which lines (from 1, both included) the parts stand."""

    text: str
    steps: tuple[tuple[Key, tuple[int, int]], ...]
    auth: tuple[int, int]


class _Page(Struct):
    lines: list[str] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        self.lines.extend(lines)

    def put(self, indent: int, key: str, value: Any) -> None:
        self.lines.extend(entry(key, value, indent, WIDTH))

    def comment(self, indent: int, text: str) -> None:
        """Wrapped at the width of the page."""
        import textwrap

        start = " " * indent + "# "
        plain = one_line(text, 2000)
        self.lines.extend(
            textwrap.wrap(plain, WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)
        )


def speakable(api: Api, operation: Operation) -> bool:
    """Whether a profile can name the operation so that it means this one, in a file of UTF-8."""
    try:
        text = f"{operation.id}{operation.path}{''.join(one.name for one in operation.parameters)}"
        text.encode()
    except UnicodeEncodeError:
        return False
    return bool(called(api, operation))


def called(api: Api, operation: Operation) -> str:
    """What `call:` says: the operationId, or METHOD and path where that names another operation, or none."""
    key = operation.method, operation.path
    spellings = (operation.id, f"{operation.method} {operation.path}")
    return next((spelling for spelling in spellings if api.find(spelling) == [key]), "")


def write_profile(
    api: Api,
    frame: Frame,
    journeys: list[Journey],
    accesses: tuple[Access, ...],
    login: Login | None,
    survey: Survey,
) -> Written:
    """The whole text. `login` is the one that was found, `accesses` the roles that the journeys need."""
    page = _Page()
    _head(page, api, frame, journeys)
    _target(page, api)
    first = len(page.lines) + 1
    _auth(page, api, accesses, login, frame.name)
    auth = first, len(page.lines)
    steps = _scenarios(page, api, journeys, accesses[1:])
    _slo(page)
    _rest(page, api, journeys, survey)
    return Written("\n".join(page.lines) + "\n", tuple(steps), auth)


def _head(page: _Page, api: Api, frame: Frame, journeys: list[Journey]) -> None:
    if frame.schema:
        page.say(f"# yaml-language-server: $schema={frame.schema}")
    page.comment(
        0,
        "A first profile, by `jivsgen init`. It is yours: nothing writes it again. What was guessed is said.",
    )
    page.put(0, "profile", frame.name)
    page.put(
        0, "title", one_line(f"{api.title or frame.name}: {', '.join(one.name for one in journeys)}", 90)
    )
    page.put(0, "spec", frame.spec)


def _target(page: _Page, api: Api) -> None:
    server = _server(api)
    try:
        local = urlsplit(server).hostname in _LOOPBACK and urlsplit(server).scheme in ("http", "https")
    except ValueError:
        local = False
    page.say("", "target:")
    if server and not local:
        page.comment(
            2, f"The spec's server is {server}; a load begins at home. BASE_URL replaces it at run time."
        )
    elif not local:
        page.comment(2, "A guess: the spec names no host. BASE_URL replaces it at run time.")
    page.put(2, "base_url", _origin(server) if local else LOCAL)


def _server(api: Api) -> str:
    """The URL of the first server, if it is a whole one."""
    url = server_url(api.root)
    return one_line(url) if "://" in url else ""


def _origin(url: str) -> str:
    """Scheme, host and port: the path of the server is the compiler's to add. The home where that is no URL."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return LOCAL


# --- who calls --------------------------------------------------------------------------------------------------------


def _auth(page: _Page, api: Api, accesses: tuple[Access, ...], login: Login | None, name: str) -> None:
    if not accesses:
        page.say("")
        if login:
            said = f"No call is secured in the spec, so nobody logs in, although {login.operation.id} looks like a login."
            page.comment(0, said)
        else:
            page.comment(0, "No call is secured in the spec: everybody is anonymous.")
        token = f'Authorization: "Bearer ${{env.{variable(name, "token")}}}"'
        page.comment(0, f"If the API wants a token all the same: `headers: {{{token}}}` in `target`.")
        return
    page.say("", "auth:")
    for access in accesses:
        page.say(f"  {access.name}:")
        if access is not accesses[0]:
            asking = listing([_short(api, key) for key in sorted(access.operations)], limit=4)
            page.comment(
                4, f"The spec asks for other credentials than those of `{accesses[0].name}` in {asking}."
            )
        if access.login:
            _login(page, api, access.login)
        for note in access.notes:
            page.comment(4, note)
        for key, value in access.keys.items():
            page.put(4, key, value)


def _login(page: _Page, api: Api, login: Login) -> None:
    page.comment(4, "Found by its name, its credentials and the token in its answer; once before the load.")
    if login.is_secured:
        page.comment(4, "The spec secures the login itself, which nobody could call then: taken for a slip.")
    page.put(4, "call", called(api, login.operation))
    page.put(4, "body", login.body)
    if login.expect:
        page.put(4, "expect", _either(login.expect))
    page.put(4, "token", path_written(login.token))


# --- what is called ---------------------------------------------------------------------------------------------------


def _scenarios(
    page: _Page, api: Api, journeys: list[Journey], others: tuple[Access, ...]
) -> Iterable[tuple[Key, tuple[int, int]]]:
    """`others` are the roles that a step has to name."""
    called_as = {key: access.name for access in others for key in access.operations}
    several = len(journeys) > 1
    if several:
        page.say("")
        _load(page, 0, "Modest on purpose; the scenarios share the users by weight.")
    page.say("", "scenarios:")
    lines: list[tuple[Key, tuple[int, int]]] = []
    for journey in journeys:
        page.say(f"  {scalar(journey.name)}:")
        if several:
            page.say("    weight: 1")
        else:
            _load(page, 4, "Modest on purpose.")
        page.say("    steps:")
        for step in journey.steps:
            first = len(page.lines) + 1
            _step(page, api, step, called_as.get(step.key, ""))
            lines.append((step.key, (first, len(page.lines))))
        page.say("      - think: 1s")
    return lines


def _load(page: _Page, indent: int, said: str) -> None:
    start = " " * indent
    page.say(
        f"{start}load:  # {said}",
        f"{start}  executor: ramping-vus",
        f"{start}  start_vus: 1",
        f"{start}  stages:",
        f"{start}    - {{duration: 30s, target: 5}}",
        f"{start}    - {{duration: 1m, target: 5}}",
        f"{start}    - {{duration: 15s, target: 0}}",
    )


def _step(page: _Page, api: Api, step: Step, role: str) -> None:
    operation = step.operation
    spelled = called(api, operation)
    for note in step.comments:
        page.comment(6, note)
    page.say(f"      - call: {scalar(spelled)}")
    is_shared = spelled != operation.id and len(api.find(operation.id)) > 1
    if is_shared or not can_name_samples(operation.id):
        page.put(8, "name", _label(operation))
    if role:
        page.put(8, "as", role)
    for key in ("path", "query", "headers", "cookies"):
        if value := getattr(step, key):
            page.put(8, key, value)
    if step.added is not None:
        page.put(8, "with", step.added)
        if not step.added:
            page.lines[-1] += "  # the spec makes the body optional; it is sent all the same"
    if step.expect:
        page.put(8, "expect", _either(step.expect))
    if step.capture:
        page.put(8, "capture", {name: path_written(path) for name, path in step.capture.items()})


def _label(operation: Operation) -> str:
    """A name for one of several operations that share an operationId, or whose own cannot name samples."""
    return " ".join([operation.method.lower(), *words(operation.path)])[:80]


def _either(statuses: tuple[int, ...]) -> int | list[int]:
    return statuses[0] if len(statuses) == 1 else list(statuses)


def _slo(page: _Page) -> None:
    page.say(
        "",
        "slo:  # placeholders: put in what you promise",
        "  all: {errors: 1%}",
        "  default: {p95: 500ms, errors: 1%}",
    )


# --- what is not ------------------------------------------------------------------------------------------------------


def _rest(page: _Page, api: Api, journeys: list[Journey], survey: Survey) -> None:
    """What was left out and why; what was not needed, and how to choose it."""
    done = {step.key for journey in journeys for step in journey.steps}
    by_reason: dict[str, list[str]] = {}
    for (method, path), reason in survey.left_out.items():
        by_reason.setdefault(reason, []).append(_short(api, (method, path)))
    unused = [key for key in survey.usable if key not in done]
    if by_reason or unused:
        page.say("")
    for reason, names in list(by_reason.items())[:12]:
        page.comment(0, f"Left out: {listing(names, limit=4)}: {one_line(reason)}.")
    if len(by_reason) > 12:
        page.comment(
            0,
            f"Left out for {len(by_reason) - 12} other reasons: {sum(map(len, list(by_reason.values())[12:]))} more.",
        )
    if unused:
        tags = dict.fromkeys(tag for key in unused for tag in survey.usable[key].tags)
        choose = (
            f"`--tag` chooses ({listing(tags, limit=6)}), `--operations` names them."
            if tags
            else "`--operations` names them."
        )
        said = f"Not called: {listing([_short(api, key) for key in unused], limit=6)}. {choose}"
        page.comment(0, said)


def _short(api: Api, key: Key) -> str:
    return one_line(api.index.get(key) or " ".join(key), 60)
