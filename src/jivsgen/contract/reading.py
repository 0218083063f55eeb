"""How openapi-core 0.23 is made to read bodies that it would misread.

- Every media type with the suffix `+json` (RFC 6839, section 3.1) is JSON: it knows one of them.
- A form with parts is read byte for byte, where its own way leads through text; a part of a number is a number.
- An object in a form with pairs is JSON text, unless its encoding names a style (OpenAPI 3.0.4, section 4.7.15).
- Other bodies and parts are strings, as JSON Schema needs them: bytes that are no text, one character each.
- XML whose schema describes what the text means is not judged.
- A body of a range that JSON is in (`*/*`) is JSON where it can be: it is read by the name that the document has for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from jivsgen.contract.multipart import parts_of

_ITS_OWN = frozenset({"application/json", "application/x-www-form-urlencoded", "text/plain"})
_RANGES = ("*/*", "application/*")


class Readers(dict[str, Callable[..., Any]]):
    """Media type to what reads it."""

    def __contains__(self, media_type: object) -> bool:
        return media_type not in _ITS_OWN

    def __missing__(self, media_type: str) -> Callable[..., Any]:
        if media_type == "multipart/form-data":
            return _form
        if media_type.endswith("+json"):
            return lambda body, **_parameters: json.loads(body)
        if media_type in _RANGES:
            return _json_or_text
        return _xml if media_type.endswith(("/xml", "+xml")) else _text


class Xml(str):
    """A text that says what a schema describes in a way of its own."""

    __slots__ = ()


def _form(body: bytes, **parameters: str) -> Any:
    from werkzeug.datastructures import ImmutableMultiDict

    content_type = f'multipart/form-data; boundary="{parameters.get("boundary", "")}"'
    return ImmutableMultiDict([(part.name, part.content) for part in parts_of(body, content_type)])


def _text(body: bytes, **_parameters: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _json_or_text(body: bytes, **_parameters: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return _text(body)


def _xml(body: bytes, **_parameters: str) -> str:
    return Xml(_text(body))


def _is_text(value: Any) -> bool:
    """Whether a part was text, or all parts of an array were: JSON has types of its own."""
    return all(isinstance(one, str) for one in (value if isinstance(value, list) else [value]))


def _objects(media_type: Any, body: bytes) -> dict[str, Any]:
    """The members that are objects and have no style: JSON text."""
    from openapi_core.schema.schemas import get_properties

    encoded = media_type.get("encoding", {})
    pairs = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {
        name: json.loads(pairs[name])
        for name, schema in get_properties(media_type / "schema").items()
        if name in pairs and name not in encoded and (schema / "type").read_str("") == "object"
    }


def validator_of(version: str) -> type[Any]:
    """The class that validates requests under OpenAPI `3.0` or `3.1`."""
    from openapi_core import V30RequestValidator, V31RequestValidator

    base: type[Any] = V30RequestValidator if version == "3.0" else V31RequestValidator

    class Validator(base):  # type: ignore[misc]
        def _deserialise_media_type(
            self, media_type: Any, mimetype: str, parameters: Mapping[str, str], value: bytes
        ) -> Any:
            read = super()._deserialise_media_type(media_type, mimetype, parameters, value)
            if mimetype == "application/x-www-form-urlencoded" and "schema" in media_type:
                return {**read, **_objects(media_type, value)}
            if mimetype.startswith("multipart/") and "schema" in media_type:
                texts = {name: one for name, one in read.items() if _is_text(one)}
                caster = self.schema_casters_factory.create(self.spec, media_type / "schema")
                return {**read, **caster.cast(texts)}
            return read

        def _validate_schema(self, schema: Any, value: Any) -> None:
            described = schema is not None and (schema / "type").read_str("") != "string"
            if not (isinstance(value, Xml) and described):
                super()._validate_schema(schema, value)

    return Validator
