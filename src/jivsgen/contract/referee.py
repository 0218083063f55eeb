"""openapi-core's verdict on requests, and on the examples that a plan uses as data."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from jivsgen.contract.reading import Readers, validator_of
from jivsgen.contract.samples import Exchange, Sampler
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan
from jivsgen.plan.texts import PATH, well_formed
from jivsgen.spec import Api


class PlannedRequest(Struct):
    """An exchange in the protocol of openapi_core.protocols.Request."""

    host_url: str
    path: str
    method: str
    parameters: Any
    content_type: str
    body: bytes | None

    @property
    def full_url_pattern(self) -> str:
        return self.host_url + self.path


class Referee:
    """Judges against one API."""

    def __init__(self, api: Api) -> None:
        from jsonschema_path import SchemaPath
        from openapi_core import Config, OpenAPI

        from jivsgen.contract.styles import Styles

        self.api = api
        path = api.documents.root.path.resolve()
        config = Config(
            spec_validator_cls=None,
            extra_media_type_deserializers=Readers(),
            request_validator_cls=validator_of(api.version),
            style_deserializers_factory=Styles(api.version),
        )
        content = _encoded_paths(_with_readable_schemes(api.root.value))
        # What it follows on its own is what the compiler would: openapi-core's handlers ask any server and read any file.
        schema = SchemaPath.from_dict(
            content, base_uri=path.as_uri(), handlers=_OneHandler(api.documents.content_at)
        )
        self.openapi = OpenAPI(schema, config=config)
        servers = api.root.get("servers")
        first = next(servers.elements(), None) if servers else None
        url = urlsplit((first and first.text("url")) or "")
        self.host = f"{url.scheme}://{url.netloc}" if url.scheme and url.netloc else "http://localhost"

    def objections(self, exchange: Exchange) -> list[str]:
        """What the contract has against a request; empty: nothing."""
        objection = self.request_objection(self._request(exchange))
        return list(_reasons(objection)) if objection else []

    def request_objection(self, request: Any) -> BaseException | None:
        """What openapi-core says against a request. It also warns of what is deprecated, and of certificates: that is no news to
        those who verify scripts."""
        from openapi_core.exceptions import OpenAPIError

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.openapi.validate_request(request)
            except OpenAPIError as objection:
                return objection
        return None

    def _request(self, exchange: Exchange) -> PlannedRequest:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        parameters = RequestParameters(
            query=ImmutableMultiDict(exchange.query),
            header=Headers(list(exchange.headers)),
            cookie=ImmutableMultiDict(cookies(exchange.headers)),
        )
        return PlannedRequest(
            self.host,
            self.api.base_path + exchange.path,
            exchange.method.lower(),
            parameters,
            exchange.media_type or "",
            exchange.body,
        )


class _OneHandler(dict[str, Callable[[str], Any]]):
    """Opens what a reference names, whatever its scheme: of one that has no handler, jsonschema-path would ask urllib."""

    def __init__(self, handler: Callable[[str], Any]) -> None:
        super().__init__()
        self.handler = handler

    def __contains__(self, scheme: object) -> bool:
        return True

    def __getitem__(self, scheme: str) -> Callable[[str], Any]:
        return self.handler


def _encoded_paths(root: dict[str, Any]) -> dict[str, Any]:
    """The document with its path templates as they are sent: openapi-core compares them with a request's path letter by
    letter, and no request has a space in its path."""
    paths = root.get("paths")
    if not isinstance(paths, dict):
        return root
    return {**root, "paths": {_encoded(path): item for path, item in paths.items()}}


def _encoded(template: str) -> str:
    return "".join(
        piece if piece.startswith("{") else quote(well_formed(piece), safe=PATH)
        for piece in re.split(r"({[^{}]*})", template)
    )


def _with_readable_schemes(root: dict[str, Any]) -> dict[str, Any]:
    """The document with its security schemes as openapi-core 0.23 knows to look for them: it accepts any request where OAuth2 or
    OpenID Connect is asked for, compares the names of HTTP schemes by case (RFC 9110 section 11.1 does not), and ends with a
    KeyError at `mutualTLS` (OpenAPI 3.1.0), of which no request shows anything."""
    components = root.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    if not isinstance(components, dict) or not isinstance(schemes, dict):
        return root
    known = {
        name: _readable(scheme) if isinstance(scheme, dict) else scheme for name, scheme in schemes.items()
    }
    return {**root, "components": {**components, "securitySchemes": known}}


def _readable(scheme: dict[str, Any]) -> dict[str, Any]:
    kind, named = scheme.get("type"), scheme.get("scheme")
    if kind in ("oauth2", "openIdConnect"):
        return {"type": "http", "scheme": "bearer"}
    if kind == "mutualTLS":
        return {"type": "openIdConnect"}
    return {**scheme, "scheme": named.lower()} if kind == "http" and isinstance(named, str) else scheme


def cookies(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The pairs of a request's `Cookie` header (RFC 6265 section 4.2.1), decoded as those of the query are."""
    sent = "; ".join(value for name, value in headers if name.lower() == "cookie")
    pairs = (pair.partition("=") for pair in sent.split("; ") if "=" in pair)
    return [(name, unquote(value)) for name, _, value in pairs]


def _reasons(objection: BaseException) -> Iterator[str]:
    """The exception and what caused it, one line each."""
    seen: set[str] = set()
    current: BaseException | None = objection
    while current is not None:
        details = getattr(current, "schema_errors", ())
        for text in [str(current), *(getattr(detail, "message", str(detail)) for detail in details)]:
            line = " ".join(text.split())[:300]
            if line and line not in seen:
                seen.add(line)
                yield line
        current = current.__cause__


def judge_plan(plan: Plan, referee: Referee, diagnostics: Diagnostics) -> int:
    """Hold every distinct request of the plan against the contract; returns how many were judged."""
    api = referee.api
    judged = 0
    for exchange in Sampler(plan, api).exchanges():
        if not exchange.lawful:
            continue
        judged += 1
        if reasons := referee.objections(exchange):
            operation = api.operation((exchange.method, exchange.template))
            place = operation.node.place(key=True) if operation else None
            said = f"{plan.name}: openapi-core refuses the request of {exchange.subject}: {reasons[0]}"
            diagnostics.add("contract-violation", said, place, "\n".join(reasons[1:]))
    return judged
