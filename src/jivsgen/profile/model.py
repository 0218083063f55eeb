"""The profile language as types: pydantic at the door, frozen values inside.

Durations are milliseconds, shares 0 … 1, paths tuples of members and indices. Bodies, parameters and headers stay
plain data: their strings are parsed where the compiler knows what they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from jivsgen.profile.durations import parse_duration, parse_rate, parse_share
from jivsgen.profile.json_path import PathError, parse_path

NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
SCENARIO = r"^[0-9A-Za-z_-]+$"
LABEL = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$"
METRIC = r"^[A-Za-z_][A-Za-z0-9_]{1,127}$"

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
        legal = bool(legal) and (url.port is None or url.port > 0) and "$" not in str(source)
    except ValueError:
        legal = False
    if not isinstance(source, str) or not legal or any(character.isspace() for character in source):
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


Duration = Annotated[int, BeforeValidator(parse_duration)]
Share = Annotated[float, BeforeValidator(parse_share)]
RateLimit = Annotated[Any, BeforeValidator(parse_rate)]
Path = Annotated[JsonPath, BeforeValidator(_path)]
TokenSource = Annotated[JsonPath | str, BeforeValidator(_token)]
Keys = Annotated[Mapping[str, str], BeforeValidator(_api_key)]
Statuses = Annotated[tuple[int, ...], BeforeValidator(_statuses)]
Values = Annotated[tuple[Any, ...], BeforeValidator(_values)]
Name = Annotated[str, Field(pattern=NAME)]
Metric = Annotated[str, Field(pattern=METRIC)]
Count = Annotated[int, Field(strict=True, ge=1)]
Whole = Annotated[int, Field(strict=True, ge=0)]


class Model(BaseModel):
    """Validators are built when one is asked for: those within another one never are."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False, defer_build=True)


# --- around the load --------------------------------------------------------------------------------------------------


class Tls(Model):
    insecure: bool = False


class Target(Model):
    base_url: Annotated[str, BeforeValidator(_base_url)]
    timeout: Duration = 60_000
    headers: Mapping[str, str] = Field(default_factory=dict)
    tls: Tls = Tls()


class Role(Model):
    """What it can show: the token of a login (`call` and `token`, or `client_id` and `client_secret`) or one that is given,
    keys, a name and a password, headers of its own. The spec's security schemes say where each of them goes."""

    call: str | None = None
    body: Any = None
    with_: Any = Field(default=None, alias="with")
    expect: Statuses | None = None
    token: TokenSource | None = None
    users: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    scopes: tuple[str, ...] | None = None
    api_key: Keys = Field(default_factory=dict)
    username: str | None = None
    password: str | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    cookies: Mapping[str, str] = Field(default_factory=dict)

    @property
    def has_login(self) -> bool:
        """Whether a token is got before the load."""
        return self.call is not None or self.client_id is not None

    @model_validator(mode="after")
    def _complete(self) -> Role:
        given = (self.call, self.token, self.client_id, self.client_secret, self.username, self.password)
        if all(one is None for one in given) and not (self.api_key or self.headers or self.cookies):
            raise ValueError(
                "needs a login (`call:` and `token:`), `api_key:`, `username:` and `password:`, `client_id:` and"
                " `client_secret:`, a ready `token:`, `headers:` or `cookies:`"
            )
        if (self.call is not None) != isinstance(self.token, tuple):
            raise ValueError("needs `call:` and `token:` together, the token a path into the answer")
        if (self.username is None) != (self.password is None):
            raise ValueError("needs `username:` and `password:` together")
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("needs `client_id:` and `client_secret:` together")
        if self.client_id is not None and self.token is not None:
            raise ValueError("has two tokens: that of `client_id:`, and `token:`")
        if self.scopes is not None and self.client_id is None:
            raise ValueError("has `scopes:`, which go with `client_id:` and `client_secret:`")
        if self.users is not None and self.call is None:
            raise ValueError("has `users:`, which log in, and no login (`call:` and `token:`)")
        return self


class Feed(Model):
    file: str
    order: Literal["sequential", "random"] = "sequential"
    at_end: Literal["recycle", "stop"] = "recycle"


# --- loads ------------------------------------------------------------------------------------------------------------


class Stage(Model):
    duration: Duration
    target: Whole


Stages = Annotated[tuple[Stage, ...], Field(min_length=1)]


class Load(Model):
    graceful_stop: Duration = 30_000


class ConstantVus(Load):
    executor: Literal["constant-vus"]
    vus: Count
    duration: Duration


class RampingVus(Load):
    executor: Literal["ramping-vus"]
    start_vus: Whole = 1
    stages: Stages
    graceful_ramp_down: Duration = 30_000


class ArrivalRate(Load):
    time_unit: Duration = 1_000
    pre_allocated_vus: Count
    max_vus: Count | None = None

    @model_validator(mode="after")
    def _enough(self) -> ArrivalRate:
        if self.max_vus is not None and self.max_vus < self.pre_allocated_vus:
            raise ValueError("has fewer `max_vus` than `pre_allocated_vus`")
        return self


class ConstantArrivalRate(ArrivalRate):
    executor: Literal["constant-arrival-rate"]
    rate: Count
    duration: Duration


class RampingArrivalRate(ArrivalRate):
    executor: Literal["ramping-arrival-rate"]
    start_rate: Whole = 0
    stages: Stages


class PerVuIterations(Load):
    executor: Literal["per-vu-iterations"]
    vus: Count = 1
    iterations: Count = 1
    max_duration: Duration = 600_000


