"""Any text, as JMeter and Groovy read it; and what a plan says about what it cannot say exactly."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.engines.plans import call, once, plan, scenario, text

from jivsgen.engines import jmeter
from jivsgen.engines.jmeter.quoting import groovy, literal, reference, text_property
from jivsgen.engines.jmeter.values import Texts
from jivsgen.plan.model import (
    Body,
    ConstantArrivalRate,
    JsonLiteral,
    JsonObject,
    RampingVus,
    SharedIterations,
    Stage,
    Target,
)
from jivsgen.verify.groovy import mistake, strings
from jivsgen.verify.jmeter import check
from jivsgen.verify.jmeter_references import UnreadableReference, plain, references

NASTY = st.text(
    st.one_of(st.sampled_from("\\$,{}()'\"_Pabc/ \n\r\t"), st.characters(exclude_categories=("Cs",)))
)


def as_jmeter_reads(source: str, values: dict[str, str]) -> str:
    """`FunctionParser.compileString` and `CompoundVariable` of 5.5 and 5.6.3, character by character."""
    out, at, found = "", 0, False
    while at < len(source):
        if source[at] == "\\" and at + 1 < len(source):
            out += source[at + 1] if source[at + 1] in "\\$," else source[at : at + 2]
            at += 2
        elif source.startswith("${", at):
            end = source.index("}", at)
            out, at, found = out + values[source[at + 2 : end]], end + 1, True
        else:
            out, at = out + source[at], at + 1
    return out if found else source


@given(st.lists(st.one_of(NASTY.map(literal), st.sampled_from(["a", "b.url"]).map(reference))))
def test_a_property_is_read_as_its_pieces(pieces: list[tuple[bool, str]]) -> None:
    values = {"a": "${A} \\, \\\\", "b.url": "", "__char(36)": "$"}
    expected = "".join(values[said] if is_reference else said for is_reference, said in pieces)
    assert as_jmeter_reads(text_property(*pieces), values) == expected


@given(NASTY)
def test_a_name_is_known_again_by_the_verifier(name: str) -> None:
    written = text_property(literal(name))
    assert plain(written) == name
    assert {one.name for one in references(written)} <= {"__char"}


@given(st.text("${}(),\\aP_ "))
def test_any_property_is_read_to_its_end_or_refused(source: str) -> None:
    try:
        found = references(source)
    except UnreadableReference:
        assert "${" in source
    else:
        assert len(found) <= source.count("${")


@given(st.text())
def test_a_groovy_string_is_one_string_that_jmeter_leaves_alone(value: str) -> None:
    written = groovy(value)
    assert written.isascii()
    assert written.isprintable()
    assert "${" not in written
    assert mistake(written) is None
    units = "".join(strings(written)).encode("utf-16-be", "surrogatepass")
    assert units == value.encode("utf-16-be", "surrogatepass")
    before_strings = re.findall(r"(?<!\\)(?:\\\\)*\\u([0-9a-f]{4})", written)
    assert not {"0027", "005c", "000a", "000d"} & set(before_strings), (
        "Groovy reads these before it reads strings"
    )


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.booleans(), st.none())))
def test_a_body_is_the_json_that_it_stands_for(members: dict[str, object]) -> None:
    pairs = tuple((key, JsonLiteral(value)) for key, value in members.items())  # type: ignore[arg-type]
    body = Body("application/json", JsonObject(pairs))
    sent = as_jmeter_reads(Texts("").content(body.content), {"__char(36)": "$"})
    assert json.loads(sent) == members
    post = call("post", method="POST")
    whole = once(replace(post, request=replace(post.request, body=body)))
    assert check(jmeter.render(whole))["it.jmx"] == []


def test_what_is_not_exact_is_said() -> None:
    short = jmeter.approximations(once(call("get")))
    assert [said.split()[0] for said in short] == ["The", "JMeter", "When"]
    ping = call("ping", "/get?x=${id}", method="OPTIONS", body={})
    whole = plan(
        scenario("down", RampingVus(3, (Stage(90_000, 0),)), replace(call("get", "/get/${id}"))),
        scenario("open", ConstantArrivalRate(1, 1000, 1000, 1, 7), ping),
        scenario("shared", SharedIterations(1, 1, 60_000), call("get")),
        target=Target("http://localhost", "", 5000, (("X-Name", text("ü")),), insecure_tls=True),
    )
    said = jmeter.approximations(whole)
    kept = "(graceful_ramp_down 30000 ms is not kept)"
    assert said == (
        "The time-out of 5000 ms is for connecting and for each wait for bytes, not for the whole answer.",
        "Headers are sent in ISO-8859-1; a character that it lacks arrives as a question mark.",
        "A value in a path that is empty at run time leaves no empty segment: `//` is sent as `/`.",
        "ping: JMeter sends no body with OPTIONS.",
        "When a graceful stop is over, a user still ends the request that it is in.",
        f"down: a user above the target ends its iteration, however long that takes {kept}.",
        "down: a user opens a new connection after 60 s (httpclient4.time_to_live).",
        "open: an arrival that finds all 7 users busy is dropped only after 100 ms.",
    )
    written = jmeter.render(whole)["it.jmx"]
    assert all(word in written for sentence in said for word in sentence.split())
