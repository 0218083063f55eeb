"""Where the answer of an operation holds the value that a parameter of another one wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from msgspec import Struct

from jivsgen.init.yaml_text import is_writable
from jivsgen.plan.synthesis import NoValue, value_of
from jivsgen.spec import Api, MediaType, Node, Operation, Response
from jivsgen.spec.names import joined, singular, words
from jivsgen.spec.schema import Schemas

Path: TypeAlias = tuple[str | int, ...]
Key: TypeAlias = tuple[str, str]

_WRAPPERS = frozenset(
    {"data", "result", "results", "item", "items", "payload", "response", "content", "value", "values", "records", "record",
     "rows", "entries", "list", "body", "attributes", "object", "embedded", "edges", "node", "nodes"}
)  # fmt: skip
_SYNONYMS = {
    "id": ("id", "uuid", "guid", "identifier"),
    "uuid": ("uuid", "id"),
    "username": ("username", "login"),
}
DEEPEST = 4


class Found(Struct, frozen=True):
    """`path` leads to the value in every answer with one of `statuses`; `types` are its JSON types."""

    path: Path
    types: frozenset[str]
    statuses: tuple[int, ...]


class Want(Struct, frozen=True):
    """A value that is looked for: the name of the parameter or member that takes it, its schema where there is one, and the
    place of the parameter."""

    name: str
    schema: Node | None
    place: str = ""


def find_value(api: Api, operation: Operation, want: Want, noun: str, *, listed: bool) -> Found | None:
    """The value in an answer of `operation`, whose resource is called `noun`; with `listed` in the first element of a
    list, else outside of any. None where no 2xx answer documents one that fits."""
    return _in_answers(api, operation, want, lambda schema: _search(api.schemas, schema, want, noun, listed))


def linked_value(api: Api, operation: Operation, want: Want, path: Path) -> Found | None:
    """The same for a path that a link names."""

    def reach(schema: Node) -> Path | None:
        return path if api.schemas.reach(schema, path).schemas else None

    return _in_answers(api, operation, want, reach)


def _in_answers(api: Api, operation: Operation, want: Want, search: Any) -> Found | None:
    """The first path that a 2xx answer has, with all 2xx statuses whose answers have it too."""
    statuses = operation.successes or ((200,) if operation.response(200) else ())
    found: Path | None = None
    types: frozenset[str] = frozenset()
    having: list[int] = []
    for status in statuses:
        response = operation.response(status)
        schema = response.json_schema if response else None
        if response is None or schema is None:
            continue
        if found is None and (path := search(schema)) is not None and _in_example(api, response, path):
            reached = api.schemas.reach(schema, path).schemas
            types = frozenset[str]().union(*(api.schemas.types(node) for node in reached)) - {"null"}
            if _serves(types, api.schemas.types(want.schema)):
                found = path
        if found is not None and api.schemas.reach(schema, found).schemas:
            having.append(status)
    return Found(found, types, tuple(having)) if found is not None else None


def _in_example(api: Api, response: Response, path: Path) -> bool:
    """Whether the example of the answer, if it has one, holds something there: who plays the spec may well send it. Where
    there is none, whether the schema allows any answer at all."""
    media = next(one for one in response.content if one.is_json and one.schema)
    example: Any = next(examples_of(api, media.node), None)
    if example is None:
        return _can_be(api, media, path)
    for step in path:
        inside = (
            step < len(example)
            if isinstance(example, list) and isinstance(step, int)
            else isinstance(example, dict) and step in example
        )
        if not inside:
            return False
        example = example[step]
    return True


def _can_be(api: Api, media: MediaType, path: Path) -> bool:
    """Whether the schema allows an answer, and elements of the lists that the path leads through."""
    ends = [0, *(end for end, step in enumerate(path, 1) if isinstance(step, int))]
    try:
        for end in ends if media.schema else ():
            value_of(api.schemas, api.schemas.reach(media.schema, path[:end]).schemas[0])
    except NoValue:
        return False
    return True


def examples_of(api: Api, node: Node) -> Iterator[Any]:
    """The values under `example` and `examples` of a media type or a parameter (OpenAPI 3.0.3, Media Type Object)."""
    if (example := node.get("example")) is not None:
        yield example.value
    named = node.get("examples")
    for _, listed in named.items() if named else ():
        one = api.documents.resolve(listed)
        if one is not None and (value := one.get("value")) is not None:
            yield value.value


def _serves(types: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether a value of these types can stand for the parameter."""
    scalars = types & {"string", "integer", "number"}
    if not types or types != scalars:
        return False
    wanted -= {"null"}
    return (
        not wanted
        or "string" in wanted
        or bool(types & wanted)
        or (types == {"integer"} and "number" in wanted)
    )


def _search(schemas: Schemas, schema: Node, want: Want, noun: str, listed: bool) -> Path | None:
    """Breadth first, through members that only wrap; the best name at the least depth."""
    wanted = _names(want.name, noun)
    level: list[tuple[Path, Node]] = [((), schema)]
    for _ in range(DEEPEST):
        for name in wanted:
            for path, node in level:
                if listed != any(isinstance(step, int) for step in path):
                    continue
                for member, found in schemas.members(node).items():
                    if joined(member) == name and _is_scalar(schemas, found) and is_sayable(member):
                        return (*path, member)
        level = [below for path, node in level for below in _below(schemas, path, node, noun, listed)]
    return None


def is_sayable(member: str) -> bool:
    """Whether a path can name the member, in a file: both kinds of quotes are one too many."""
    return not {"'", '"'} <= set(member) and is_writable(member)


def _below(schemas: Schemas, path: Path, node: Node, noun: str, listed: bool) -> Iterator[tuple[Path, Node]]:
    items = schemas.items(node)
    if items is not None:
        if listed and not any(isinstance(step, int) for step in path):
            yield (*path, 0), items
        return
    members = schemas.members(node)
    nouns = {joined(noun), singular(joined(noun)), *(singular(word) for word in words(noun)[-1:])}
    for name, member in members.items():
        plain = joined(name)
        if plain in _WRAPPERS or plain in nouns or singular(plain) in nouns or len(members) == 1:
            yield (*path, name), member


def _names(parameter: str, noun: str) -> list[str]:
    """What a member may be called that holds the value of the parameter: the most telling first."""
    plain, owner = joined(parameter), singular(joined(noun))
    last = singular((words(noun) or [""])[-1])
    names = [plain, *(plain.removeprefix(prefix) for prefix in (owner, last) if plain.startswith(prefix))]
    if (words(parameter) or [""])[-1] in ("id", "uuid") or plain in (owner, last):
        names += [f"{last}id", *_SYNONYMS["id"]]
    names += _SYNONYMS.get(plain, ())
    return [name for name in dict.fromkeys(names) if name]


def _is_scalar(schemas: Schemas, node: Node) -> bool:
    types = schemas.types(node) - {"null"}
    return bool(types) and types <= {"string", "integer", "number"}
