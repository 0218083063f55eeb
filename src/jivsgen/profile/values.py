"""Text with `${…}`: parsed once into parts, never pasted.

A `Text` is a tuple of parts. Two neighbouring parts are never both `Literal`, and no `Literal` is empty, so a
constant is `()` (the empty string) or one `Literal`.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

USERS = "users"
"""What a role calls its pool of users in texts; no feed can be called so."""


class Literal(Struct, frozen=True):
    """Constant text, already free of `$${` escapes."""

    text: str


class Capture(Struct, frozen=True):
    """`${extraction_id}`: what an earlier call of the same iteration captured under this name."""

    name: str


class Variable(Struct, frozen=True):
    """`${vu}` (1, 2, …), `${iteration}` (0, 1, … of this VU) or `${unique}` (at most 16 of `[0-9a-z]`)."""

    name: str


class Env(Struct, frozen=True):
    """`${env.NAME}` or `${env.NAME:-default}`; without a default the script refuses to start when it is not set."""

    name: str
    default: str | None = None


class Column(Struct, frozen=True):
    """`${customers.email}`: a column of the row that the feed gives to this iteration.

    In what a role logs in with, and in what it shows, `${users.NAME}` is a column of its pool of users.
    """

    feed: str
    column: str

    @property
    def is_of_user(self) -> bool:
        """Whether it is one of a pool of users, which is the same for as long as a virtual user lives."""
        return self.feed == USERS


class Function(Struct, frozen=True):
    """`uuid()`, `random_int(low, high)` (inclusive), `random_string(length)` of `[0-9a-z]`, `pick(a, b, …)`,
    `now()` (UTC, `2026-01-31T23:59:59.000Z`), `today(days)` (UTC date, `2026-01-31`).

    `args` are integers for `random_int`, `random_string` and `today` (days to add, 0 when left out), text for `pick`.
    """

    name: str
    args: tuple[int | str, ...] = ()


class Token(Struct, frozen=True):
    """The token that the role's login returned; stands in what a role shows, or in a key of a call of it."""


class Basic(Struct, frozen=True):
    """`user:password` in base64 (RFC 7617 section 2), put together at run time; stands in the headers of a role and of a
    client's login only. Both are constants, variables of the environment and columns of the role's pool of users.

    `encoded` is for OAuth2 clients (RFC 6749 section 2.3.1): both are percent-encoded first. The literals are already."""

    user: Text
    password: Text
    encoded: bool = False


class InJson(Struct, frozen=True):
    """A part inside of a string of JSON text, which stands in a URL, a header or a cookie: escaped as JSON escapes it, with no
    escape that it does not need (RFC 8259 section 7)."""

    part: Capture | Env | Column | Function


Part: TypeAlias = Literal | Capture | Variable | Env | Column | Function | Token | Basic | InJson
Text: TypeAlias = tuple[Part, ...]


def constant(text: Text) -> str | None:
    """The string that `text` always is, or None when it has a part that is only known at run time."""
    if all(isinstance(part, Literal) for part in text):
        return "".join(part.text for part in text if isinstance(part, Literal))
    return None


def lasting(text: Text) -> bool:
    """Whether `text` stays what it is for as long as a virtual user lives."""
    return all(
        part.is_of_user if isinstance(part, Column) else isinstance(part, Literal | Env | Token | Basic)
        for part in text
    )
