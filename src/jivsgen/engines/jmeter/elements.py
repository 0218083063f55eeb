"""The elements of a JMX tree, as values: what the templates print. Every text is ready but for XML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Script:
    """A JSR223 element: `tag` is JSR223Sampler, JSR223PreProcessor, JSR223PostProcessor, JSR223Assertion or JSR223Listener."""

    kind: ClassVar[str] = "script"
    tag: str
    name: str
    lines: tuple[str, ...]
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class SetUp:
    """The JSR223 sampler that sets the run up; its script is a template of its own."""

    kind: ClassVar[str] = "setup"
    name: str = "set the run up"
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file beside the plan. Without a `parameter` it is the whole body."""

    path: str
    parameter: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a form that is no file. JMeter makes `text/plain` of one without a `media_type`."""

    name: str
    value: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Http:
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


@dataclass(frozen=True, slots=True)
class Headers:
    kind: ClassVar[str] = "headers"
    name: str
    headers: tuple[tuple[str, str], ...]
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """A response assertion on the status: 8 is `equals`, 40 `equals one of`."""

    kind: ClassVar[str] = "status"
    name: str
    statuses: tuple[int, ...]
    test_type: int
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    kind: ClassVar[str] = "if"
    name: str
    condition: str
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class While:
    kind: ClassVar[str] = "while"
    name: str
    condition: str
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    kind: ClassVar[str] = "loop"
    name: str
    loops: int
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    kind: ClassVar[str] = "switch"
    name: str
    value: str
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Simple:
    """A controller that only holds its children together."""

    kind: ClassVar[str] = "simple"
    name: str
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A flow control action: 1 is a pause of `duration` ms, 3 starts the next loop of the thread."""

    kind: ClassVar[str] = "action"
    name: str
    action: int
    duration: str = "0"
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Threads:
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


@dataclass(frozen=True, slots=True)
class Defaults:
    kind: ClassVar[str] = "defaults"
    timeout_ms: int
    name: str = "HTTP Request Defaults"
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Cookies:
    kind: ClassVar[str] = "cookies"
    name: str = "HTTP Cookie Manager"
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    kind: ClassVar[str] = "results"
    file: str
    name: str = "results"
    children: tuple[Element, ...] = ()


Element: TypeAlias = (
    Script | SetUp | Http | Headers | Status | If | While | Loop | Switch | Simple | Action | Threads | Defaults
    | Cookies | Results
)  # fmt: skip
