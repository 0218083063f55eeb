"""specs/jivs.openapi.yaml: legal OpenAPI, typed to the last field, with examples that hold.

Each rule below returns what is wrong with a document. The committed one has nothing; each breach planted at
the end of this file is found by its rule.
"""

from __future__ import annotations

import copy
import csv
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

SPECS = Path(__file__).resolve().parents[1] / "specs"
METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"
BOUNDARY = "boundary"

FREE_FORM = {
    "#/components/schemas/ApiDescription/properties/paths": "OpenAPI describes this object, not this API",
}
"""Objects whose members the spec leaves open, and why."""

Node = dict[str, Any]
At = tuple[str | int, ...]
Rule = Callable[[Node], list[str]]


@cache
def jivs() -> Node:
    return yaml.load((SPECS / "jivs.openapi.yaml").read_bytes(), yaml.CSafeLoader)


# --- walking ------------------------------------------------------------------------------------------------

DATA = ("example", "examples", "enum", "default", "required", "x-roles")
NAMED = ("paths", "content", "headers", "responses", "properties", "schemas", "parameters", "requestBodies")


def pointer(at: At) -> str:
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in at)


def steps(reference: str) -> At:
    names = reference.removeprefix("#/").split("/")
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)


def value_at(document: Node, at: At) -> Any:
    found: Any = document
    for step in at:
        found = found[step]
    return found


def target(document: Node, node: Node) -> Node:
    """What stands behind a `$ref`, or the node itself."""
    return target(document, value_at(document, steps(node["$ref"]))) if "$ref" in node else node


