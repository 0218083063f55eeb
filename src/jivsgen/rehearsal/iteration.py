"""One iteration as it was recorded, read against what the plan says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from jivsgen.plan.model import Call, Plan, Poll, Scenario, Think
from jivsgen.profile.json_path import at
from jivsgen.rehearsal.checks import ended_well, failed_checks, has_ended
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.masks import Masks
from jivsgen.rehearsal.told import means, planned_lines, raw_lines, told_lines
from jivsgen.rehearsal.unfold import Event, unfolded

CLOCKS_MS = 5.0
"""How much earlier than it should a timer may fire: timers count whole ms, and two clocks are involved."""


class Answered(Struct, frozen=True):
    """A request, the call that it is of (None: of none), and the checks that its answer failed."""

    exchange: Exchange
    call: Call | None
    failed: tuple[str, ...]


class Reading(Struct):
    """An iteration read as number `n` of `scenario`. `following_ms`: when the same user came back, where that is known."""

    plan: Plan
    scenario: Scenario
    masks: Masks
    events: tuple[Event, ...]
    following_ms: float | None = None
    lines: list[str] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    verdicts: list[tuple[str, bool]] = field(default_factory=list)
    placed: int = 0
    _next: int = 0
    _poll: int | None = None
    _asked: int = 0

    def read(self, exchanges: Sequence[Exchange]) -> Reading:
        before: Exchange | None = None
        for exchange in exchanges:
            self._one(exchange, before)
            before = exchange
        self._close_poll()
        gap = None if before is None or self.following_ms is None else self.following_ms - before.ended_ms
        self._pause(self._next, self._end_of_thinks(), gap)
        return self

    @property
    def missing(self) -> int:
        """Requests of the plan that were not sent."""
        return sum(not isinstance(event, Think) for event in self.events) - self.placed

    def _one(self, exchange: Exchange, before: Exchange | None) -> None:
        place = self._place(exchange)
        again = place is not None and place == self._poll
        gap = exchange.at_ms - before.ended_ms if before else None
        if again:
            self._asked += 1
            self._again(place, gap)
        else:
            self._close_poll()
            self._start(place, exchange, gap)
        call = _call(self.events[place]) if place is not None else None
        failed = tuple(failed_checks(call, exchange)) if call else ("is a request of the plan",)
        self.answered.append(Answered(exchange, call, failed))
        if place is not None and call is not None:
            self._learn(call, exchange)
            self._advance(place, exchange)

    def _place(self, exchange: Exchange) -> int | None:
        """The event that the request is: the next that it fits wholly; else the next of its operation, else the last."""
        alike = [
            place
            for place, event in enumerate(self.events)
            if (call := _call(event)) is not None and means(self.plan, call, exchange)
        ]
        ahead = [place for place in alike if place >= self._next]
        fitting = (place for place in ahead if self._fits(place, exchange))
        return next(fitting, ahead[0] if ahead else alike[-1] if alike else None)

    def _fits(self, place: int, exchange: Exchange) -> bool:
        call = _call(self.events[place])
        assert call is not None
        masks = self.masks.copy()
        masks.role = call.role
        return told_lines(self.plan, call, exchange, masks) == planned_lines(self.plan, call, masks)

    def _start(self, place: int | None, exchange: Exchange, gap: float | None) -> None:
        if place is None:
            self.lines += ["call of nothing that the plan has here", *raw_lines(exchange)]
            return
        event = self.events[place]
        call = _call(event)
        assert call is not None
        if place >= self._next:
            self._pause(self._next, place, gap)
        self.masks.role = call.role
        told = told_lines(self.plan, call, exchange, self.masks)
        if told == planned_lines(self.plan, call, self.masks) and place >= self._next:
            self.placed += 1
        self.lines += [_heading(event), *told]
        if isinstance(event, Poll):
            self._poll, self._asked = place, 1

    def _again(self, place: int | None, gap: float | None) -> None:
        poll = self.events[place or 0]
        assert isinstance(poll, Poll)
        if gap is not None and gap < _at_least(poll.every_ms):
            self.lines.append(f"asked again too soon: less than {poll.every_ms} ms after the answer")

    def _advance(self, place: int, exchange: Exchange) -> None:
        event = self.events[place]
        if isinstance(event, Poll) and not has_ended(event, exchange) and self._asked < event.attempts:
            self._next = max(self._next, place)
            return
        if isinstance(event, Poll):
            self.verdicts.append((event.verdict, ended_well(event, exchange)))
            self._poll = None
        self._next = max(self._next, place + 1)

    def _close_poll(self) -> None:
        """A poll that was given up before it ended has not ended well."""
        if self._poll is not None:
            poll = self.events[self._poll]
            assert isinstance(poll, Poll)
            self.lines.append(f"given up after {self._asked} attempts, before it ended")
            self.verdicts.append((poll.verdict, False))
            self._next = max(self._next, self._poll + 1)
            self._poll = None

    def _learn(self, call: Call, exchange: Exchange) -> None:
        for capture in call.captures:
            value = at(exchange.answer, capture.path)
            if value is not None:
                self.masks.captured[capture.name] = _as_text(value)

    def _pause(self, first: int, end: int, gap: float | None) -> None:
        """The thinks among the events. Without a gap nothing is known of them: those beyond a skipped request are left
        out."""
        between = self.events[first:end]
        thinks = [event for event in between if isinstance(event, Think) and event.max_ms]
        if gap is None and any(not isinstance(event, Think) for event in between):
            return
        if gap is not None and thinks and gap < _at_least(sum(think.min_ms for think in thinks)):
            self.lines.append("no pause, or too short a one")
        else:
            self.lines += map(_pause, thinks)

    def _end_of_thinks(self) -> int:
        end = self._next
        while end < len(self.events) and isinstance(self.events[end], Think):
            end += 1
        return end


def planned_iteration(plan: Plan, scenario: Scenario, masks: Masks) -> list[str]:
    """Iteration `masks.n` of the scenario as the plan has it, in the lines of a `Reading`."""
    assert masks.n is not None
    return list(_planned(plan, unfolded(scenario, masks.n), masks))


def _planned(plan: Plan, events: tuple[Event, ...], masks: Masks) -> Iterator[str]:
    for event in events:
        call = _call(event)
        if call is not None:
            masks.role = call.role
            yield _heading(event)
            yield from planned_lines(plan, call, masks)
        elif isinstance(event, Think) and event.max_ms:
            yield _pause(event)


def _call(event: Event) -> Call | None:
    return event.call if isinstance(event, Poll) else event if isinstance(event, Call) else None


def _heading(event: Event) -> str:
    if isinstance(event, Poll):
        return f"poll {event.call.name}, up to {event.attempts} times, every {event.every_ms} ms"
    assert isinstance(event, Call)
    return f"call {event.name}"


def _pause(think: Think) -> str:
    if think.min_ms == think.max_ms:
        return f"pause of {think.min_ms} ms"
    return f"pause of {think.min_ms} to {think.max_ms} ms"


def _at_least(milliseconds: int) -> float:
    return milliseconds * 0.98 - CLOCKS_MS


def _as_text(value: object) -> str:
    """A captured value as it is put into a text: strings as they are, other scalars as JSON writes them."""
    import json

    return value if isinstance(value, str) else json.dumps(value)
