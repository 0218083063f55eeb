"""The API that a document describes, as far as a load test needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import Document
from jivsgen.spec.names import essence
from jivsgen.spec.node import Documents, Node
from jivsgen.spec.schema import Schemas

FIELD_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}"
"""Names of headers (RFC 9110 section 5.1) and of cookies (RFC 6265 section 4.1.1)."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Parameter(Struct, frozen=True):
    """`place`: path, query, header or cookie. `style` and `explode` are filled in as the specification says (OpenAPI
    3.0.3, Parameter Object). `media_type` is set where the parameter has `content` in place of a schema. `is_reserved`: reserved
    characters stay as they are (`allowReserved`); `may_be_empty`: the name may be sent without a value (`allowEmptyValue`).
    """

    name: str
    place: str
    required: bool
    schema: Node | None
    style: str
    explode: bool
    media_type: str | None
    is_reserved: bool
    may_be_empty: bool
    node: Node

    @property
    def is_json(self) -> bool:
        """Whether its value is sent as JSON text."""
        return self.media_type is not None and "json" in self.media_type

    @property
    def is_spread(self) -> bool:
        """Whether the members of an object would be sent as parameters of their own."""
        in_pairs = self.place in ("query", "cookie") and self.media_type is None
        return in_pairs and self.style == "form" and self.explode


class MediaType(Struct, frozen=True):
    name: str
    schema: Node | None
    node: Node

    @property
    def essence(self) -> str:
        """Its name without parameters, in lower case."""
        return essence(self.name)

    @property
    def is_range(self) -> bool:
        """`*/*` and the like (RFC 9110 section 12.5.1): what no message says that it is."""
        return "*" in self.name

    @property
    def sent_as(self) -> str:
        """What a message says that it is: a range is the name of no body, and stands for JSON."""
        return "application/json" if self.is_range else self.name

    @property
    def is_json(self) -> bool:
        """`application/json`, `application/problem+json`, and what springdoc writes for it, `*/*`."""
        return self.essence in ("application/json", "*/*", "application/*") or self.essence.endswith("+json")


class Response(Struct, frozen=True):
    status: str
    content: tuple[MediaType, ...]
    node: Node

    @property
    def json_schema(self) -> Node | None:
        """The schema of the JSON body, where one is documented; what is said of JSON goes before what is said of any type."""
        described = [media for media in self.content if media.is_json and media.schema]
        return min(described, key=lambda media: media.is_range).schema if described else None


class Scheme(Struct, frozen=True):
    """A security scheme (OpenAPI 3.0.3 and 3.1.0, Security Scheme Object), by what a request has to show.

    `kind`: `token` (`Authorization: Bearer`), `basic`, `key`, or empty for what no request can show (mutual TLS) or no
    script can compute (HTTP digest). `place` is header, query or cookie, `field` the name there. `token_url` is where OAuth2
    client credentials get a token, as the document writes it; empty without that flow.
    """

    name: str
    kind: str
    place: str
    field: str
    token_url: str
    node: Node

    @property
    def described(self) -> str:
        """What it is, for messages."""
        declared, named = self.node.text("type"), (self.node.text("scheme") or "").lower()
        if declared == "apiKey":
            return f"an API key in the {'query parameter' if self.place == 'query' else self.place} `{self.field}`"
        if declared == "oauth2":
            flows = self.node.get("flows")
            return f"OAuth2: {', '.join(name for name, _ in flows.items()) if flows else 'no flow'}"
        if declared == "http":
            return "a bearer token" if named == "bearer" else f"HTTP {named or 'nothing'} authentication"
        return {"openIdConnect": "OpenID Connect", "mutualTLS": "a client certificate"}.get(
            declared or "", "of no known type"
        )


class Operation(Struct, frozen=True, dict=True):
    """`security` lists the alternatives, each the names of the schemes that it asks for at once; an empty tuple says
    that no alternative was asked for, an empty alternative that nobody needs to identify themselves. `scopes` are those
    that it asks for, by scheme. `server` is the URL of the server that it alone has; empty where it is the document's."""

    id: str
    method: str
    path: str
    node: Node
    parameters: tuple[Parameter, ...]
    bodies: tuple[MediaType, ...]
    body_required: bool
    responses: Mapping[str, Response]
    security: tuple[tuple[str, ...], ...]
    scopes: Mapping[str, tuple[str, ...]]
    server: str
    tags: tuple[str, ...]

    @property
    def is_secured(self) -> bool:
        return bool(self.security) and () not in self.security

    def response(self, status: int) -> Response | None:
        """What is documented for the status: itself, its range (`2XX`), or the default."""
        found = self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX")
        return found or self.responses.get("default")

    @cached_property
    def successes(self) -> tuple[int, ...]:
        """The documented 2xx; of a range the ones in common use."""
        listed = sorted(int(status) for status in self.responses if status.isdecimal() and status[0] == "2")
        if "2XX" in self.responses:
            listed = sorted({*listed, 200, 201, 202, 203, 204, 205, 206})
        return tuple(listed)


