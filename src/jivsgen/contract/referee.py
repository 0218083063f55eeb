"""openapi-core's verdict on requests, and on the examples that a plan uses as data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from jivsgen.contract.reading import Readers, styles_of, validator_of
from jivsgen.contract.samples import Exchange, Sampler
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan
from jivsgen.plan.texts import PATH, well_formed
from jivsgen.spec import Api


@dataclass(slots=True)
class PlannedRequest:
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
        from openapi_core import Config, OpenAPI

        self.api = api
        path = api.documents.root.path.resolve()
        config = Config(
            spec_validator_cls=None,
            extra_media_type_deserializers=Readers(),
            style_deserializers_factory=styles_of(api.version),
            request_validator_cls=validator_of(api.version),
        )
        content = _encoded_paths(_without_certificates(api.root.value))
        self.openapi = OpenAPI.from_dict(content, config=config, base_uri=path.as_uri())
        servers = api.root.get("servers")
        first = next(servers.elements(), None) if servers else None
        url = urlsplit((first and first.text("url")) or "")
        self.host = f"{url.scheme}://{url.netloc}" if url.scheme and url.netloc else "http://localhost"

    def objections(self, exchange: Exchange) -> list[str]:
        """What the contract has against a request; empty: nothing."""
        from openapi_core.exceptions import OpenAPIError

        try:
            self.openapi.validate_request(self._request(exchange))
        except OpenAPIError as objection:
            return list(_reasons(objection))
        return []

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


def _without_certificates(root: dict[str, Any]) -> dict[str, Any]:
    """The document with `mutualTLS` (OpenAPI 3.1.0, Security Scheme Object) as a scheme that no request can show either:
    openapi-core 0.23 ends with a KeyError where it meets one."""
    components = root.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    if not isinstance(components, dict) or not isinstance(schemes, dict):
        return root
    known = {
        name: {**scheme, "type": "openIdConnect"}
        if isinstance(scheme, dict) and scheme.get("type") == "mutualTLS"
        else scheme
        for name, scheme in schemes.items()
    }
    return {**root, "components": {**components, "securitySchemes": known}}


def cookies(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The pairs of a request's `Cookie` header (RFC 6265 section 4.2.1)."""
    sent = "; ".join(value for name, value in headers if name.lower() == "cookie")
    pairs = (pair.partition("=") for pair in sent.split("; ") if "=" in pair)
    return [(name, value) for name, _, value in pairs]


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
