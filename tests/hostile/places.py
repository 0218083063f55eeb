"""Every place of a document and of a profile that takes a string, and what to do to have a text stand there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jivsgen.profile.text import parse_text, source_of
from jivsgen.profile.values import Env, Function, Literal

from . import world as wire
from .world import ECHO, World

Put = Callable[[World, str, str], None]
"""Changes the world so that a text stands in the place; `key` numbers the operation that is made for it."""

STRING = {"type": "string"}


@dataclass(frozen=True)
class Place:
    """`owner`: whose text it is, the document's, the profile's or the server's answer's. `alone`: there is one such place in
    a document or a profile, so that texts cannot stand there side by side."""

    name: str
    owner: str
    put: Put
    alone: bool = False


PLACES: dict[str, Place] = {}


def place(owner: str, name: str, *, alone: bool = False) -> Callable[[Put], Put]:
    def keep(put: Put) -> Put:
        PLACES[f"{owner}: {name}"] = Place(name, owner, put, alone)
        return put

    return keep


# --- the document: prose ----------------------------------------------------------------------------------------------


def in_operation(name: str, wrap: Callable[[str], Any]) -> None:
    @place("document", f"operation {name}")
    def _(world: World, key: str, text: str) -> None:
        world.operation(key, **{name: wrap(text)})
        world.step(key)


in_operation("summary", str)
in_operation("description", str)
in_operation("tags", lambda text: [text])
in_operation("externalDocs", lambda text: {"url": text, "description": text})
in_operation("x-extension", lambda text: {text: text})
in_operation("servers", lambda text: [{"url": text}])
in_operation("callbacks", lambda text: {text: {text: {"post": {"responses": {"200": ECHO}}}}})


def in_response(name: str, make: Callable[[str], Any]) -> None:
    @place("document", f"response {name}")
    def _(world: World, key: str, text: str) -> None:
        world.operation(key, responses=make(text))
        world.step(key)


in_response("description", lambda text: {"200": {**ECHO, "description": text}})
in_response("media type", lambda text: {"200": {"description": "x", "content": {text: {"schema": STRING}}}})
in_response("status", lambda text: {"200": ECHO, text: ECHO})
in_response("header name", lambda text: {"200": {**ECHO, "headers": {text: {"schema": STRING}}}})
in_response(
    "link", lambda text: {"200": {**ECHO, "links": {text: {"operationId": text, "parameters": {text: text}}}}}
)


def in_root(name: str, change: Callable[[dict[str, Any], str], None]) -> None:
    @place("document", name, alone=True)
    def _(world: World, key: str, text: str) -> None:
        change(world.document, text)


in_root("title", lambda document, text: document["info"].update(title=text))
in_root("description", lambda document, text: document["info"].update(description=text))
in_root("version", lambda document, text: document["info"].update(version=text))
in_root("licence", lambda document, text: document["info"].update(license={"name": text, "url": text}))
in_root("tag", lambda document, text: document.update(tags=[{"name": text, "description": text}]))
in_root("openapi", lambda document, text: document.update(openapi=text))
in_root(
    "server URL", lambda document, text: document.update(servers=[{"url": f"http://localhost:8080/{text}"}])
)
in_root("whole server URL", lambda document, text: document.update(servers=[{"url": text}]))


@place("document", "server variable", alone=True)
def _(world: World, key: str, text: str) -> None:
    variable = {"default": text, "enum": [text], "description": text}
    world.document["servers"] = [
        {"url": "http://localhost:8080/{v}", "description": text, "variables": {"v": variable}}
    ]


# --- the document: names ----------------------------------------------------------------------------------------------


@place("document", "operationId", alone=True)
def _(world: World, key: str, text: str) -> None:
    world.operation(key, operationId=text)
    world.step(key, call=f"GET /n{key}")


@place("document", "operationId, called by it")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, operationId=text + key)
    world.step(key, call=text + key)


@place("document", "path")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, path=f"/{text}")
    world.step(key)
    world.arrives(key, wire.in_path, wire.decoded(text))


@place("document", "path parameter name")
def _(world: World, key: str, text: str) -> None:
    named = {"name": text, "in": "path", "required": True, "schema": STRING}
    world.operation(key, path=f"/{{{text}}}", parameters=[named])
    world.step(key, path={text: "value"})
    world.arrives(key, wire.in_path, "value")


@place("document", "query parameter name")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": text, "in": "query", "schema": STRING}])
    world.step(key, query={text: "value"})
    world.arrives(key, wire.query_name, text)


@place("document", "header name")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": text, "in": "header", "schema": STRING}])
    world.step(key, headers={text: "value"})
    world.arrives(key, wire.header(text.lower()), "value")


@place("document", "cookie name")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": text, "in": "cookie", "schema": STRING}])
    world.step(key)


@place("document", "parameter style")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": "q", "in": "query", "style": text, "schema": STRING}])
    world.step(key, query={"q": "value"})
    world.arrives(key, wire.in_query, "value")


@place("document", "place of a parameter")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": "q", "in": text, "schema": STRING}])
    world.step(key)


@place("document", "media type of a body")
def _(world: World, key: str, text: str) -> None:
    content = {f"application/{text}+json": {"schema": STRING}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key, body="value")
    if "*" not in text:  # a range is sent as JSON
        world.arrives(key, wire.header("content-type"), f"application/{text}+json")


@place("document", "parameter of a media type")
def _(world: World, key: str, text: str) -> None:
    content = {f"text/plain; x={text}": {"schema": STRING}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key, body="value")
    world.arrives(key, wire.in_body, "value")


@place("document", "schema name")
def _(world: World, key: str, text: str) -> None:
    name = text + key
    world.document["components"]["schemas"][name] = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": STRING},
    }
    pointer = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    schema = {"$ref": f"#/components/schemas/{pointer}"}
    world.operation(
        key, "post", requestBody={"required": True, "content": {"application/json": {"schema": schema}}}
    )
    world.step(key)


@place("document", "$ref")
def _(world: World, key: str, text: str) -> None:
    content = {"application/json": {"schema": {"$ref": text}}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key)


@place("document", "name of a security scheme")
def _(world: World, key: str, text: str) -> None:
    world.document["components"]["securitySchemes"][text] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": text,
    }
    world.operation(key, security=[{text: []}])
    world.step(key)


@place("document", "kind of a security scheme")
def _(world: World, key: str, text: str) -> None:
    world.document["components"]["securitySchemes"][f"s{key}"] = {
        "type": text,
        "scheme": text,
        "in": text,
        "name": text,
    }
    world.operation(key, security=[{f"s{key}": []}])
    world.step(key)


@place("document", "header of an API key")
def _(world: World, key: str, text: str) -> None:
    world.document["components"]["securitySchemes"][f"s{key}"] = {
        "type": "apiKey",
        "in": "header",
        "name": text,
    }
    world.operation(key, security=[{f"s{key}": []}])
    world.profile["auth"][f"r{key}"] = {
        "call": "login",
        "token": "$.token",
        "body": {"password": "${env.JIVSGEN_CANARY}"},
    }
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header(text.lower()), "a-token")


# --- the document: values, which the compiler makes a body of ---------------------------------------------------------


def in_schema(name: str, schema: Callable[[str], Any], *, sent: bool = True) -> None:
    """A body that is an object with the property `p`, which the text makes."""

    @place("document", name)
    def _(world: World, key: str, text: str) -> None:
        whole = {"type": "object", "required": ["p"], "properties": {"p": schema(text)}}
        content = {"application/json": {"schema": whole}}
        world.operation(key, "post", requestBody={"required": True, "content": content})
        world.step(key)
        if sent:
            world.arrives(key, wire.in_json("p"), text)


in_schema("enum value", lambda text: {"type": "string", "enum": [text]})
in_schema("const", lambda text: {"const": text})
in_schema("default", lambda text: {"type": "string", "default": text})
in_schema("property example", lambda text: {"type": "string", "example": text})
in_schema("schema title", lambda text: {"type": "string", "title": text, "description": text}, sent=False)
in_schema("pattern", lambda text: {"type": "string", "pattern": text}, sent=False)
in_schema("format", lambda text: {"type": "string", "format": text}, sent=False)
in_schema("type", lambda text: {"type": text}, sent=False)
in_schema(
    "discriminator", lambda text: {"type": "string", "discriminator": {"propertyName": text}}, sent=False
)


@place("document", "property name")
def _(world: World, key: str, text: str) -> None:
    schema = {"type": "object", "required": [text], "properties": {text: STRING}}
    world.operation(
        key, "post", requestBody={"required": True, "content": {"application/json": {"schema": schema}}}
    )
    world.step(key)
    world.arrives(key, wire.json_key, text)


@place("document", "example of a body")
def _(world: World, key: str, text: str) -> None:
    content = {"application/json": {"schema": {"type": "object"}, "example": {"a": [text]}}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key)
    world.arrives(key, wire.in_json("a", 0), text)


@place("document", "examples of a body")
def _(world: World, key: str, text: str) -> None:
    content = {"application/json": {"schema": {"type": "object"}, "examples": {text: {"value": {text: "x"}}}}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key)
    world.arrives(key, wire.json_key, text)


# --- the profile: names -----------------------------------------------------------------------------------------------


def in_profile(name: str, change: Callable[[dict[str, Any], str], None]) -> None:
    @place("profile", name, alone=True)
    def _(world: World, key: str, text: str) -> None:
        change(world.profile, text)


in_profile("profile", lambda profile, text: profile.update(profile=text))
in_profile("title", lambda profile, text: profile.update(title=text))
in_profile("spec", lambda profile, text: profile.update(spec=text))
in_profile("overlays", lambda profile, text: profile.update(overlays=[text]))
in_profile("extends", lambda profile, text: profile.update(extends=text))
in_profile("engines", lambda profile, text: profile.update(engines=[text]))
in_profile("base_url", lambda profile, text: profile["target"].update(base_url=text))
in_profile(
    "path of base_url", lambda profile, text: profile["target"].update(base_url=f"http://localhost/{text}")
)
in_profile(
    "header of target", lambda profile, text: profile["target"].update(headers={"X-Target": source_of(text)})
)
in_profile("name of a header of target", lambda profile, text: profile["target"].update(headers={text: "x"}))
in_profile("executor", lambda profile, text: profile["scenarios"]["all"]["load"].update(executor=text))
in_profile("duration", lambda profile, text: profile["scenarios"]["all"]["load"].update(max_duration=text))
in_profile("start_after", lambda profile, text: profile["scenarios"]["all"].update(start_after=text))
in_profile("unknown key", lambda profile, text: profile.update({text: 1}))


def in_step(name: str, change: Callable[[str, str], dict[str, Any]]) -> None:
    """Members of a call, or a step around it, in which the text stands."""

    @place("profile", name)
    def _(world: World, key: str, text: str) -> None:
        world.operation(key)
        call = world.step(key)
        members = change(text, key)
        if "steps" in members or "choose" in members:
            world.steps.remove(call)
            world.steps.append(json.loads(json.dumps(members).replace('"@call"', json.dumps(call))))
        else:
            call.update(members)


in_step("call", lambda text, key: {"call": text})
in_step("name of a call", lambda text, key: {"name": text})
in_step("group", lambda text, key: {"group": text, "steps": ["@call"]})
in_step("branch", lambda text, key: {"choose": [{"weight": 1, "name": text, "steps": ["@call"]}]})
in_step("role of a step", lambda text, key: {"as": text})
in_step("name of a capture", lambda text, key: {"capture": {text: "$.echo"}})
in_step("path of a capture", lambda text, key: {"capture": {f"c{key}": text}})
in_step("time", lambda text, key: {"time": text})
in_step("count", lambda text, key: {"count": f"{text}s"})
in_step("within", lambda text, key: {"within": text})
in_step("expect", lambda text, key: {"expect": text})
in_step("on_failure", lambda text, key: {"on_failure": text})
in_step("unknown key of a step", lambda text, key: {text: text})
in_step("name of a header", lambda text, key: {"headers": {text: "value"}})


@place("profile", "name of a scenario")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    load = {"executor": "per-vu-iterations", "vus": 1, "iterations": 1}
    world.profile["scenarios"][text] = {"load": load, "steps": [{"call": f"op{key}"}]}


@place("profile", "name of a role")
def _(world: World, key: str, text: str) -> None:
    world.profile["auth"][text] = {"headers": {"X-Role": "value"}}
    world.operation(key)
    world.step(key, **{"as": text})
    world.arrives(key, wire.header("x-role"), "value")


@place("profile", "subject of an SLO")
def _(world: World, key: str, text: str) -> None:
    world.profile.setdefault("slo", {})[text] = {"p95": "10s"}


@place("profile", "limit of an SLO")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key)
    world.profile.setdefault("slo", {})[f"op{key}"] = {"p95": text, "rate": text}


@place("profile", "subject of a limit")
def _(world: World, key: str, text: str) -> None:
    world.profile.setdefault("limits", {})[text] = "1000/1s"


@place("profile", "path of a check")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key, check={f"$.echo['{text}']": "present"})
    world.answers[key] = {"echo": {text: 1}}


def in_feed(name: str, feed: Callable[[World, str, str], None]) -> None:
    @place("profile", name)
    def _(world: World, key: str, text: str) -> None:
        feed(world, key, text)


def csv_of(column: str, cell: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[column, "other"], [cell, "x"]])
    return out.getvalue()


def sends(world: World, key: str, value: str) -> None:
    """A step that sends a value in the query."""
    world.operation(key, parameters=[{"name": "q", "in": "query", "schema": STRING}])
    world.step(key, query={"q": value})


@place("profile", "name of a feed")
def _(world: World, key: str, text: str) -> None:
    world.files[f"f{key}.csv"] = csv_of("c", "value")
    world.profile.setdefault("feeds", {})[text] = {"file": f"f{key}.csv"}
    sends(world, key, f"${{{text}.c}}")
    world.arrives(key, wire.in_query, "value")


@place("profile", "column of a feed")
def _(world: World, key: str, text: str) -> None:
    world.files[f"f{key}.csv"] = csv_of(text, "value")
    world.profile.setdefault("feeds", {})[f"f{key}"] = {"file": f"f{key}.csv"}
    sends(world, key, f"${{f{key}.{text}}}")
    world.arrives(key, wire.in_query, "value")


@place("profile", "file of a feed")
def _(world: World, key: str, text: str) -> None:
    world.profile.setdefault("feeds", {})[f"f{key}"] = {"file": text}


@place("profile", "file of a pool")
def _(world: World, key: str, text: str) -> None:
    world.profile["auth"]["reader"]["users"] = text


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
ONLY = {
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


@place("profile", "header of a role")
def _(world: World, key: str, text: str) -> None:
    world.profile["auth"][f"r{key}"] = {"headers": {"X-Value": source_of(text)}}
    world.operation(key)
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header("x-value"), wire.as_header(text))


@place("profile", "value of a check")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key, check={"$.echo": text})
    world.answers[key] = {"echo": text}


@place("profile", "value of until")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    step = world.step(key, until={"$.echo": text}, every="10ms", attempts=2)
    step["poll"] = step.pop("call")
    world.answers[key] = {"echo": text}


@place("answer", "token")
def _(world: World, key: str, text: str) -> None:
    text = text or "an empty one is none"
    answers = {
        "200": {
            "description": "x",
            "content": {"application/json": {"schema": {"properties": {"token": STRING}}}},
        }
    }
    world.operation(f"{key}0", "post", responses=answers)
    world.answers[f"{key}0"] = {"token": text}
    world.profile["auth"][f"r{key}"] = {"call": f"op{key}0", "token": "$.token"}
    world.operation(key, security=[{"bearer": []}])
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header("authorization"), wire.as_header(f"Bearer {text}"))
