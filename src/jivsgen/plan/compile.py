"""`Api` × `Profile` becomes the `Plan`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.choosing import turns
from jivsgen.plan.digest import digest, meaning
from jivsgen.plan.feeds import read_feed
from jivsgen.plan.gaps import Gaps
from jivsgen.plan.limits import check_arithmetic
from jivsgen.plan.loads import compile_load, start_times
from jivsgen.plan.model import Branch, Choose, Feed, Origin, Plan, Scenario, Target, calls, is_open
from jivsgen.plan.roles import Roles
from jivsgen.plan.scope import Environment, Scope
from jivsgen.plan.sendable import report_unsendable
from jivsgen.plan.slos import compile_slos
from jivsgen.plan.steps import Names, StepReader
from jivsgen.plan.texts import PATH, as_url, dots
from jivsgen.plan.uploads import Uploads
from jivsgen.plan.usage import report_unused
from jivsgen.plan.weaknesses import report_weaknesses
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.values import USERS
from jivsgen.source import Pointer
from jivsgen.spec import Api
from jivsgen.spec.api import FIELD_NAME

MIX = "mix"
"""The name of the one scenario that weighted scenarios become."""

Shown = Callable[[Path], str]


def compile_plan(
    loaded: LoadedProfile, api: Api, shown: Shown, diagnostics: Diagnostics, uploads: Uploads
) -> Plan | None:
    """The plan of a profile against an API; None when anything in it is an error. Every problem has been reported
    then, not the first only. `shown` turns a path into what messages and headers print, `uploads` reads the files
    that bodies name."""
    plan = Compiler(loaded, api, shown, diagnostics, uploads).compile()
    return None if diagnostics.has_errors() else plan


class Compiler:
    """Holds what the parts of one compilation share."""

    def __init__(
        self, loaded: LoadedProfile, api: Api, shown: Shown, diagnostics: Diagnostics, uploads: Uploads
    ) -> None:
        self.loaded = loaded
        self.profile = loaded.profile
        self.api = api
        self.shown = shown
        self.uploads = uploads
        self.diagnostics = diagnostics
        self.schemas = api.schemas
        self.names = Names()
        self.environment = Environment(diagnostics)

    def compile(self) -> Plan:
        """The plan, as far as it goes; in the order in which people read a profile."""
        feeds = self._feeds()
        gaps = Gaps()
        scope = Scope(self.diagnostics, self.loaded.place, self.environment, feeds, gaps, self.uploads)
        self.roles = Roles(self.api, self.schemas, self.diagnostics, self.profile.auth, scope, self._pools())
        self._check_names()
        target = self._target(scope)
        scenarios = self._scenarios(scope)
        roles = self.roles.compiled()
        plan = Plan(
            name=self.profile.profile,
            title=self.profile.title or self.profile.profile,
            origin=Origin("", "", "", ""),
            target=target,
            environment=tuple(self.environment.variables.values()),
            feeds=tuple(feeds.values()),
            roles=roles,
            scenarios=scenarios,
            slos=self._slos(),
            trends=tuple(self.names.trends),
            counters=tuple(self.names.counters),
        )
        plan = replace(plan, origin=self._origin(plan))
        gaps.report(self.diagnostics)
        report_weaknesses(plan, self.api, self.diagnostics)
        report_unused(plan, self.loaded, self.diagnostics)
        report_unsendable(plan, self.loaded, self.diagnostics)
        check_arithmetic(plan, self.profile.limits, self.api, self.loaded.place, self.diagnostics)
        return plan

    def _check_names(self) -> None:
        """Of headers and cookies that go with every call, or with those of a role."""
        headers: list[tuple[str, Pointer]] = [
            (name, ("target", "headers", name)) for name in self.profile.target.headers
        ]
        cookies: list[tuple[str, Pointer]] = []
        for role, one in self.profile.auth.items():
            headers += [(name, ("auth", role, "headers", name)) for name in one.headers]
            cookies += [(name, ("auth", role, "cookies", name)) for name in one.cookies]
        for name, pointer in [*headers, *cookies]:
            if not re.fullmatch(FIELD_NAME, name):
                said = f"`{name}` is not the name of a {'cookie' if 'cookies' in pointer else 'header'}"
                self.diagnostics.add("bad-header", said, self.loaded.place(pointer, True))
        for name, pointer in headers:
            if name.lower() == "cookie":
                hint = "give a role `cookies: {NAME: …}`: what the server has set in an iteration goes along"
                said = "cookies are not written as a header"
                self.diagnostics.add("bad-header", said, self.loaded.place(pointer, True), hint)

    def _target(self, scope: Scope) -> Target:
        target = self.profile.target
        headers = tuple(
            (name, replace(scope, in_load=False, feeds={}).text(value, ("target", "headers", name)))
            for name, value in target.headers.items()
        )
        return Target(target.base_url, self._base_path(), target.timeout, headers, target.tls.insecure)

    def _base_path(self) -> str:
        """The path of the spec's server as a request has it. Artillery puts it into URLs by a replacement, in which a dollar sign
        means more than itself."""
        path = as_url(self.api.base_path, PATH.replace("$", ""))
        if found := dots(path):
            said = f"the path of the server has the segment `{found}`, which is another path (RFC 3986 section 5.2.4)"
            related = (self.api.root.get("servers") or self.api.root).says_so()
            self.diagnostics.add("unprintable-text", said, self.loaded.place(("spec",)), related=related)
        return path

    def _feeds(self) -> dict[str, Feed]:
        found = {}
        for name, feed in self.profile.feeds.items():
            if read := self._feed(name, feed.file, feed.order, feed.at_end, ("feeds", name, "file")):
                found[name] = read
        return found

    def _pools(self) -> dict[str, Feed]:
        pools = {}
        for name, role in self.profile.auth.items():
            if role.users and (
                read := self._feed(USERS, role.users, "sequential", "recycle", ("auth", name, "users"))
            ):
                pools[name] = read
        return pools

    def _feed(self, name: str, file: str, order: str, at_end: str, pointer: Pointer) -> Feed | None:
        path = self.loaded.path(pointer, file)
        return read_feed(
            name, path, self.shown(path), order, at_end, self.diagnostics, self.loaded.place(pointer)
        )

    # --- scenarios --------------------------------------------------------------------------------------------------

    def _scenarios(self, scope: Scope) -> tuple[Scenario, ...]:
        return self._mixed(scope) if self.profile.load is not None else self._several(scope)

    def _several(self, scope: Scope) -> tuple[Scenario, ...]:
        declared = {name: one for name, one in self.profile.scenarios.items() if one.load is not None}
        loads = {name: compile_load(one.load) for name, one in declared.items()}
        starts = start_times(declared, loads, self.loaded.place, self.diagnostics)
        found = []
        for index, (name, one) in enumerate(declared.items()):
            closed = len(declared) == 1 and not is_open(loads[name])
            steps, _ = self._reader().steps(
                one.steps, replace(scope, distinct_pair=closed), ("scenarios", name, "steps")
            )
            found.append(Scenario(name, index, loads[name], steps, starts[name], one.pause))
        return tuple(found)

    def _mixed(self, scope: Scope) -> tuple[Scenario, ...]:
        """Weighted scenarios under one load are one scenario that chooses."""
        declared = self.profile.scenarios
        load = compile_load(self.profile.load)
        weights, total, step, _ = turns([one.weight or 1 for one in declared.values()], [])
        reader = self._reader()
        reader.totals.append(total)
        branches = []
        for (name, one), weight in zip(declared.items(), weights, strict=True):
            inner = replace(scope, distinct_pair=not is_open(load))
            steps, _ = reader.steps(one.steps, inner, ("scenarios", name, "steps"))
            branches.append(Branch(name, weight, steps))
        name = next(iter(declared)) if len(declared) == 1 else MIX
        pause = max(one.pause for one in declared.values())
        steps = branches[0].steps if len(branches) == 1 else (Choose(tuple(branches), total, step),)
        return (Scenario(name, 0, load, steps, 0, pause),)

    def _reader(self) -> StepReader:
        return StepReader(self.api, self.schemas, self.roles, self.names, self.diagnostics)

    # --- around -----------------------------------------------------------------------------------------------------

    def _slos(self) -> Any:
        declared: Mapping[str, Any] = {
            name: one.stats if one else {} for name, one in self.profile.slo.items()
        }
        return compile_slos(
            declared, list(self.names.operations), list(self.names.trends), list(self.names.verdicts),
            self.loaded.place, self.diagnostics,
        )  # fmt: skip

    def _origin(self, plan: Plan) -> Origin:
        requests = [role.login.request for role in plan.roles if role.login] + [
            call.request for call in calls(plan)
        ]
        used = sorted({(request.method, request.template) for request in requests})
        operations = [operation for key in used if (operation := self.api.operation(key))]
        meanings = [meaning(self.api, operation) for operation in operations]
        named = zip((operation.id for operation in operations), meanings, strict=True)
        release = re.sub(r"[^0-9A-Za-z.+_-]", "", self.api.release)[:32]
        spec = self.shown(self.api.documents.root.path)
        profile = self.shown(self.loaded.layers[0].path)
        overlays = tuple(overlay.shown for overlay in self.api.overlays)
        return Origin(profile, spec, release, digest(meanings)[:12], tuple(named), overlays)
