"""The elements of a JMX tree, as values: what the templates print. Every text is ready but for XML."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from msgspec import Struct


class Script(Struct, frozen=True):
    """A JSR223 element: `tag` is JSR223Sampler, JSR223PreProcessor, JSR223PostProcessor, JSR223Assertion or JSR223Listener."""

    kind: ClassVar[str] = "script"
    tag: str
    name: str
    lines: tuple[str, ...]
    children: tuple[Element, ...] = ()


class SetUp(Struct, frozen=True):
    """The JSR223 sampler that sets the run up; its script is a template of its own."""

    kind: ClassVar[str] = "setup"
    name: str = "set the run up"
    children: tuple[Element, ...] = ()


class Upload(Struct, frozen=True):
    """A file beside the plan. Without a `parameter` it is the whole body."""

    path: str
    parameter: str
    media_type: str


class Field(Struct, frozen=True):
    """A part of a form that is no file. JMeter makes `text/plain` of one without a `media_type`."""

    name: str
    value: str
    media_type: str = ""


class Http(Struct, frozen=True):
    """`body` is sent as it is; else `fields` (None: no form) and `files` are the parts of a form, or one file the body. `server`
    names the properties of a server beside the API; empty: the API's."""

    kind: ClassVar[str] = "http"
    name: str
    method: str
    path: str
    body: str | None = None
    server: str = ""
    fields: tuple[Field, ...] | None = None
    files: tuple[Upload, ...] = ()
    children: tuple[Element, ...] = ()


class Headers(Struct, frozen=True):
    kind: ClassVar[str] = "headers"
    name: str
    headers: tuple[tuple[str, str], ...]
    children: tuple[Element, ...] = ()


class Status(Struct, frozen=True):
    """A response assertion on the status: 8 is `equals`, 40 `equals one of`."""

    kind: ClassVar[str] = "status"
    name: str
    statuses: tuple[int, ...]
    test_type: int
    children: tuple[Element, ...] = ()


class Loop(Struct, frozen=True):
    kind: ClassVar[str] = "loop"
    name: str
    loops: int
    children: tuple[Element, ...]


class Switch(Struct, frozen=True):
    kind: ClassVar[str] = "switch"
    name: str
    value: str
    children: tuple[Element, ...]


class Simple(Struct, frozen=True):
    """A controller that only holds its children together."""

    kind: ClassVar[str] = "simple"
    name: str
    children: tuple[Element, ...]


class Action(Struct, frozen=True):
    """A flow control action: 1 is a pause of `duration` ms, 3 starts the next loop of the thread."""

    kind: ClassVar[str] = "action"
    name: str
    action: int
    duration: str = "0"
    children: tuple[Element, ...] = ()


class Threads(Struct, frozen=True):
    """A thread group. `loops` -1 is for ever, `seconds` the time after which it ends in any case (None: never).

    `tag` is ThreadGroup or SetupThreadGroup, `on_error` what a failed sample does.
    """

    kind: ClassVar[str] = "threads"
    tag: str
    name: str
    threads: int
    loops: int
    same_user: bool
    children: tuple[Element, ...]
    seconds: int | None = None
    on_error: str = "continue"


class Defaults(Struct, frozen=True):
    kind: ClassVar[str] = "defaults"
    timeout_ms: int
    name: str = "HTTP Request Defaults"
    children: tuple[Element, ...] = ()


class Cookies(Struct, frozen=True):
    kind: ClassVar[str] = "cookies"
    name: str = "HTTP Cookie Manager"
    children: tuple[Element, ...] = ()


class Results(Struct, frozen=True):
    kind: ClassVar[str] = "results"
    file: str
    name: str = "results"
    children: tuple[Element, ...] = ()


Element: TypeAlias = (
    Script | SetUp | Http | Headers | Status | Loop | Switch | Simple | Action | Threads | Defaults
    | Cookies | Results
)  # fmt: skip
