"""What a text may refer to at its place: captures of earlier calls, columns of feeds, the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing
from jivsgen.plan.gaps import Gaps
from jivsgen.plan.model import EnvironmentVariable, Feed
from jivsgen.plan.uploads import Uploads
from jivsgen.profile.text import TextError, parse_text
from jivsgen.profile.values import Capture, Column, Env, Text, Variable
from jivsgen.source import Pointer


class Captured(Struct, frozen=True):
    """A name that a capture has set. `types` are the JSON types that the spec gives it (empty: unknown)."""

    types: frozenset[str]
    place: Place


class Environment(Struct):
    """The variables that the texts of a plan read, in the order of their first use."""

    diagnostics: Diagnostics
    variables: dict[str, EnvironmentVariable] = field(default_factory=dict)

    def use(self, part: Env, place: Place) -> None:
        known = self.variables.setdefault(part.name, EnvironmentVariable(part.name, part.default))
        if known.default != part.default:
            said = (
                f"`env.{part.name}` has two defaults: {_default(known.default)} and {_default(part.default)}"
            )
            self.diagnostics.add("two-defaults", said, place, "give it the same default wherever it stands")


def _default(default: str | None) -> str:
    return "none" if default is None else f"`{default}`"


class Scope(Struct, frozen=True):
    """`captures` are set on every path to this place; `perhaps` on some. `distinct_pair` says whether `${vu}` and
    `${iteration}` together are unlike in every iteration of the run (one scenario, closed). `gaps` collects what the
    document leaves out, `uploads` reads files that are sent."""

    diagnostics: Diagnostics
    locate: Callable[[Pointer, bool], Place]
    environment: Environment
    feeds: Mapping[str, Feed]
    gaps: Gaps
    uploads: Uploads
    captures: Mapping[str, Captured] = {}
    perhaps: Mapping[str, Place] = {}
    distinct_pair: bool = True
    in_load: bool = True

    def with_captures(self, added: Mapping[str, Captured], *, certain: bool) -> Scope:
        """The scope after a step that captured."""
        perhaps = {**self.perhaps, **{name: captured.place for name, captured in added.items()}}
        captures = {**self.captures, **added} if certain else dict(self.captures)
        return replace(self, captures=captures, perhaps=perhaps)

    def text(self, source: str, pointer: Pointer) -> Text:
        """The parts of a string of the profile; what it must not refer to is reported and left in."""
        parsed = parse_text(source)
        if not isinstance(parsed, tuple):
            self._malformed(parsed, pointer)
            return ()
        place = self.locate(pointer, False)
        for part in parsed:
            if isinstance(part, Capture):
                self._capture(part.name, place)
            elif isinstance(part, Column):
                self._column(part, place)
            elif isinstance(part, Env):
                self.environment.use(part, place)
        self._variables(parsed, place)
        return parsed

    def _malformed(self, errors: list[TextError], pointer: Pointer) -> None:
        place = self.locate(pointer, False)
        for error in errors:
            self.diagnostics.add("malformed-value", error.message, place, error.hint)

    def _capture(self, name: str, place: Place) -> None:
        if name in self.captures:
            return
        if name in self.perhaps:
            said = f"`${{{name}}}` is not captured on every way to this step"
            hint = f"the capture at {self.perhaps[name]} may be left out; capture it before, or end the iteration there"
            self.diagnostics.add("uncaptured-name", said, place, hint)
            return
        known = [*self.captures, *self.feeds, "unique", "vu", "iteration"]
        otherwise = (
            f"captured before this step: {listing(self.captures)}"
            if self.captures
            else "nothing is captured yet"
        )
        self.diagnostics.add(
            "uncaptured-name",
            f"`${{{name}}}` is not captured before this step",
            place,
            did_you_mean(name, known, otherwise=otherwise),
        )

    def _column(self, part: Column, place: Place) -> None:
        feed = self.feeds.get(part.feed)
        if feed is None and part.is_of_user:
            said = "`${users.…}` stands in what a role with a pool of users logs in with or shows, and nowhere else"
            hint = "give the role `users: FILE.csv`, one user a row"
            self.diagnostics.add("unknown-feed", said, place, hint)
        elif feed is None:
            hint = did_you_mean(
                part.feed, self.feeds, otherwise=f"the feeds are {listing(self.feeds) or 'none'}"
            )
            self.diagnostics.add("unknown-feed", f"there is no feed `{part.feed}`", place, hint)
        elif part.column not in feed.columns:
            hint = did_you_mean(
                part.column, feed.columns, otherwise=f"its columns are {listing(feed.columns)}"
            )
            self.diagnostics.add(
                "unknown-column", f"the feed `{part.feed}` has no column `{part.column}`", place, hint
            )

    def _variables(self, text: Text, place: Place) -> None:
        names = {part.name for part in text if isinstance(part, Variable)}
        if names and not self.in_load:
            said = f"`${{{min(names)}}}` has no value in a login, which happens before the load"
            self.diagnostics.add("no-iteration", said, place)
        elif names & {"vu", "iteration"} and not (self.distinct_pair and {"vu", "iteration"} <= names):
            said = "`${vu}` and `${iteration}` are distinct only as a pair, within one closed scenario"
            self.diagnostics.add(
                "not-distinct", said, place, "write `${unique}`, which is distinct everywhere"
            )