def objects(node: Any, at: At = (), names: bool = False) -> Iterator[tuple[At, Node]]:
    """Every OpenAPI object with its pointer, data left out. `names`: the keys are names and not keywords."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from objects(item, (*at, number))
    elif isinstance(node, dict):
        if not names:
            yield at, node
        for key, child in node.items():
            if names or key not in DATA:
                yield from objects(child, (*at, key), names=not names and key in NAMED)


def schemas(document: Node) -> Iterator[tuple[At, Node]]:
    for at, node in objects(document):
        inside, last = at[-2:] if len(at) > 1 else ("", "")
        if last in ("schema", "items") or inside in ("properties", "schemas", "allOf", "anyOf", "oneOf"):
            yield at, node


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def examples_of(document: Node, node: Node) -> Iterator[tuple[str, Any]]:
    """(where in the node, value) of its `example` and its named `examples`."""
    if "example" in node:
        yield "/example", node["example"]
    for name, example in node.get("examples", {}).items():
        yield f"/examples/{name}", target(document, example)["value"]


def examples(document: Node) -> Iterator[tuple[str, At, Any]]:
    """(where, the schema it must hold against, value) of every example: of media types, parameters and
    headers, and of schemas themselves."""
    for at, node in objects(document):
        schema = (*at, "schema") if "schema" in node else at
        for where, value in examples_of(document, node):
            yield pointer(at) + where, schema, value


# --- rules --------------------------------------------------------------------------------------------------


def is_openapi_3_0(document: Node) -> list[str]:
    from openapi_spec_validator import OpenAPIV30SpecValidator

    return [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()]


def examples_hold(document: Node) -> list[str]:
    from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    registry = Registry().with_resource("urn:spec", Resource.from_contents(document, DRAFT4))
    found = []
    for where, schema, value in examples(document):
        reading = OAS30ReadValidator if "responses" in schema else OAS30WriteValidator
        reference = {"$ref": "urn:spec" + pointer(schema)}
        validator = reading(reference, registry=registry, format_checker=oas30_format_checker)
        found += [f"{where}: {error.message}" for error in validator.iter_errors(value)]
    return found


def bodies_have_examples(document: Node) -> list[str]:
    return [
        f"{pointer(at)}: no example"
        for at, node in objects(document)
        if "content" in at[-2:-1] and "/" in str(at[-1]) and not any(examples_of(document, node))
    ]


def schemas_are_typed(document: Node) -> list[str]:
    found, open_objects = [], set()
    for at, schema in schemas(document):
        kind = schema.get("type")
        if kind is None and not {"$ref", "allOf", "anyOf", "oneOf"} & schema.keys():
            found.append(f"{pointer(at)}: no type")
        if kind == "array" and "items" not in schema:
            found.append(f"{pointer(at)}: items of any kind")
        if kind == "object" and ("properties" not in schema or schema.get("additionalProperties")):
            open_objects.add(pointer(at))
    found += [f"{where}: an object of any kind" for where in sorted(open_objects - FREE_FORM.keys())]
    return found + [f"{where}: not free-form any more" for where in sorted(FREE_FORM.keys() - open_objects)]


def required_members_exist(document: Node) -> list[str]:
    """In an `allOf` any part may describe what another one requires."""
    found = []
    for at, schema in schemas(document):
        whole = value_at(document, at[:-2]) if "allOf" in at[-2:-1] else schema
        unknown = set(schema.get("required", [])) - members(document, whole)
        found += [f"{pointer(at)}: nothing describes {name}" for name in sorted(unknown)]
    return found


def members(document: Node, schema: Node) -> set[str]:
    schema = target(document, schema)
    parts = (members(document, part) for part in schema.get("allOf", []))
    return set(schema.get("properties", {})).union(*parts)


def operations_have_ids(document: Node) -> list[str]:
    found, seen = [], set()
    for method, path, operation in operations(document):
        name = operation.get("operationId", "")
        if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name):
            found.append(f"{method} {path}: operationId {name!r} is not camelCase")
        if name in seen:
            found.append(f"{method} {path}: operationId {name} is taken")
        seen.add(name)
    return found


def operations_have_tags(document: Node) -> list[str]:
    declared = {tag["name"] for tag in document["tags"]}
    return [
        f"{method} {path}: tags {operation['tags']}"
        for method, path, operation in operations(document)
        if not operation["tags"] or not declared.issuperset(operation["tags"])
    ]


def operations_answer(document: Node) -> list[str]:
    """A success; 401 where a token is asked for (or got); 403 where roles are, and only there; 404 where a
    resource is named."""
    found = []
    for method, path, operation in operations(document):
        answers = operation["responses"].keys()
        wanted = {
            "401": operation.get("security") != [] or "auth" in operation["tags"],
            "403": "x-roles" in operation,
            "404": "{" in path,
        }
        missing = [status for status in wanted if wanted[status] and status not in answers]
        found += [f"{method} {path}: no {status}" for status in missing]
        if not any(status.startswith("2") for status in answers):
            found.append(f"{method} {path}: no success")
        if "403" in answers and not wanted["403"]:
            found.append(f"{method} {path}: 403, and nobody knows for whom")
    return found


def refusals_are_errors(document: Node) -> list[str]:
    error = {"$ref": "#/components/schemas/Error"}
    return [
        f"{method} {path}: {status} is no Error"
        for method, path, operation in operations(document)
        for status, response in operation["responses"].items()
        if status >= "400"
        if [media["schema"] for media in target(document, response)["content"].values()] != [error]
    ]


def security_exists(document: Node) -> list[str]:
    declared = document["components"]["securitySchemes"]
    asking = [("the document", document), *((f"{m} {path}", node) for m, path, node in operations(document))]
    return [
        f"{where}: no security scheme {name}"
        for where, node in asking
        for alternative in node.get("security", [])
        for name in alternative
        if name not in declared
    ]


def components_are_used(document: Node) -> list[str]:
    used = {node["$ref"] for _, node in objects(document) if "$ref" in node}
    return [
        f"{pointer(at)}: nothing refers to it"
        for kind in document["components"].keys() - {"securitySchemes"}
        for at in (("components", kind, name) for name in document["components"][kind])
        if pointer(at) not in used
    ]


def test_it_is_whole() -> None:
    assert 85 <= len(list(operations(jivs()))) <= 95
    assert len(list(examples(jivs()))) > 100, "the walker no longer finds the examples"


def yaml_tricks(text: str) -> set[type]:
    """Anchors, aliases and tags, and the Python types of scalars that JSON does not have."""
    tokens = {type(token) for token in yaml.scan(text, yaml.CSafeLoader)}
    scalars = {type(value) for value in scalars_of(yaml.load(text, yaml.CSafeLoader))}
    return tokens & {yaml.AnchorToken, yaml.AliasToken, yaml.TagToken} | scalars - {
        str,
        int,
        float,
        bool,
        type(None),
    }


def scalars_of(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from scalars_of(part)
    else:
        yield value


def test_every_yaml_reader_gets_the_same() -> None:
    assert yaml_tricks((SPECS / "jivs.openapi.yaml").read_text("utf-8")) == set()


@pytest.mark.parametrize("text", ["{a: &b 1, c: *b}", "a: !!str 1", "a: 2026-01-31", "{2026-01-31: a}"])
def test_a_yaml_trick_is_found(text: str) -> None:
    assert yaml_tricks(text)


# --- whole requests and answers, judged by openapi-core -----------------------------------------------------


@cache
def referee() -> Any:
    from openapi_core import Config, OpenAPI

    return OpenAPI.from_dict(jivs(), config=Config(spec_validator_cls=None))


def request(method: str, path: str, body: Any = None, media_type: str = JSON) -> Any:
    """A request made of the examples of the operation's parameters."""
    from openapi_core.testing import MockRequest

    item = jivs()["paths"][path]
    values: dict[str, dict[str, str]] = {"path": {}, "query": {}}
    for listed in [*item.get("parameters", []), *item[method].get("parameters", [])]:
        parameter = target(jivs(), listed)
        values[parameter["in"]][parameter["name"]] = str(parameter["example"])
    return MockRequest(
        "http://localhost:8080",
        method,
        path.format(**values["path"]),
        args=values["query"],
        headers={"Authorization": "Bearer a.b.c"},
        data=b"" if body is None else encoded(body, media_type),
        content_type=media_type if media_type == JSON else f"{media_type}; boundary={BOUNDARY}",
    )


