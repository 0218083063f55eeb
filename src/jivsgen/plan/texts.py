"""Putting texts together, with what a URL needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from jivsgen.profile.values import Literal, Part, Text

PATH = "/:@!$&'()*+,;=%"
"""What stays as it is in the constant text of a path template (RFC 3986 section 3.3; `%`: templates may be encoded)."""

_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")

_DOTS = re.compile(r"(?:^|/)((?:\.|%2e){1,2})(?=/|$)", re.IGNORECASE)


class Characters:
    """Characters to look for, as what stands in the brackets of a regular expression. One with characters beyond ASCII takes
    Python a millisecond to make, and few texts need it."""

    def __init__(self, in_ascii: str, beyond: str) -> None:
        self._in_ascii = re.compile(f"[{in_ascii}]")
        self._all = f"[{in_ascii}{beyond}]"

    def search(self, text: str) -> re.Match[str] | None:
        return self._fit(text).search(text)

    def sub(self, written: Callable[[re.Match[str]], str], text: str) -> str:
        return self._fit(text).sub(written, text)

    def _fit(self, text: str) -> re.Pattern[str]:
        return self._in_ascii if text.isascii() else re.compile(self._all)


NOT_XML = Characters(r"\x00-\x08\x0b\x0c\x0e-\x1f", r"\ud800-\udfff\ufffe\uffff")
"""What no XML can hold, not even escaped (XML 1.0, fifth edition, section 2.2)."""


def printable(text: str) -> str:
    """The text for people to read in any script: what no XML can hold is an escape."""
    return NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def join(*pieces: str | Text) -> Text:
    """One text; neighbouring constants become one literal, empty ones vanish."""
    parts: list[Part] = []
    for piece in pieces:
        for part in (Literal(piece),) if isinstance(piece, str) else piece:
            if not isinstance(part, Literal):
                parts.append(part)
            elif part.text:
                before = parts.pop() if parts and isinstance(parts[-1], Literal) else Literal("")
                assert isinstance(before, Literal)
                parts.append(Literal(before.text + part.text))
    return tuple(parts)


def path_of(url: Text) -> Text:
    """The parts of a URL before its query; the last may have the query's beginning."""
    end = next(
        (n for n, part in enumerate(url, 1) if isinstance(part, Literal) and "?" in part.text), len(url)
    )
    return url[:end]


def segments(url: Text) -> frozenset[int]:
    """Which parts are a segment of the path alone, known only at run time: their dots could lead to another path."""
    path = path_of(url)
    around = [part.text if isinstance(part, Literal) else "" for part in (Literal("?"), *path, Literal("?"))]
    return frozenset(
        number
        for number, (before, part, after) in enumerate(zip(around, path, around[2:], strict=False))
        if not isinstance(part, Literal) and before.endswith("/") and after.startswith(("/", "?"))
    )


def has_open_path(url: Text) -> bool:
    """Whether the path has a value that is only known at run time."""
    return any(not isinstance(part, Literal) for part in path_of(url))


def separated(texts: Iterable[Text], separator: str) -> Text:
    """The texts with the separator between two of them."""
    pieces: list[str | Text] = []
    for text in texts:
        pieces += [separator, text] if pieces else [text]
    return join(*pieces)


_NOT_IN_COOKIE = r"[^!#$&-+\--:<-\[\]-~]+"
"""What is no cookie-octet (RFC 6265 section 4.1.1), and the sign of what is encoded."""


def in_cookie(text: str) -> str:
    """The text as the value of a cookie can hold it: what cannot stand there is percent-encoded."""
    return re.sub(_NOT_IN_COOKIE, lambda found: quote(found[0], safe=""), text)


def cookie_encoded(text: Text) -> Text:
    """The text with its constants as a cookie can hold them."""
    return tuple(Literal(in_cookie(part.text)) if isinstance(part, Literal) else part for part in text)


def encoded(text: Text, *, keep: str = "") -> Text:
    """The text with its constants percent-encoded as UTF-8: all but RFC 3986 unreserved characters and `keep`. Half a
    surrogate pair, which UTF-8 has no bytes for, is U+FFFD."""
    return tuple(
        Literal(quote(well_formed(part.text), safe=keep)) if isinstance(part, Literal) else part
        for part in text
    )


def as_url(text: str, keep: str = PATH) -> str:
    """Constant text of a URL, which may be encoded already, with the rest of it encoded. A `%` that begins no encoded byte is
    one itself."""
    return quote(well_formed(_PERCENT.sub("%25", text)), safe=keep)


def dots(path: str) -> str:
    """A segment of the path that leads to another one (RFC 3986 section 5.2.4); empty where there is none."""
    found = _DOTS.search(path)
    return found[1] if found else ""


def well_formed(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair that stands alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
