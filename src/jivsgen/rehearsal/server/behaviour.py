"""The behaviour file: what a spec cannot say of the API that it describes, small and declarative.

python -m jivsgen.rehearsal.server.behaviour > specs/behaviour.schema.json
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from jivsgen.profile.durations import parse_allowance, parse_duration, parse_share
from jivsgen.profile.json_path import PathError, parse_path

JsonPath = tuple[str | int, ...]


def _path(source: object) -> JsonPath:
    if not isinstance(source, str):
        raise ValueError("is no path into JSON: write `$.data.id`")
    try:
        return parse_path(source)
    except PathError as wrong:
        raise ValueError(f"is no path: {wrong.message}") from None


Duration = Annotated[
    int,
    BeforeValidator(parse_duration, json_schema_input_type=str),
    Field(json_schema_extra={"examples": ["500ms"]}),
]
Share = Annotated[float, BeforeValidator(parse_share, json_schema_input_type=str | int)]
Allowance = Annotated[Any, BeforeValidator(parse_allowance, json_schema_input_type=str)]
Path_ = Annotated[JsonPath, BeforeValidator(_path, json_schema_input_type=str)]
PathKey = Annotated[Any, BeforeValidator(_path, json_schema_input_type=str)]


WORDS = ("${user}", "${now}")


def told(value: Any, user: str | None = None) -> Any:
    """A value of a behaviour file: `${user}` is who calls (null: nobody), `${now}` the time, in UTC."""
    if value == "${now}":
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return user if value == "${user}" else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class User(_Strict):
    """Who may log in. Without a password any that is not empty will do. `key` is a token or API key that needs no login."""

    password: str | None = None
    key: str | None = None
    role: str | None = None


class Role(_Strict):
    """What a role may call: the methods, and the operations besides. The rest is answered with 403 (under `roles_in`, what
    other roles are listed for)."""

    methods: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()


class Login(_Strict):
    """The operation that gives tokens: where the user and the password stand in its body, and how long a token lives.
    `refresh` is the operation that takes a refresh token for new ones, `logout` the one that revokes the caller's."""

    operation: str
    refresh: str | None = None
    logout: str | None = None
    user: Path_ = ("username",)
    password: Path_ = ("password",)
    life: Duration | None = None


class Move(_Strict):
    """What changes an item: a call of the operation `on` (or as many as `calls`), or (without it) time. `when` says which
    items; with `otherwise`, the status that a call on any other item is answered with."""

    on: str | None = None
    calls: Annotated[int, Field(ge=1)] = 1
    when: Mapping[str, Any] = {}
    after: Duration = 0
    set: Mapping[str, Any]
    otherwise: int | None = None


class Resource(_Strict):
    """The items of a collection (a path of the spec): the ids of those that are there before anybody creates one, the
    fields that new ones begin with, and how they move."""

    ids: tuple[str | int, ...] = ()
    begin: Mapping[str, Any] = {}
    moves: tuple[Move, ...] = ()


class Latency(_Strict):
    """How long an answer takes: log-normal, by its median and 95th percentile."""

    median: Duration
    p95: Duration | None = None

    @property
    def sigma(self) -> float:
        return math.log(self.p95 / self.median) / 1.6448536 if self.p95 and self.median else 0.0


class Limit(_Strict):
    """How often a user may call the operations (of these methods); what is over it is delayed, or refused with 429."""

    rate: Allowance
    methods: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    delay: Duration | None = None


class Fault(_Strict):
    """A wrong answer, planted: to a share of the calls of an operation, after the first `after` ones. `set` and `remove`
    change the honest answer, `body` is sent in its place, `drop` closes the connection without an answer."""

    operation: str
    share: Share = 1.0
    after: int = 0
    status: int | None = None
    set: Mapping[PathKey, Any] = {}
    remove: tuple[Path_, ...] = ()
    body: str | None = None
    delay: Duration = 0
    drop: bool = False


class Answer(_Strict):
    """What an operation answers otherwise than its example says."""

    status: int | None = None
    set: Mapping[PathKey, Any] = {}


class Behaviour(_Strict):
    """A whole behaviour file. `roles_in` names the extension (`x-…`) of an operation that lists the roles that may call it.
    `resources` by the path of their collection, `answers` and `latency` by operation (`default` for the rest)."""

    seed: int = 1
    login: Login | None = None
    users: Mapping[str, User] = {}
    roles: Mapping[str, Role] = {}
    roles_in: Annotated[str, Field(pattern="^x-")] | None = None
    resources: Mapping[str, Resource] = {}
    answers: Mapping[str, Answer] = {}
    latency: Mapping[str, Latency] = {}
    errors: tuple[Fault, ...] = ()
    limits: tuple[Limit, ...] = ()
    faults: tuple[Fault, ...] = ()


def schema_text() -> str:
    """The JSON Schema of behaviour files, for editors."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Behaviour.model_json_schema(mode="validation"),
        "title": "What a rehearsal server does beyond its spec",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")  # noqa: T201
