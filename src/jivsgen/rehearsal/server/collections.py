"""Which paths of a document are collections, by their shape alone: `/books` has items where there is `/books/{id}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jivsgen.rehearsal.server.behaviour import Resource
from jivsgen.spec import Api, Operation
from jivsgen.spec.names import singular, words

NATURAL = ("uuid", "key", "slug", "name", "number", "code", "login")
"""What an id may be called where nothing is called `id`."""


class Collection(Struct, frozen=True):
    """`owners` are the parameters of its path. `references` are the names by which another answer speaks of an item
    (`bookId`), `names` those that its id may have in its own body, the likeliest first."""

    path: str
    parameter: str
    owners: tuple[str, ...]
    creation: Operation | None
    names: tuple[str, ...]
    references: tuple[str, ...]
    behaviour: Resource

    @property
    def item_path(self) -> str:
        return f"{self.path.rstrip('/')}/{{{self.parameter}}}"

    @property
    def noun(self) -> str:
        """What messages call an item."""
        return self.references[0] if self.references else self.parameter


class Collections:
    """All collections of a document, and the paths that hold one thing (`/preferences`), which is read and replaced."""

    def __init__(self, api: Api, resources: Mapping[str, Resource]) -> None:
        self._by_path = {one.path: one for one in _collections(api, resources)}
        self._owners: dict[str, tuple[Collection, ...]] = {}
        items = {one.item_path for one in self._by_path.values()}
        self._single = {
            path
            for method, path in api.index
            if method in ("PUT", "PATCH") and ("GET", path) in api.index and path not in items
        } - set(self._by_path)

    def at(self, path: str) -> Collection | None:
        """The collection of that very path."""
        return self._by_path.get(path)

    def is_single(self, path: str) -> bool:
        """Whether the path holds one thing, no items."""
        return path in self._single

    def through(self, path: str) -> tuple[Collection, ...]:
        """The collections whose items the path leads through, the outermost first."""
        if path not in self._owners:
            found = [
                one
                for one in self._by_path.values()
                if path == one.item_path or path.startswith(one.item_path + "/")
            ]
            self._owners[path] = tuple(sorted(found, key=lambda one: len(one.path)))
        return self._owners[path]

    def __iter__(self) -> Iterator[Collection]:
        return iter(self._by_path.values())


def _collections(api: Api, resources: Mapping[str, Resource]) -> list[Collection]:
    found = []
    for path in sorted({path for _, path in api.index}):
        above, _, last = path.rstrip("/").rpartition("/")
        if not (last.startswith("{") and last.endswith("}") and above) or above.endswith("}"):
            continue
        behaviour = resources.get(api.base_path + above) or resources.get(above) or Resource()
        references = _references(last[1:-1], above)
        found.append(
            Collection(
                path=above,
                parameter=last[1:-1],
                owners=tuple(s[1:-1] for s in above.split("/") if s.startswith("{") and s.endswith("}")),
                creation=api.operation(("POST", above)) if ("POST", above) in api.index else None,
                names=tuple(dict.fromkeys((last[1:-1], "id", *references, *NATURAL))),
                references=references,
                behaviour=behaviour,
            )
        )
    return found


def _references(parameter: str, path: str) -> tuple[str, ...]:
    *first, last = words(path.rpartition("/")[2]) or [""]
    noun = [*first, singular(last)]
    camel = noun[0] + "".join(word.capitalize() for word in noun[1:])
    listed = (parameter, f"{camel}Id", f"{'_'.join(noun)}_id")
    return tuple(name for name in dict.fromkeys(listed) if name != "id")
