"""The plan: every scenario, step, datum, check and threshold decided, typed, named and ordered, in no engine's words.

Times are integers in milliseconds, rates in iterations per `time_unit_ms`, unless a name says otherwise. A plan holds
nothing that a run of the same inputs would decide differently: no clock, no random value, no absolute path.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import TypeAlias

from msgspec import Struct

from jivsgen.profile.values import Text
from jivsgen.spec.names import essence

Scalar: TypeAlias = str | int | float | bool | None
JsonPath: TypeAlias = tuple[str | int, ...]
"""Members and indices: `$.data.items[0].id` is `("data", "items", 0, "id")`; `$` is `()`."""


# --- what is sent -----------------------------------------------------------------------------------------------


class JsonObject(Struct, frozen=True):
    members: tuple[tuple[str, JsonValue], ...]


class JsonArray(Struct, frozen=True):
    items: tuple[JsonValue, ...]


class JsonLiteral(Struct, frozen=True):
    value: Scalar


class JsonText(Struct, frozen=True):
    """A leaf known at run time. `quoted` is False where the contract wants a number or a boolean: print it bare."""

    text: Text
    quoted: bool = True


JsonValue: TypeAlias = JsonObject | JsonArray | JsonLiteral | JsonText


class File(Struct, frozen=True):
    """Bytes that are sent as they are, copied beside the scripts as `name` (letters, digits, `_`, `-` and `.`)."""

    name: str
    content: bytes


class FormPart(Struct, frozen=True):
    """One part of a `Multipart`: text, JSON, or a file, which is sent under its own name. `media_type` has no
    parameters; text is UTF-8. `headers` are those that not every part has."""

    name: str
    media_type: str
    content: JsonValue | Text | File
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def header_lines(self) -> str:
        """The headers as they are sent, each with its line end."""
        return "".join(f"{name}: {value}\r\n" for name, value in self.headers)


class Multipart(Struct, frozen=True):
    """The parts of `multipart/form-data` (RFC 7578) in the order in which they are sent: files come last."""

    parts: tuple[FormPart, ...]

    @property
    def fields(self) -> tuple[FormPart, ...]:
        """The parts that are no files."""
        return tuple(part for part in self.parts if not isinstance(part.content, File))


class Body(Struct, frozen=True):
    """What a request carries.

    `content` is a `JsonValue` for JSON media types, a `Multipart` for `multipart/form-data` (the boundary is the
    engine's own), a `File` where bytes are sent as they are. For `application/x-www-form-urlencoded` it is a text whose
    literals are encoded already and whose other parts must be percent-encoded when they are put in. Any other text is
    sent as it is.
    """

    media_type: str
    content: JsonValue | Text | Multipart | File

    @property
    def is_form(self) -> bool:
        return essence(self.media_type) == "application/x-www-form-urlencoded"

    @property
    def files(self) -> tuple[File, ...]:
        if isinstance(self.content, Multipart):
            return tuple(part.content for part in self.content.parts if isinstance(part.content, File))
        return (self.content,) if isinstance(self.content, File) else ()


class Server(Struct, frozen=True):
    """A server beside the API, which gives tokens (OAuth2). `url` is its scheme and host, empty where they are those of the
    base URL; the environment variable replaces it at run time, as BASE_URL does the base URL."""

    variable: str
    url: str


class Request(Struct, frozen=True):
    """One HTTP request.

    `url` is what follows the base URL: literals are percent-encoded already (path and query, `?` and `&` in place),
    every other part must be percent-encoded (RFC 3986 unreserved characters stay) when it is put in.
    `headers` are those of the contract and the profile, without Content-Type (see `body`) and without the role's.
    `cookies` go along with those that the server has set in this iteration, before them; their literals are legal in a
    cookie (RFC 6265 section 4.1.1), of every other part what is not is percent-encoded when it is put in.
    `keyed` says that the query holds a credential, which no log should show. With a `server` the URL follows that one's,
    and neither the base URL nor its path.
    """

    operation: str
    method: str
    template: str
    url: Text
    headers: tuple[tuple[str, Text], ...] = ()
    body: Body | None = None
    cookies: tuple[tuple[str, Text], ...] = ()
    keyed: bool = False
    server: Server | None = None


# --- what is expected -------------------------------------------------------------------------------------------


class StatusCheck(Struct, frozen=True):
    """The status is one of these."""

    name: str
    statuses: tuple[int, ...]


class PresentCheck(Struct, frozen=True):
    """The JSON body has the path, and what stands there is not null."""

    name: str
    path: JsonPath


class ValueCheck(Struct, frozen=True):
    """What stands at the path equals one of the values: same JSON type, same value."""

    name: str
    path: JsonPath
    values: tuple[Scalar, ...]


class DurationCheck(Struct, frozen=True):
    """The response time is at most `limit_ms`."""

    name: str
    limit_ms: int


Check: TypeAlias = StatusCheck | PresentCheck | ValueCheck | DurationCheck


class Capture(Struct, frozen=True):
    """What stands at `path` is kept as `name` for the rest of the iteration (strings as they are, other scalars as
    JSON writes them). A capture always has its `PresentCheck` among the checks of its call."""

    name: str
    path: JsonPath


class Condition(Struct, frozen=True):
    """What stands at the path of a poll's answer equals one of the values."""

    path: JsonPath
    values: tuple[Scalar, ...]


# --- steps ------------------------------------------------------------------------------------------------------


class Call(Struct, frozen=True):
    """One request. It is an error when it has no answer or any of its checks is false.

    Only a call that is no error captures, adds its response time to `time` and one to `count`. After an error the
    iteration ends when `ends_iteration`, else it goes on.
    """

    name: str
    request: Request
    role: str | None
    checks: tuple[Check, ...]
    captures: tuple[Capture, ...] = ()
    time: str | None = None
    count: str | None = None
    ends_iteration: bool = False


class Poll(Struct, frozen=True):
    """A call that is asked up to `attempts` times, `every_ms` between two of them (none before the first).

    It ends with the first answer without error for which all of `until` hold. When it ran out, or any of `fail_on`
    holds for the answer that ended it, the check `verdict` is false, else true: one sample of that check a poll.
    `call.time` gets the poll's total time when it ended, `call.count` one when the verdict is true;
    `call.captures` are taken from the answer that ended it. `call.ends_iteration` is about the verdict.
    """

    call: Call
    until: tuple[Condition, ...]
    fail_on: tuple[Condition, ...]
    every_ms: int
    attempts: int
    verdict: str


class Think(Struct, frozen=True):
    """A pause, uniform between the two (equal: fixed)."""

    min_ms: int
    max_ms: int


class Group(Struct, frozen=True):
    """Steps under a name; `time` gets the duration (thinks included) of each group that was completed."""

    name: str
    steps: tuple[Step, ...]
    time: str | None = None


class Repeat(Struct, frozen=True):
    times: int
    steps: tuple[Step, ...]


class Branch(Struct, frozen=True):
    name: str
    weight: int
    steps: tuple[Step, ...]


class Choose(Struct, frozen=True):
    """Exactly one branch, by turns and not by chance, so that every `total` turns have exact shares.

    With `n` the number of this turn (of the scenario's iteration; inside `Repeat`s n = n * times + pass),
    `slot = ((n + n // stride) * step) % total`; the first branch has the slots 0 … weight-1, the next the following.
    `stride` 0 means: without the middle term.
    """

    branches: tuple[Branch, ...]
    total: int
    step: int
    stride: int = 0


Step: TypeAlias = Call | Poll | Think | Group | Repeat | Choose


# --- load -------------------------------------------------------------------------------------------------------


class Stage(Struct, frozen=True):
    duration_ms: int
    target: int


class ConstantVus(Struct, frozen=True):
    vus: int
    duration_ms: int
    graceful_stop_ms: int = 30_000


class RampingVus(Struct, frozen=True):
    start_vus: int
    stages: tuple[Stage, ...]
    graceful_stop_ms: int = 30_000
    graceful_ramp_down_ms: int = 30_000


class ConstantArrivalRate(Struct, frozen=True):
    rate: int
    time_unit_ms: int
    duration_ms: int
    pre_allocated_vus: int
    max_vus: int
    graceful_stop_ms: int = 30_000


class RampingArrivalRate(Struct, frozen=True):
    start_rate: int
    time_unit_ms: int
    stages: tuple[Stage, ...]
    pre_allocated_vus: int
    max_vus: int
    graceful_stop_ms: int = 30_000


class PerVuIterations(Struct, frozen=True):
    """Each of `vus` runs `iterations` iterations."""

    vus: int
    iterations: int
    max_duration_ms: int
    graceful_stop_ms: int = 30_000


class SharedIterations(Struct, frozen=True):
    """`vus` users run `iterations` iterations between them."""

    vus: int
    iterations: int
    max_duration_ms: int
    graceful_stop_ms: int = 30_000


ClosedLoad: TypeAlias = ConstantVus | RampingVus | PerVuIterations | SharedIterations
OpenLoad: TypeAlias = ConstantArrivalRate | RampingArrivalRate
Load: TypeAlias = ClosedLoad | OpenLoad


def is_open(load: Load) -> bool:
    """Whether iterations arrive by a rate (an arrival is a new user), and not when the one before has ended."""
    return isinstance(load, ConstantArrivalRate | RampingArrivalRate)


def duration_ms(load: Load) -> int:
    """The planned length, without the graceful stop; for loads by count the longest that is allowed."""
    if isinstance(load, RampingVus | RampingArrivalRate):
        return sum(stage.duration_ms for stage in load.stages)
    if isinstance(load, PerVuIterations | SharedIterations):
        return load.max_duration_ms
    return load.duration_ms


class Scenario(Struct, frozen=True):
    """`index` numbers the scenarios of a plan from 0. `pause_ms`: how long an iteration that ended early waits before
    the next one in a closed load."""

    name: str
    index: int
    load: Load
    steps: tuple[Step, ...]
    start_after_ms: int = 0
    pause_ms: int = 1_000


# --- around the load --------------------------------------------------------------------------------------------


class Feed(Struct, frozen=True):
    """A CSV file (RFC 4180, UTF-8, one header line) that is copied beside the scripts as `file`.

    `text` is normalised: `\\n` ends lines, only fields that need quotes have them. Row `n % rows` belongs to the n-th
    iteration of a scenario for `sequential`, a random row for `random`. With `at_end` = `stop` an iteration that finds
    no row left (n >= rows) sends nothing. `shown` is the file's path for messages; `lines` the line (from 1) that each
    row begins at in it, where that is not simply the one after the row before; `digest` that of the file as it was read.
    """

    name: str
    file: str
    text: str
    columns: tuple[str, ...]
    rows: int
    order: str = "sequential"
    at_end: str = "recycle"
    shown: str = ""
    lines: tuple[int, ...] = ()
    digest: str = ""

    def line(self, row: int) -> int:
        """The line of the row with that number, from 0."""
        return self.lines[row] if self.lines else row + 2

    def table(self) -> Iterator[list[str]]:
        """Its rows, without the header."""
        return islice(csv.reader(StringIO(self.text, newline="")), 1, None)


class Login(Struct, frozen=True):
    request: Request
    statuses: tuple[int, ...]
    token: JsonPath


class Role(Struct, frozen=True):
    """Who calls. `headers` are added to each call of the role; with a `login` they may hold a `Token` part, as may the URL and
    the cookies of its calls.

    With `users`, VU k (from 1) is the user of row number (k - 1) % rows: `users` columns of what the role shows are of that row.
    With a login, there is one for each row, before the load, and the VU has the token of its row.
    """

    name: str
    headers: tuple[tuple[str, Text], ...]
    login: Login | None = None
    users: Feed | None = None

    @property
    def pool(self) -> str:
        """What its pool of users is called among the feeds."""
        return f"users of {self.name}"


class Target(Struct, frozen=True):
    """`base_path` is appended to the base URL where that has no path of its own (empty, or `/x` without a final
    slash). `headers` go with every request, logins included."""

    base_url: str
    base_path: str
    timeout_ms: int
    headers: tuple[tuple[str, Text], ...] = ()
    insecure_tls: bool = False


class EnvironmentVariable(Struct, frozen=True):
    """A variable that the script reads; without a default it refuses to start when the variable is unset or empty."""

    name: str
    default: str | None


class Slo(Struct, frozen=True):
    """One limit, inclusive; no samples = missed.

    `subject`: the name of a call, a `time` metric, the name of a check that belongs to no call, or `all` (all requests
    of the load together). `kind`: `call`, `trend`, `check` or `all`. `stat`: `p50` … `p99.9`, `avg`, `min`, `max` (ms), `errors`
    (share 0 … 1 of calls that were errors; for a check: of samples that were false) or `rate` (requests/s).
    `relation`: `<=` or `>=`. `abort`: end the whole run as soon as it is missed.
    """

    subject: str
    kind: str
    stat: str
    relation: str
    limit: float
    abort: bool = False


class Origin(Struct, frozen=True):
    """Where the plan is from, for headers: paths relative to the project, the spec's version, a digest (12 hex digits)
    of the operations that the plan uses, the digest of each of them, by name, and the overlays of the spec."""

    profile: str
    spec: str
    spec_version: str
    digest: str
    operations: tuple[tuple[str, str], ...] = ()
    overlays: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    name: str
    title: str
    origin: Origin
    target: Target
    environment: tuple[EnvironmentVariable, ...]
    feeds: tuple[Feed, ...]
    roles: tuple[Role, ...]
    scenarios: tuple[Scenario, ...]
    slos: tuple[Slo, ...]
    trends: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()

    @property
    def servers(self) -> tuple[Server, ...]:
        """Those beside the API, each once, in the order of the roles."""
        logins = (role.login.request.server for role in self.roles if role.login)
        return tuple(dict.fromkeys(server for server in logins if server))

    @property
    def tables(self) -> tuple[Feed, ...]:
        """The feeds, and the pools of users."""
        return (*self.feeds, *(role.users for role in self.roles if role.users))

    @property
    def uploads(self) -> tuple[File, ...]:
        """The files that requests send, each once."""
        logins = (role.login.request for role in self.roles if role.login)
        requests = (*logins, *(call.request for call in calls(self)))
        return tuple(dict.fromkeys(file for one in requests if one.body for file in one.body.files))

    @property
    def copies(self) -> tuple[File, ...]:
        """Everything that is copied beside the scripts."""
        return (*(File(table.file, table.text.encode()) for table in self.tables), *self.uploads)


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, in order, outer before inner."""
    for step in steps:
        yield step
        if isinstance(step, Group | Repeat):
            yield from walk(step.steps)
        elif isinstance(step, Choose):
            for branch in step.branches:
                yield from walk(branch.steps)


def calls(plan: Plan) -> Iterator[Call]:
    """Every call of the load, polls' calls included, in order."""
    for scenario in plan.scenarios:
        for step in walk(scenario.steps):
            if isinstance(step, Call):
                yield step
            elif isinstance(step, Poll):
                yield step.call
