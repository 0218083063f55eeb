"""What was sent, with every part that only a run knows replaced by its name in the plan, where it is what the plan allows.

What is not allowed stays as it was sent, and so shows in a comparison.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from jivsgen.plan.model import Feed, JsonArray, JsonObject, JsonText, JsonValue, Plan
from jivsgen.plan.parts import plain_json
from jivsgen.profile.values import (
    Basic,
    Capture,
    Column,
    Env,
    Function,
    InJson,
    Literal,
    Part,
    Text,
    Token,
    Variable,
)

Encode = Callable[[str], str]


def as_is(text: str) -> str:
    return text


def percent_encoded(text: str) -> str:
    """RFC 3986: unreserved characters stay."""
    return quote(text, safe="")


LEFT_BY_JAVASCRIPT = "!'()*"
"""What `encodeURIComponent` leaves as it is: no other text to whoever decodes it."""

_ENCODED = str.maketrans({character: percent_encoded(character) for character in LEFT_BY_JAVASCRIPT})


def by_javascript(text: str) -> str:
    """The text as `encodeURIComponent` has it."""
    return quote(text, safe=LEFT_BY_JAVASCRIPT)


def _settled(text: str, encode: Encode) -> str:
    """Text in which JavaScript may have left some characters, with all of them encoded."""
    return text.translate(_ENCODED) if encode is percent_encoded else text


def base64(user: str, password: str) -> str:
    """RFC 7617 section 2."""
    return b64encode(f"{user}:{password}".encode()).decode()


def within_json(encode: Encode) -> Encode:
    """What stands in a string of JSON text that is encoded then."""
    return lambda text: encode(json.dumps(text, ensure_ascii=False)[1:-1])


def as_header(text: str) -> str:
    """The bytes of UTF-8 as a recording shows them: a header has no encoding of its own."""
    return text.encode().decode("latin-1")


@dataclass(frozen=True)
class Settings:
    """What is the same for a whole run. `tokens`: the name of a role to the tokens that its logins were given; `day`: the
    UTC date on which the run began (it may end on the next)."""

    plan: Plan
    environment: Mapping[str, str]
    day: date
    tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    read: dict[Feed, list[dict[str, str]]] = field(default_factory=dict, compare=False)

    def rows(self, feed: Feed) -> list[dict[str, str]]:
        """The rows by column, read once."""
        if feed not in self.read:
            self.read[feed] = [dict(zip(feed.columns, row, strict=True)) for row in feed.table()]
        return self.read[feed]


@dataclass
class Masks:
    """The masks of one iteration, number `n` of its scenario, or (None) of a login, of a pool that of the `user` in that row. It
    learns: what a call captured, and what an iteration has chosen once (its `unique`, its token) must stay. `users` are the
    rows that the user of a role may be in, by what it has shown."""

    settings: Settings
    n: int | None = None
    role: str | None = None
    user: int | None = None
    users: dict[str, tuple[int, ...]] = field(default_factory=dict)
    captured: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)

    # --- the plan's side --------------------------------------------------------------------------------------------

    def planned(self, text: Text, encode: Encode = as_is) -> str:
        """The text as the plan has it, with names for what only a run knows."""
        return "".join(self._name(part, encode) for part in text)

    def _name(self, part: Part, encode: Encode) -> str:
        if isinstance(part, Literal):
            return part.text
        if isinstance(part, Column):
            row = self._row(part)
            return f"${{{part.feed}.{part.column}}}" if row is None else encode(row)
        if isinstance(part, Function):
            return f"${{{part.name}({', '.join(map(str, part.args))})}}"
        if isinstance(part, Env):
            return f"${{env.{part.name}}}"
        if isinstance(part, Basic):
            return "${basic}"
        if isinstance(part, InJson):
            return self._name(part.part, within_json(encode))
        return "${token}" if isinstance(part, Token) else f"${{{part.name}}}"

    def planned_json(self, value: JsonValue) -> Any:
        return _plain(plain_json(value, lambda leaf, _path: self.planned(leaf.text)))

    # --- the run's side ---------------------------------------------------------------------------------------------

    def told(self, text: Text, sent: str, encode: Encode = as_is) -> str:
        """The plan's text where `sent` is a case of it, else what was sent."""
        pattern = "".join(f"({self._pattern(part, encode)})" for part in text)
        found = re.fullmatch(pattern, _settled(sent, encode), re.DOTALL)
        if found is None or not all(map(_in_bounds, text, found.groups())):
            return f"{sent} (literally)" if sent == self.planned(text, encode) else sent
        for part, came in zip(text, found.groups(), strict=True):
            if isinstance(part, Token) or part == Variable("unique"):
                self.chosen.setdefault(self._key(part), came)
            self._narrow(part, came, encode)
        return self.planned(text, encode)

    def told_json(self, value: JsonValue, sent: Any) -> Any:
        """As `told`, leaf by leaf. Members stand in the plan's order: JSON gives it no meaning."""
        if isinstance(value, JsonObject) and isinstance(sent, dict):
            members = dict(value.members)
            told = {name: self.told_json(members[name], sent[name]) for name in members if name in sent}
            return {**told, **{name: _plain(sent[name]) for name in sent if name not in members}}
        if isinstance(value, JsonArray) and isinstance(sent, list):
            items = [self.told_json(item, one) for item, one in zip(value.items, sent, strict=False)]
            return items + _plain(sent[len(items) :])
        if isinstance(value, JsonText) and value.quoted and isinstance(sent, str):
            return self.told(value.text, sent)
        if isinstance(value, JsonText) and not value.quoted and not isinstance(sent, str | dict | list):
            bare = json.dumps(_plain(sent))
            told_bare = self.told(value.text, bare)
            return _plain(sent) if told_bare == bare else told_bare
        return _plain(sent)

    def _pattern(self, part: Part, encode: Encode) -> str:
        """A regular expression without groups that count."""
        if isinstance(part, Literal):
            return re.escape(_settled(part.text, encode))
        if isinstance(part, InJson):
            return self._pattern(part.part, within_json(encode))
        if isinstance(part, Token) or part == Variable("unique"):
            chosen = self.chosen.get(self._key(part))
            if chosen is not None:
                return re.escape(chosen)
            return "[0-9a-z]{1,16}" if isinstance(part, Variable) else self._one_of(self._tokens(), encode)
        if isinstance(part, Function):
            return self._function(part, encode)
        return "[0-9]+" if isinstance(part, Variable) else self._one_of(self._values(part), encode)

    def _key(self, part: Part) -> str:
        return f"token of {self.role}" if isinstance(part, Token) else "unique"

    def _tokens(self) -> Iterable[str]:
        return self.settings.tokens.get(self.role or "", ())

    def _values(self, part: Part) -> Iterable[str]:
        if isinstance(part, Capture):
            return [self.captured[part.name]] if part.name in self.captured else []
        if isinstance(part, Env):
            return [self.settings.environment.get(part.name) or part.default or ""]
        assert isinstance(part, Basic | Column)
        if isinstance(part, Basic) or part.is_of_user:
            return [value for row in self._may_be() for value in self._shown(part, row)]
        row = self._row(part)
        return [row] if row is not None else (one[part.column] for one in self._rows(part))

    # --- users of a pool --------------------------------------------------------------------------------------------

    def _pool(self) -> Feed | None:
        roles = self.settings.plan.roles
        return next((role.users for role in roles if role.name == self.role), None)

    def _may_be(self) -> tuple[int, ...]:
        """The rows that the user may be in; of a role without a pool, one that nobody reads."""
        pool = self._pool()
        if self.user is not None or pool is None:
            return (self.user or 0,)
        return self.users.get(self.role or "", tuple(range(pool.rows)))

    def _shown(self, part: Basic | Column, row: int) -> Iterator[str]:
        """What the user in that row may show."""
        if isinstance(part, Column):
            pool = self._pool()
            assert pool is not None
            yield self.settings.rows(pool)[row][part.column]
            return
        for encode in (percent_encoded, by_javascript) if part.encoded else (as_is,):
            yield base64(self._fixed(part.user, row, encode), self._fixed(part.password, row, encode))

    def _fixed(self, text: Text, row: int, encode: Encode) -> str:
        """A text of constants, variables of the environment and columns of the pool."""
        pieces = []
        for part in text:
            if isinstance(part, Literal):
                pieces.append(part.text)
            else:
                known = self._shown(part, row) if isinstance(part, Column) else self._values(part)
                pieces.append(encode(next(iter(known))))
        return "".join(pieces)

    def _narrow(self, part: Part, came: str, encode: Encode) -> None:
        """Learns from what a user has shown which one it is."""
        if isinstance(part, InJson):
            self._narrow(part.part, came, within_json(encode))
        elif isinstance(part, Basic) or (isinstance(part, Column) and part.is_of_user):
            fitting = (row for row in self._may_be() if came in map(encode, self._shown(part, row)))
            self.users[self.role or ""] = tuple(fitting)

    def _function(self, part: Function, encode: Encode) -> str:
        if part.name == "pick":
            return self._one_of(map(str, part.args), encode)
        if part.name == "random_int":
            return "-?[0-9]+"
        if part.name == "random_string":
            return f"[0-9a-z]{{{part.args[0]}}}"
        if part.name == "uuid":
            return "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        days = timedelta(int(part.args[0])) if part.args else timedelta(0)
        dates = [str(self.settings.day + days + timedelta(later)) for later in (0, 1)]
        if part.name == "today":
            return self._one_of(dates, encode)
        colon = re.escape(encode(":"))
        return rf"(?:{'|'.join(dates)})T[0-9]{{2}}{colon}[0-9]{{2}}{colon}[0-9]{{2}}\.[0-9]{{3}}Z"

    @staticmethod
    def _one_of(values: Iterable[str], encode: Encode) -> str:
        """Longer ones first, so that none hides one that it begins; no values: what nothing matches."""
        listed = sorted({encode(value) for value in values}, key=lambda value: (-len(value), value))
        return "|".join(map(re.escape, listed)) or "(?!)"

    # --- feeds ------------------------------------------------------------------------------------------------------

    def _feed(self, name: str) -> Feed:
        return next(feed for feed in self.settings.plan.feeds if feed.name == name)

    def _row(self, part: Column) -> str | None:
        """The value of a sequential feed in this iteration; of a pool in a login, that of the user."""
        if part.is_of_user:
            return None if self.user is None else next(self._shown(part, self.user))
        feed = self._feed(part.feed)
        if feed.order != "sequential" or self.n is None:
            return None
        return self.settings.rows(feed)[self.n % feed.rows][part.column]

    def _rows(self, part: Column) -> list[dict[str, str]]:
        return self.settings.rows(self._feed(part.feed))

    def copy(self) -> Masks:
        """The same, to try something out."""
        return replace(self, captured=dict(self.captured), chosen=dict(self.chosen), users=dict(self.users))


def _in_bounds(part: Part, came: str) -> bool:
    if isinstance(part, Function) and part.name == "random_int":
        low, high = part.args
        return int(low) <= int(came) <= int(high)
    return True


def _plain(value: Any) -> Any:
    """JSON knows one kind of number: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return value
