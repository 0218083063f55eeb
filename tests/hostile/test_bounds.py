"""Documents that would take for ever, or all memory: an answer within the limits that README.md states, in a process that
may not take more memory than that."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

MEMORY = 3 * 1024**3
LONGEST_S = 240
"""No measure of speed: ten times what the slowest needs on one busy core, where what is not bounded never ends."""
HEAD = 'openapi: 3.0.3\ninfo: {title: x, version: "1"}\n'
PATHS = "paths:\n  /a:\n    get: {operationId: a, responses: {'200': {description: x}}}\n"
PROFILE = """profile: bounds
spec: %s
target: {base_url: "http://localhost:8080"}
scenarios:
  s:
    load: {executor: per-vu-iterations, vus: 1, iterations: 1}
    steps: [{call: a}]
"""


def linted(folder: Path, spec: str, memory: int = MEMORY) -> subprocess.CompletedProcess[str]:
    """`jivsgen lint` of a profile that calls one operation of the spec."""
    (folder / "profile.yaml").write_text(PROFILE % spec, "utf-8")
    return run(folder, "lint", "profile.yaml", memory=memory)


def run(folder: Path, *arguments: str, memory: int = MEMORY) -> subprocess.CompletedProcess[str]:
    limit = partial(resource.setrlimit, resource.RLIMIT_AS, (memory, memory))
    return subprocess.run(
        [sys.executable, "-m", "jivsgen", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, preexec_fn=limit,
    )  # fmt: skip


def answered(ended: subprocess.CompletedProcess[str], *codes: str) -> None:
    """The diagnostics are these, and nothing broke."""
    assert "Traceback" not in ended.stderr, ended.stderr[-2000:]
    assert ended.returncode == (1 if codes else 0), ended.stderr[-2000:]
    said = [
        line.partition("error[")[2].partition("]")[0]
        for line in ended.stderr.splitlines()
        if "error[" in line
    ]
    assert sorted(set(said)) == sorted(codes), ended.stderr[-2000:]


# --- size -------------------------------------------------------------------------------------------------------------


def json_document(paths: int) -> Iterator[str]:
    yield '{"openapi":"3.0.3","info":{"title":"x","version":"1"},"paths":{'
    yield '"/a":{"get":{"operationId":"a","responses":{"200":{"description":"x"}}}}'
    words = "words " * 150
    for number in range(paths):
        yield f',"/p{number}":{{"get":{{"summary":"{words}","responses":{{"200":{{"description":"x"}}}}}}}}'
    yield "}}"


def yaml_document(paths: int) -> Iterator[str]:
    yield HEAD + PATHS
    words = "words " * 150
    for number in range(paths):
        yield f'  /p{number}:\n    get:\n      summary: {words}\n      responses: {{"200": {{description: x}}}}\n'


@pytest.mark.parametrize(("name", "lines"), [("spec.json", json_document), ("spec.yaml", yaml_document)])
def test_a_document_of_100_megabytes_is_compiled(
    name: str, lines: Callable[[int], Iterator[str]], tmp_path: Path
) -> None:
    with (tmp_path / name).open("w", encoding="utf-8") as file:
        file.writelines(lines(103_000))
    assert (tmp_path / name).stat().st_size > 100_000_000
    answered(linted(tmp_path, name))


def test_a_larger_one_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "spec.json").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    answered(linted(tmp_path, "spec.json"), "too-large")


def test_a_file_of_many_small_values_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(HEAD + PATHS + "x-many: [" + "[]," * 10_100_000 + "]\n", "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "too-large")


# --- aliases ----------------------------------------------------------------------------------------------------------


def laughs(levels: int) -> str:
    lines = ["x-0: &x0 [lol]"]
    lines += [f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(HEAD + laughs(40) + PATHS, "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "alias-bomb")


def test_a_million_aliases_of_a_word_are_read(tmp_path: Path) -> None:
    text = HEAD + PATHS + "x-word: &word lol\nx-list: [" + "*word, " * 1_000_000 + "]\n"
    (tmp_path / "spec.yaml").write_text(text, "utf-8")
    answered(linted(tmp_path, "spec.yaml"))


def test_a_million_aliases_of_a_list_are_refused(tmp_path: Path) -> None:
    text = HEAD + PATHS + f"x-list: &list [{'1, ' * 1000}]\nx-all: [" + "*list, " * 1_000_000 + "]\n"
    (tmp_path / "spec.yaml").write_text(text, "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "alias-bomb")


def test_aliases_nest_no_deeper_than_brackets(tmp_path: Path) -> None:
    chain = "\n".join(["x-0: &x0 []", *(f"x-{n}: &x{n} [*x{n - 1}]" for n in range(1, 10_000))])
    (tmp_path / "spec.yaml").write_text(HEAD + PATHS + chain + "\n", "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "too-deep")


def test_a_measure_is_not_that_of_a_forgotten_collection(tmp_path: Path) -> None:
    """Merged mappings are not kept, and another collection may take their place in memory."""
    lines = [
        f"x-{n}: {{<<: &m {{a{n}: 1}}, b: *m, c: [&l [{'1, ' * 2000}], {'*l, ' * 100}]}}" for n in range(200)
    ]
    (tmp_path / "spec.yaml").write_text(HEAD + PATHS + "\n".join(lines) + "\n", "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "alias-bomb")


# --- depth ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [250, 600, 10_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("name", ["spec.json", "spec.yaml"])
def test_depth_is_refused(name: str, opening: str, closing: str, depth: int, tmp_path: Path) -> None:
    nested = opening * depth + "1" + closing * depth
    head = '{"openapi":"3.0.3","x":%s}' if name == "spec.json" else HEAD + PATHS + "x-deep: %s\n"
    (tmp_path / name).write_text(head % nested, "utf-8")
    answered(linted(tmp_path, name), "too-deep")


def test_schemas_may_lead_deep_and_to_themselves(tmp_path: Path) -> None:
    """Each of 10,000 schemas holds the next one, the last one the first; another is only itself."""
    schemas = [
        f"    S{n}: {{type: object, required: [next], properties: {{next: {{$ref: '#/components/schemas/S{(n + 1) % 10_000}'}}}}}}"
        for n in range(10_000)
    ]
    body = "{required: true, content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}"
    paths = f"paths:\n  /a:\n    post: {{operationId: a, requestBody: {body}, responses: {{'200': {{description: x}}}}}}\n"
    own = "    Own: {$ref: '#/components/schemas/Own'}\n"
    text = HEAD + paths + "components:\n  schemas:\n" + "\n".join(schemas) + "\n" + own
    (tmp_path / "spec.yaml").write_text(text, "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "cannot-build-body")
    (tmp_path / "spec.yaml").write_text(text.replace("schemas/S0'}}}}", "schemas/Own'}}}}"), "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "broken-reference")


@pytest.mark.parametrize("keyword", ["properties", "items"])
def test_references_that_multiply_are_answered(keyword: str, tmp_path: Path) -> None:
    """Each of 60 schemas names the next one twice: written out, more than there are atoms."""
    ref = "{$ref: '#/components/schemas/S%d'}"
    ways = {
        "properties": "{type: object, properties: {a: %(next)s, b: %(next)s}}",
        "items": "{type: array, items: {type: object, properties: {a: %(next)s, b: %(next)s}}}",
    }
    schemas = (
        "".join(f"    S{n}: {ways[keyword] % {'next': ref % (n + 1)}}\n" for n in range(60))
        + "    S60: {type: object}\n"
    )
    body = "{required: true, content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}"
    answer = "{description: x, content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}"
    paths = (
        f"paths:\n  /a:\n    post: {{operationId: a, requestBody: {body}, responses: {{'200': {answer}}}}}\n"
    )
    (tmp_path / "spec.yaml").write_text(HEAD + paths + "components:\n  schemas:\n" + schemas, "utf-8")
    ended = linted(tmp_path, "spec.yaml")
    assert ended.returncode in (0, 1), ended.stderr[-2000:]
    assert run(tmp_path, "init", "spec.yaml", "--stdout").returncode in (0, 1)


# --- texts and numbers ------------------------------------------------------------------------------------------------

SCHEMAS = {
    "a pattern that backtracks": "{type: string, pattern: '^(a+)+$', minLength: 3000}",
    "nested repetition": "{type: string, pattern: '^((((a{1,999}){1,999}){1,999}){1,999})$'}",
    "a huge pattern": "{type: string, pattern: '%s'}" % ("(a|b)?" * 20_000),
    "a pattern of a huge text": "{type: string, pattern: '^(a|aa)+$', example: %s}" % ("a" * 200_000 + "b"),
    "a pattern that is none": "{type: string, pattern: '(((['}",
    "a text of a billion": "{type: string, minLength: 1000000000}",
    "a list of a billion": "{type: array, items: {type: string}, minItems: 1000000000}",
    "an object of a billion": "{type: object, minProperties: 1000000000}",
    "a text of less than nothing": "{type: string, minLength: -5, maxLength: -9}",
    "lengths that are no numbers": "{type: string, minLength: a, maxLength: [1], pattern: 5}",
    "a multiple of nothing": "{type: number, multipleOf: 0}",
    "a multiple of very little": "{type: number, multipleOf: 1e-300, minimum: 1}",
    "a multiple of less than a float": "{type: number, multipleOf: 1e-400, minimum: 1}",
    "a multiple of very much": "{type: integer, multipleOf: 1%s, minimum: 1}" % ("0" * 300),
    "a multiple that is negative": "{type: integer, multipleOf: -3, minimum: 1}",
    "a bound beyond a float": "{type: number, minimum: 1e400}",
    "a bound of 350 digits": "{type: integer, minimum: 1%s}" % ("0" * 350),
    "a bound of 5,000 digits": "{type: integer, minimum: 1%s}" % ("0" * 5000),
    "a hexadecimal bound": "{type: integer, minimum: 0x%s}" % ("f" * 5000),
    "bounds that cross": "{type: integer, minimum: 5, maximum: 1}",
    "no number": "{type: number, minimum: .nan, maximum: .inf}",
    "an enum of nothing": "{enum: []}",
    "an enum of no list": "{enum: 5}",
    "all of itself": "{allOf: [{$ref: '#/paths/~1a/post/requestBody/content/application~1json/schema/properties/p'}]}",
    "one of very many": "{{oneOf: [{}]}}".format(", ".join(["{type: string, minLength: 3}"] * 3000)),
    "all of very many": "{{allOf: [{}]}}".format(", ".join(["{type: object}"] * 3000)),
    "required of very many": "{{type: object, required: [{}]}}".format(", ".join(f"a{n}" for n in range(20_000))),
    "types that are none": "{type: [string, 5, null, {}], nullable: maybe, format: [x]}",
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_answered(name: str, tmp_path: Path) -> None:
    """The body is built, or it is said why not."""
    schema = f"{{type: object, required: [p], properties: {{p: {SCHEMAS[name]}}}}}"
    body = f"{{required: true, content: {{application/json: {{schema: {schema}}}}}}}"
    paths = f"paths:\n  /a:\n    post: {{operationId: a, requestBody: {body}, responses: {{'200': {{description: x}}}}}}\n"
    (tmp_path / "spec.yaml").write_text(HEAD + paths, "utf-8")
    (tmp_path / "profile.yaml").write_text(PROFILE % "spec.yaml", "utf-8")
    for verb in (
        ["lint", "profile.yaml"],
        ["build", "--profile", "profile.yaml"],
        ["init", "spec.yaml", "--stdout"],
    ):
        ended = run(tmp_path, *verb, memory=MEMORY // 2)
        assert ended.returncode in (0, 1), (verb, ended.stderr[-2000:])
        assert ended.returncode == 0 or "error[" in ended.stderr


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 5000])
def test_a_number_that_is_none_is_refused(number: str, tmp_path: Path) -> None:
    document = '{"openapi":"3.0.3","info":{"title":"x","version":"1"},\n"x-number":%s,"paths":{}}'
    (tmp_path / "spec.json").write_text(document % number, "utf-8")
    answered(linted(tmp_path, "spec.json"), "syntax")


def test_half_of_a_character_is_refused_with_its_place(tmp_path: Path) -> None:
    document = '{"openapi":"3.0.3","info":{"title":"x","version":"1"},\n"paths":{}, "x-half": ["\\ud83d\\ude00", "\\ud83d"]}'
    (tmp_path / "spec.json").write_text(document, "utf-8")
    ended = linted(tmp_path, "spec.json")
    answered(ended, "syntax")
    assert "spec.json:2:" in ended.stderr


# --- schemas that double ----------------------------------------------------------------------------------------------

NEXT = "{$ref: '#/components/schemas/S%(next)d'}"
DOUBLING = {
    "allOf": "{allOf: [NEXT, NEXT]}",
    "oneOf": "{oneOf: [NEXT, NEXT]}",
    "anyOf": "{anyOf: [NEXT, NEXT]}",
    "each in its own words": "{anyOf: [{allOf: [NEXT]}, {description: b, allOf: [NEXT]}]}",
    "by turns": "{allOf: [{anyOf: [NEXT, {oneOf: [NEXT]}]}, {anyOf: [NEXT, {type: object}]}]}",
    "not": "{allOf: [{not: NEXT}, {not: NEXT}]}",
    "conditions": "{if: NEXT, then: NEXT, else: NEXT}",
    "beside a reference": "{$ref: '#/components/schemas/S%(next)d', allOf: [NEXT]}",
    "alternatives that need it": "{oneOf: [{type: object, required: [a], properties: {a: NEXT}}, {type: object, required: [a, b], properties: {a: NEXT, b: NEXT}}]}",
    "alternatives that may have it": "{anyOf: [{type: object, properties: {a: NEXT}}, {type: object, properties: {a: NEXT, b: {type: string}}}]}",
    "elements": "{type: array, minItems: 2, items: {oneOf: [NEXT, {anyOf: [NEXT]}]}}",
    "a discriminator": "{type: object, required: [t], properties: {t: {type: string}}, oneOf: [NEXT, {allOf: [NEXT]}], "
    "discriminator: {propertyName: t, mapping: {x: '#/components/schemas/S%(next)d', y: '#/components/schemas/S%(next)d'}}}",
}  # fmt: skip
PLAYED = """
from pathlib import Path
from jivsgen.diagnostics import Diagnostics
from jivsgen.rehearsal.server.behaviour import Behaviour
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.player import Player
from jivsgen.spec import load_api
api = load_api(Path("spec.yaml"), "spec.yaml", Diagnostics())
player = Player(api, Behaviour())
for method, path, body in (("POST", "/a", b'{"a": {"a": {"id": 1}}}'), ("POST", "/a", b'"x"'), ("GET", "/a", b""), ("GET", "/a/1", b"")):
    print(player.answer(Asked(method, path, "q=1", {"content-type": "application/json"}, body)).status)
