"""An OpenAPI 3.0 or 3.1 document becomes an `Api`: operations, parameters, bodies, responses, security."""

from __future__ import annotations

from jivsgen.spec.api import Api, MediaType, Operation, Parameter, Response
from jivsgen.spec.load import laid_over, load_api
from jivsgen.spec.node import Node
from jivsgen.spec.remote import Remotes

__all__ = [
    "Api",
    "MediaType",
    "Node",
    "Operation",
    "Parameter",
    "Remotes",
    "Response",
    "laid_over",
    "load_api",
]
