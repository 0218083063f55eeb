"""The story of a run: which iterations there were and what each of them sent, in a form that is equal for equal loads.

The plan has a story too; every engine has to tell that one. So the engines tell the same.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import unified_diff

from msgspec import Struct

from jivsgen.plan.model import Call, PerVuIterations, Plan, PresentCheck, Role, Scenario, StatusCheck
from jivsgen.profile.json_path import at
from jivsgen.rehearsal.checks import failed_checks
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.iteration import Answered, Reading, planned_iteration
from jivsgen.rehearsal.masks import Masks, Settings
from jivsgen.rehearsal.told import means, planned_lines, told_lines
from jivsgen.rehearsal.unfold import sends_nothing, unfolded

LONGEST_DIFF = 120


class Block(Struct, frozen=True):
    """One iteration or login. `order`: where it stands in a story."""

    title: str
    lines: tuple[str, ...]
    order: tuple[int, int]


class Login(Struct, frozen=True):
    """One login that the plan asks for; `masks` know its row of a pool."""

    place: int
    role: Role
    masks: Masks


class Story(Struct, frozen=True):
    """What happened, or what should happen."""

    blocks: tuple[Block, ...]

    @property
    def iterations(self) -> int:
        return sum(block.order[0] >= 0 for block in self.blocks)

    def kinds(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """How many blocks of each title and content there are, in the order of the story."""
        return Counter((block.title, block.lines) for block in sorted(self.blocks, key=lambda one: one.order))


class Told(Struct, frozen=True):
    """A run as its recording tells it. `verdicts`: those of the polls."""

    story: Story
    answered: tuple[Answered, ...]
    verdicts: tuple[tuple[str, bool], ...]


def difference(planned: Story, told: Story, engine: str) -> list[str]:
    """Unified diffs of what the engine tells and the plan does not, each against the iteration that it is most like, and
    what it lacks; empty: the engine tells the plan's story. A long one is cut, and says so."""
    lacking = planned.kinds() - told.kinds()
    places = {block.order: (block.title, block.lines) for block in planned.blocks}
    orders = {(block.title, block.lines): block.order for block in reversed(told.blocks)}
    found: list[str] = []
    for (title, lines), count in (told.kinds() - planned.kinds()).items():
        meant = places.get(orders[title, lines])
        lacking.subtract({meant: count} if meant else {})
        found += unified_diff(
            meant[1] if meant else (), lines, f"the plan: {title}", f"{engine}: {count} x", lineterm=""
        )
    for (title, lines), count in (+lacking).items():
        found += unified_diff(lines, (), f"the plan: {title}", f"{engine} lacks {count} of them", lineterm="")
    if len(found) > LONGEST_DIFF:
        found = [*found[:LONGEST_DIFF], f"… and {len(found) - LONGEST_DIFF} more lines"]
    return found


# --- the plan's -------------------------------------------------------------------------------------------------------


def planned_story(settings: Settings) -> Story:
    """What the plan says: every login once, and every iteration of every scenario (loads by count)."""
    plan = settings.plan
    logins = (
        Block(call.name, tuple(planned_lines(plan, call, login.masks)), (-1, login.place))
        for login in _logins(settings)
        for call in [login_call(login.role)]
    )
    iterations = []
    named: dict[tuple[str, ...], str] = {}
    for scenario in plan.scenarios:
        for n in _numbers(plan, scenario):
            lines = tuple(planned_iteration(plan, scenario, Masks(settings, n)))
            name = named.setdefault(lines, scenario.name)
            iterations.append(Block(f"iteration of {name}", lines, (scenario.index, n)))
    return Story((*logins, *iterations))


def _numbers(plan: Plan, scenario: Scenario) -> list[int]:
    load = scenario.load
    assert isinstance(load, PerVuIterations), "a rehearsed plan is the smoke plan"
    return [n for n in range(load.vus * load.iterations) if not sends_nothing(plan, scenario, n)]


def login_call(role: Role) -> Call:
    """The login in the form of a call."""
    assert role.login is not None
    name = f"login as {role.name}"
    checks = (
        StatusCheck(f"{name} answers", role.login.statuses),
        PresentCheck(f"{name} has a token", role.login.token),
    )
    return Call(name, role.login.request, None, checks)


def _logins(settings: Settings) -> Iterator[Login]:
    logins = (
        (role, n)
        for role in settings.plan.roles
        if role.login is not None
        for n in range(role.users.rows if role.users else 1)
    )
    for place, (role, n) in enumerate(logins):
        yield Login(place, role, Masks(settings, role=role.name, user=n))


