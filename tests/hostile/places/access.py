"""What roles show, and where they got it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hostile import wire
from tests.hostile.places.place import STRING, csv_of, place
from tests.hostile.world import World

from jivsgen.profile.text import source_of


@place("document", "name of a security scheme")
def _(world: World, key: str, text: str) -> None:
    world.document["components"]["securitySchemes"][text] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": text,
    }
    world.operation(key, security=[{text: []}])
    world.step(key)
    world.arrives(key, wire.header("authorization"), "Bearer a-token")


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


def in_key(where: str, arrived: Callable[[str], wire.Read]) -> None:
    @place("document", f"{where} of an API key")
    def _(world: World, key: str, text: str) -> None:
        keyed(world, key, where, text)
        world.profile["auth"][f"r{key}"] = {"api_key": world.variable(key, "the-key")}
        world.arrives(key, arrived(text), "the-key")


def keyed(world: World, key: str, where: str, name: str) -> None:
    """A step that shows an API key there, as the role `r<key>`."""
    scheme = {"type": "apiKey", "in": where, "name": name}
    world.document["components"]["securitySchemes"][f"s{key}"] = scheme
    world.operation(key, security=[{f"s{key}": []}])
    world.step(key, **{"as": f"r{key}"})


in_key("header", lambda name: wire.header(name.lower()))
in_key("query", wire.query)
in_key("cookie", wire.cookie)


@place("profile", "scheme of an API key")
def _(world: World, key: str, text: str) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    world.document["components"]["securitySchemes"][text] = scheme
    world.operation(key, security=[{text: []}])
    world.profile["auth"][f"r{key}"] = {"api_key": {text: world.variable(key, "the-key")}}
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header("x-key"), "the-key")


# --- the profile: what a role has of its own --------------------------------------------------------------------------


@place("profile", "name of a role")
def _(world: World, key: str, text: str) -> None:
    world.profile["auth"][text] = {"headers": {"X-Role": "value"}}
    world.operation(key)
    world.step(key, **{"as": text})
    world.arrives(key, wire.header("x-role"), "value")


def of_role(
    name: str, has: Callable[[str], dict[str, Any]], arrived: Callable[[str], tuple[wire.Read, str]]
) -> None:
    """What a role that has this shows in a call that asks for nothing."""

    @place("profile", name)
    def _(world: World, key: str, text: str) -> None:
        world.profile["auth"][f"r{key}"] = has(text)
        world.operation(key)
        world.step(key, **{"as": f"r{key}"})
        world.arrives(key, *arrived(text))


of_role(
    "header of a role",
    lambda text: {"headers": {"X-Value": source_of(text)}},
    lambda text: (wire.header("x-value"), wire.as_header(text)),
)
of_role(
    "name of a header of a role",
    lambda text: {"headers": {text: "value"}},
    lambda text: (wire.header(text.lower()), "value"),
)
of_role(
    "cookie of a role",
    lambda text: {"cookies": {"c": source_of(text)}},
    lambda text: (wire.cookie("c"), text),
)
of_role(
    "name of a cookie of a role",
    lambda text: {"cookies": {text: "value"}},
    lambda text: (wire.cookie(text), "value"),
)


@place("profile", "file of a pool", alone=True)
def _(world: World, key: str, text: str) -> None:
    world.profile["auth"]["reader"]["users"] = text


# --- logins -----------------------------------------------------------------------------------------------------------


TOKEN = {"type": "object", "properties": {"token": STRING}}
TOKENS = {"200": {"description": "x", "content": {"application/json": {"schema": TOKEN}}}}


def logs_in(world: World, key: str, body: Any, **has: Any) -> None:
    """A role whose login is a call to `/n<key>0`, and a step that shows its token."""
    content = {"application/json": {"schema": {"type": "object"}}}
    request = {"required": True, "content": content}
    world.operation(f"{key}0", "post", requestBody=request, responses=TOKENS)
    world.answers.setdefault(f"{key}0", {"token": "a-token"})
    role = {"call": f"op{key}0", "body": body, "token": "$.token", **has}
    world.profile["auth"][f"r{key}"] = role
    world.operation(key, security=[{"bearer": []}])
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header("authorization"), "Bearer a-token")


@place("profile", "body of a login")
def _(world: World, key: str, text: str) -> None:
    logs_in(world, key, {"a": source_of(text)})
    world.arrives(f"{key}0", wire.in_json("a"), text)


@place("profile", "key of the body of a login")
def _(world: World, key: str, text: str) -> None:
    logs_in(world, key, {text: 1})
    world.arrives(f"{key}0", wire.json_key, text)


@place("environment", "password of a login")
def _(world: World, key: str, text: str) -> None:
    text = as_variable(text)
    logs_in(world, key, {"a": world.variable(key, text)})
    world.arrives(f"{key}0", wire.in_json("a"), text)


@place("profile", "cell of a pool")
def _(world: World, key: str, text: str) -> None:
    world.files[f"f{key}.csv"] = csv_of("c", text)
    logs_in(world, key, {"a": "${users.c}"}, users=f"f{key}.csv")
    world.arrives(f"{key}0", wire.in_json("a"), text.replace("\r\n", "\n").replace("\r", "\n"))


@place("profile", "column of a pool")
def _(world: World, key: str, text: str) -> None:
    world.files[f"f{key}.csv"] = csv_of(text, "value")
    logs_in(world, key, {"a": f"${{users.{text}}}"}, users=f"f{key}.csv")
    world.arrives(f"{key}0", wire.in_json("a"), "value")


@place("profile", "path of a token")
def _(world: World, key: str, text: str) -> None:
    logs_in(world, key, {}, token=f"$['{text}']")
    free = {"type": "object", "properties": {text: STRING}}
    tokens = {"200": {"content": {"application/json": {"schema": free}}}}
    world.operation(f"{key}0", "post", responses=tokens)
    world.answers[f"{key}0"] = {text: "a-token"}


@place("answer", "token")
def _(world: World, key: str, text: str) -> None:
    text = text or "an empty one is none"
    world.answers[f"{key}0"] = {"token": text}
    logs_in(world, key, {})
    world.arrives(key, wire.header("authorization"), wire.as_header(f"Bearer {text}"))


# --- credentials of the environment -----------------------------------------------------------------------------------


def as_variable(text: str) -> str:
    """The text as a variable of an environment can hold it; an empty one is as good as none."""
    return text.replace("\0", "").encode("utf-8", "replace").decode() or "none"


def credential(
    name: str, scheme: dict[str, Any], has: Callable[[str], dict[str, Any]], read: wire.Read, shape: str
) -> None:
    """A credential that is a variable of the environment; it is shown in the shape, in the place of `{}`."""

    @place("environment", name)
    def _(world: World, key: str, text: str) -> None:
        world.document["components"]["securitySchemes"][f"s{key}"] = scheme
        world.operation(key, security=[{f"s{key}": []}])
        text = as_variable(text)
        world.profile["auth"][f"r{key}"] = has(world.variable(key, text))
        world.step(key, **{"as": f"r{key}"})
        world.arrives(key, read, shape.replace("{}", text))


BASIC = {"type": "http", "scheme": "basic"}


def api_key(where: str) -> dict[str, str]:
    return {"type": "apiKey", "in": where, "name": "q"}


credential("API key in the query", api_key("query"), lambda own: {"api_key": own}, wire.in_query, "{}")
credential("API key in a cookie", api_key("cookie"), lambda own: {"api_key": own}, wire.cookie("q"), "{}")
credential(
    "user name",
    BASIC,
    lambda own: {"username": own, "password": "${env.JIVSGEN_OTHER}"},
    wire.basic,
    "{}:other",
)
credential(
    "password",
    BASIC,
    lambda own: {"username": "${env.JIVSGEN_OTHER}", "password": own},
    wire.basic,
    "other:{}",
)


@place("environment", "API key in a header")
def _(world: World, key: str, text: str) -> None:
    text = as_variable(text)
    keyed(world, key, "header", "X-Key")
    world.profile["auth"][f"r{key}"] = {"api_key": world.variable(key, text)}
    world.arrives(key, wire.header("x-key"), wire.as_header(text))


@place("environment", "ready token")
def _(world: World, key: str, text: str) -> None:
    text = as_variable(text)
    world.operation(key, security=[{"bearer": []}])
    world.profile["auth"][f"r{key}"] = {"token": world.variable(key, text)}
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header("authorization"), wire.as_header(f"Bearer {text}"))


# --- cells of a pool without a login --------------------------------------------------------------------------------


def of_pool(
    name: str,
    scheme: dict[str, Any],
    has: dict[str, Any],
    read: wire.Read,
    shape: str,
    written: Callable[[str], str] = str,
) -> None:
    """What each user has of its own, from a cell of a file; it is shown in the shape, in the place of `{}`."""

    @place("profile", f"cell of a pool as {name}")
    def _(world: World, key: str, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n") or "none"  # as every text file is read
        world.files[f"f{key}.csv"] = csv_of("c", text)
        world.document["components"]["securitySchemes"][f"s{key}"] = scheme
        world.operation(key, security=[{f"s{key}": []}])
        world.profile["auth"][f"r{key}"] = {**has, "users": f"f{key}.csv"}
        world.step(key, **{"as": f"r{key}"})
        world.arrives(key, read, written(shape.replace("{}", text)))


BEARER = {"type": "http", "scheme": "bearer"}
OWN = "${users.c}"
of_pool("key in the query", api_key("query"), {"api_key": OWN}, wire.in_query, "{}")
of_pool("key in a header", api_key("header"), {"api_key": OWN}, wire.header("q"), "{}", wire.as_header)
of_pool("key in a cookie", api_key("cookie"), {"api_key": OWN}, wire.cookie("q"), "{}")
of_pool("user name", BASIC, {"username": OWN, "password": "${env.JIVSGEN_OTHER}"}, wire.basic, "{}:other")
of_pool("password", BASIC, {"username": "${env.JIVSGEN_OTHER}", "password": OWN}, wire.basic, "other:{}")
of_pool("token", BEARER, {"token": OWN}, wire.header("authorization"), "Bearer {}", wire.as_header)
of_pool(
    "header",
    BEARER,
    {"token": "${env.JIVSGEN_OTHER}", "headers": {"X-Own": OWN}},
    wire.header("x-own"),
    "{}",
    wire.as_header,
)


# --- client credentials -----------------------------------------------------------------------------------------------


def client(
    world: World,
    key: str,
    *,
    end: str = "",
    scope: str = "read",
    own: str = "client",
    secret: str = "secret",
    **has: Any,
) -> None:
    """A role that gets its token at `/n<key>0`, and a step that shows it."""
    flow = {"tokenUrl": f"/n{key}0{end}", "scopes": {scope: scope}}
    world.document["components"]["securitySchemes"][f"s{key}"] = {
        "type": "oauth2",
        "flows": {"clientCredentials": flow},
    }
    world.operation(key, security=[{f"s{key}": [scope]}])
    world.answers.setdefault(f"{key}0", {"access_token": "a-token"})
    role = {"client_id": world.variable(f"{key}i", own), "client_secret": world.variable(f"{key}s", secret)}
    world.profile["auth"][f"r{key}"] = role | has
    world.step(key, **{"as": f"r{key}"})
    world.arrives(key, wire.header("authorization"), "Bearer a-token")


@place("document", "tokenUrl")
def _(world: World, key: str, text: str) -> None:
    """No line ends or tabs: a URL has none (WHATWG, URL parsing)."""
    client(world, key, end=f"/{text}")
    path = text.translate(dict.fromkeys(map(ord, "\t\r\n"))).partition("#")[0]
    world.arrives(f"{key}0", wire.in_url, wire.decoded(path))


@place("document", "scope")
def _(world: World, key: str, text: str) -> None:
    client(world, key, scope=text)
    if text:
        world.arrives(f"{key}0", wire.form_field("scope"), text)


@place("profile", "scope")
def _(world: World, key: str, text: str) -> None:
    client(world, key, scopes=[text])
    world.arrives(f"{key}0", wire.form_field("scope"), text)


@place("environment", "client_id")
def _(world: World, key: str, text: str) -> None:
    text = as_variable(text)
    client(world, key, own=text)
    world.arrives(f"{key}0", wire.form_field("client_id"), text)


@place("environment", "client_secret")
def _(world: World, key: str, text: str) -> None:
    text = as_variable(text)
    client(world, key, secret=text)
    world.arrives(f"{key}0", wire.form_field("client_secret"), text)


@place("answer", "token of a client")
def _(world: World, key: str, text: str) -> None:
    text = text or "an empty one is none"
    world.answers[f"{key}0"] = {"access_token": text}
    client(world, key)
    world.arrives(key, wire.header("authorization"), wire.as_header(f"Bearer {text}"))