class SharedIterations(Load):
    executor: Literal["shared-iterations"]
    vus: Count = 1
    iterations: Count = 1
    max_duration: Duration = 600_000

    @model_validator(mode="after")
    def _enough(self) -> SharedIterations:
        if self.iterations < self.vus:
            raise ValueError("has fewer `iterations` than `vus`")
        return self


AnyLoad = Annotated[
    ConstantVus | RampingVus | ConstantArrivalRate | RampingArrivalRate | PerVuIterations | SharedIterations,
    Field(discriminator="executor"),
]


# --- steps ------------------------------------------------------------------------------------------------------------


def _checks(source: object) -> object:
    """A list of paths means: present and not null."""
    if isinstance(source, list):
        if not all(isinstance(path, str) for path in source):
            raise ValueError("is a list of paths into JSON, or a mapping of paths to values")
        return dict.fromkeys(source, "present")
    return source


class Request(Model):
    name: Annotated[str, Field(pattern=LABEL)] | None = None
    as_: str | None = Field(default=None, alias="as")
    path: Mapping[str, Any] = Field(default_factory=dict)
    query: Mapping[str, Any] = Field(default_factory=dict)
    headers: Mapping[str, Any] = Field(default_factory=dict)
    cookies: Mapping[str, Any] = Field(default_factory=dict)
    body: Any = None
    with_: Any = Field(default=None, alias="with")
    expect: Statuses | None = None
    check: Annotated[Mapping[Path, Values], BeforeValidator(_checks)] = Field(default_factory=dict)
    within: Duration | None = None
    capture: Mapping[Name, Path] = Field(default_factory=dict)
    time: Metric | None = None
    count: Metric | None = None
    on_failure: Literal["continue", "stop"] | None = None


class CallStep(Request):
    call: str


class PollStep(Request):
    poll: str
    until: Annotated[Mapping[Path, Values], Field(min_length=1)]
    fail_on: Mapping[Path, Values] = Field(default_factory=dict)
    every: Duration = 1_000
    attempts: Count = 10


class Span(Model):
    min: Duration
    max: Duration

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.max < self.min:
            raise ValueError("has a `max` below its `min`")
        return self


def _span(source: object) -> object:
    return {"min": source, "max": source} if not isinstance(source, dict) else source


class ThinkStep(Model):
    think: Annotated[Span, BeforeValidator(_span)]


class GroupStep(Model):
    group: Annotated[str, Field(pattern=LABEL)]
    time: Metric | None = None
    steps: Steps


class RepeatStep(Model):
    repeat: Count
    steps: Steps


class BranchStep(Model):
    weight: Count
    name: Annotated[str, Field(pattern=LABEL)] | None = None
    steps: Steps


class ChooseStep(Model):
    choose: Annotated[tuple[BranchStep, ...], Field(min_length=1)]


STEP_KINDS: dict[str, type[Model]] = {
    "call": CallStep, "poll": PollStep, "think": ThinkStep, "group": GroupStep, "repeat": RepeatStep, "choose": ChooseStep,
}  # fmt: skip


def _step(source: object) -> object:
    """A step is what its first key says; which model reads it is decided here, so that a mistake in one kind is not
    reported for all of them."""
    if isinstance(source, Model):
        return source
    kinds = [kind for kind in STEP_KINDS if isinstance(source, dict) and kind in source]
    if len(kinds) != 1:
        listed = ", ".join(f"`{kind}`" for kind in STEP_KINDS)
        said = "has both " + " and ".join(f"`{kind}`" for kind in kinds) if kinds else "is no step"
        raise ValueError(f"{said}: a step has one of {listed}")
    return STEP_KINDS[kinds[0]].model_validate(source)


AnyStep = Annotated[Any, BeforeValidator(_step)]
Steps: TypeAlias = Annotated[tuple[AnyStep, ...], Field(min_length=1)]


# --- the whole --------------------------------------------------------------------------------------------------------


class Scenario(Model):
    load: AnyLoad | None = None
    weight: Count | None = None
    start_after: str | None = None
    pause: Duration = 1_000
    steps: Steps


class Limits(Model):
    """Of one subject of `slo:`. Percentiles are extra keys: `p95`, `p99.9`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    avg: Duration | None = None
    min: Duration | None = None
    max: Duration | None = None
    errors: Share | None = None
    rate: RateLimit | None = None
    abort_on_fail: bool | None = None
    __pydantic_extra__: dict[Annotated[str, Field(pattern=r"^p\d{1,2}(\.\d)?$")], Duration | None]

    @property
    def stats(self) -> dict[str, Any]:
        """What is said, null included, by name; percentiles last, in the order of the file."""
        said = {
            name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set
        }
        return {**said, **(self.model_extra or {})}


class Profile(Model):
    profile: Annotated[str, Field(pattern=SCENARIO)]
    title: str = ""
    spec: str
    overlays: tuple[str, ...] = ()
    engines: Annotated[tuple[Literal["k6", "jmeter", "artillery"], ...], Field(min_length=1)] = (
        "k6",
        "jmeter",
        "artillery",
    )
    target: Target
    auth: Mapping[Name, Role] = Field(default_factory=dict)
    feeds: Mapping[Name, Feed] = Field(default_factory=dict)
    load: AnyLoad | None = None
    scenarios: Annotated[Mapping[Annotated[str, Field(pattern=SCENARIO)], Scenario], Field(min_length=1)]
    slo: Mapping[str, Limits | None] = Field(default_factory=dict)
    limits: Mapping[str, RateLimit] = Field(default_factory=dict)