# --- a run's ----------------------------------------------------------------------------------------------------------


def told_story(settings: Settings, exchanges: Sequence[Exchange]) -> Told:
    """The story of a recording, which is in the order of arrival."""
    logins, rest, tokens = _read_logins(settings, exchanges)
    settings = replace(settings, tokens=tokens)
    readings = _read_iterations(settings, rest)
    blocks = [block for block, _ in logins]
    seen: set[str] = set()
    for reading in readings:
        unique = reading.masks.chosen.get("unique")
        again = unique is not None and unique in seen
        seen |= {unique} if unique is not None else set()
        lines = (*reading.lines, *(["its ${unique} is that of another iteration"] if again else []))
        n = reading.masks.n or 0
        blocks.append(Block(f"iteration of {reading.scenario.name}", lines, (reading.scenario.index, n)))
    answered = [one for _, one in logins] + [one for reading in readings for one in reading.answered]
    verdicts = [one for reading in readings for one in reading.verdicts]
    return Told(Story(tuple(blocks)), tuple(answered), tuple(verdicts))


_Logins = list[tuple[Block, Answered]]


def _read_logins(
    settings: Settings, exchanges: Sequence[Exchange]
) -> tuple[_Logins, Sequence[Exchange], dict[str, tuple[str, ...]]]:
    """The logins that the plan asks for come before everything else; a request more of that kind is part of the load."""
    plan = settings.plan
    open_ = list(_logins(settings))
    found: _Logins = []
    tokens: dict[str, tuple[str, ...]] = {}
    for number, exchange in enumerate(exchanges):
        fitting = [one for one in open_ if means(plan, login_call(one.role), exchange)]
        if not fitting:
            return found, exchanges[number:], tokens
        login = min(fitting, key=lambda one: not _fits(plan, one, exchange))
        open_.remove(login)
        role, call = login.role, login_call(login.role)
        lines = tuple(told_lines(plan, call, exchange, login.masks))
        answered = Answered(exchange, call, tuple(failed_checks(call, exchange)))
        found.append((Block(call.name, lines, (-1, login.place)), answered))
        token = at(exchange.answer, role.login.token) if role.login else None
        if isinstance(token, str):
            tokens[role.name] = (*tokens.get(role.name, ()), token)
    return found, exchanges[len(exchanges) :], tokens


def _fits(plan: Plan, login: Login, exchange: Exchange) -> bool:
    call, masks = login_call(login.role), login.masks.copy()
    return told_lines(plan, call, exchange, masks) == planned_lines(plan, call, masks)


def _read_iterations(settings: Settings, exchanges: Sequence[Exchange]) -> list[Reading]:
    """Each iteration as that of the plan which it is most like."""
    followers = dict(_following(exchanges))
    by_iteration: dict[tuple[str, float], list[Exchange]] = {}
    for exchange in exchanges:
        key = ("lone", exchange.at_ms) if exchange.iteration is None else ("iteration", exchange.iteration)
        by_iteration.setdefault(key, []).append(exchange)
    candidates = list(_candidates(settings))
    return [
        _best(settings, candidates, listed, followers.get(id(listed[-1]))) for listed in by_iteration.values()
    ]


def _candidates(settings: Settings) -> Iterator[tuple[Scenario, int]]:
    """One iteration of each kind that the plan has; where two scenarios have the same, that of the first."""
    seen: set[tuple[str, ...]] = set()
    for scenario in settings.plan.scenarios:
        for n in _numbers(settings.plan, scenario):
            lines = tuple(planned_iteration(settings.plan, scenario, Masks(settings, n)))
            if lines not in seen:
                seen.add(lines)
                yield scenario, n


def _best(
    settings: Settings,
    candidates: Iterable[tuple[Scenario, int]],
    exchanges: list[Exchange],
    following_ms: float | None,
) -> Reading:
    readings = (
        Reading(settings.plan, scenario, Masks(settings, n), unfolded(scenario, n), following_ms).read(
            exchanges
        )
        for scenario, n in candidates
    )
    return max(readings, key=lambda one: (one.placed - one.missing, one.placed))


def _following(exchanges: Sequence[Exchange]) -> Iterator[tuple[int, float]]:
    """The last exchange of an iteration (by its id) and when the next iteration began on the same connection: a user who
    keeps its connection."""
    by_connection = sorted(exchanges, key=lambda one: (one.connection, one.at_ms))
    for before, after in itertools.pairwise(by_connection):
        if before.connection == after.connection and before.iteration != after.iteration:
            yield id(before), after.at_ms
