"""Every row of a feed, held against the schema of the place that its columns are used in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.plan.model import Feed
from jivsgen.plan.samples import sample
from jivsgen.plan.violations import report
from jivsgen.profile.values import Column, Text
from jivsgen.spec import Node
from jivsgen.spec.schema import Schemas, Violation


def check_rows(
    text: Text,
    feeds: Mapping[str, Feed],
    nodes: Iterable[Node],
    schemas: Schemas,
    subject: str,
    diagnostics: Diagnostics,
    read: Callable[[str], Any],
) -> None:
    """Report the first row whose value breaks one of the schemas at `nodes`, and how many do so. A text that holds more that
    is only known at run time, or columns of two feeds, is left to the run. `read` is what the receiver makes of it."""
    feed = _only_feed(text, feeds)
    if feed is None:
        return
    for node in nodes:
        broken = list(_broken(_texts(text, feed, feeds), node, schemas, read))
        if broken:
            row, violation = broken[0]
            place = Place(feed.shown, feed.line(row))
            where = f", in {len(broken)} rows of the feed," if len(broken) > 1 else ""
            report(diagnostics, violation, subject + where, partial(_at, place), node)


def _at(place: Place, _path: object, _key: bool) -> Place:
    return place


def _broken(
    texts: Iterable[tuple[int, str]], node: Node, schemas: Schemas, read: Callable[[str], Any]
) -> Iterator[tuple[int, Violation]]:
    """The rows that break the schema, each with what it breaks first; equal values are judged once."""
    judged: dict[str, Violation | None] = {}
    for row, value in texts:
        if value not in judged:
            judged[value] = next(iter(schemas.violations(node, read(value))), None)
        if violation := judged[value]:
            yield row, violation


def _only_feed(text: Text, feeds: Mapping[str, Feed]) -> Feed | None:
    """The feed whose columns are all that a text does not say itself, or that another sample does not speak for."""
    names = {part.feed for part in text if isinstance(part, Column)}
    rest = tuple(part for part in text if not isinstance(part, Column))
    feed = feeds.get(next(iter(names))) if len(names) == 1 else None
    if feed is None or not sample(rest, {}, {}).exact:
        return None
    known = all(part.column in feed.columns for part in text if isinstance(part, Column))
    return feed if known else None


def _texts(text: Text, feed: Feed, feeds: Mapping[str, Feed]) -> Iterator[tuple[int, str]]:
    """What each row, numbered from 0, makes of the text."""
    index = {column: number for number, column in enumerate(feed.columns)}
    pieces = [
        index[part.column] if isinstance(part, Column) else sample((part,), {}, feeds).text for part in text
    ]
    for number, row in enumerate(feed.table()):
        yield number, "".join(row[piece] if isinstance(piece, int) else piece for piece in pieces)
