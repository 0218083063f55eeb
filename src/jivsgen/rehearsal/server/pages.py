"""Lists, a page at a time: what a client may ask for, and the numbers beside a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from jivsgen.spec import Operation, Parameter

_SIZE = (
    "size",
    "pageSize",
    "page_size",
    "limit",
    "per_page",
    "perPage",
    "take",
    "maxResults",
    "max_results",
    "count",
    "max",
)
_PAGE = ("page", "number", "currentPage", "current_page", "pageNumber", "page_number", "pageIndex")
_OFFSET = ("offset", "skip", "start")
_TOTAL = ("totalElements", "total", "totalCount", "total_count", "totalItems", "total_items")
_PAGES = ("totalPages", "total_pages", "pageCount", "page_count", "pages")
_MORE = ("hasNext", "has_next", "hasMore", "has_more")
DEFAULT_SIZE = 20
LARGEST = 1_000_000


class Page(Struct, frozen=True):
    """Which part of a list was asked for: `number` counts from the number that the API gives its first page."""

    size: int
    number: int
    start: int
    wanted: Mapping[str, str]

    @classmethod
    def asked(
        cls, operation: Operation, pairs: Iterable[tuple[str, str]], fields: Mapping[str, object]
    ) -> Page:
        """As the query says; `fields` of an element that are parameters too are filters."""
        declared = {one.name: one for one in operation.parameters if one.place == "query"}
        query = {name: value for name, value in pairs if name in declared}
        first = _first_page(declared)
        size = _number(query, _SIZE, _default(declared, _SIZE))
        number = _number(query, _PAGE, first)
        start = _number(query, _OFFSET, max(number - first, 0) * size)
        paging = {*_SIZE, *_PAGE, *_OFFSET}
        filters = {
            name: value
            for name, value in query.items()
            if name in fields and name not in paging and not _is_date(declared[name])
        }
        return cls(size, number, start, filters)

    @staticmethod
    def is_asked_of(operation: Operation, fields: Mapping[str, object]) -> bool:
        """Whether a client of the operation can ask for a part of its list."""
        declared = {one.name: one for one in operation.parameters if one.place == "query"}
        return any(
            name in (*_SIZE, *_PAGE, *_OFFSET) or (name in fields and not _is_date(one))
            for name, one in declared.items()
        )

    def count(self, body: Any, owner: Any, rows: int, total: int) -> None:
        """Make the numbers true that stand beside the list, or in a mapping beside it (`page: {number: 0}`)."""
        is_last = self.start + rows >= total
        numbers: dict[str, Any] = {
            **dict.fromkeys(_SIZE, self.size), **dict.fromkeys(_PAGE, self.number), **dict.fromkeys(_TOTAL, total),
            **dict.fromkeys(_PAGES, -(-total // self.size) if self.size else 0), **dict.fromkeys(_MORE, not is_last),
            **dict.fromkeys(_OFFSET, self.start), "numberOfElements": rows, "count": rows,
            "first": self.start == 0, "last": is_last, "empty": not rows,
        }  # fmt: skip
        for near in (owner, body):
            if isinstance(near, dict):
                for place in (near, *(one for one in near.values() if isinstance(one, dict))):
                    place.update(
                        {n: v for n, v in numbers.items() if n in place and type(place[n]) is type(v)}
                    )


def _number(query: Mapping[str, str], names: tuple[str, ...], otherwise: int) -> int:
    text = next((query[name] for name in names if name in query), "")
    return min(int(text), LARGEST) if text.isdecimal() and len(text) < 20 else otherwise


def _is_date(parameter: Parameter) -> bool:
    """A date in a query bounds a period; it is no value that a field has."""
    schema = parameter.schema
    return schema is not None and schema.text("format") in ("date", "date-time")


def _rule(declared: Mapping[str, Parameter], names: tuple[str, ...], keyword: str) -> Any:
    for name in names:
        schema = declared[name].schema if name in declared else None
        if schema is not None and isinstance(schema.value, dict) and keyword in schema.value:
            return schema.value[keyword]
    return None


def _default(declared: Mapping[str, Parameter], names: tuple[str, ...]) -> int:
    value = _rule(declared, names, "default")
    return value if isinstance(value, int) and 0 < value <= LARGEST else DEFAULT_SIZE


def _first_page(declared: Mapping[str, Parameter]) -> int:
    """0 where the parameter may be 0 or is so by default; else 1."""
    said = (_rule(declared, _PAGE, "minimum"), _rule(declared, _PAGE, "default"))
    return 0 if 0 in said and 1 not in said else 1
