"""The strings of a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hostile import wire
from tests.hostile.places.place import STRING, place
from tests.hostile.world import ECHO, World

# --- the document: prose ----------------------------------------------------------------------------------------------


def in_operation(name: str, wrap: Callable[[str], Any]) -> None:
    @place("document", f"operation {name}", prose=True)
    def _(world: World, key: str, text: str) -> None:
        world.operation(key, **{name: wrap(text)})
        world.bare_step(key)


in_operation("summary", str)
in_operation("description", str)
in_operation("tags", lambda text: [text])
in_operation("externalDocs", lambda text: {"url": text, "description": text})
in_operation("x-extension", lambda text: {text: text})
in_operation("servers", lambda text: [{"url": text}])
in_operation("callbacks", lambda text: {text: {text: {"post": {"responses": {"200": ECHO}}}}})


def in_response(name: str, make: Callable[[str], Any]) -> None:
    @place("document", f"response {name}", prose=True)
    def _(world: World, key: str, text: str) -> None:
        world.operation(key, responses=make(text))
        world.bare_step(key)


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
    world.arrives(key, wire.nothing, "")


@place("document", "operationId, called by it")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, operationId=text + key)
    world.step(key, call=text + key)
    world.arrives(key, wire.nothing, "")


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
    world.step(key, cookies={text: "value"})
    world.arrives(key, wire.cookie(text), "value")


@place("document", "name of a cookie that no step sends", prose=True)
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": text, "in": "cookie", "schema": STRING}])
    world.bare_step(key)


@place("document", "parameter style")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": "q", "in": "query", "style": text, "schema": STRING}])
    world.step(key, query={"q": "value"})
    world.arrives(key, wire.in_query, "value")


@place("document", "place of a parameter")
def _(world: World, key: str, text: str) -> None:
    world.operation(key, parameters=[{"name": "q", "in": text, "schema": STRING}])
    world.bare_step(key)


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
    world.arrives(key, wire.json_key, "a")


@place("document", "$ref")
def _(world: World, key: str, text: str) -> None:
    content = {"application/json": {"schema": {"$ref": text}}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key)


# --- the document: values, which the compiler makes a body of ---------------------------------------------------------


def in_schema(name: str, schema: Callable[[str], Any], *, sent: bool = True) -> None:
    """A body that is an object with the property `p`, which the text makes, or says something about."""

    @place("document", name)
    def _(world: World, key: str, text: str) -> None:
        whole = {"type": "object", "required": ["p"], "properties": {"p": schema(text)}}
        content = {"application/json": {"schema": whole}}
        world.operation(key, "post", requestBody={"required": True, "content": content})
        world.step(key)
        world.arrives(key, *((wire.in_json("p"), text) if sent else (wire.json_key, "p")))


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
