"""Styles of parameters that openapi-core 0.23 reads otherwise than OpenAPI writes them (3.0.4, Style Examples).

It looks for label and matrix under names that no path template has, refuses deepObject without `explode`, splits at the
three characters `%20` of a query that is decoded already, and takes an object that is spread over parameters for missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from openapi_core.casting.schemas import schema_casters_factory  # noqa: F401
