"""Texts and JSON values of the plan as JavaScript expressions; how a part is reached, each engine says itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from jivsgen.engines.naming import Identifiers
from jivsgen.engines.quoting import js, js_key
from jivsgen.plan.model import (
    Body,
    Check,
    Condition,
    DurationCheck,
    File,
    FormPart,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonPath,
    JsonText,
    JsonValue,
    Multipart,
    PresentCheck,
    StatusCheck,
    ValueCheck,
)
from jivsgen.plan.texts import join, separated
from jivsgen.profile.values import (
    Basic,
    Capture,
    Column,
    Env,
    Function,
    InJson,
    Literal,
    Part,
    Text,
    Token,
    Variable,
    constant,
)

INDENT = "  "

_FUNCTIONS = {"random_int": "randomInt", "random_string": "randomString", "pick": "pick", "today": "today"}


class Expressions(ABC):
    """Writes expressions, and notes in `needs` which functions of the script's library they call."""

    def __init__(self, names: Identifiers) -> None:
        self.names = names
        self.needs: set[str] = set()

    @abstractmethod
    def capture(self, name: str) -> str: ...

    @abstractmethod
    def variable(self, name: str) -> str: ...

    @abstractmethod
    def env(self, name: str) -> str: ...

    @abstractmethod
    def column(self, feed: str, column: str) -> str: ...

    @abstractmethod
    def token(self) -> str: ...

    @abstractmethod
    def base64(self, text: str) -> str:
        """The expression of a string expression in base64, by way of UTF-8."""

    def cookies(self, cookies: tuple[tuple[str, Text], ...]) -> str:
        """A `Cookie` header, as a string expression."""
        pairs = separated((join(f"{name}=", text) for name, text in cookies), "; ")
        fixed = constant(pairs)
        if fixed is not None:
            return js(fixed)
        self.needs.add("cookie")
        return "`" + "".join(self._cookie_piece(part) for part in pairs) + "`"

    def _cookie_piece(self, part: Part) -> str:
        return (
            template_text(part.text) if isinstance(part, Literal) else f"${{cookieText({self.part(part)})}}"
        )

    def text(self, text: Text, *, encode: bool = False) -> str:
        """A string expression; with `encode`, what is only known at run time is percent-encoded."""
        fixed = constant(text)
        if fixed is not None:
            return js(fixed)
        if len(text) == 1:
            part = self.part(text[0])
            return (
                f"encodeURIComponent({part})" if encode else f"String({part})" if _is_raw(text[0]) else part
            )
        return "`" + "".join(self.piece(part, encode) for part in text) + "`"

    def piece(self, part: Part, encode: bool) -> str:
        """A part inside a template literal."""
        if isinstance(part, Literal):
            return template_text(part.text)
        inner = self.part(part)
        return "${" + (f"encodeURIComponent({inner})" if encode else inner) + "}"

    def part(self, part: Part) -> str:
        """One part as an expression; strings, but for captures and numbers."""
        match part:
            case Literal(text):
                return js(text)
            case Capture(name):
                return self.capture(name)
            case Variable(name):
                return self.variable(name)
            case Env(name, default):
                return self.env(name) if default is None else f"({self.env(name)} || {js(default)})"
            case Column(feed, column):
                return self.column(feed, column)
            case Token():
                return self.token()
            case Basic() | InJson():
                return self._wrapped(part)
            case Function():
                return self._function(part)

    def _wrapped(self, part: Basic | InJson) -> str:
        """What is made of other parts."""
        if isinstance(part, Basic):
            return self.base64(self.text(join(part.user, ":", part.password), encode=part.encoded))
        return f"JSON.stringify(String({self.part(part.part)})).slice(1, -1)"

    def _function(self, part: Function) -> str:
        if part.name == "now":
            return "new Date().toISOString()"
        if part.name == "uuid":
            return "crypto.randomUUID()"
        self.needs.add(part.name)
        return f"{_FUNCTIONS[part.name]}({', '.join(js(argument) for argument in part.args)})"

    # --- bodies -----------------------------------------------------------------------------------------------------

    def body(self, body: Body, depth: int) -> str:
        """What is sent: a string, the bytes of a file, or what `multipart()` of the script's library makes of the parts."""
        if isinstance(body.content, Multipart):
            self.needs.add("multipart")
            return bracketed(
                "multipart([", [self._form_part(part, depth + 1) for part in body.content.parts], "])", depth
            )
        return self._content(body.content, depth, encode=body.is_form)

    def _content(self, content: JsonValue | Text | File, depth: int, *, encode: bool = False) -> str:
        if isinstance(content, tuple):
            return self.text(content, encode=encode)
        if isinstance(content, File):
            return self.file(content)
        return f"JSON.stringify({self.json(content, depth)})"

    def file(self, file: File) -> str:
        """The constant that holds the bytes of a file."""
        return self.names.of("file", file.name)

    def _form_part(self, part: FormPart, depth: int) -> str:
        """`[name, Content-Type, content]`, then the name of a file, and the lines of headers of its own."""
        kind = f"{part.media_type}; charset=UTF-8" if isinstance(part.content, tuple) else part.media_type
        items = [js(part.name), js(kind), self._content(part.content, depth)]
        file = part.content.name if isinstance(part.content, File) else ""
        items += [js(file)] if file or part.headers else []
        if part.headers:
            self.needs.add("part_headers")
            items.append(js(part.header_lines))
        return bracketed("[", items, "]", depth)

    def json(self, value: JsonValue, depth: int) -> str:
        """A JavaScript expression of the same shape; members that fit stand on one line."""
        if isinstance(value, JsonLiteral):
            return js(value.value)
        if isinstance(value, JsonText):
            return self._leaf(value)
        if isinstance(value, JsonArray):
            return bracketed("[", [self.json(item, depth + 1) for item in value.items], "]", depth)
        assert isinstance(value, JsonObject)
        members = [f"{js_key(name)}: {self.json(member, depth + 1)}" for name, member in value.members]
        return bracketed("{ ", members, " }", depth)

    def _leaf(self, value: JsonText) -> str:
        if value.quoted:
            return self.text(value.text)
        self.needs.add("bare")
        return (
            f"bare({self.part(value.text[0])})" if len(value.text) == 1 else f"bare({self.text(value.text)})"
        )