def encoded(body: Any, media_type: str) -> bytes:
    if media_type == JSON:
        return json.dumps(body).encode()
    fields = [
        (name, one) for name, value in body.items() for one in (value if isinstance(value, list) else [value])
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    return ("".join(head % field for field in fields) + f"--{BOUNDARY}--\r\n").encode()


OPERATIONS = [pytest.param(*one, id=one[2]["operationId"]) for one in operations(jivs())]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_examples_make_lawful_requests(method: str, path: str, operation: Node) -> None:
    content = target(jivs(), operation.get("requestBody", {})).get("content", {})
    sent = [(kind, value) for kind, media in content.items() for _, value in examples_of(jivs(), media)]
    for media_type, body in sent or [(JSON, None)]:
        referee().validate_request(request(method, path, body, media_type))


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_examples_make_lawful_answers(method: str, path: str, operation: Node) -> None:
    from openapi_core.testing import MockResponse

    asked = request(method, path)
    for status, listed in operation["responses"].items():
        answer = target(jivs(), listed)
        headers = {name: str(header["example"]) for name, header in answer.get("headers", {}).items()}
        for media_type, media in answer.get("content", {"": {}}).items():
            examples = [value for _, value in examples_of(jivs(), media)]
            bodies = [json.dumps(value) if media_type == JSON else value for value in examples]
            for body in bodies or [""]:
                answered = MockResponse(body.encode(), int(status), headers, media_type)
                referee().validate_response(asked, answered)


UNLAWFUL = {
    "no password": {"username": "admin"},
    "a number": {"username": "admin", "password": 5},
    "an empty name": {"username": "", "password": "x"},
    "nothing": None,
}


@pytest.mark.parametrize("body", UNLAWFUL.values(), ids=UNLAWFUL)
def test_openapi_core_refuses_a_request(body: Any) -> None:
    from openapi_core.exceptions import OpenAPIError

    with pytest.raises(OpenAPIError):
        referee().validate_request(request("post", "/api/v1/auth/login", body))


@pytest.mark.parametrize(("status", "body"), [(200, b"{}"), (200, b""), (302, b"")], ids=str)
def test_openapi_core_refuses_an_answer(status: int, body: bytes) -> None:
    from openapi_core.exceptions import OpenAPIError
    from openapi_core.testing import MockResponse

    with pytest.raises(OpenAPIError):
        referee().validate_response(request("post", "/api/v1/auth/login"), MockResponse(body, status))


# --- the feed of compliance-stress --------------------------------------------------------------------------


def test_every_subject_is_a_lawful_request() -> None:
    with (SPECS / "data" / "subjects.csv").open(newline="", encoding="utf-8") as file:
        subjects = list(csv.DictReader(file))
    for subject in subjects:
        body = {
            "requestType": subject["request_type"],
            "regulation": subject["regulation"],
            "dataSubjectId": subject["subject_id"],
            "dataSubjectEmail": subject["email"],
            "requestDetails": subject["details"],
        }
        referee().validate_request(request("post", "/api/v1/compliance/requests", body))
    assert len({one["subject_id"] for one in subjects}) == len({one["email"] for one in subjects}) == 200
    assert {one["regulation"] for one in subjects} == {"GDPR", "CCPA"}
    assert all(one["email"].endswith("@example.com") for one in subjects), "nobody's real address"


# --- breaches: what each rule is there for ------------------------------------------------------------------

ABSENT = object()
BODY = "components/requestBodies/%s/content/application~1json/"
ANSWER = "components/responses/%s/content/application~1json/"
CREATED = ANSWER % "ExtractionCreated" + "example/data/"
SCHEMA = "components/schemas/"
START = "paths/~1api~1v1~1extractions~1{id}~1start/post/"
LOGIN = "paths/~1api~1v1~1auth~1login/post/"
MODULE = {"name": "module", "in": "query", "schema": {"type": "integer"}, "example": "VIEWS"}

BREACHES: dict[Rule, list[tuple[str, Any, str]]] = {
    is_openapi_3_0: [
        ("openapi", "3.1.0", "3.1.0"),
        ("paths/~1api~1v1~1extractions~1{id}/parameters", [], "Path parameter 'id'"),
    ],
    examples_hold: [
        (BODY % "NewExtraction" + "examples/sap/value/sourceType", "FTP", "'FTP' is not one of"),
        (
            BODY % "NewMigration" + "example/sourceConfig/password",
            ABSENT,
            "'password' is a required property",
        ),
        (CREATED + "id", "1042", "'1042' is not of type 'integer'"),
        (CREATED + "createdAt", "today", "'today' is not a 'date-time'"),
        (CREATED + "connectionConfig/password", "told", "write-only"),
        (ANSWER % "Extractions" + "example/data/size", 101, "101 is greater than the maximum of 100"),
        ("components/responses/TooManyRequests/headers/Retry-After/example", 0, "0 is less than the minimum"),
        ("components/parameters/From/example", "31.1.", "'31.1.' is not a 'date'"),
        ("paths/~1api~1v1~1views/get/parameters", [MODULE], "'VIEWS' is not of type 'integer'"),
        (SCHEMA + "Count/example", -1, "#/components/schemas/Count/example: -1 is less than the minimum"),
        (SCHEMA + "Tokens/properties/expiresIn/example", "a day", "'a day' is not of type 'integer'"),
    ],
    bodies_have_examples: [
        (BODY % "Login" + "example", ABSENT, "requestBodies/Login/content/application~1json: no example"),
        (ANSWER % "User" + "example", ABSENT, "responses/User/content/application~1json: no example"),
    ],
    schemas_are_typed: [
        (SCHEMA + "BulkParameters", {"type": "object"}, "schemas/BulkParameters: an object of any kind"),
        (SCHEMA + "Page/additionalProperties", True, "schemas/Page: an object of any kind"),
        (SCHEMA + "Tags", {"type": "array"}, "schemas/Tags: items of any kind"),
        (SCHEMA + "Title", {"maxLength": 200}, "schemas/Title: no type"),
        (SCHEMA + "ApiDescription/properties/paths/type", "string", "paths: not free-form any more"),
    ],
    required_members_exist: [
        (SCHEMA + "Tokens/required", ["acessToken"], "schemas/Tokens: nothing describes acessToken"),
        (SCHEMA + "View/allOf", [{"type": "object", "required": ["nam"]}], "allOf/0: nothing describes nam"),
    ],
    operations_have_ids: [
        (START + "operationId", ABSENT, "operationId '' is not camelCase"),
        (START + "operationId", "start_extraction", "operationId 'start_extraction' is not camelCase"),
        (START + "operationId", "login", "operationId login is taken"),
    ],
    operations_have_tags: [
        (START + "tags", [], "start: tags []"),
        (START + "tags", ["extraction"], "start: tags ['extraction']"),
    ],
    operations_answer: [
        (START + "responses/202", ABSENT, "start: no success"),
        (START + "responses/401", ABSENT, "start: no 401"),
        (LOGIN + "responses/401", ABSENT, "login: no 401"),
        (START + "responses/403", ABSENT, "start: no 403"),
        (START + "x-roles", ABSENT, "start: 403, and nobody knows for whom"),
        (START + "responses/404", ABSENT, "start: no 404"),
    ],
    refusals_are_errors: [(ANSWER % "Conflict" + "schema", {"type": "object"}, "409 is no Error")],
    security_exists: [
        ("security", [{"bearer-jwt": []}], "the document: no security scheme bearer-jwt"),
        (START + "security", [{"basic": []}], "start: no security scheme basic"),
    ],
    components_are_used: [(SCHEMA + "Orphan", {"type": "string"}, "schemas/Orphan: nothing refers to it")],
}


@pytest.mark.parametrize("rule", BREACHES, ids=lambda rule: rule.__name__)
def test_the_spec_keeps(rule: Rule) -> None:
    assert rule(jivs()) == []


def changed(at: str, value: Any) -> Node:
    """The document with another value, or none, at a pointer."""
    document = copy.deepcopy(jivs())
    *above, last = steps(at)
    parent = value_at(document, tuple(above))
    if value is ABSENT:
        del parent[last]
    else:
        parent[last] = value
    return document


PLANTED = [pytest.param(rule, *breach, id=breach[-1]) for rule in BREACHES for breach in BREACHES[rule]]


@pytest.mark.parametrize(("rule", "at", "value", "said"), PLANTED)
def test_a_breach_is_found(rule: Rule, at: str, value: Any, said: str) -> None:
    found = rule(changed(at, value))
    assert found
    assert said in found[0]
