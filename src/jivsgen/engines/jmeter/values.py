"""The texts and bodies of requests as properties of JMeter.

What is only known at run time is a variable or a property that was quoted for its place when it was got: `${id.url}`,
`${__P(env.NAME.json)}`. A request then costs a look-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct, field

from jivsgen.engines.jmeter.quoting import Piece, groovy, literal, reference, text_property
from jivsgen.plan.model import (
    Body,
    File,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonText,
    JsonValue,
    Multipart,
    Plan,
    Request,
    Role,
    calls,
)
from jivsgen.plan.texts import in_cookie, printable
from jivsgen.profile.values import (
    USERS,
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
)

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Needs(Struct):
    """What the texts of a plan ask of its scripts: the places that take a capture, or a column of a feed."""

    captures: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def of(self, text: Text, place: str) -> None:
        for part in text:
            if isinstance(part, InJson):
                self.of((part.part,), in_json(place))
                continue
            if isinstance(part, Basic):
                self.of((*part.user, *part.password), in_basic(part))
                continue
            places: list[str] = []
            if isinstance(part, Capture):
                places = self.captures.setdefault(part.name, [])
            elif isinstance(part, Column):
                places = self.columns.setdefault((part.feed, part.column), [])
            if place not in places:
                places.append(place)

    def of_request(self, request: Request) -> None:
        for text, place in placed(request):
            self.of(text, place)


def placed(request: Request) -> Iterator[tuple[Text, str]]:
    """Every text of a request and the place that takes it."""
    yield request.url, "url"
    for _, text in request.headers:
        yield text, "header"
    for _, text in request.cookies:
        yield text, "cookie"
    if request.body is not None:
        yield from _placed_body(request.body)


def _placed_body(body: Body) -> Iterator[tuple[Text, str]]:
    contents = (
        [part.content for part in body.content.parts]
        if isinstance(body.content, Multipart)
        else [body.content]
    )
    for content in contents:
        if isinstance(content, tuple):
            yield content, "url" if body.is_form else "text"
        elif not isinstance(content, File | Multipart):
            yield from _placed_json(content)


def _placed_json(value: JsonValue) -> Iterator[tuple[Text, str]]:
    match value:
        case JsonObject(members):
            for _, member in members:
                yield from _placed_json(member)
        case JsonArray(items):
            for item in items:
                yield from _placed_json(item)
        case JsonText(text, quoted):
            yield text, "json" if quoted else "bare"
        case JsonLiteral():
            pass


class Texts(Struct):
    """Turns the texts of one request into properties; `script` then holds what a pre-processor must do before it.

    `iteration` is the variable that counts a thread's iterations, `role` whose `Token` and `Basic` are meant.
    """

    iteration: str
    role: Role | None = None
    script: list[str] = field(default_factory=list)

    def property(self, text: Text, place: str, prefix: tuple[Piece, ...] = ()) -> str:
        return text_property(*prefix, *self._pieces(text, place))

    def content(self, content: JsonValue | Text, *, is_form: bool = False) -> str:
        if isinstance(content, tuple):
            return self.property(content, "url" if is_form else "text")
        return text_property(*self._json(content))

    def _pieces(self, text: Text, place: str) -> Iterator[Piece]:
        for part in text:
            if isinstance(part, Literal):
                yield literal(part.text if place in ("url", "cookie") else constant_in(part.text, place))
            else:
                yield reference(self._reference(part, place))

    def _reference(self, part: Part, place: str) -> str:
        match part:
            case Capture(name):
                return f"{name}.{place}"
            case Column(feed, column):
                return f"{self._feed(feed)}.{column}.{place}"
            case Env(name):
                own = f"env.{name}.{place}"  # __P leaves out the spaces at its ends
                return self._made(f"props.get({groovy(own)})") if place == "text" else f"__P({own})"
            case Variable(name):
                return {"vu": "__threadNum", "iteration": self.iteration, "unique": "unique"}[name]
            case Function(name, args):
                return self._function(name, args, place)
            case Token():
                assert self.role is not None
                name = token_in(self.role, place)
                return name if self.role.users else f"__P({name})"
            case InJson(inner):
                return self._reference(inner, in_json(place))
            case Basic():
                assert self.role is not None
                name = basic_in(self.role, part)
                return name if self.role.users else f"__P({name})"
            case Literal():
                raise ValueError("a literal is no reference")

    def _feed(self, name: str) -> str:
        if name != USERS:
            return name
        assert self.role is not None
        return user_of(self.role)

    def _function(self, name: str, args: tuple[int | str, ...], place: str) -> str:
        match name:
            case "uuid":
                return "__UUID()"
            case "random_int":
                return f"__Random({args[0]},{args[1]})"
            case "random_string":
                return f"__RandomString({args[0]},{DIGITS})"
            case "now":
                value = "props.run.now().replace(':', '%3A')" if place == "url" else "props.run.now()"
            case "today":
                value = f"props.run.today({args[0]})"
            case _:
                choices = ", ".join(groovy(constant_in(str(arg), place)) for arg in args)
                value = f"[{choices}][java.util.concurrent.ThreadLocalRandom.current().nextInt({len(args)})]"
        return self._made(value)

    def _made(self, value: str) -> str:
        """The variable that holds the value of an expression of Groovy."""
        variable = f"value.{len(self.script) + 1}"
        self.script.append(f"vars.put({groovy(variable)}, {value})")
        return variable

    def _json(self, value: JsonValue) -> Iterator[Piece]:
        match value:
            case JsonObject(members):
                yield literal("{")
                for number, (key, member) in enumerate(members):
                    yield literal(f"{',' if number else ''}{_json_string(key)}:")
                    yield from self._json(member)
                yield literal("}")
            case JsonArray(items):
                yield literal("[")
                for number, item in enumerate(items):
                    yield literal("," if number else "")
                    yield from self._json(item)
                yield literal("]")
            case JsonLiteral(scalar):
                yield literal(_json_string(scalar) if isinstance(scalar, str) else json.dumps(scalar))
            case JsonText(text, quoted):
                quote = '"' if quoted else ""
                yield literal(quote)
                yield from self._pieces(text, "json" if quoted else "bare")
                yield literal(quote)


def in_json(place: str) -> str:
    """The place inside of a string of JSON text that stands at a place."""
    return f"json.{place}"


def token_in(role: Role, place: str) -> str:
    """The property (of a pool: the variable) that holds a role's token for that place."""
    return f"{role.name}.token" if place == "header" else f"{role.name}.token.{place}"