def _is_raw(part: Part) -> bool:
    """Whether the expression of the part may be no string."""
    if isinstance(part, Variable):
        return part.name != "unique"
    return isinstance(part, Capture) or (isinstance(part, Function) and part.name == "random_int")


def bracketed(opening: str, items: list[str], closing: str, depth: int) -> str:
    """A list of items between brackets: on one line where it fits, else one line each."""
    if not items:
        return opening.strip() + closing.strip()
    line = opening + ", ".join(items) + closing
    if "\n" not in line and len(line) + depth * len(INDENT) <= 100:
        return line
    inner = INDENT * (depth + 1)
    return (
        opening.strip()
        + "\n"
        + "".join(f"{inner}{item},\n" for item in items)
        + INDENT * depth
        + closing.strip()
    )


def template_text(text: str) -> str:
    """Constant text inside a template literal."""
    return js(text)[1:-1].replace("\\'", "'").replace("`", "\\`").replace("${", "\\${")


def member(root: str, path: JsonPath) -> str:
    """What stands at the path of a parsed body, or undefined."""
    pieces = []
    for step in path:
        plain = isinstance(step, str) and js_key(step) == step
        pieces.append(f"?.{step}" if plain else f"?.[{js(step)}]")
    return root + "".join(pieces)


def holds(check: Check, status: str, milliseconds: str, found: Callable[[JsonPath], str]) -> str:
    """Whether a check of an answer holds: `status` and `milliseconds` are expressions, `found` makes one of a path into its
    body."""
    match check:
        case StatusCheck(_, (only,)):
            return f"{status} === {only}"
        case StatusCheck(_, statuses):
            return f"[{', '.join(map(str, statuses))}].includes({status})"
        case PresentCheck(_, path):
            return f"{found(path)} != null"
        case ValueCheck(_, path, values):
            return equals(Condition(path, values), found)
        case DurationCheck(_, limit):
            return f"{milliseconds} <= {limit}"


def equals(condition: Condition, found: Callable[[JsonPath], str]) -> str:
    """Whether a condition on the body of an answer holds: same type, same value."""
    value = found(condition.path)
    if len(condition.values) == 1:
        return f"{value} === {js(condition.values[0])}"
    return f"[{', '.join(js(wanted) for wanted in condition.values)}].includes({value})"


def none_holds(conditions: tuple[Condition, ...], found: Callable[[JsonPath], str]) -> str:
    """Whether none of the conditions (one at least) holds; fit to stand beside an `&&`."""
    first, *others = conditions
    if others:
        return f"!({' || '.join(equals(condition, found) for condition in conditions)})"
    if len(first.values) > 1:
        return f"!{equals(first, found)}"
    return f"{found(first.path)} !== {js(first.values[0])}"