"""


def doubling(schema: str, leaf: str) -> str:
    """A document of sixty schemas, each of which leads to the next one by two ways and more."""
    body = "{application/json: {schema: {$ref: '#/components/schemas/S0'}, example: {a: {a: {a: {id: x}}}}}}"
    answers = f"{{'200': {{description: x, content: {body}}}}}"
    query = "[{name: q, in: query, schema: {$ref: '#/components/schemas/S0'}}]"
    schemas = "".join(f"    S{n}: {schema.replace('NEXT', NEXT) % {'next': n + 1}}\n" for n in range(60))
    return (
        HEAD.replace("3.0.3", "3.1.0")
        + f"paths:\n  /a:\n    post: {{operationId: a, requestBody: {{required: true, content: {body}}}, responses: {answers}}}\n"
        + f"    get: {{operationId: list, parameters: {query}, responses: {answers}}}\n"
        + "  /a/{id}:\n    get: {operationId: read, parameters: [{name: id, in: path, required: true, schema: {type: string}}], "
        + f"responses: {answers}}}\n"
        + f"components:\n  schemas:\n{schemas}    S60: {leaf}\n"
    )


@pytest.mark.parametrize("way", DOUBLING)
def test_schemas_that_double_are_answered(way: str, tmp_path: Path) -> None:
    """Every verb that looks at schemas, with bodies that are built, those that a profile says, paths into answers and
    parameters: two to the power of sixty ways."""
    leaf = "{type: object, required: [id], properties: {id: {type: string}}}"
    (tmp_path / "spec.yaml").write_text(doubling(DOUBLING[way], leaf), "utf-8")
    (tmp_path / "new.yaml").write_text(doubling(DOUBLING[way], "{type: object, minProperties: 1}"), "utf-8")
    step = f"{{call: list, query: {{q: {{a: 1}}}}, check: [$.{'a.' * 40}id]}}, {{call: a, name: own, body: {{a: {{a: x}}}}}}"
    profile = (PROFILE % "spec.yaml").replace("{call: a}", f"{{call: a, capture: {{id: $.id}}}}, {step}")
    (tmp_path / "profile.yaml").write_text(profile, "utf-8")
    (tmp_path / "jivsgen.toml").write_text("profiles = 'profile.yaml'\n", "utf-8")
    for verb in (["lint"], ["build"], ["diff", "spec.yaml", "new.yaml"], ["init", "spec.yaml", "--stdout"]):
        ended = run(tmp_path, *verb)
        assert ended.returncode in (0, 1, 2), (verb, ended.stderr[-2000:])
        assert "Traceback" not in ended.stderr
    (tmp_path / "profile.yaml").write_text((PROFILE % "spec.yaml").replace("call: a", "call: list"), "utf-8")
    assert run(tmp_path, "verify", "--no-engines").returncode in (0, 1)
    played = subprocess.run(
        [sys.executable, "-c", PLAYED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    assert len(played.stdout.split()) == 4


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(doubling(DOUBLING["oneOf"], "{type: object}"), "utf-8")
    answered(linted(tmp_path, "spec.yaml"), "cannot-build-body")
    profile = (PROFILE % "spec.yaml").replace("{call: a}", "{call: a, body: {id: x}}")
    (tmp_path / "profile.yaml").write_text(profile, "utf-8")
    answered(run(tmp_path, "lint", "profile.yaml"), "too-many-ways")


def test_what_doubles_a_few_times_is_told(tmp_path: Path) -> None:
    """As the documents of people do: a hierarchy with alternatives that name their base, and twelve levels of two."""
    few = doubling(DOUBLING["anyOf"], "{type: object}").replace("schemas/S0'", "schemas/S52'")
    (tmp_path / "spec.yaml").write_text(few.replace("{a: {a: {a: {id: x}}}}", "{id: x}"), "utf-8")
    answered(linted(tmp_path, "spec.yaml"))
    pets = """components:
  schemas:
    S0: {type: object, required: [t], properties: {t: {type: string}, of: {type: array, items: {$ref: '#/components/schemas/S0'}}},
         oneOf: [%s], discriminator: {propertyName: t}}
