"""The profile language as types: their kinds at the door, frozen values inside.

Durations are milliseconds, shares 0 … 1, paths tuples of members and indices. Bodies, parameters and headers stay
plain data: their strings are parsed where the compiler knows what they are for.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType, field
from msgspec.structs import asdict

from jivsgen.profile.durations import parse_duration, parse_rate, parse_share
from jivsgen.profile.json_path import PathError, parse_path
from jivsgen.profile.kinds import (
    Keys,
    Kind,
    ListOf,
    MappingOf,
    Model,
    OneOf,
    Parsed,
    Short,
    Tagged,
    Text,
    Whole,
)
from jivsgen.profile.messages import Faults
from jivsgen.source import Pointer

NAME = Text(r"^[A-Za-z_][A-Za-z0-9_]*$", "letters, digits and `_`, no digit first")
SCENARIO = Text(r"^[0-9A-Za-z_-]+$", "letters, digits, `_` and `-`")
LABEL = Text(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$", "letters, digits, spaces and `._/-`, at most 80 characters"
)
METRIC = Text(r"^[A-Za-z_][A-Za-z0-9_]{1,127}$", "2 to 128 letters, digits and `_`, no digit first")
PERCENTILE = Text(
    r"^p\d{1,2}(\.\d)?$",
    "`avg`, `min`, `max`, `errors`, `rate`, `abort_on_fail` and percentiles such as `p95`",
)

_URL = re.compile(r"(?:[0-9A-Za-z._~:/@!&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})+")
"""RFC 3986 section 2, without the `$` that stands for a value everywhere else."""

JsonPath: TypeAlias = tuple[str | int, ...]


def _path(source: object) -> JsonPath:
    if not isinstance(source, str):
        raise ValueError("is no path into JSON: write `$.data.id`")
    try:
        return parse_path(source)
    except PathError as wrong:
        raise ValueError(f"is no path: {wrong.message}" + (f"; {wrong.hint}" if wrong.hint else "")) from None


def _token(source: object) -> JsonPath | str:
    """A path into the answer of a login, or the token itself, from the environment."""
    if isinstance(source, str) and "${" in source:
        return source
    if isinstance(source, str) and source.startswith("$"):
        return _path(source)
    raise ValueError(
        "is no path into a login's answer (`$.accessToken`), and no token from the environment (`${env.TOKEN}`)"
    )


def _api_key(source: object) -> Mapping[str, str]:
    """Keys by the name of the security scheme that they are for; by the empty name the one that is for all of them."""
    listed = source if isinstance(source, dict) else {"": source}
    keys = {str(name): key for name, key in listed.items() if isinstance(key, str)}
    if not keys or len(keys) < len(listed):
        raise ValueError("is a key, or a mapping of security schemes to keys")
    return keys


def _base_url(source: object) -> str:
    from urllib.parse import urlsplit

    try:
        url = urlsplit(str(source))
        legal = url.scheme in ("http", "https") and url.hostname and not url.query and not url.fragment
        legal = bool(legal) and (url.port is None or url.port > 0)
    except ValueError:
        legal = False
    if not isinstance(source, str) or not legal or not _URL.fullmatch(source):
        raise ValueError("is no http(s) URL: write `http://localhost:8080`")
    return source.rstrip("/")


def _values(source: object) -> tuple[Any, ...]:
    values = tuple(source) if isinstance(source, list) else (source,)
    if not values or any(isinstance(value, list | dict) for value in values):
        raise ValueError("is a value, or a list of values")
    return values


def _statuses(source: object) -> tuple[int, ...]:
    listed = source if isinstance(source, list) else [source]
    if not listed or not all(type(status) is int and 100 <= status <= 599 for status in listed):
        raise ValueError("is a status from 100 to 599, or a list of them")
    return tuple(dict.fromkeys(listed))


PATH = Parsed(_path)
VALUES = MappingOf(PATH, Parsed(_values))

Duration = Annotated[int, Parsed(parse_duration)]
Share = Annotated[float, Parsed(parse_share)]
RateLimit = Annotated[Any, Parsed(parse_rate)]
Path = Annotated[JsonPath, PATH]
TokenSource = Annotated[JsonPath | str, Parsed(_token)]
ApiKeys = Annotated[Mapping[str, str], Parsed(_api_key)]
Statuses = Annotated[tuple[int, ...], Parsed(_statuses)]
Values = Mapping[JsonPath, tuple[Any, ...]]
Name = Annotated[str, NAME]
Label = Annotated[str, LABEL]
Metric = Annotated[str, METRIC]
Count = Annotated[int, Whole(1)]
Natural = Annotated[int, Whole(0)]


# --- around the load --------------------------------------------------------------------------------------------------


class Tls(Model, frozen=True):
    insecure: bool = False


class Target(Model, frozen=True):
    base_url: Annotated[str, Parsed(_base_url)]
    timeout: Duration = 60_000
    headers: Mapping[str, str] = {}
    tls: Tls = Tls()


class Role(Model, frozen=True):
    """What it can show: the token of a login (`call` and `token`, or `client_id` and `client_secret`) or one that is given,
    keys, a name and a password, headers of its own. The spec's security schemes say where each of them goes."""

    call: str | None = None
    body: Any = None
    with_: Any = None
    expect: Statuses | None = None
    token: TokenSource | None = None
    users: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_auth: Literal["basic", "body"] | None = None
    scopes: tuple[str, ...] | None = None
    api_key: ApiKeys = field(default_factory=dict)
    username: str | None = None
    password: str | None = None
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}

    @property
    def has_login(self) -> bool:
        """Whether a token is got before the load."""
        return self.call is not None or self.client_id is not None

    def fault(self) -> str:
        given = (self.call, self.token, self.client_id, self.client_secret, self.username, self.password)
        if all(one is None for one in given) and not (self.api_key or self.headers or self.cookies):
            return (
                "needs a login (`call:` and `token:`), `api_key:`, `username:` and `password:`, `client_id:` and"
                " `client_secret:`, a ready `token:`, `headers:` or `cookies:`"
            )
        if (self.call is not None) != isinstance(self.token, tuple):
            return "needs `call:` and `token:` together, the token a path into the answer"
        if (self.username is None) != (self.password is None):
            return "needs `username:` and `password:` together"
        if (self.client_id is None) != (self.client_secret is None):
            return "needs `client_id:` and `client_secret:` together"
        if self.client_id is not None and self.token is not None:
            return "has two tokens: that of `client_id:`, and `token:`"
        for key in ("scopes", "client_auth"):
            if getattr(self, key) is not None and self.client_id is None:
                return f"has `{key}:`, which goes with `client_id:` and `client_secret:`"
        return ""


