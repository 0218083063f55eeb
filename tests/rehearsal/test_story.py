"""What a recording tells: equal for equal loads, and different for every way in which an engine could do something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import pytest

from jivsgen.contract.recorded import Judge
from jivsgen.contract.referee import Referee
from jivsgen.plan.model import Plan
from jivsgen.rehearsal.story import LONGEST_DIFF, difference, planned_story, told_story
from jivsgen.rehearsal.verdict import Run, Verdict, judge

from .shelf import Line, exchanges, flow, settings_of, unit_of

Change = Callable[[list[Line]], None]


@cache
def planned() -> tuple[Plan, Judge]:
    unit = unit_of("flow")
    return unit.plan, Judge(Referee(unit.api))


def verdict_on(lines: list[Line]) -> Verdict:
    plan, contract = planned()
    return judge(settings_of(plan), exchanges(lines), contract, Run("hand", "met", 1.0, ()))


def changed(change: Change) -> Verdict:
    lines = flow()
    change(lines)
    return verdict_on(lines)


def of(lines: list[Line], iteration: int) -> list[Line]:
    return [line for line in lines if line["iteration"] == iteration]


def set_header(line: Line, name: str, value: str | None) -> None:
    line["headers"] = [pair for pair in line["headers"] if pair[0] != name]
    line["headers"] += [[name, value]] if value is not None else []


def test_a_flawless_run_tells_the_plans_story() -> None:
    verdict = verdict_on(flow())
    assert verdict.reasons == ()
    assert verdict.difference == ()
    assert (verdict.requests, verdict.as_planned, verdict.violations) == (98, 98, 0)
    assert verdict.failed_checks == 0
    assert verdict.checks > 98


def test_the_order_of_json_members_and_free_headers_mean_nothing() -> None:
    def other(lines: list[Line]) -> None:
        for line in lines:
            set_header(line, "user-agent", "another")
            set_header(line, "connection", "keep-alive")
            if line["method"] == "GET":
                set_header(line, "content-type", "text/plain")

    assert changed(other).is_right


# --- what makes a story another one --------------------------------------------------------------------------------------


def drop(lines: list[Line], place: int) -> None:
    lines.remove(of(lines, 3)[place])


def shift(lines: list[Line], iteration: int, place: int, milliseconds: float) -> None:
    for line in of(lines, iteration)[place:]:
        line["at_ms"] -= milliseconds


def body(line: Line, **members: object) -> None:
    line["body"] = json.dumps({**json.loads(line["body"]), **members})


def per_iteration_login(lines: list[Line]) -> None:
    login = lines[0]
    lines += [
        {**login, "iteration": number, "at_ms": of(lines, number)[0]["at_ms"] - 0.5} for number in (4, 5)
    ]
    lines.sort(key=lambda line: line["at_ms"])


def swap(lines: list[Line]) -> None:
    first, second = of(lines, 3)[-2:]
    first["at_ms"], second["at_ms"] = second["at_ms"], first["at_ms"]


def two_at_once(lines: list[Line]) -> None:
    """A cookie that outlives its iteration."""
    for line in of(lines, 4):
        line["iteration"] = 1


def same_unique(lines: list[Line]) -> None:
    for line in of(lines, 5):
        for key in ("body", "response_body"):
            line[key] = line[key] and line[key].replace("k3v9x2m4", "k3v9x2m3")
        line["headers"] = [[name, value.replace("k3v9x2m4", "k3v9x2m3")] for name, value in line["headers"]]


CHANGES: dict[str, tuple[Change, str]] = {
    "a step is dropped": (lambda all_: drop(all_, 1), "-  poll wait for it"),
    "a request too many": (lambda all_: all_.append({**of(all_, 3)[-1], "at_ms": 1e6}), "+  call refused"),
    "two steps in another order": (swap, "+  call refused"),
    "an iteration is missing": (lambda all_: [all_.remove(one) for one in of(all_, 15)], "+++ hand lacks 1 of them"),
    "an iteration is cut short": (lambda all_: [all_.remove(one) for one in of(all_, 15)[3:]], "-  call refused"),
    "another literal": (lambda all_: body(of(all_, 3)[-1], title="y"), '+    "title": "y"'),
    "another type": (lambda all_: body(of(all_, 3)[-1], title=5), '+    "title": 5'),
    "a member too many": (lambda all_: body(of(all_, 3)[0], isbn=None), '+    "isbn": null'),
    "no body": (lambda all_: of(all_, 3)[-1].update(body=None), '-    "title": "x"'),
    "a body that is no JSON": (lambda all_: of(all_, 3)[-1].update(body="{title"), "+  {title"),
    "what another iteration captured": (
        lambda all_: of(all_, 3)[1].update(target=of(all_, 4)[1]["target"]), "+  GET /books/73  as reader"),
    "a value that cannot be unique": (lambda all_: body(of(all_, 3)[0], title="Book ${unique}"), '+    "title": "Book ${unique} (literally)"'),
    "the unique of another iteration": (same_unique, "+  its ${unique} is that of another iteration"),
    "another query": (lambda all_: of(all_, 12)[-2].update(target="/books?page=1"), "+  GET /books?page=1"),
    "another method": (lambda all_: of(all_, 3)[1].update(method="HEAD"), "+  HEAD /books/72"),
    "a header too many": (lambda all_: set_header(of(all_, 3)[0], "accept", "*/*"), "+    accept: */*"),
    "a header that is missing": (lambda all_: set_header(of(all_, 12)[-2], "x-tenant", None), "-    x-tenant: t ${title}"),
    "another header": (lambda all_: set_header(of(all_, 12)[-2], "x-tenant", "u"), "+    x-tenant: u"),
    "accept-encoding": (lambda all_: set_header(of(all_, 3)[0], "accept-encoding", "gzip"), "+    accept-encoding: gzip"),
    "a cookie of its own": (lambda all_: set_header(of(all_, 3)[0], "cookie", "a=b"), "+    cookie: a=b"),
    "another media type": (lambda all_: set_header(of(all_, 3)[0], "content-type", "text/plain"), "+    content-type: text/plain"),
    "nobody's token": (lambda all_: set_header(of(all_, 3)[0], "authorization", "Bearer null"), "+  POST /books  as somebody else"),
    "no token": (lambda all_: set_header(of(all_, 3)[0], "authorization", None), "-    authorization: Bearer ${token}"),
    "no pause": (lambda all_: shift(all_, 3, 2, 11), "+  no pause, or too short a one"),
    "a poll in haste": (lambda all_: shift(all_, 4, 4, 45), "+  asked again too soon"),
    "a poll given up": (
        lambda all_: (all_.remove(of(all_, 4)[4]), shift(all_, 4, 4, 0)), "+  given up after 1 attempts"),
    "a second login": (lambda all_: all_.insert(1, {**all_[0], "iteration": 99}), "+  call of nothing"),
    "a login in each iteration": (per_iteration_login, "+  call of nothing that the plan has here"),
    "another password": (lambda all_: body(all_[0], password="guessed"), '+    "password": "guessed"'),
    "a cookie that lasts too long": (two_at_once, "+++ hand lacks 1 of them"),
    "a cookie that is lost": (lambda all_: of(all_, 3)[-1].update(iteration=98), "-  call addBook"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_another_load_tells_another_story(change: str) -> None:
    make, shown = CHANGES[change]
    verdict = changed(make)
    assert not verdict.is_right
    found = [line[:1] + line[1:].strip() for line in verdict.difference]
    wanted = shown[:1] + shown[1:].strip()
    assert any(line.startswith(wanted) for line in found), "\n".join(verdict.difference)


def test_a_difference_is_about_what_differs() -> None:
    verdict = changed(lambda lines: body(of(lines, 3)[-1], title="y"))
    assert verdict.difference[:2] == ("--- the plan: iteration of read", "+++ hand: 1 x")
    assert [line for line in verdict.difference[3:] if line[0] in "+-"] == [
        '-    "title": "x"',
        '+    "title": "y"',
    ]


def test_a_long_difference_is_cut() -> None:
    def without_bodies(lines: list[Line]) -> None:
        for number, line in enumerate(lines[1:]):
            line["target"] = f"/books/{number}"

    difference = changed(without_bodies).difference
    assert len(difference) == LONGEST_DIFF + 1
    assert difference[-1].startswith("… and ")


def test_a_pause_is_seen_between_two_iterations_of_a_user_too() -> None:
    from msgspec.structs import replace

    from jivsgen.plan.model import Think

    plan, _ = planned()
    (scenario,) = plan.scenarios
    patient = replace(plan, scenarios=(replace(scenario, steps=(*scenario.steps, Think(400, 400))),))
    settings = settings_of(patient)
    lines = difference(planned_story(settings), told_story(settings, exchanges(flow())).story, "hand")
    assert "+no pause, or too short a one" in lines
    rested = flow()
    for line in rested[1:]:
        line["at_ms"] += 50 * ((line["iteration"] - 1) // 3)
    assert difference(planned_story(settings), told_story(settings, exchanges(rested)).story, "hand") == []


# --- the rest of a verdict ------------------------------------------------------------------------------------------------


def reasons(change: Change) -> str:
    return "\n".join(changed(change).reasons)


def test_connections_are_counted() -> None:
    def anew(lines: list[Line]) -> None:
        for number, line in enumerate(lines):
            line["connection"] = number

    assert "3 users opened 97 connections" in reasons(anew)


def test_an_answer_that_breaks_the_contract() -> None:
    def strange(lines: list[Line]) -> None:
        of(lines, 3)[1]["response_body"] = '{"title": "x", "shelf": "LOST"}'

    verdict = changed(strange)
    assert verdict.violations == 1
    assert "look at it: answer 200 at $.shelf: 'LOST' is not one of ['READ', 'UNREAD']" in verdict.reasons[0]


def test_a_request_that_breaks_the_contract_on_purpose_is_no_violation() -> None:
    """`refused` is sent without a token, which the spec forbids: the plan expects a 400."""
    assert verdict_on(flow()).violations == 0

    def without(lines: list[Line]) -> None:
        set_header(of(lines, 3)[1], "authorization", None)

    assert changed(without).violations == 1


def test_an_answer_that_is_not_as_planned() -> None:
    def refused(lines: list[Line]) -> None:
        of(lines, 3)[-1].update(status=201, response_body='{"title": "x"}')

    verdict = changed(refused)
    assert verdict.as_planned == verdict.requests - 1
    assert "1 of 98 requests were not answered as the plan expects" in verdict.reasons
    assert "check: refused: refused answers 400" in verdict.reasons


def test_no_answer_at_all() -> None:
    def dropped(lines: list[Line]) -> None:
        of(lines, 3)[-1].update(status=0, response_body=None, response_headers=[])

    assert "check: refused: has an answer" in reasons(dropped)


def test_a_poll_that_ends_badly() -> None:
    def unread(lines: list[Line]) -> None:
        line = of(lines, 1)[3]
        line["response_body"] = line["response_body"].replace("READ", "UNREAD")

    assert "check: wait for it ends within 3 attempts" in reasons(unread)


def test_nothing_arrived() -> None:
    verdict = verdict_on([])
    assert "no request arrived" in verdict.reasons
    assert "no iteration took place" in verdict.reasons


def test_what_only_the_environment_knows_is_not_printed() -> None:
    def leaked(lines: list[Line]) -> None:
        body(of(lines, 3)[-1], title="open-sesame")

    verdict = changed(leaked)
    assert '+    "title": "***"' in [line.replace("+      ", "+    ") for line in verdict.difference]
    assert "open-sesame" not in "\n".join((*verdict.difference, *verdict.reasons))
