"""Styles of parameters that openapi-core 0.23 reads otherwise than OpenAPI writes them (3.0.4, Style Examples).

It looks for label and matrix under names that no path template has, refuses deepObject without `explode`, splits at the
three characters `%20` in a query that is decoded already, and takes an object that is spread over parameters for missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openapi_core.casting.schemas import (
    oas30_write_schema_casters_factory,
    oas31_schema_casters_factory,
)
from openapi_core.deserializing.styles import StyleDeserializersFactory, style_deserializers
from openapi_core.deserializing.styles.deserializers import StyleDeserializer

Location = Mapping[str, Any]
Read = Callable[[bool, str, str, Location], Any]


def _label(explode: bool, name: str, kind: str, location: Location) -> Any:
    return _in_path(location[name].removeprefix("."), "." if explode else ",", explode, kind)


def _matrix(explode: bool, name: str, kind: str, location: Location) -> Any:
    text = location[name].removeprefix(";")
    if not explode or kind not in ("array", "object"):
        return _in_path(text.removeprefix(f"{name}="), ",", False, kind)
    if kind == "array":
        return [one.removeprefix(f"{name}=") for one in text.split(";")]
    return _in_path(text, ";", True, kind)


def _in_path(text: str, separator: str, explode: bool, kind: str) -> Any:
    pieces = text.split(separator)
    if kind == "array":
        return pieces
    if kind == "object" and explode:
        return dict(piece.split("=", 1) for piece in pieces)
    return dict(zip(pieces[::2], pieces[1::2], strict=True)) if kind == "object" else text


def _spaced(explode: bool, name: str, kind: str, location: Location) -> Any:
    if explode:
        return style_deserializers["form"](explode, name, kind, location)
    return _in_path(location[name], " ", explode, kind)


def _piped(explode: bool, name: str, kind: str, location: Location) -> Any:
    if explode:
        return style_deserializers["form"](explode, name, kind, location)
    return _in_path(location[name], "|", explode, kind)


def _deep(_explode: bool, name: str, kind: str, location: Location) -> Any:
    return style_deserializers["deepObject"](True, name, kind, location)


_READ: dict[str, Read] = {
    **style_deserializers,
    "label": _label,
    "matrix": _matrix,
    "spaceDelimited": _spaced,
    "pipeDelimited": _piped,
    "deepObject": _deep,
}


class Styles(StyleDeserializersFactory):
    """Gives openapi-core the readings of this file. `version` is `3.0` or `3.1`."""

    def __init__(self, version: str) -> None:
        casters = oas30_write_schema_casters_factory if version == "3.0" else oas31_schema_casters_factory
        super().__init__(casters, _READ)

    def create(self, spec: Any, schema: Any, style: str, explode: bool, name: str) -> StyleDeserializer:
        made = super().create(spec, schema, style, explode, name)
        if style == "form" and explode and made.schema_type == "object" and "properties" in schema:
            members = list((schema / "properties").str_keys())
            made.deserializer_callable = lambda _explode, own, _kind, location: _spread(
                own, members, location
            )
        return made


def _spread(name: str, members: list[str], location: Location) -> dict[str, Any]:
    found = {member: location[member] for member in members if member in location}
    if not found:
        raise KeyError(name)
    return found
