"""An API and a profile that grow by one operation and one step for each hostile text and each place that it is put into."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.engines.server import Answer, Exchange

from .wire import Read, beyond, key_of, nothing

CANARY = "canary"
"""What no text holds, and every text makes when it is run."""
SECRET = {"JIVSGEN_CANARY": f"{CANARY}-of-the-environment", "JIVSGEN_OTHER": "other"}
LONG = 5_000
KEY_LENGTH = 5

JSON_TEXT = {"application/json": {"schema": {"type": "object", "properties": {"echo": {}}}}}
ECHO = {"description": "What was asked for", "content": JSON_TEXT}


def texts(trap: str) -> dict[str, str]:
    """The corpus; a text that is run leaves a file in the folder `trap`."""
    corpus = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
    found = {name: text.replace("@TRAP@", trap) for name, text in corpus.items()}
    found["long"] = "x" * LONG
    found["many templates"] = "{{ $env.JIVSGEN_CANARY }}${__groovy('can'+'ary')}" * (LONG // 50)
    return found


@dataclass
class World:
    """`sent` says how to find, in the only request to `/n<key>`, what must be the text; `answers` what the server says there;
    `origin` whose a key is: a text, and the places that it stands in. `environment` is what the run has besides the secret. `base` is the path that all
    requests go below; `base_url` what stands for it behind scheme and host in the profile, if anything does."""

    document: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    sent: dict[str, tuple[Read, str]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    origin: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    base: str = ""
    base_url: str = ""

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
        """The operation `op<key>`, at `/n<key>` and whatever follows; one that is there already gets the members as well."""
        item = self.document["paths"].setdefault(f"/n{key}{path}", {})
        fresh = {"operationId": f"op{key}", "responses": {"200": ECHO}}
        item[method] = merged(item.get(method, fresh), members)
        found: dict[str, Any] = item[method]
        return found

    def step(self, key: str, **members: Any) -> dict[str, Any]:
        one = {"call": f"op{key}", "expect": 200, **members}
        self.steps.append(one)
        return one

    def bare_step(self, key: str) -> None:
        """A step whose request brings nothing, however many places ask for it."""
        if key not in self.sent:
            self.step(key)
            self.arrives(key, nothing, "")

    def variable(self, key: str, text: str) -> str:
        """A variable of the environment that holds the text, as a profile names it."""
        name = f"S{key}"
        self.environment[name] = text
        return f"${{env.{name}}}"

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

    def owner(self, key: str) -> tuple[str, tuple[str, ...]]:
        """Whose a key is, or one that was made of it by adding to it: a text, and the places that it stands in."""
        return self.origin[key[:KEY_LENGTH]]

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
        exchange = beyond(self.base, exchange)
        key = key_of(exchange)
        if exchange.path.endswith("/login"):
            return Answer(200, {"token": "a-token"})
        if not key:
            return Answer(200, {"echo": {name: text for text, name in self.answered.items()}})
        answer = self.answers.get(key, {"echo": "x"})
        return answer if isinstance(answer, Answer) else Answer(200, answer)


def merged(old: Any, new: Any) -> Any:
    """The new value; of two mappings one with the members of both."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {name: merged(old.get(name), value) for name, value in new.items()}
