"""A request's method and path become the operation that they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from msgspec import Struct

from jivsgen.spec import Api, Operation


class _Template(Struct, frozen=True):
    """`segments` are literals, or patterns with the names of the parameters that their groups are."""

    path: str
    segments: tuple[str | tuple[re.Pattern[str], tuple[str, ...]], ...]


class Router:
    """Literal segments win over parameters (OpenAPI 3.0.3, Paths Object). Operations are read when they are first
    called."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.base = _split(api.base_path)
        self._by_shape: dict[tuple[str, int], list[_Template]] = {}
        for method, path in api.index:
            template = _Template(path, tuple(map(_segment, _split(path))))
            self._by_shape.setdefault((method, len(template.segments)), []).append(template)
        for listed in self._by_shape.values():
            listed.sort(key=lambda one: ["{" in segment for segment in _split(one.path)])

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its decoded path parameters. A GET answers a HEAD that is not documented (RFC 9110)."""
        segments = [unquote(segment) for segment in _split(path)]
        if segments[: len(self.base)] != self.base:
            return None
        segments = segments[len(self.base) :]
        for template in self._by_shape.get((method, len(segments)), ()):
            bound = _match(template, segments)
            if bound is not None and (operation := self.api.operation((method, template.path))):
                return operation, bound
        return self.find("GET", path) if method == "HEAD" else None

    def methods(self, path: str) -> Iterator[str]:
        """The methods that the path has."""
        for method in sorted({"HEAD", *(method for method, _ in self._by_shape)}):
            if self.find(method, path):
                yield method


def _split(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


def _segment(text: str) -> str | tuple[re.Pattern[str], tuple[str, ...]]:
    pieces = re.split(r"\{([^{}]*)\}", text)
    if len(pieces) == 1:
        return text
    pattern = "(.+)".join(map(re.escape, pieces[::2]))
    return re.compile(pattern, re.DOTALL), tuple(pieces[1::2])


def _match(template: _Template, segments: list[str]) -> dict[str, str] | None:
    bound: dict[str, str] = {}
    for wanted, given in zip(template.segments, segments, strict=True):
        if isinstance(wanted, str):
            if wanted != given:
                return None
        elif found := wanted[0].fullmatch(given):
            bound.update(zip(wanted[1], found.groups(), strict=True))
        else:
            return None
    return bound
