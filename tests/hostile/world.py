"""An API and a profile that grow by one operation and one step for each hostile text and each place that it is put into.

What arrives is read back from the wire alone: how a value travels (percent-encoding, UTF-8, JSON) is said here once more,
and not taken from the compiler.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.engines.server import Answer, Exchange

CANARY = "canary"
"""What no text holds, and every text makes when it is run."""
SECRET = {"JIVSGEN_CANARY": f"{CANARY}-of-the-environment"}
LONG = 5_000

JSON_TEXT = {"application/json": {"schema": {"type": "object", "properties": {"echo": {}}}}}
ECHO = {"description": "What was asked for", "content": JSON_TEXT}

Read = Callable[[Exchange], str]
"""What arrived of a value in one request."""


def texts(trap: str) -> dict[str, str]:
    """The corpus; a text that is run leaves a file in the folder `trap`."""
    corpus = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
    found = {name: text.replace("@TRAP@", trap) for name, text in corpus.items()}
    found["long"] = "x" * LONG
    found["many templates"] = "{{ $env.JIVSGEN_CANARY }}${__groovy('can'+'ary')}" * (LONG // 50)
    return found


@dataclass
class World:
    """`sent` says how to find, in the request to `/n<key>`, what must be the text; `answers` what the server says there."""

    document: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    sent: dict[str, tuple[Read, str]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    origin: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        login = {
            "operationId": "login",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["password"],
                            "properties": {"password": {"type": "string"}},
                        }
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "A token",
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "properties": {"token": {"type": "string"}}}
                        }
                    },
                }
            },
        }
        quiet = {"operationId": "whole", "security": [{"bearer": []}], "responses": {"200": ECHO}}
        self.document = {
            "openapi": "3.1.0",
            "info": {"title": "Hostile", "version": "1.0.0"},
            "paths": {"/login": {"post": login}, "/whole": {"get": quiet}},
            "components": {
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
                "schemas": {},
            },
        }
        self.profile = {
            "profile": "hostile",
            "title": "Hostile",
            "spec": "hostile.json",
            "target": {"base_url": "http://localhost:8080"},
            "auth": {
                "reader": {"call": "login", "body": {"password": "${env.JIVSGEN_CANARY}"}, "token": "$.token"}
            },
            "scenarios": {
                "all": {
                    "load": {"executor": "per-vu-iterations", "vus": 1, "iterations": 1},
                    "steps": [{"call": "whole"}],
                }
            },
        }

    @property
    def steps(self) -> list[Any]:
        found: list[Any] = self.profile["scenarios"]["all"]["steps"]
        return found

    def operation(self, key: str, method: str = "get", path: str = "", **members: Any) -> dict[str, Any]:
        """A new operation `op<key>`, at `/n<key>` and whatever follows."""
        one = {"operationId": f"op{key}", "responses": {"200": ECHO}, **members}
        self.document["paths"][f"/n{key}{path}"] = {method: one}
        return one

    def step(self, key: str, **members: Any) -> dict[str, Any]:
        one = {"call": f"op{key}", "expect": 200, **members}
        self.steps.append(one)
        return one

    def capture(self, text: str) -> str:
        """The name of a capture of that text, which the first call of the iteration makes."""
        names: dict[str, str] = self.steps[0].setdefault("capture", {})
        if text not in self.answered:
            self.answered[text] = f"c{len(self.answered)}"
            names[self.answered[text]] = f"$.echo.{self.answered[text]}"
        return self.answered[text]

    def arrives(self, key: str, read: Read, text: str) -> None:
        """The request of that key is to bring the text."""
        self.sent[key] = (read, text)

    def write(self, folder: Path) -> Path:
        """The path of the profile. Both are JSON: it holds any string, a half of a surrogate pair too."""
        (folder / "hostile.json").write_text(json.dumps(self.document), "utf-8")
        for name, text in self.files.items():
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        profile = folder / "hostile.yaml"
        profile.write_text(json.dumps(self.profile), "utf-8")
        return profile

    def play(self, exchange: Exchange) -> Answer:
        """The server: every request is answered with what its key has."""
        key = key_of(exchange)
        if exchange.path.endswith("/login"):
            return Answer(200, {"token": "a-token"})
        if not key:
            return Answer(200, {"echo": {name: text for text, name in self.answered.items()}})
        return Answer(200, self.answers.get(key, {"echo": "x"}))


def key_of(exchange: Exchange) -> str:
    """The key of a request's operation; empty for the others."""
    start, _, rest = exchange.path.partition("/n")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return digits if not start else ""


# --- how a value travels ----------------------------------------------------------------------------------------------


def decoded(raw: str) -> str:
    """RFC 3986 section 2.1; what is no UTF-8 stays visible."""
    return unquote(raw, "utf-8", "backslashreplace")


def in_path(exchange: Exchange) -> str:
    """What stands behind `/n<key>/`."""
    path, _, _ = exchange.path.partition("?")
    return decoded(path.removeprefix("/n").lstrip("0123456789").removeprefix("/"))


def pairs(exchange: Exchange) -> list[tuple[str, str]]:
    _, _, query = exchange.path.partition("?")
    listed = (pair.partition("=") for pair in query.split("&"))
    return [(decoded(name), decoded(value)) for name, _, value in listed]


def in_query(exchange: Exchange) -> str:
    """The value of the only parameter, whose name is `q`."""
    ((name, value),) = pairs(exchange)
    return value if name == "q" else f"{name}?"


def query_name(exchange: Exchange) -> str:
    ((name, _),) = pairs(exchange)
    return name


def header(name: str) -> Read:
    """The UTF-8 bytes that arrived in a header (http.server hands them over as ISO-8859-1)."""

    def read(exchange: Exchange) -> str:
        raw = exchange.headers.get(name, "(none)").strip(" \t").encode("latin-1")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:  # JMeter's, which writes ISO-8859-1 and says so
            return raw.decode("latin-1")

    return read


def in_json(*steps: str | int) -> Read:
    def read(exchange: Exchange) -> str:
        value = exchange.json
        for step in steps:
            value = value[step]
        return str(value) if isinstance(value, str) else f"{type(value).__name__}: {value!r:.60}"

    return read


def json_key(exchange: Exchange) -> str:
    (name,) = exchange.json
    return str(name)


def in_body(exchange: Exchange) -> str:
    return exchange.body.decode("utf-8", "backslashreplace")


def in_form(exchange: Exchange) -> str:
    name, _, value = exchange.body.decode("ascii").partition("=")
    return decoded(value.replace("+", " ")) if name == "f" else f"{name}?"


def form_name(exchange: Exchange) -> str:
    return decoded(exchange.body.decode("ascii").partition("=")[0].replace("+", " "))


def as_header(text: str) -> str:
    """What a header can bring of a text: no control characters (RFC 9110 section 5.5), and no space at its ends."""
    kept = "".join(c for c in text if c == "\t" or (c >= " " and c != "\x7f"))
    return kept.strip(" \t")


Wanted = Mapping[str, tuple[Read, str]]