class Feed(Model, frozen=True):
    file: str
    order: Literal["sequential", "random"] = "sequential"
    at_end: Literal["recycle", "stop"] = "recycle"


# --- loads ------------------------------------------------------------------------------------------------------------


class Stage(Model, frozen=True):
    duration: Duration
    target: Natural


Stages = Annotated[tuple[Stage, ...], ListOf(Keys(Stage), may_be_empty=False)]


class Load(Model, frozen=True):
    graceful_stop: Duration = 30_000


class ConstantVus(Load, frozen=True, kw_only=True):
    executor: Literal["constant-vus"]
    vus: Count
    duration: Duration


class RampingVus(Load, frozen=True, kw_only=True):
    executor: Literal["ramping-vus"]
    start_vus: Natural = 1
    stages: Stages
    graceful_ramp_down: Duration = 30_000


class ArrivalRate(Load, frozen=True, kw_only=True):
    time_unit: Duration = 1_000
    pre_allocated_vus: Count
    max_vus: Count | None = None

    def fault(self) -> str:
        if self.max_vus is not None and self.max_vus < self.pre_allocated_vus:
            return "has fewer `max_vus` than `pre_allocated_vus`"
        return ""


class ConstantArrivalRate(ArrivalRate, frozen=True, kw_only=True):
    executor: Literal["constant-arrival-rate"]
    rate: Count
    duration: Duration


class RampingArrivalRate(ArrivalRate, frozen=True, kw_only=True):
    executor: Literal["ramping-arrival-rate"]
    start_rate: Natural = 0
    stages: Stages


class PerVuIterations(Load, frozen=True, kw_only=True):
    executor: Literal["per-vu-iterations"]
    vus: Count = 1
    iterations: Count = 1
    max_duration: Duration = 600_000


class SharedIterations(Load, frozen=True, kw_only=True):
    executor: Literal["shared-iterations"]
    vus: Count = 1
    iterations: Count = 1
    max_duration: Duration = 600_000

    def fault(self) -> str:
        if self.iterations < self.vus:
            return "has fewer `iterations` than `vus`"
        return ""


LOADS: tuple[tuple[str, type[Load]], ...] = (
    ("constant-vus", ConstantVus),
    ("ramping-vus", RampingVus),
    ("constant-arrival-rate", ConstantArrivalRate),
    ("ramping-arrival-rate", RampingArrivalRate),
    ("per-vu-iterations", PerVuIterations),
    ("shared-iterations", SharedIterations),
)

AnyLoad = Annotated[
    ConstantVus | RampingVus | ConstantArrivalRate | RampingArrivalRate | PerVuIterations | SharedIterations,
    Tagged("executor", LOADS),
]


# --- steps ------------------------------------------------------------------------------------------------------------


