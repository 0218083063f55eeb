"""From an `Api` to the text of a profile that compiles: chosen, bound, written, compiled, and what failed left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import Diagnostic, Severity
from jivsgen.init.access import Access, Login, find_login
from jivsgen.init.answers import Key
from jivsgen.init.binding import Sources
from jivsgen.init.choosing import Chooser, Journey
from jivsgen.init.links import links_of
from jivsgen.init.names import one_line
from jivsgen.init.roles import roles_for
from jivsgen.init.survey import Survey
from jivsgen.init.writing import Frame, Written, speakable, write_profile
from jivsgen.plan.compile import compile_plan
from jivsgen.plan.model import Plan
from jivsgen.plan.uploads import Uploads
from jivsgen.profile.load import read_profile
from jivsgen.source import document_of
from jivsgen.spec import Api

MOST_CALLS = 10


class Wanted(Struct, frozen=True):
    """What the user asks for. `operations` and `tags` choose; without any, jivsgen does. `spec` is the document as the
    profile names it, `file` where the profile will stand, `shown` how messages call that; `schema` is the JSON Schema
    of profiles for editors, as the profile names it, or empty."""

    name: str
    spec: str
    file: Path
    shown: str
    operations: tuple[Key, ...] = ()
    tags: tuple[str, ...] = ()
    schema: str = ""


class Draft(Struct, frozen=True):
    """`text` is the profile, `plan` what it compiles to, and `found` what the compiler said (no error)."""

    text: str
    plan: Plan
    found: Diagnostics


def draft_profile(api: Api, wanted: Wanted, diagnostics: Diagnostics) -> Draft | None:
    """A profile for the API that compiles without an error; None after a report where nothing of it can be called."""
    survey = Survey(api, wanted.operations, wanted.tags)
    survey.read()
    for key in [key for key, operation in survey.readable.items() if not speakable(api, operation)]:
        survey.left_out[key] = "no profile can name it"
        del survey.readable[key]
    login = find_login(api, survey.readable, wanted.name)
    survey.choose(login)
    links = [link for key, operation in survey.readable.items() for link in links_of(api, key, operation)]
    drafter = _Drafter(api, wanted, survey, Sources(api, links), login)
    while survey.usable:
        journeys = drafter.journeys()
        if not journeys:
            break
        if (draft := drafter.attempt(journeys)) is not None:
            return draft
    _report_nothing(survey, diagnostics)
    return None


def _report_nothing(survey: Survey, diagnostics: Diagnostics) -> None:
    said = (
        "the document describes no operation"
        if not survey.api.index
        else "no operation of the document can be called"
    )
    if not survey.api.index and survey.api.root.get("webhooks"):
        said = "the document describes webhooks only, which the API itself calls"
    if survey.operations or survey.tags:
        said = "none of the operations that you chose can be called"
    reasons = [f"{method} {path}: {why}" for (method, path), why in survey.left_out.items()]
    hint = one_line("; ".join(reasons), 300) or "a GET without parameters is a beginning"
    diagnostics.add("nothing-to-call", said, survey.api.documents.root.place(), hint)


class _Drafter(Struct):
    """Each attempt that fails takes something away: the login, or at least one operation."""

    api: Api
    wanted: Wanted
    survey: Survey
    sources: Sources
    login: Login | None

    def journeys(self) -> list[Journey]:
        everything = bool(self.wanted.operations)
        chooser = Chooser(self.api, self.survey.usable, self.sources, self.wanted.name, everything)
        return chooser.journeys(len(self.survey.usable) * 3 if everything else MOST_CALLS)

    def attempt(self, journeys: list[Journey]) -> Draft | None:
        """The draft, or None after what does not compile was taken away."""
        called = [step.operation for journey in journeys for step in journey.steps]
        accesses, others = roles_for(self.api, called, self.login, self.wanted.name)
        for operation in others:
            said = "it asks for two credentials in one header"
            self.survey.drop((operation.method, operation.path), said)
        if others:
            return None
        written = self._written(journeys, accesses)
        plan, found = self._compiled(written)
        if plan is not None:
            return Draft(written.text, plan, found)
        errors = [one for one in found if one.severity is Severity.ERROR]
        blamed = dict(self._blamed(written, errors))
        if not blamed and self.login and any(self._inside(one, written.auth) for one in errors):
            self.login = None
            return None
        blamed = blamed or dict(self._broken_alone(journeys, accesses))
        for key, reason in (blamed or {journeys[-1].steps[-1].key: errors[0].message}).items():
            self.survey.drop(key, reason)
        return None

    def _written(self, journeys: list[Journey], accesses: tuple[Access, ...]) -> Written:
        frame = Frame(self.wanted.name, self.wanted.spec, self.wanted.schema)
        return write_profile(self.api, frame, journeys, accesses, self.login, self.survey)

    def _compiled(self, written: Written) -> tuple[Plan | None, Diagnostics]:
        found = Diagnostics()
        document = document_of(written.text, self.wanted.file, self.wanted.shown, found)
        loaded = read_profile((document,), found) if document else None
        if loaded is None:
            return None, found
        self.api.report_to(found)
        uploads = Uploads(loaded, self.wanted.file.parent, self._shown, found)
        return compile_plan(loaded, self.api, self._shown, found, uploads), found

    def _shown(self, path: Path) -> str:
        return self.wanted.shown if path == self.wanted.file else self.api.documents.root.shown

    def _inside(self, found: Diagnostic, lines: tuple[int, int]) -> bool:
        place = found.place
        return place is not None and place.path == self.wanted.shown and lines[0] <= place.line <= lines[1]

    def _blamed(self, written: Written, errors: Iterable[Diagnostic]) -> Iterable[tuple[Key, str]]:
        """The operations whose steps the errors point at; of each the first reason."""
        for error in reversed(list(errors)):
            for key, lines in written.steps:
                if self._inside(error, lines):
                    yield key, error.message

    def _broken_alone(
        self, journeys: list[Journey], accesses: tuple[Access, ...]
    ) -> Iterable[tuple[Key, str]]:
        """Errors that stand in the document say nothing of who met them: each call is compiled on its own."""
        for step in (step for journey in journeys for step in journey.steps):
            _, found = self._compiled(self._written([Journey("alone", (step,), 0)], accesses))
            for one in found:
                if one.severity is Severity.ERROR and (
                    one.place is None or one.place.path != self.wanted.shown
                ):
                    yield step.key, one.message
