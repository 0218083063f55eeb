"""The verdict on one script in one engine, from what the engine said and what the server recorded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from jivsgen.contract.recorded import Judge
from jivsgen.plan.model import PerVuIterations, Plan, StatusCheck
from jivsgen.rehearsal.checks import count_checks
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.iteration import Answered
from jivsgen.rehearsal.masks import Settings
from jivsgen.rehearsal.story import Story, Told, difference, planned_story, told_story

AS_PLANNED = 0.999
"""The least share of requests that has to be answered as the plan expects."""
MOST_NAMED = 5
"""How many of a kind are named; the others are counted."""


class Run(Struct, frozen=True):
    """How an engine's run ended: `slos` is what its exit code means, `said` what it printed."""

    engine: str
    slos: str
    seconds: float
    said: tuple[str, ...]


class Verdict(Struct, frozen=True):
    """One line of the table. `reasons`: a sentence for each thing that is wrong;
    `difference`: how the run's story differs from the plan's, as a unified diff."""

    profile: str
    run: Run
    requests: int
    as_planned: int
    violations: int
    checks: int
    failed_checks: int
    reasons: tuple[str, ...]
    difference: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return not self.reasons


def judge(settings: Settings, exchanges: Sequence[Exchange], contract: Judge, run: Run) -> Verdict:
    """Hold what was recorded of a run against the plan and the contract."""
    plan = settings.plan
    told = told_story(settings, exchanges)
    planned = planned_story(settings)
    unlike = difference(planned, told.story, run.engine) if told.story.iterations else []
    violations = list(_violations(contract, told.answered))
    failures = [(f"check: {_name(one)}: {check}", "") for one in told.answered for check in one.failed]
    failures += [(f"check: {verdict}", "") for verdict, passed in told.verdicts if not passed]
    as_planned = sum(not one.failed for one in told.answered)
    reasons = [
        *([] if run.slos == "met" else [f"{run.engine} says: SLOs {run.slos}"]),
        *_share(as_planned, len(told.answered)),
        *_named("contract", violations),
        *_named("check", failures),
        *_connections(plan, told.answered),
        *_silence(planned, told),
        *(["the story is not the plan's; see the difference"] if unlike else []),
    ]
    return Verdict(
        profile=plan.name,
        run=replace(run, said=tuple(_without_secrets(run.said, settings))),
        requests=len(exchanges),
        as_planned=as_planned,
        violations=len(violations),
        checks=sum(count_checks(one.call) for one in told.answered if one.call) + len(told.verdicts),
        failed_checks=len(failures),
        reasons=tuple(_without_secrets(reasons, settings)),
        difference=tuple(_without_secrets(unlike, settings)),
    )


def _without_secrets(lines: Sequence[str], settings: Settings) -> Iterator[str]:
    """What only the environment knows is not printed: a variable without a default may be somebody's password."""
    asked = {one.name for one in settings.plan.environment if one.default is None}
    secrets = [value for name, value in settings.environment.items() if name in asked and value]
    pattern = re.compile("|".join(map(re.escape, secrets)) or "(?!)")
    return (pattern.sub("***", line) for line in lines)


def _silence(planned: Story, told: Told) -> list[str]:
    """A run that never came to its load has no story to compare."""
    return ["no iteration took place"] if planned.iterations and not told.story.iterations else []


def _share(as_planned: int, requests: int) -> list[str]:
    if not requests:
        return ["no request arrived"]
    if as_planned >= AS_PLANNED * requests:
        return []
    return [f"{requests - as_planned} of {requests} requests were not answered as the plan expects"]


def _violations(contract: Judge, answered: Sequence[Answered]) -> Iterator[tuple[str, str]]:
    """(where, what) of each. Where tokens are given, beside the API, its document has nothing to say."""
    for one in answered:
        if one.call is not None and one.call.request.server is not None:
            continue
        for found in contract.violations(one.exchange, lawful=not _breaks_on_purpose(one)):
            yield f"contract: {_name(one)}: {found.where}", found.what


def _breaks_on_purpose(answered: Answered) -> bool:
    checks = answered.call.checks if answered.call else ()
    expected = [status for check in checks if isinstance(check, StatusCheck) for status in check.statuses]
    return bool(expected) and all(400 <= status < 500 for status in expected)


def _name(answered: Answered) -> str:
    exchange = answered.exchange
    return answered.call.name if answered.call else exchange.operation or f"{exchange.method} {exchange.path}"


def _named(kind: str, found: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One sentence for each place, with the first of what is wrong there."""
    counted = Counter(place for place, _ in found)
    examples = dict(reversed(found))
    for place, count in counted.most_common(MOST_NAMED):
        yield ": ".join(filter(None, [place, examples[place]])) + (f" ({count} x)" if count > 1 else "")
    if len(counted) > MOST_NAMED:
        yield f"{kind}: {len(counted) - MOST_NAMED} others"


def _connections(plan: Plan, answered: Sequence[Answered]) -> list[str]:
    """A user of a closed load keeps its connection."""
    loads = [scenario.load for scenario in plan.scenarios]
    users = sum(load.vus for load in loads if isinstance(load, PerVuIterations))
    logins = {f"login as {role.name}" for role in plan.roles}
    used = {one.exchange.connection for one in answered if one.call is None or one.call.name not in logins}
    dropped = sum(one.exchange.status == 0 for one in answered)
    if len(used) <= users + dropped:
        return []
    return [f"{users} users opened {len(used)} connections; each keeps its own"]
