"""The profile language as types: pydantic at the door, frozen values inside.

Durations are milliseconds, shares 0 … 1, paths tuples of members and indices. Bodies, parameters and headers stay
plain data: their strings are parsed where the compiler knows what they are for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    WrapValidator,
    model_validator,
)

from jivsgen.profile.durations import parse_allowance, parse_duration, parse_rate, parse_share
from jivsgen.profile.json_path import PathError, parse_path

NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
SCENARIO = r"^[0-9A-Za-z_-]+$"
LABEL = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$"
METRIC = r"^[A-Za-z_][A-Za-z0-9_]{1,127}$"
PERCENTILE = r"^p[1-9]\d?(\.\d)?$"

JsonPath: TypeAlias = tuple[str | int, ...]


def _path(source: object) -> JsonPath:
    if not isinstance(source, str):
        raise ValueError("is no path into JSON: write `$.data.id`")
    try:
        return parse_path(source)
    except PathError as wrong:
        raise ValueError(f"is no path: {wrong.message}; {wrong.hint}") from None


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


def _positive(source: object) -> int:
    duration = parse_duration(source)
    if duration == 0:
        raise ValueError("must be longer than that")
    return duration


def _second(source: object) -> int:
    duration = parse_duration(source)
    if duration < 1_000:
        raise ValueError("is shorter than a second")
    return duration


def _start(source: object) -> str:
    """A duration or a name: which of the two is known when the scenarios are."""
    if not isinstance(source, str):
        parse_duration(source)
    return str(source)


def _once(listed: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(listed)) < len(listed):
        raise ValueError("names one of them twice")
    return listed


def _checks(source: object, read: Callable[[object], Mapping[JsonPath, Any]]) -> Mapping[JsonPath, Any]:
    """A list of paths means: present and not null."""
    if isinstance(source, list):
        if not all(isinstance(path, str) for path in source):
            raise ValueError("is a list of paths, or a mapping of paths to values")
        return _conditions(dict.fromkeys(source, "present"), read)
    return _conditions(source, read)


def _conditions(source: object, read: Callable[[object], Mapping[JsonPath, Any]]) -> Mapping[JsonPath, Any]:
    found = read(source)
    if isinstance(source, dict) and len(found) < len(source):
        raise ValueError("names one path twice, in two ways of writing it")
    return found


Duration = Annotated[int, BeforeValidator(parse_duration)]
Positive = Annotated[int, BeforeValidator(_positive)]
Second = Annotated[int, BeforeValidator(_second)]
Share = Annotated[float, BeforeValidator(parse_share)]
RateLimit = Annotated[Any, BeforeValidator(parse_rate)]
Allowance = Annotated[Any, BeforeValidator(parse_allowance)]
Path = Annotated[JsonPath, BeforeValidator(_path)]
Statuses = Annotated[tuple[int, ...], BeforeValidator(_statuses)]
Values = Annotated[tuple[Any, ...], BeforeValidator(_values)]
Checks = Annotated[Mapping[Path, Values], WrapValidator(_checks)]
Conditions = Annotated[Mapping[Path, Values], WrapValidator(_conditions)]
Name = Annotated[str, Field(pattern=NAME)]
Metric = Annotated[str, Field(pattern=METRIC)]
Count = Annotated[int, Field(strict=True, ge=1)]
Whole = Annotated[int, Field(strict=True, ge=0)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


# --- around the load --------------------------------------------------------------------------------------------------


class Tls(Model):
    insecure: StrictBool = False


class Target(Model):
    base_url: Annotated[str, BeforeValidator(_base_url)]
    timeout: Positive = 60_000
    headers: Mapping[str, str] = Field(default_factory=dict)
    tls: Tls = Tls()


class Role(Model):
    """A login (`call` and `token`), or headers of its own, or both."""

    call: str | None = None
    body: Any = None
    with_: Any = Field(default=None, alias="with")
    expect: Statuses | None = None
    token: Path | None = None
    users: str | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Role:
        if self.call is None and not self.headers:
            raise ValueError("needs a login (`call:` and `token:`) or `headers:`")
        if (self.call is None) != (self.token is None):
            raise ValueError("needs `call:` and `token:` together")
        unsaid = {"body", "with_", "expect", "users"} & self.model_fields_set
        if self.call is None and unsaid:
            raise ValueError(f"has `{min(unsaid).rstrip('_')}:` without the `call:` that it belongs to")
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


def _ramp(start: int, stages: tuple[Stage, ...]) -> None:
    if not start and not any(stage.target for stage in stages):
        raise ValueError("has nothing but zeros for targets")
    if not any(stage.duration for stage in stages):
        raise ValueError("has no stage that lasts")


class Load(Model):
    graceful_stop: Duration = 30_000


class ConstantVus(Load):
    executor: Literal["constant-vus"]
    vus: Count
    duration: Second


class RampingVus(Load):
    executor: Literal["ramping-vus"]
    start_vus: Whole = 1
    stages: Stages
    graceful_ramp_down: Duration = 30_000

    @model_validator(mode="after")
    def _moves(self) -> RampingVus:
        _ramp(self.start_vus, self.stages)
        return self


class ArrivalRate(Load):
    time_unit: Positive = 1_000
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
    duration: Second


class RampingArrivalRate(ArrivalRate):
    executor: Literal["ramping-arrival-rate"]
    start_rate: Whole = 0
    stages: Stages

    @model_validator(mode="after")
    def _moves(self) -> RampingArrivalRate:
        _ramp(self.start_rate, self.stages)
        return self


class PerVuIterations(Load):
    executor: Literal["per-vu-iterations"]
    vus: Count = 1
    iterations: Count = 1
    max_duration: Second = 600_000


class SharedIterations(Load):
    executor: Literal["shared-iterations"]
    vus: Count = 1
    iterations: Count = 1
    max_duration: Second = 600_000

    @model_validator(mode="after")
    def _enough(self) -> SharedIterations:
        if self.iterations < self.vus:
            raise ValueError("has fewer `iterations` than `vus`")
        return self


LOADS: dict[str, type[Load]] = {
    "constant-vus": ConstantVus,
    "ramping-vus": RampingVus,
    "constant-arrival-rate": ConstantArrivalRate,
    "ramping-arrival-rate": RampingArrivalRate,
    "per-vu-iterations": PerVuIterations,
    "shared-iterations": SharedIterations,
}

AnyLoad = Annotated[
    ConstantVus | RampingVus | ConstantArrivalRate | RampingArrivalRate | PerVuIterations | SharedIterations,
    Field(discriminator="executor"),
]


# --- steps ------------------------------------------------------------------------------------------------------------


class Request(Model):
    name: Annotated[str, Field(pattern=LABEL)] | None = None
    as_: str | None = Field(default=None, alias="as")
    path: Mapping[str, Any] = Field(default_factory=dict)
    query: Mapping[str, Any] = Field(default_factory=dict)
    headers: Mapping[str, Any] = Field(default_factory=dict)
    body: Any = None
    with_: Any = Field(default=None, alias="with")
    expect: Statuses | None = None
    check: Checks = Field(default_factory=dict)
    within: Positive | None = None
    capture: Mapping[Name, Path] = Field(default_factory=dict)
    time: Metric | None = None
    count: Metric | None = None
    on_failure: Literal["continue", "stop"] | None = None


class CallStep(Request):
    call: str


class PollStep(Request):
    poll: str
    until: Annotated[Conditions, Field(min_length=1)]
    fail_on: Conditions = Field(default_factory=dict)
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
    start_after: Annotated[str, BeforeValidator(_start)] | None = None
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
    abort_on_fail: StrictBool | None = None
    __pydantic_extra__: dict[Annotated[str, Field(pattern=PERCENTILE)], Duration | None]

    @property
    def stats(self) -> dict[str, Any]:
        """What is said, null included, by name; percentiles last, in the order of the file."""
        said = {
            name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set
        }
        return {**said, **(self.model_extra or {})}


Engine: TypeAlias = Literal["k6", "jmeter", "artillery"]
Engines = Annotated[tuple[Engine, ...], Field(min_length=1), AfterValidator(_once)]


class Profile(Model):
    profile: Annotated[str, Field(pattern=SCENARIO)]
    title: str = ""
    spec: str
    overlays: tuple[str, ...] = ()
    engines: Engines = ("k6", "jmeter", "artillery")
    target: Target
    auth: Mapping[Name, Role] = Field(default_factory=dict)
    feeds: Mapping[Name, Feed] = Field(default_factory=dict)
    load: AnyLoad | None = None
    scenarios: Annotated[Mapping[Annotated[str, Field(pattern=SCENARIO)], Scenario], Field(min_length=1)]
    slo: Mapping[str, Limits | None] = Field(default_factory=dict)
    limits: Mapping[str, Allowance] = Field(default_factory=dict)
