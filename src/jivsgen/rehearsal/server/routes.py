"""A request's method and path become the operation that they mean."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from jivsgen.spec import Api, Operation


class Router:
    """Literal segments win over parameters (OpenAPI 3.0.3, Paths Object). Operations are read when they are first
    called."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.base = [segment for segment in api.base_path.split("/") if segment]
        self._by_shape: dict[tuple[str, int], list[tuple[str, list[str]]]] = {}
        for method, path in api.index:
            segments = path.strip("/").split("/")
            self._by_shape.setdefault((method, len(segments)), []).append((path, segments))
        for listed in self._by_shape.values():
            listed.sort(key=lambda one: ["{" in segment for segment in one[1]])

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its decoded path parameters."""
        segments = path.strip("/").split("/")
        if segments[: len(self.base)] != self.base:
            return None
        segments = segments[len(self.base) :] or [""]
        for template, pattern in self._by_shape.get((method, len(segments)), ()):
            bound = _match(pattern, segments)
            if bound is not None and (operation := self.api.operation((method, template))):
                return operation, bound
        return None

    def methods(self, path: str) -> Iterator[str]:
        """The methods that the path has."""
        for method in sorted({method for method, _ in self._by_shape}):
            if self.find(method, path):
                yield method


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    bound: dict[str, str] = {}
    for wanted, given in zip(pattern, segments, strict=True):
        if "{" not in wanted:
            if wanted not in (given, unquote(given)):
                return None
            continue
        before, _, rest = wanted.partition("{")
        name, _, after = rest.partition("}")
        value = unquote(given)
        if "{" in after:  # several parameters in one segment: the first takes it all
            bound[name] = value
        elif value.startswith(before) and value.endswith(after) and len(value) > len(before) + len(after):
            bound[name] = value[len(before) : len(value) - len(after) or None]
        else:
            return None
    return bound
