"""A `$ref` that names a URL: fetched where the command line allows it, and only there; once a run; what was fetched is in the
lock. What goes wrong is said at the `$ref`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from tests.conftest import Run
from tests.test_pull import Play, says, serving

from jivsgen.diagnostics import Diagnostics
from jivsgen.rehearsal.rehearse import serving as played
from jivsgen.spec import Remotes, load_api
from jivsgen.spec.remote import Bounds

SPEC = """openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /pets:
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: '%s'}}}}
      responses: {'201': {description: x}}
  /pets/count:
    get: {operationId: countPets, responses: {'200': {description: x}}}
"""
PROFILE = """profile: pets
spec: api/spec.yaml
target: {base_url: "http://localhost:8080"}
scenarios:
  s:
    load: {executor: per-vu-iterations, vus: 1, iterations: 1}
    steps: [{call: %s}]
"""
PET = """components:
  schemas:
    Pet: {type: object, required: [name, tag], properties: {name: {enum: [Rex]}, tag: {$ref: 'parts/tag.yaml#/Tag'}}}
    Owner: {type: object, required: [name], properties: {name: {enum: [Ann]}}}
"""
TAG = "Tag: {enum: [dog]}\nOther: {$ref: '#/Tag'}\n"
RESULTS = """timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,URL,Connect
1700000000000,10,addPet,201,Created,s 1-1,true,,http://localhost:8080/pets,0
"""
REFUSED = "api/spec.yaml:7:74: error["


class Host:
    """A server on this machine: what it answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, Play] = {
            "/v1/pet.yaml": says(PET.encode()),
            "/v1/parts/tag.yaml": says(TAG.encode()),
        }
        self.asked: list[str] = []
        self.url = ""

    def play(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        self.files.get(handler.path, says(b"", 404))(handler)


@pytest.fixture
def host() -> Iterator[Host]:
    found = Host()
    with serving(found.play) as url:
        found.url = url.removesuffix("/v3/api-docs")
        yield found


def made(folder: Path, reference: str, call: str = "addPet") -> Path:
    (folder / "api").mkdir()
    (folder / "api/spec.yaml").write_text(SPEC % reference, "utf-8")
    (folder / "pets.yaml").write_text(PROFILE % call, "utf-8")
    (folder / "jivsgen.toml").write_text('profiles = "pets.yaml"\n', "utf-8")
    return folder


@pytest.fixture
def project(host: Host, tmp_path: Path) -> Path:
    return made(tmp_path, f"{host.url}/v1/pet.yaml#/components/schemas/Pet")


# --- allowed ----------------------------------------------------------------------------------------------------------


def test_what_is_named_is_fetched_once(host: Host, project: Path, jivsgen: Run) -> None:
    """Two profiles and every use of the schema ask once; a relative reference is one of the document that it stands in."""
    other = (project / "pets.yaml").read_text("utf-8").replace("profile: pets", "profile: more")
    (project / "more.yaml").write_text(other, "utf-8")
    (project / "jivsgen.toml").write_text('profiles = ["pets.yaml", "more.yaml"]\n', "utf-8")
    ended = jivsgen("build", "--allow-ref", f"{host.url}/v1", cwd=project)
    assert ended.returncode == 0, ended.stderr
    assert sorted(host.asked) == ["/v1/parts/tag.yaml", "/v1/pet.yaml"]
    script = (project / "generated/k6/pets.js").read_text("utf-8")
    assert "name: 'Rex'" in script
    assert "tag: 'dog'" in script


@pytest.mark.parametrize("verb", [
    ["lint"], ["plan", "pets"], ["init", "api/spec.yaml", "--operations", "addPet", "--stdout"], ["verify", "--no-engines"], ["diff", "api/spec.yaml", "old.yaml"],
    ["judge", "results.jtl", "--profile", "pets.yaml"],
])  # fmt: skip
def test_every_verb_that_reads_a_spec_takes_it(
    verb: list[str], host: Host, project: Path, jivsgen: Run
) -> None:
    shutil.copy(project / "api/spec.yaml", project / "old.yaml")
    (project / "results.jtl").write_text(RESULTS, "utf-8")
    refused = jivsgen(*verb, cwd=project)
    assert refused.returncode == (2 if verb[0] in ("diff", "judge") else 1)
    assert refused.stderr.count("error[") == (2 if verb[0] == "diff" else 1)  # of two documents
    assert host.asked == []
    assert f"--allow-ref {host.url}/" in refused.stderr or "no --allow-ref names it" in refused.stderr
    taken = jivsgen(*verb, "--allow-ref", host.url, cwd=project)
    assert taken.returncode == 0, taken.stderr
    assert sorted(set(host.asked)) == sorted(host.asked) != []


def test_pull_says_what_a_change_of_what_is_fetched_means(host: Host, project: Path, jivsgen: Run) -> None:
    spec = (project / "api/spec.yaml").read_text("utf-8")
    pull = ("pull", "new.yaml", "--to", "api/spec.yaml", "--dry-run")
    (project / "new.yaml").write_text("# moved\n" + spec.replace("title: x", "title: y"), "utf-8")
    unread = jivsgen(*pull, cwd=project)
    assert "note: some profiles could not be read against both documents" in unread.stderr
    assert "error[" not in unread.stdout, "it was not read before, either"
    (project / "new.yaml").write_text(spec.replace("/Pet'", "/Owner'"), "utf-8")
    assert host.asked == []
    said = jivsgen(*pull, "--allow-ref", host.url, cwd=project)
    assert (said.returncode, said.stderr) == (1, "")
    assert (
        'addPet does not take the body any more that the scripts send: "Rex" is not one of "Ann"'
        in said.stdout
    )


def test_init_names_it_in_the_next_commands(host: Host, project: Path, jivsgen: Run) -> None:
    ended = jivsgen("init", "api/spec.yaml", "--name", "new", "--allow-ref", host.url, cwd=project)
    assert ended.returncode == 0, ended.stderr
    assert f"--allow-ref {host.url}/" in ended.stdout.partition("next: ")[2]


def test_an_operation_that_does_not_need_it_asks_nobody(host: Host, project: Path, jivsgen: Run) -> None:
    (project / "pets.yaml").write_text(PROFILE % "countPets", "utf-8")
    for options in ([], ["--allow-ref", host.url]):
        assert jivsgen("lint", *options, cwd=project).returncode == 0
    assert host.asked == []


def test_a_file_of_the_spec_may_name_it_too(host: Host, tmp_path: Path, jivsgen: Run) -> None:
    made(tmp_path, "pet.yaml")
    (tmp_path / "api/pet.yaml").write_text(
        f"$ref: '{host.url}/v1/pet.yaml#/components/schemas/Owner'\n", "utf-8"
    )
    ended = jivsgen("lint", cwd=tmp_path)
    assert "api/pet.yaml:1:1: error[remote-reference]" in ended.stderr
    assert jivsgen("lint", "--allow-ref", host.url, cwd=tmp_path).returncode == 0


def test_openapi_core_reads_what_the_compiler_reads(host: Host, tmp_path: Path, jivsgen: Run) -> None:
    """A file that is a reference and nothing else leads on from where it stands, and so does a document from a server."""
    made(tmp_path, "parts/pet.yaml")
    (tmp_path / "api/parts").mkdir()
    (tmp_path / "api/parts/pet.yaml").write_text("$ref: more/owned.yaml\n", "utf-8")
    (tmp_path / "api/parts/more").mkdir()
    owned = f"allOf: [{{$ref: 'own.yaml'}}, {{$ref: '{host.url}/v1/pet.yaml#/components/schemas/Pet'}}]\n"
    (tmp_path / "api/parts/more/owned.yaml").write_text(owned, "utf-8")
    (tmp_path / "api/parts/more/own.yaml").write_text(
        "{type: object, required: [of], properties: {of: {enum: [Ann]}}}", "utf-8"
    )
    ended = jivsgen("verify", "--no-engines", "--allow-ref", host.url, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "1 request and 0 examples held against the contract" in ended.stdout


def test_a_redirect_within_what_is_allowed_is_followed(host: Host, project: Path, jivsgen: Run) -> None:
    """What a relative reference is relative to is where the document was found."""
    host.files["/v1/deep/pet.yaml"] = host.files.pop("/v1/pet.yaml")
    host.files["/v1/pet.yaml"] = says(b"", 302, Location="/v1/deep/pet.yaml")
    host.files["/v1/deep/parts/tag.yaml"] = host.files.pop("/v1/parts/tag.yaml")
    ended = jivsgen("lint", "--allow-ref", f"{host.url}/v1/", cwd=project)
    assert ended.returncode == 0, ended.stderr


# --- the lock ---------------------------------------------------------------------------------------------------------


def test_a_clean_check_asks_nobody_and_a_full_one_sees_what_changed(
    host: Host, project: Path, jivsgen: Run
) -> None:
    allow = ["--allow-ref", host.url]
    assert jivsgen("build", *allow, cwd=project).returncode == 0
    lock = (project / "generated/jivsgen.lock").read_text("utf-8")
    assert f"\nremote {host.url}/v1/pet.yaml " in lock
    assert f"\nremote {host.url}/v1/parts/tag.yaml " in lock
    host.asked.clear()
    assert jivsgen("check", cwd=project).stdout == "4 artifacts up to date\n"
    assert jivsgen("build", cwd=project).returncode == 0
    assert host.asked == []
    assert jivsgen("check", *allow, cwd=project).returncode == 0
    assert sorted(host.asked) == ["/v1/parts/tag.yaml", "/v1/pet.yaml"]
    host.files["/v1/parts/tag.yaml"] = says(TAG.replace("dog", "cat").encode())
    drifted = jivsgen("check", *allow, cwd=project)
    assert drifted.returncode == 1
    assert f"{host.url}/v1/parts/tag.yaml:1:1: error[changed-spec]" in drifted.stderr
    assert "`addPet` means something else" in drifted.stderr
    assert jivsgen("check", *allow, "--fix", cwd=project).returncode == 0
    assert "tag: 'cat'" in (project / "generated/k6/pets.js").read_text("utf-8")
    host.files["/v1/parts/tag.yaml"] = says(f"{TAG.replace('dog', 'cat')}# a comment\r\n".encode())
    noted = jivsgen("check", *allow, cwd=project)
    assert noted.returncode == 0
    assert "no artifact changes with it" in noted.stderr


def test_where_something_else_changed_a_check_says_what_to_type(
    host: Host, project: Path, jivsgen: Run
) -> None:
    assert jivsgen("build", "--allow-ref", host.url, cwd=project).returncode == 0
    (project / "pets.yaml").write_text((PROFILE % "addPet").replace("vus: 1", "vus: 2"), "utf-8")
    for verb in ("check", "build"):
        ended = jivsgen(verb, cwd=project)
        assert ended.returncode == 1
        assert f"{REFUSED}remote-reference]" in ended.stderr
        assert f"--allow-ref {host.url}/" in ended.stderr


def test_a_lock_of_which_a_remote_line_was_taken_is_not_believed(
    host: Host, project: Path, jivsgen: Run
) -> None:
    assert jivsgen("build", "--allow-ref", host.url, cwd=project).returncode == 0
    lock = project / "generated/jivsgen.lock"
    lines = lock.read_text("utf-8").splitlines(True)
    lock.write_text("".join(line for line in lines if not line.startswith("remote ")), "utf-8")
    assert jivsgen("check", cwd=project).returncode == 1


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("allowed", "reference"), [
    ("{host}/v1/pets", "{host}/v1/pet.yaml"), ("{host}/v1/pet", "{host}/v1/pet.yaml"), ("{host}/v2/", "{host}/v2/../v1/pet.yaml"),
    ("{host}/v2/", "{host}/v2/%2e%2e/v1/pet.yaml"), ("{host}/v2/", "{host}/v2/..%2Fv1/pet.yaml"), ("{host}/v2/", "{host}/v2/..\\\\v1/pet.yaml"),
    ("http://localhost:{port}/", "{host}/v1/pet.yaml"), ("http://127.0.0.1/", "{host}/v1/pet.yaml"), ("https://127.0.0.1:{port}/", "{host}/v1/pet.yaml"),
    ("http://127.0.0.1:1/", "{host}/v1/pet.yaml"), ("http://user/", "http://user@127.0.0.1:{port}/v1/pet.yaml"),
    ("http://127.0.0.2:{port}/", "http://127.0.0.2:{port}@127.0.0.1:{port}/v1/pet.yaml"), ("http://a/", "http://a\\\\@127.0.0.1:{port}/v1/pet.yaml"),
    ("{host}/", "//127.0.0.1:{port}/v1/pet.yaml"), ("{host}/", "file:///etc/hostname"), ("{host}/", "ftp://127.0.0.1:{port}/v1/pet.yaml"),
    ("{host}/", "http:/127.0.0.1:{port}/v1/pet.yaml"), ("{host}/", "data:application/json,{{}}"),
])  # fmt: skip
def test_nothing_else_is_asked(
    allowed: str, reference: str, host: Host, tmp_path: Path, jivsgen: Run
) -> None:
    names = {"host": host.url, "port": urlsplit(host.url).port}
    made(tmp_path, reference.format(**names).replace("\\\\", "\\"))
    ended = jivsgen("lint", "--allow-ref", allowed.format(**names), cwd=tmp_path)
    assert ended.returncode == 1
    assert "error[remote-reference]" in ended.stderr
    assert host.asked == []


@pytest.mark.parametrize("url", [
    "ftp://a/", "file:///etc", "a/b", "https://", "https://user:s3cret@a/", "https://a/?x=1", "https://a/../b", "https://a b/", "*",
])  # fmt: skip
def test_what_cannot_be_allowed(url: str, tmp_path: Path, jivsgen: Run) -> None:
    ended = jivsgen("lint", "--allow-ref", url, cwd=made(tmp_path, "x.yaml"))
    assert ended.returncode == 2
    assert "name the beginning of an http or https URL" in ended.stderr
    assert "s3cret" not in ended.stderr


@pytest.mark.parametrize("reference", [
    "api/owner.yaml#/Owner", "/api/owner.yaml#/Owner", "{file}#/Owner", "file://{file}#/Owner", "../../../../../../..{file}#/Owner",
])  # fmt: skip
def test_what_was_fetched_makes_no_file_be_read(
    reference: str, host: Host, project: Path, jivsgen: Run
) -> None:
    (project / "api/owner.yaml").write_text("Owner: {enum: [found]}\n", "utf-8")
    named = reference.format(file=project / "api/owner.yaml")
    host.files["/v1/pet.yaml"] = says(f"components: {{schemas: {{Pet: {{$ref: '{named}'}}}}}}".encode())
    for verb in (["build", "--stdout"], ["init", "api/spec.yaml", "--stdout"]):
        ended = jivsgen(*verb, "--allow-ref", host.url, cwd=project)
        assert "found" not in ended.stdout
        assert "Traceback" not in ended.stderr
    ended = jivsgen("lint", "--allow-ref", host.url, cwd=project)
    assert ended.returncode == 1
    code = "remote-reference" if "file:" in reference else "cannot-fetch"
    assert f"{host.url}/v1/pet.yaml:1:29: error[{code}]" in ended.stderr


def test_a_document_that_is_fetched_leads_to_no_other_server(host: Host, project: Path, jivsgen: Run) -> None:
    asked: list[str] = []
    with serving(lambda handler: asked.append(handler.path)) as other:
        host.files["/v1/pet.yaml"] = says(f"components: {{schemas: {{Pet: {{$ref: '{other}'}}}}}}".encode())
        ended = jivsgen("lint", "--allow-ref", host.url, cwd=project)
        assert ended.returncode == 1
        assert "no --allow-ref names it" in ended.stderr
        host.files["/v1/pet.yaml"] = says(b"", 302, Location=other)
        ended = jivsgen("lint", "--allow-ref", host.url, cwd=project)
        assert (
            f"{REFUSED}cannot-fetch]: {host.url}/v1/pet.yaml: the server sends us to another origin"
            in ended.stderr
        )
    assert asked == []


def test_a_redirect_out_of_what_is_allowed_is_not_followed(host: Host, project: Path, jivsgen: Run) -> None:
    host.files["/v1/pet.yaml"] = says(b"", 302, Location="/secret/pet.yaml")
    ended = jivsgen("lint", "--allow-ref", f"{host.url}/v1/", cwd=project)
    assert (
        f"{REFUSED}cannot-fetch]: {host.url}/v1/pet.yaml: the server sends us to '{host.url}/secret/pet.yaml'"
        in ended.stderr
    )
    assert host.asked == ["/v1/pet.yaml"]


def test_no_validator_asks_on_its_own(host: Host, tmp_path: Path, jivsgen: Run) -> None:
    """jsonschema-rs and openapi-core have clients of their own, and follow what the compiler does not look at."""
    made(tmp_path, "pet.yaml")
    (tmp_path / "secret.yaml").write_text("enum: [s3cret]\n", "utf-8")
    kept = [
        f"{host.url}/v1/pet.yaml",
        f"file://{tmp_path}/secret.yaml",
        f"ftp://{host.url[7:]}/x",
        "../secret.yaml",
    ]
    odd = {
        "contentSchema": {"$ref": kept[0]},
        "dependencies": {"name": {"$ref": kept[1]}},
        "contains": {"x": {"$ref": kept[0]}},
    }
    pet = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", **odd}}, **odd}
    (tmp_path / "api/pet.yaml").write_text(json.dumps(pet), "utf-8")
    beside = "".join(f"  /x{number}: {{$ref: '{url}'}}\n" for number, url in enumerate(kept[2:]))
    spec = (tmp_path / "api/spec.yaml").read_text("utf-8").replace("3.0.3", "3.1.0") + "webhooks:\n" + beside
    spec = spec.replace("'201': {description: x}", f"'201': {{description: x}}, '400': {{$ref: '{kept[0]}'}}")
    (tmp_path / "api/spec.yaml").write_text(spec, "utf-8")
    for verb in (["lint"], ["verify", "--no-engines"], ["init", "api/spec.yaml", "--stdout"]):
        ended = jivsgen(*verb, cwd=tmp_path)
        assert "Traceback" not in ended.stderr, ended.stderr
        assert "s3cret" not in ended.stdout + ended.stderr
    assert host.asked == []


# --- servers that fail ------------------------------------------------------------------------------------------------

FAULTY: dict[str, tuple[Play, str]] = {
    "401": (says(b"", 401), "cannot-fetch]: {url}: the server answers 401"),
    "404": (says(b"", 404), "cannot-fetch]: {url}: the server answers 404"),
    "HTML": (says(b"<!doctype html><html>Log in</html>"), "cannot-fetch]: {url}: the server answers HTML"),
    "breaks off": (says(PET.encode()[:50], Content_Length="500"), "cannot-fetch]: {url}: the answer breaks off"),
    "round and round": (says(b"", 302, Location="/v1/pet.yaml"), "cannot-fetch]: {url}: the server answers 302"),
    "not YAML": (says(b"a: ["), "broken-reference]: `{url}#/components/schemas/Pet` is no document that can be read"),
    "a list": (says(b"[]"), "broken-reference]: `{url}#/components/schemas/Pet` is no document"),
    "no such schema": (says(b"components: {}"), "broken-reference]: `{url}#/components/schemas/Pet` leads nowhere"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_server_that_fails_is_said_at_the_reference(
    name: str, host: Host, project: Path, jivsgen: Run
) -> None:
    play, said = FAULTY[name]
    host.files["/v1/pet.yaml"] = play
    ended = jivsgen("build", "--allow-ref", host.url, cwd=project)
    assert ended.returncode == 1
    assert REFUSED + said.format(url=f"{host.url}/v1/pet.yaml") in ended.stderr
    for option in ("--token-env", "--timeout", "--max-size", "--cacert", "springdoc"):
        assert option not in ended.stderr, "an option of another verb"
    assert host.asked[0] == "/v1/pet.yaml"
    assert len(host.asked) == (1 if name != "round and round" else len(host.asked))
    assert not (project / "generated").exists()


def test_a_server_that_is_down(project: Path, jivsgen: Run) -> None:
    made_for = (project / "api/spec.yaml").read_text("utf-8")
    with serving(says(b"")) as url:
        pass
    gone = url.removesuffix("/v3/api-docs")
    (project / "api/spec.yaml").write_text(SPEC % f"{gone}/pet.yaml", "utf-8")
    assert made_for != (project / "api/spec.yaml").read_text("utf-8")
    ended = jivsgen("lint", "--allow-ref", gone, cwd=project)
    assert f"{REFUSED}cannot-fetch]: {gone}/pet.yaml: cannot connect" in ended.stderr


def waits(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)
    says(PET.encode())(handler)


@pytest.mark.parametrize(
    ("play", "bounds", "said"),
    [
        (waits, Bounds(one_s=0.3), "no whole answer within 0."),
        (waits, Bounds(all_s=0.3), "no whole answer within 0."),
        (says(PET.encode()), Bounds(bytes=100), "larger than 100 bytes"),
        (says(PET.encode()), Bounds(bytes=len(PET) + 5), "larger than 5 bytes"),
        (says(PET.encode()), Bounds(files=1), "lead to 1 documents"),
    ],
)  # fmt: skip
def test_all_that_is_fetched_is_bounded(
    play: Play, bounds: Bounds, said: str, host: Host, project: Path
) -> None:
    host.files["/v1/pet.yaml"] = play
    found = Diagnostics()
    api = load_api(project / "api/spec.yaml", "spec.yaml", found, (), Remotes((f"{host.url}/",), bounds))
    assert api is not None
    assert not list(found)
    operation = api.operation(("POST", "/pets"))
    assert operation is not None
    api.schemas.members(api.schemas.members(operation.bodies[0].schema).get("tag"))
    (only,) = found
    assert only.code == "cannot-fetch"
    assert said in only.message
    assert only.place is not None
    asked = list(host.asked)
    api.schemas.members(api.schemas.members(operation.bodies[0].schema).get("tag"))
    assert host.asked == asked, "what failed is not asked again"


def test_a_chain_without_an_end_is_answered(host: Host, project: Path, jivsgen: Run) -> None:
    """Each document names a next one, and the server has them all."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        number = int(handler.path.rpartition("/")[2] or 0)
        says(f"{{type: object, required: [a], properties: {{a: {{$ref: '{number + 1}'}}}}}}".encode())(
            handler
        )

    host.play = play  # type: ignore[method-assign]
    with serving(play) as url:
        (project / "api/spec.yaml").write_text(SPEC % url.replace("/v3/api-docs", "/1"), "utf-8")
        ended = jivsgen("lint", "--allow-ref", url.removesuffix("/v3/api-docs"), cwd=project)
    assert ended.returncode == 1
    assert "lead to 200 documents" in ended.stderr


# --- played -----------------------------------------------------------------------------------------------------------


def added(base_url: str, pet: object) -> int:
    request = Request(f"{base_url}/pets", json.dumps(pet).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except HTTPError as refused:
        refused.close()
        return refused.code


def test_a_rehearsal_plays_what_was_compiled(host: Host, project: Path, tmp_path: Path) -> None:
    """The server of a rehearsal is a process of its own, and is told what was fetched: it asks nobody."""
    found = Diagnostics()
    api = load_api(project / "api/spec.yaml", "spec.yaml", found, (), Remotes((f"{host.url}/",)))
    assert api is not None
    operation = api.operation(("POST", "/pets"))
    assert operation is not None
    api.schemas.violations(operation.bodies[0].schema, {})  # type: ignore[arg-type]
    asked = list(host.asked)
    with played(api, None, tmp_path, {}) as base_url:
        assert added(base_url, {"name": "Rex", "tag": "dog"}) == 201
        assert added(base_url, {"name": "Rex", "tag": "fish"}) == 400
    assert host.asked == asked


def test_serve_takes_the_option(host: Host, project: Path) -> None:
    command = [sys.executable, "-m", "jivsgen", "serve", "api/spec.yaml", "--quiet", "--allow-ref", host.url]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().strip().removeprefix("listening on ")
            assert added(base_url, {"name": "Rex", "tag": "fish"}) == 400
            assert added(base_url, {"name": "Rex", "tag": "dog"}) == 201
        finally:
            process.terminate()
