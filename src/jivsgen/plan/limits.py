"""The planned load held against what the API allows: `limits:`, and the users of an open load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import did_you_mean
from jivsgen.plan.arithmetic import Volume, peak_rates, volumes
from jivsgen.plan.model import Plan, calls, is_open
from jivsgen.spec import Api


def check_arithmetic(
    plan: Plan, limits: Mapping[str, Any], api: Api, locate: Any, diagnostics: Diagnostics
) -> None:
    """Report limits that the planned load exceeds, per user of a role's pool, and arrivals that lack users."""
    found = volumes(plan)
    for volume, scenario in zip(found, plan.scenarios, strict=True):
        most = getattr(scenario.load, "max_vus", None)
        if is_open(scenario.load) and most is not None and volume.users > most:
            said = f"at the peak about {volume.users} VUs are needed ({volume.iterations_per_s:g} iterations/s × "
            said += f"{volume.iteration_ms / 1000:g} s), and `max_vus` is {most}"
            diagnostics.add("too-few-vus", said, locate(("scenarios", scenario.name, "load"), True),
                            f"set `max_vus: {volume.users}`, or shorten the iteration")  # fmt: skip
    if limits:
        _limits(plan, found, limits, api, locate, diagnostics)


def _limits(
    plan: Plan,
    found: list[Volume],
    limits: Mapping[str, Any],
    api: Api,
    locate: Any,
    diagnostics: Diagnostics,
) -> None:
    tags: dict[str, set[str]] = {}
    for call in calls(plan):
        operation = api.operation((call.request.method, call.request.template))
        for tag in operation.tags if operation else ():
            tags.setdefault(tag, set()).add(call.request.operation)
    operations = {call.request.operation for call in calls(plan)}
    operations |= {role.login.request.operation for role in plan.roles if role.login}
    users = {role.name: role.users.rows if role.users else 1 for role in plan.roles}
    rates = peak_rates(found)
    for name, limit in limits.items():
        place = locate(("limits", name), True)
        if name not in operations and name not in tags:
            known = [*operations, *tags]
            hint = did_you_mean(name, known, otherwise="use an operationId or a tag of the spec")
            diagnostics.add(
                "unknown-limit", f"`{name}` is no operation and no tag that the profile uses", place, hint
            )
            continue
        covered = tags.get(name, set()) | {name}
        by_role: dict[str | None, float] = {}
        for (operation_id, role), rate in rates.items():
            if operation_id in covered:
                by_role[role] = by_role.get(role, 0) + rate
        for role, rate in by_role.items():
            each = rate / users.get(role or "", 1)
            if each > limit.per_second:
                said = f"{role or 'anonymous'} would make {_per_minute(each)} calls of `{name}` a minute and user at the "
                said += (
                    f"peak; the limit is {_per_minute(limit.per_second)}: the run would measure the limiter"
                )
                needed = -(-rate // limit.per_second)
                hint = f"spread the load over {needed:.0f} users (`users:` in `auth`), or lower it"
                diagnostics.add("over-limit", said, place, hint)


def _per_minute(per_second: float) -> str:
    return f"{per_second * 60:,.4g}"
