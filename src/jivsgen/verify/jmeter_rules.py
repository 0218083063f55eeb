"""What the grammar of a JMX cannot say: each reference means something, each script is whole and asks only for what
there is, each loop ends, each limit is about something that is measured.

JMeter sends an undefined `${x}` as it stands, asks a poll as often as its loop says, starts no thread for a load that
is missing, and exits with 0 after all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from msgspec import Struct

from jivsgen.verify.fault import Fault
from jivsgen.verify.groovy import mistake, strings
from jivsgen.verify.jmeter_references import Reference, UnreadableReference, plain, references

_FUNCTIONS = {"__P": (1, 2), "__UUID": (0, 0), "__Random": (2, 2), "__RandomString": (2, 2), "__char": (1, 1)}
_ALWAYS = frozenset({"__threadNum", "JMeterThread.last_sample_ok"})
_OUTCOMES = ("${JMeterThread.last_sample_ok}", "${poll.verdict}")
_BASE = frozenset({"jtl"})
_PLACES = ("url", "json", "bare", "header", "cookie", "text", "json.url", "json.header", "json.cookie")
_TEXT = r"'(?:[^'\\\n]|\\.)*'"
_ROWS = re.compile(rf"answer\.(?:row|poll)\({_TEXT}(?:, {_TEXT})?")
_OF_THE_RUN = re.compile(r"\b(?:answer|props\.run)\.(\w+)")
_DECLARED = re.compile(r"^(?:run\.| [\w<>, \[\]]+ )(\w+)(?:\(| = |$)", re.MULTILINE)
"""A method, a field, or a property that a statement sets."""


class Script(Struct, frozen=True):
    """`line` is that of its first line in the plan."""

    tag: str
    text: str
    line: int


def broken_rules(root: Any) -> Iterator[Fault]:
    """The faults of a plan that the grammar accepts. Its second script sets the run up: statements, then classes."""
    scripts = [_script(one) for one in root.iter("stringProp") if one.get("name") == "script"]
    setup = scripts[1]
    above, _, below = setup.text.partition("\nclass ")
    statements = Script(setup.tag, above, setup.line)
    classes = Script(setup.tag, f"class {below}", setup.line + above.count("\n") + 1)
    others = [one for one in scripts if one is not setup]
    yield from _broken_scripts(statements, classes, others)
    yield from _broken_references(root, statements, classes, others)
    yield from _broken_groups(root, statements)
    yield from _broken_loops(root)
    yield from _broken_statuses(root)
    yield from _broken_bodies(root)
    yield from _broken_limits(root, scripts, statements)


def _script(prop: Any) -> Script:
    return Script(prop.getparent().tag, prop.text, prop.sourceline)


def _string(element: Any, name: str) -> Any:
    return element.find(f"*[@name='{name}']")


# --- scripts ----------------------------------------------------------------------------------------------------------


def _broken_scripts(statements: Script, classes: Script, others: list[Script]) -> Iterator[Fault]:
    for script in (statements, classes, *others):
        if wrong := _mistake(script.text):
            yield Fault(script.line + wrong.line, 1, f"Groovy: {wrong.message}")
        if "${" in script.text:
            yield from _replaced(script)
    names = {*_declared(statements.text), *_declared(classes.text)}
    for script in others:
        for asked, name, position in _asked(script.text):
            if name not in names:
                yield _fault_at(script, position, f"`{asked}` is not in the script that sets the run up")


_of_a_script = lru_cache(256)
"""Plans share most of their scripts."""
_mistake = _of_a_script(mistake)


@_of_a_script
def _asked(script: str) -> list[tuple[str, str, int]]:
    """(as it is written, its name, where) of all that a script asks of the run."""
    return [(match[0], match[1], match.start()) for match in _OF_THE_RUN.finditer(script)]


@_of_a_script
def _declared(script: str) -> frozenset[str]:
    return frozenset(_DECLARED.findall(script))


def _replaced(script: Script) -> Iterator[Fault]:
    for number, line in enumerate(script.text.splitlines(), script.line):
        if "${" in line:
            yield Fault(number, line.index("${") + 1, "JMeter would replace `${…}` in a script")


def _fault_at(script: Script, position: int, said: str) -> Fault:
    before = script.text[:position]
    return Fault(script.line + before.count("\n"), position - before.rfind("\n"), said)


# --- references ---------------------------------------------------------------------------------------------------------


def _broken_references(
    root: Any, statements: Script, classes: Script, others: list[Script]
) -> Iterator[Fault]:
    scripts = [one.text for one in (statements, classes, *others)]
    known = {
        *(name for script in scripts for name in _variables(script)),
        *_columns(statements.text),
        *(f"__jm__{one.get('testname')}__idx" for one in root.iter("ThreadGroup", "LoopController")),
        *(f"P {name}" for name in _properties(scripts, statements.text, classes.text)),
    }
    for element in root.xpath("//stringProp[not(@name='script') and contains(., '${')]"):
        yield from _unknown(element.text, element.sourceline, known)
    for element in root.xpath("//*[contains(@testname, '${')]"):
        yield from _unknown(element.get("testname"), element.sourceline, known)


def _unknown(text: str, line: int, known: set[str]) -> Iterator[Fault]:
    try:
        found = references(text)
    except UnreadableReference as wrong:
        yield Fault(line, 1, str(wrong))
        return
    for reference in found:
        if said := _wrong(reference, known):
            yield Fault(line, 1, said)


def _wrong(reference: Reference, known: set[str]) -> str:
    name, arguments = reference.name, reference.arguments
    if arguments is None:
        return "" if name in known or name in _ALWAYS else f"`${{{name}}}` is defined nowhere"
    if name not in _FUNCTIONS:
        return f"`{name}` is no function that is known here"
    least, most = _FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        return f"`{name}` takes {least} to {most} arguments, not {len(arguments)}"
    if name == "__P" and f"P {arguments[0]}" not in known:
        return f"the property `{arguments[0]}` is set nowhere"
    return ""


@_of_a_script
def _variables(script: str) -> frozenset[str]:
    """What a script sets for its user."""
    known = {name for match in re.findall(rf"vars\.put\(({_TEXT})", script) for name in strings(match)}
    for match in re.finditer(rf"answer\.capture\(({_TEXT}), \[([^\]]*)\]", script):
        known.update(f"{name}.{place}" for name in strings(match[1]) for place in strings(match[2]))
    if "answer.poll(" in script:
        known.add("poll.verdict")
    return frozenset(known)


def _columns(statements: str) -> Iterator[str]:
    """What a row of a feed sets."""
    for match in re.finditer(rf"new Feed\(({_TEXT}), {_TEXT}, \[(.*)\]\)", statements):
        for column, places in re.findall(r"(\w+): \[([^\]]*)\]", match[2]):
            yield from (f"{strings(match[1])[0]}.{column}.{place}" for place in strings(places))


def _properties(scripts: list[str], statements: str, classes: str) -> set[str]:
    known = set(_BASE)
    for key in re.findall(rf"^run\.address\({_TEXT}, ({_TEXT}),", statements, re.MULTILINE):
        known.update(f"{strings(key)[0]}.{part}" for part in ("protocol", "host", "port", "path"))
    for name in re.findall(rf"^props\.put\(({_TEXT}), props\.run\.basic\(", statements, re.MULTILINE):
        known.add(strings(name)[0])
    if match := re.search(r"^run\.environment\(\[(.*)\]\)$", statements, re.MULTILINE):
        names = re.findall(r"(\w+): ", re.sub(_TEXT, "", match[1]))
        known.update(f"env.{name}.{place}" for name in names for place in _PLACES)
    for role in {role for script in scripts for role in _roles(script)}:
        known.add(f"{role}.token")
        known.update(f"{role}.token.{place}" for place in _token_places(classes))
    return known


@_of_a_script
def _roles(script: str) -> frozenset[str]:
    """Those that a script logs in."""
    return frozenset(strings(role)[0] for role in re.findall(rf"run\.login\(({_TEXT})", script))


@_of_a_script
def _token_places(classes: str) -> tuple[str, ...]:
    match = re.search(r"for \(place in \[(.*)\]\) props\.put\(role \+ '\.token\.'", classes)
    return tuple(strings(match[1])) if match else ()


# --- thread groups ------------------------------------------------------------------------------------------------------


def _broken_groups(root: Any, statements: Script) -> Iterator[Fault]:
    loads = {
        strings(name)[0]: load
        for name, load in re.findall(
            rf"^ +({_TEXT}): (new (?:Users|Arrivals)\(.*\)),$", statements.text, re.MULTILINE
        )
    }
    for group in root.iter("ThreadGroup"):
        name, tree = group.get("testname"), group.getnext()
        gate = tree[0].find("stringProp[@name='script']")
        asked = re.search(rf"props\.run\.loads\[({_TEXT})\]\.next\(ctx\)", gate.text)
        if not asked or strings(asked[1]) != [name]:
            yield Fault(gate.sourceline, 1, f"the first sampler of `{name}` does not wait for its iterations")
        if name not in loads:
            yield Fault(group.sourceline, 1, f"`{name}` has no load")
        elif (
            "Arrivals" in loads[name]
            and _string(group, "ThreadGroup.same_user_on_next_iteration").text == "true"
        ):
            yield Fault(group.sourceline, 1, f"in `{name}` an arrival must be a new user")
        if next(tree.iter("HTTPSamplerProxy"), None) is None:
            yield Fault(group.sourceline, 1, f"`{name}` sends no request")
    for name, load in loads.items():
        if not [stage for stage in re.findall(r"\[(\d+), \d+\]", load) if int(stage)]:
            yield Fault(statements.line, 1, f"the load of `{name}` takes no time")


# --- controllers and checks ---------------------------------------------------------------------------------------------


def _broken_loops(root: Any) -> Iterator[Fault]:
    for one in root.iter("LoopController"):
        loops = _string(one, "LoopController.loops")
        for prop in one.getnext().findall("hashTree/JSR223Assertion/stringProp[@name='script']"):
            poll = re.search(rf"{_ROWS.pattern}, (\d+), ", prop.text)
            if poll and poll[1] != loops.text:
                yield Fault(loops.sourceline, 1, f"a poll of {poll[1]} attempts is asked {loops.text} times")
    for one in root.iter("SwitchController"):
        value, branches = _string(one, "SwitchController.value"), len(one.getnext()) // 2
        if value.text in _OUTCOMES:
            if [branch.get("testname") for branch in one.getnext()[::2]] != ["false"]:
                yield Fault(value.sourceline, 1, "an outcome is `true`, or the branch `false`")
            continue
        script = one.getprevious().getprevious().find("stringProp[@name='script']")
        ends = re.search(rf"vars\.put\({_TEXT}, \[([\d, ]+)\]", script.text if script is not None else "")
        if not ends or ends[1].count(",") + 1 != branches:
            yield Fault(value.sourceline, 1, f"nothing chooses one of these {branches} branches")


def _broken_statuses(root: Any) -> Iterator[Fault]:
    for one in root.iter("ResponseAssertion"):
        kind, statuses = _string(one, "Assertion.test_type"), len(_string(one, "Asserion.test_strings"))
        if kind.text != ("8" if statuses == 1 else "40"):
            yield Fault(kind.sourceline, 1, f"with {statuses} statuses this is no `equals one of`")
    methods: dict[str, str] = {}
    for one in root.iter("HTTPSamplerProxy"):
        name, method = one.get("testname"), _string(one, "HTTPSampler.method")
        if methods.setdefault(name, method.text) != method.text:
            yield Fault(
                method.sourceline, 1, f"`{name}` is another request elsewhere: their samples would be one"
            )


def _broken_bodies(root: Any) -> Iterator[Fault]:
    """JMeter writes the Content-Type of a form, since only JMeter knows the boundary; of any other body the plan does."""
    for one in root.iter("HTTPSamplerProxy"):
        named = {
            name.text.lower()
            for headers in one.getnext().iterchildren("HeaderManager")
            for name in headers.iter("stringProp")
            if name.get("name") == "Header.name"
        }
        kinds = ("HTTPSampler.DO_MULTIPART_POST", "HTTPSampler.postBodyRaw", "HTTPsampler.Files")
        form, *others = (_string(one, kind) is not None for kind in kinds)
        own = any("props.run.form(" in text for text in one.getnext().itertext())
        if form and ("content-type" in named) is not own:
            yield Fault(one.sourceline, 1, "this form is sent without its boundary")
        elif not form and any(others) and "content-type" not in named:
            yield Fault(one.sourceline, 1, "the body does not say what it is")


def _broken_limits(root: Any, scripts: list[Script], statements: Script) -> Iterator[Fault]:
    calls = {
        plain(one.get("testname"))
        for group in root.iter("ThreadGroup")
        for one in group.getnext().iter("HTTPSamplerProxy")
    }
    own = {
        plain(one.get("testname"))
        for group in root.iter("ThreadGroup")
        for one in group.getnext().iter("JSR223Sampler")
    }
    for script in (one for one in scripts if one.line != statements.line):
        own.update(name for match in _ROWS.finditer(script.text) for name in strings(match[0]))
    for number, line in _listed("metrics", statements):
        for subject, fed in re.findall(rf"({_TEXT}): \[([^\]]*)\]", line):
            own.update(strings(fed))
            kind, _, name = strings(subject)[0].partition(" ")
            if name not in (calls if kind == "call" else own):
                yield Fault(number, 1, f"`{name}` is measured nowhere")
    pattern = re.compile(
        rf"\[({_TEXT}), '(call|trend|check|all)', '([^']+)', '(<=|>=)', [\d.e+-]+(, 'abort')?\],"
    )
    for number, line in _listed("limits", statements):
        match = pattern.fullmatch(line)
        if not match or not re.fullmatch(r"p\d{1,2}(\.\d)?|avg|min|max|errors|rate", match[3]):
            yield Fault(number, 1, "this limit cannot be judged")
        elif match[2] != "all" and strings(match[1])[0] not in (calls if match[2] == "call" else own):
            yield Fault(number, 1, f"`{strings(match[1])[0]}` is measured nowhere")
    results = root.find(".//ResultCollector/stringProp[@name='filename']")
    default = re.fullmatch(r"\$\{__P\(jtl,(.+)\)\}", results.text or "")
    if not default or f"props.getProperty('jtl', '{default[1]}')" not in statements.text:
        yield Fault(results.sourceline, 1, "the results are not written where they are judged")


def _listed(name: str, statements: Script) -> Iterator[tuple[int, str]]:
    """The lines of a list of the script that sets the run up, and where they stand in the plan."""
    inside = False
    for number, line in enumerate(statements.text.splitlines(), statements.line):
        if line in (f"def {name} = [", f"{name} += {{ -> ["):
            inside = True
        elif not line.startswith("    "):
            inside = False
        elif inside:
            yield number, line.strip()
