"""Values: where they come from, and where they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.engines.server import Answer
from tests.hostile import wire
from tests.hostile.places.place import STRING, csv_of, place, sends
from tests.hostile.world import World

from jivsgen.profile.text import parse_text, source_of
from jivsgen.profile.values import Env, Function, Literal

# --- values: where they come from, and where they are sent ------------------------------------------------------------

Source = Callable[[World, str, str], tuple[str, str]]
"""Makes a value of the profile's language for a text: its source, and the text that it stands for."""


def literal(world: World, key: str, text: str) -> tuple[str, str]:
    return source_of(text), text


def unescaped(world: World, key: str, text: str) -> tuple[str, str]:
    return text, stands_for(text)


def cell(world: World, key: str, text: str) -> tuple[str, str]:
    world.files[f"f{key}.csv"] = csv_of("c", text)
    world.profile.setdefault("feeds", {})[f"f{key}"] = {"file": f"f{key}.csv"}
    return f"${{f{key}.c}}", text.replace("\r\n", "\n").replace("\r", "\n")  # as every text file is read


def default(world: World, key: str, text: str) -> tuple[str, str]:
    return f"${{env.V{key}:-{text}}}", stands_for(f"${{env.V{key}:-{text}}}")


def choice(world: World, key: str, text: str) -> tuple[str, str]:
    source = f'${{pick("{text}", "{text}")}}'
    return source, stands_for(source)


def around(world: World, key: str, text: str) -> tuple[str, str]:
    """Beside a value of run time: a text in which an engine has something to replace."""
    return f"{source_of(text)}${{env.W:-w}}{source_of(text)}", f"{text}w{text}"


def captured(world: World, key: str, text: str) -> tuple[str, str]:
    return f"${{{world.capture(text)}}}", text


def captured_inside(world: World, key: str, text: str) -> tuple[str, str]:
    source, text = captured(world, key, text)
    return f"a{source}b{source}", f"a{text}b{text}"


def stands_for(source: str) -> str:
    """The text of a source without captures."""
    parts = parse_text(source)
    found = ""
    for part in parts if isinstance(parts, tuple) else ():
        match part:
            case Literal(text):
                found += text
            case Env(default=str(text)):
                found += text
            case Function(args=(first, *_)):
                found += str(first)
    return found


def to_path(world: World, key: str, value: str, text: str) -> None:
    world.operation(
        key, path="/{p}", parameters=[{"name": "p", "in": "path", "required": True, "schema": STRING}]
    )
    world.step(key, path={"p": value})
    world.arrives(key, wire.in_path, text)


def to_query(world: World, key: str, value: str, text: str) -> None:
    sends(world, key, value)
    world.arrives(key, wire.in_query, text)


def to_header(world: World, key: str, value: str, text: str) -> None:
    world.operation(key, parameters=[{"name": "X-Value", "in": "header", "schema": STRING}])
    world.step(key, headers={"X-Value": value})
    world.arrives(key, wire.header("x-value"), wire.as_header(text))


def to_cookie(world: World, key: str, value: str, text: str) -> None:
    world.operation(key)
    world.step(key, cookies={"c": value})
    world.arrives(key, wire.cookie("c"), text)


def to_list(world: World, key: str, value: str, text: str) -> None:
    listed = {"name": "q", "in": "query", "explode": False, "schema": {"type": "array", "items": STRING}}
    world.operation(key, parameters=[listed])
    world.step(key, query={"q": ["first", value]})
    world.arrives(key, wire.in_query, f"first,{text}")


def to_content(world: World, key: str, value: str, text: str) -> None:
    content = {"application/json": {"schema": {"type": "object"}}}
    world.operation(key, parameters=[{"name": "q", "in": "query", "content": content}])
    world.step(key, query={"q": {"a": value}})
    world.arrives(key, wire.json_in_query, text)


def to_body(media: str, schema: dict[str, Any], make: Callable[[str], Any], read: wire.Read) -> Any:
    def put(world: World, key: str, value: str, text: str) -> None:
        content = {media: {"schema": schema}}
        world.operation(key, "post", requestBody={"required": True, "content": content})
        world.step(key, body=make(value))
        world.arrives(key, read, text)

    return put