%s"""
    names = [f"{{$ref: '#/components/schemas/P{n}'}}" for n in range(40)]
    each = "".join(
        f"    P{n}: {{allOf: [{{$ref: '#/components/schemas/S0'}}, {{properties: {{t: {{enum: [P{n}]}}}}}}]}}\n"
        for n in range(40)
    )
    body = "{t: P7, of: [{t: P1, of: [{t: P2}]}, {t: P39}]}"
    spec = doubling("{}", "{}").partition("components:")[0] + pets % (", ".join(names), each)
    (tmp_path / "spec.yaml").write_text(spec, "utf-8")
    profile = (PROFILE % "spec.yaml").replace("{call: a}", f"{{call: a, body: {body}}}")
    (tmp_path / "profile.yaml").write_text(profile, "utf-8")
    answered(run(tmp_path, "lint", "profile.yaml"))


def test_a_chain_of_references_is_as_long_as_it_is(tmp_path: Path) -> None:
    """A body that is held against the first of 10,000 schemas."""
    nexts = (NEXT % {"next": n + 1} for n in range(10_000))
    schemas = "".join(f"    S{n}: {{properties: {{a: {one}}}}}\n" for n, one in enumerate(nexts))
    spec = doubling("{}", "{}").partition("components:")[0]
    (tmp_path / "spec.yaml").write_text(
        f"{spec}components:\n  schemas:\n{schemas}    S10000: {{}}\n", "utf-8"
    )
    profile = (PROFILE % "spec.yaml").replace("{call: a}", "{call: a, body: {a: {a: {}}}}")
    (tmp_path / "profile.yaml").write_text(profile, "utf-8")
    answered(run(tmp_path, "lint", "profile.yaml"))