def user_of(role: Role) -> str:
    """What the variables begin with that hold the row of the user of a role's pool."""
    return f"{role.name}.users"


def basic_in(role: Role, basic: Basic) -> str:
    """The property (of a pool: the variable) that holds a name and a password of a role, or the client and its secret."""
    return f"{role.name}.{'client' if basic.encoded else 'basic'}"


def in_basic(basic: Basic) -> str:
    """The place that a name and a password are."""
    return "url" if basic.encoded else "text"


def basics_of(role: Role, headers: tuple[tuple[str, Text], ...]) -> Iterator[tuple[str, str]]:
    """What holds each name and password among the headers, and the Groovy that puts it together."""
    for basic in dict.fromkeys(part for _, text in headers for part in text if isinstance(part, Basic)):
        both = (_assembled(text, role, in_basic(basic)) for text in (basic.user, basic.password))
        yield basic_in(role, basic), f"props.run.basic({', '.join(both)})"


def _assembled(text: Text, role: Role, place: str) -> str:
    """A text of constants, variables of the environment and columns of a pool, in Groovy."""
    pieces = []
    for part in text:
        if isinstance(part, Literal):
            pieces.append(groovy(part.text))
        elif isinstance(part, Env):
            pieces.append(f"props.getProperty({groovy(f'env.{part.name}.{place}')})")
        elif isinstance(part, Column):
            pieces.append(f"vars.get({groovy(f'{user_of(role)}.{part.column}.{place}')})")
    return " + ".join(pieces) or "''"


def token_places(plan: Plan, role: Role) -> tuple[str, ...]:
    """The places beside headers that take the token of a role."""
    own = (call for call in calls(plan) if call.role == role.name)
    placed_ = (place for call in own for text, place in placed(call.request) if Token() in text)
    return tuple(dict.fromkeys(place for place in placed_ if place != "header"))


def constant_in(text: str, place: str) -> str:
    """Constant text as that place of a request takes it."""
    if place.startswith("json."):
        return constant_in(_json_string(text)[1:-1], place.removeprefix("json."))
    if place == "url":
        from urllib.parse import quote

        return quote(text, safe="")
    if place == "cookie":
        return in_cookie(text)
    if place == "json":
        return _json_string(text)[1:-1]
    if place == "header":
        return re.sub("[\r\n\x00]", "", text)
    return text


def _json_string(text: str) -> str:
    """A JSON string as every XML 1.0 document can hold it: what is no character there is an escape."""
    return printable(json.dumps(text, ensure_ascii=False))