FORM = "application/x-www-form-urlencoded"
FREE = {"type": "object"}
SINKS = {
    "path": to_path,
    "query": to_query,
    "header": to_header,
    "JSON": to_body("application/json", FREE, lambda value: {"a": {"b": value}}, wire.in_json("a", "b")),
    "JSON list": to_body("application/json", FREE, lambda value: {"a": [value]}, wire.in_json("a", 0)),
    "text": to_body("text/plain", STRING, lambda value: value, wire.in_body),
    "cookie": to_cookie,
    "part": to_body("multipart/form-data", FREE, lambda value: {"p": value}, wire.in_part),
    "list": to_list,
    "JSON in the query": to_content,
    "form": to_body(FORM, FREE, lambda value: {"f": value}, wire.in_form),
}
SOURCES = {
    "literal": ("profile", literal),
    "unescaped": ("profile", unescaped),
    "text around a value": ("profile", around),
    "cell of a feed": ("profile", cell),
    "default of a variable": ("profile", default),
    "choice": ("profile", choice),
    "capture": ("answer", captured),
    "text with captures": ("answer", captured_inside),
}
PLAIN = ("path", "query", "header", "JSON", "JSON list", "text", "form", "cookie", "part")
ONLY = {
    "text around a value": PLAIN,
    "cell of a feed": PLAIN,
    "text with captures": (*PLAIN, "JSON in the query"),
    "unescaped": ("JSON", "query"),
    "choice": ("JSON", "path", "header"),
    "default of a variable": ("JSON", "query", "header", "text"),
}


def flows(owner: str, name: str, source: Source, sink: str) -> None:
    @place(owner, f"{name} in {sink}")
    def _(world: World, key: str, text: str) -> None:
        value, stands = source(world, key, text)
        SINKS[sink](world, key, value, stands)


for _name, (_owner, _source) in SOURCES.items():
    for _sink in ONLY.get(_name, SINKS):
        flows(_owner, _name, _source, _sink)


@place("profile", "key of a JSON body")
def _(world: World, key: str, text: str) -> None:
    to_body("application/json", FREE, lambda name: {name: "x"}, wire.json_key)(world, key, text, text)


@place("profile", "key of a form")
def _(world: World, key: str, text: str) -> None:
    to_body(FORM, FREE, lambda name: {name: "x"}, wire.form_name)(world, key, text, text)


@place("profile", "name of a part")
def _(world: World, key: str, text: str) -> None:
    to_body("multipart/form-data", FREE, lambda name: {name: "x"}, wire.part_name)(world, key, text, text)


def part_with(key: str, world: World, header: str, value: str) -> None:
    """A step that sends a form whose only part has a header that the document knows."""
    known = {"required": True, "schema": {"const": value}}
    media = {
        "schema": {"type": "object", "properties": {"p": STRING}},
        "encoding": {"p": {"headers": {header: known}}},
    }
    request = {"required": True, "content": {"multipart/form-data": media}}
    world.operation(key, "post", requestBody=request)
    world.step(key, body={"p": "value"})


@place("document", "header of a part")
def _(world: World, key: str, text: str) -> None:
    part_with(key, world, "X-Part", text)
    world.arrives(key, wire.part_header("x-part"), wire.as_header(text))


@place("document", "name of a header of a part")
def _(world: World, key: str, text: str) -> None:
    part_with(key, world, text, "value")
    world.arrives(key, wire.part_header(text.lower()), "value")


@place("profile", "key of a deepObject")
def _(world: World, key: str, text: str) -> None:
    deep = {"name": "q", "in": "query", "style": "deepObject", "schema": {"type": "object"}}
    world.operation(key, parameters=[deep])
    world.step(key, query={"q": {text: "value"}})
    world.arrives(key, wire.query_name, f"q[{text}]")


@place("profile", "value of a check")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key, check={"$.echo": text})
    world.arrives(key, wire.nothing, "")
    world.answers[key] = {"echo": text}


@place("profile", "value of until")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    step = world.step(key, until={"$.echo": text}, every="10ms", attempts=2)
    step["poll"] = step.pop("call")
    world.arrives(key, wire.nothing, "")
    world.answers[key] = {"echo": text}


@place("answer", "text where another was expected")
def _(world: World, key: str, text: str) -> None:
    """What fails is told, by the engine and by our judges; the limit lets it pass."""
    world.operation(key)
    world.step(key, check={"$.echo": "another"})
    world.arrives(key, wire.nothing, "")
    world.answers[key] = {"echo": text}
    world.profile.setdefault("slo", {})[f"op{key}"] = {"errors": "100%"}


@place("answer", "cookie")
def _(world: World, key: str, text: str) -> None:
    """Beside one of the step's own. A server cannot set everything (RFC 6265 section 4.1.1); JMeter takes an empty one for none."""
    text = "".join(c for c in text if "!" <= c <= "~" and c not in '",;\\') or "value"
    world.operation(f"{key}0")
    world.step(f"{key}0")
    world.arrives(f"{key}0", wire.nothing, "")
    world.answers[f"{key}0"] = Answer(200, {}, headers=(("Set-Cookie", f"s={text}; Path=/n{key}"),))
    world.operation(key)
    world.step(key, cookies={"own": "value"})
    world.arrives(key, wire.all_cookies, f"own=value s={text}")
