"""Parameters from text: the styles of OpenAPI (3.0.3, Parameter Object) read backwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from jivsgen.plan.samples import read_as
from jivsgen.spec import Parameter
from jivsgen.spec.schema import Schemas

ABSENT: Any = object()
"""No such parameter, no such body."""

_DELIMITED = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Reader:
    """Reads one parameter of one operation; what its schema says of types is found out once."""

    def __init__(self, schemas: Schemas, parameter: Parameter) -> None:
        self.parameter = parameter
        self.types = schemas.types(parameter.schema)
        self.item_types = schemas.types(schemas.items(parameter.schema))
        self.members = {name: schemas.types(node) for name, node in schemas.members(parameter.schema).items()}

    def read(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The value among the (name, text) pairs of its place, or ABSENT. Raises ValueError where it cannot be read."""
        own = self.parameter.name
        if self.parameter.place == "header":
            own = own.lower()
        given = [text for name, text in pairs if name == own]
        if self.parameter.media_type is not None:
            if not given:
                return ABSENT
            return json.loads(given[0]) if self.parameter.is_json else given[0]
        if "object" in self.types and (self.members or self.parameter.style == "deepObject"):
            return self._object(given, pairs)
        if not given:
            return ABSENT
        if "array" in self.types:
            return [read_as(one, self.item_types) for one in self._elements(given)]
        return read_as(self._bare(given[0]), self.types)

    def _elements(self, given: list[str]) -> list[str]:
        parameter = self.parameter
        if parameter.explode and parameter.place in ("query", "cookie"):
            return given
        text = self._bare(given[0])
        elements = text.split(self._separator) if text else []
        return (
            [one.removeprefix(f"{parameter.name}=") for one in elements]
            if parameter.style == "matrix"
            else elements
        )

    @property
    def _separator(self) -> str:
        """What stands between two elements of a list."""
        exploded = {"label": ".", "matrix": ";"} if self.parameter.explode else {}
        return (_DELIMITED | exploded).get(self.parameter.style, ",")

    def _bare(self, text: str) -> str:
        """Without what a path style puts before the value."""
        if self.parameter.style == "label":
            return text.removeprefix(".")
        if self.parameter.style == "matrix":
            return text.removeprefix(";").removeprefix(f"{self.parameter.name}=")
        return text

    def _object(self, given: list[str], pairs: Sequence[tuple[str, str]]) -> Any:
        parameter = self.parameter
        if parameter.style == "deepObject":
            start = f"{parameter.name}["
            found = [(n[len(start) : -1], v) for n, v in pairs if n.startswith(start) and n.endswith("]")]
        elif parameter.is_spread:
            found = [(name, text) for name, text in pairs if name in self.members]
        elif not given:
            return ABSENT
        else:
            found = self._listed(self._bare(given[0]))
        if not found:
            return ABSENT
        value: dict[str, Any] = {}
        for name, text in found:
            types = self.members.get(name, frozenset())
            if "array" in types:
                value.setdefault(name, []).append(text)
            else:
                value[name] = read_as(text, types) if types else text
        return value

    def _listed(self, text: str) -> list[tuple[str, str]]:
        """`role=admin,name=Alex`, or without explode `role,admin,name,Alex`."""
        pieces = text.split(self._separator)
        if self.parameter.explode:
            return [(name, value) for name, _, value in (piece.partition("=") for piece in pieces)]
        if len(pieces) % 2:
            raise ValueError("names and values do not pair")
        return list(zip(pieces[::2], pieces[1::2], strict=True))