class Api:
    """An OpenAPI document. Operations are read when they are asked for, so that a large document costs what is used
    of it, and what is broken in the rest stays unsaid. `meanings` keeps the digests of operations that were made,
    `closures` what they were made of."""

    def __init__(
        self,
        documents: Documents,
        version: str,
        diagnostics: Diagnostics,
        overlays: tuple[Document, ...] = (),
        called: Mapping[tuple[str, str], str] = MappingProxyType({}),
        moved: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    ) -> None:
        self.documents = documents
        self.overlays = overlays
        self.version = version
        self.diagnostics = diagnostics
        self.root = Node(documents.root, (), documents.root.content)
        self.meanings: dict[tuple[str, str], str] = {}
        self.closures: dict[object, Any] = {}
        self._called = called
        self._moved = moved
        self._operations: dict[tuple[str, str], Operation | None] = {}

    def report_to(self, diagnostics: Diagnostics) -> None:
        """From now on, what is wrong with the document is told to this collector: each profile hears of what it uses."""
        self.diagnostics = diagnostics
        if self.documents.is_broken:
            self.__dict__.pop("schemas", None)  # it has followed references, and said once which are broken
        self.documents.report_to(diagnostics)
        self._operations.clear()

    def known_as(self, called: Mapping[tuple[str, str], str], moved: Mapping[str, tuple[str, str]]) -> Api:
        """The same API where the operations `called` have these names in place of their operationIds, and the names
        `moved` lead to these operations."""
        return Api(self.documents, self.version, self.diagnostics, self.overlays, called, moved)

    @property
    def title(self) -> str:
        info = self.root.get("info")
        return (info and info.text("title")) or ""

    @property
    def release(self) -> str:
        """The version of the API itself."""
        info = self.root.get("info")
        return str(info.value.get("version", "")) if info and isinstance(info.value, dict) else ""

    @cached_property
    def index(self) -> dict[tuple[str, str], str | None]:
        """(METHOD, path) of every operation, in the document's order, to its operationId."""
        found: dict[tuple[str, str], str | None] = {}
        for path, listed in (self.root.get("paths") or Node(self.documents.root, (), {})).items():
            item = (listed.get("$ref") and self.documents.resolve(listed)) or listed
            for method, operation in item.items():
                if method in METHODS and isinstance(operation.value, dict):
                    key = (method.upper(), path)
                    found[key] = self._called.get(key) or operation.text("operationId")
        return found

    @cached_property
    def by_id(self) -> dict[str, list[tuple[str, str]]]:
        """operationId to the operations that have it: more than one is a mistake of the document."""
        found: dict[str, list[tuple[str, str]]] = {}
        for key, name in self.index.items():
            if name is not None:
                found.setdefault(name, []).append(key)
        return found

    def find(self, name: str) -> list[tuple[str, str]]:
        """The operations that `name` may mean: an operationId, or METHOD and path."""
        if name in self.by_id:
            return self.by_id[name]
        if name in self._moved:
            return [self._moved[name]]
        method, _, path = name.partition(" ")
        keys = [(method.upper(), path), (method.upper(), path.strip())]
        return [key for key in keys if key in self.index][:1]

    def operation(self, key: tuple[str, str]) -> Operation | None:
        """The operation at (METHOD, path); None after a report."""
        if key not in self._operations:
            from jivsgen.spec.operations import read_operation

            self._operations[key] = read_operation(self, key)
        return self._operations[key]

    @cached_property
    def schemas(self) -> Schemas:
        """Answers questions about the document's schemas; validators are compiled once for all profiles."""
        return Schemas(self.documents, self.version)

    def scheme(self, name: str) -> Scheme | None:
        """The security scheme of that name, or None where the document defines none."""
        node = self.documents.resolve(self.root.at("components", "securitySchemes", name))
        return _scheme(name, node) if node else None

    @cached_property
    def schemes(self) -> tuple[Scheme, ...]:
        """Every security scheme that the document defines."""
        listed = self.root.at("components", "securitySchemes")
        found = (self.scheme(name) for name, _ in listed.items()) if listed else ()
        return tuple(scheme for scheme in found if scheme)

    @cached_property
    def base_path(self) -> str:
        """The path of the first server, without a final slash (OpenAPI 3.0.3, Server Object; a document without servers has the
        server `/`)."""
        return _split(server_url(self.root))[1]

    def foreign_server(self, owner: Node) -> str:
        """The URL of the first server that an operation or a path item has of its own; empty where that is the document's."""
        if not (url := server_url(owner)):
            return ""
        (host, path), (known, own) = _split(url), _split(server_url(self.root))
        return "" if host in ("", known) and path == own else url


def server_url(owner: Node) -> str:
    """The URL of the first server of the document, a path item or an operation, variables at their defaults; empty without
    any."""
    server = next((owner.get("servers") or owner).elements(), None)
    url = (server and server.text("url")) or ""
    variables = server.get("variables") if server else None
    for name, variable in variables.items() if variables else ():
        default = variable.get("default")
        url = url.replace("{" + name + "}", str(default.value) if default else "")
    return url


def _split(url: str) -> tuple[str, str]:
    """Scheme and host, and the path without a final slash and without dot segments; a relative URL is one of the host's root."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    path = urlsplit(urljoin("http://host", f"/{parts.path.lstrip('/')}")).path.strip("/")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "", f"/{path}" if path else ""


def _scheme(name: str, node: Node) -> Scheme:
    kind, place, field = "", "header", "Authorization"
    declared, http = node.text("type"), (node.text("scheme") or "").lower()
    if declared in ("oauth2", "openIdConnect") or (declared == "http" and http == "bearer"):
        kind = "token"
    elif declared == "http" and http == "basic":
        kind = "basic"
    elif declared == "apiKey":
        place, field = node.text("in") or "", node.text("name") or ""
        legal = (
            bool(field)
            if place == "query"
            else place in ("header", "cookie") and re.fullmatch(FIELD_NAME, field)
        )
        kind = "key" if legal else ""
    flow = node.at("flows", "clientCredentials") if declared == "oauth2" else None
    return Scheme(name, kind, place, field, (flow and flow.text("tokenUrl")) or "", node)