class StepKind(Kind, frozen=True):
    """A step is what one of its keys says."""

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        kinds = [kind for kind in STEP_KINDS if isinstance(value, dict) and kind in value]
        if len(kinds) == 1:
            return Keys(STEP_KINDS[kinds[0]]).read(value, at, faults)
        listed = ", ".join(f"`{kind}`" for kind in STEP_KINDS)
        said = "has both " + " and ".join(f"`{kind}`" for kind in kinds) if kinds else "is no step"
        return faults.wrong(at, value, f"{said}: a step has one of {listed}")


AnyStep: TypeAlias = Any
Steps = Annotated[tuple[AnyStep, ...], ListOf(StepKind(), may_be_empty=False)]


def _checks(source: object) -> object:
    """A list of paths means: present and not null."""
    if isinstance(source, list):
        if not all(isinstance(path, str) for path in source):
            raise ValueError("is a list of paths into JSON, or a mapping of paths to values")
        return dict.fromkeys(source, "present")
    return source


class Request(Model, frozen=True):
    name: Label | None = None
    as_: str | None = None
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, Any] = {}
    cookies: Mapping[str, Any] = {}
    body: Any = UNSET
    with_: Any = UNSET
    expect: Statuses | None = None
    check: Annotated[Values, Short(_checks, VALUES)] = field(default_factory=dict)
    within: Duration | None = None
    capture: Mapping[Name, Path] = {}
    time: Metric | None = None
    count: Metric | None = None
    on_failure: Literal["continue", "stop"] | None = None


class CallStep(Request, frozen=True, kw_only=True):
    call: str


class PollStep(Request, frozen=True, kw_only=True):
    poll: str
    until: Annotated[Values, MappingOf(PATH, Parsed(_values), may_be_empty=False)]
    fail_on: Annotated[Values, VALUES] = field(default_factory=dict)
    every: Duration = 1_000
    attempts: Count = 10


class Span(Model, frozen=True):
    min: Duration
    max: Duration

    def fault(self) -> str:
        if self.max < self.min:
            return "has a `max` below its `min`"
        return ""


def _span(source: object) -> object:
    return {"min": source, "max": source} if not isinstance(source, dict) else source


class ThinkStep(Model, frozen=True):
    think: Annotated[Span, Short(_span, Keys(Span))]


class GroupStep(Model, frozen=True, kw_only=True):
    group: Label
    time: Metric | None = None
    steps: Steps


class RepeatStep(Model, frozen=True):
    repeat: Count
    steps: Steps


class BranchStep(Model, frozen=True, kw_only=True):
    weight: Count
    name: Label | None = None
    steps: Steps


class ChooseStep(Model, frozen=True):
    choose: Annotated[tuple[BranchStep, ...], ListOf(Keys(BranchStep), may_be_empty=False)]


STEP_KINDS: dict[str, type[Model]] = {
    "call": CallStep, "poll": PollStep, "think": ThinkStep, "group": GroupStep, "repeat": RepeatStep, "choose": ChooseStep,
}  # fmt: skip


# --- the whole --------------------------------------------------------------------------------------------------------


class Scenario(Model, frozen=True, kw_only=True):
    load: AnyLoad | None = None
    weight: Count | None = None
    start_after: str | None = None
    pause: Duration = 1_000
    steps: Steps


class Limits(Model, frozen=True):
    """Of one subject of `slo:`; what is not said at all is UNSET. Percentiles are keys of their own: `p95`, `p99.9`."""

    rest: ClassVar[str] = "percentiles"

    avg: Duration | UnsetType | None = UNSET
    min: Duration | UnsetType | None = UNSET
    max: Duration | UnsetType | None = UNSET
    errors: Share | UnsetType | None = UNSET
    rate: RateLimit | UnsetType | None = UNSET
    abort_on_fail: bool | UnsetType | None = UNSET
    percentiles: Mapping[Annotated[str, PERCENTILE], Duration | None] = {}

    @property
    def stats(self) -> dict[str, Any]:
        """What is said, null included, by name; percentiles last, in the order of the file."""
        named = {name: limit for name, limit in asdict(self).items() if name != self.rest}
        return {**{name: limit for name, limit in named.items() if limit is not UNSET}, **self.percentiles}


ENGINES = ("k6", "jmeter", "artillery")


class Profile(Model, frozen=True, kw_only=True):
    profile: Annotated[str, SCENARIO]
    title: str = ""
    spec: str
    overlays: tuple[str, ...] = ()
    engines: Annotated[tuple[str, ...], ListOf(OneOf(ENGINES), may_be_empty=False)] = ENGINES
    target: Target
    auth: Mapping[Name, Role] = {}
    feeds: Mapping[Name, Feed] = {}
    load: AnyLoad | None = None
    scenarios: Annotated[Mapping[str, Scenario], MappingOf(SCENARIO, Keys(Scenario), may_be_empty=False)]
    slo: Mapping[str, Limits | None] = {}
    limits: Mapping[str, RateLimit] = {}
