"""`jivsgen pull`: a document from a server, in its normal form; what a server does wrong is said, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import document_of
from jivsgen.spec.normal import normal, written

EXPORT = Path(__file__).parent / "springdoc/api-docs.json"
Play = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(play: Play, certificate: Path | None = None) -> Iterator[str]:
    """A server on this machine whose every GET is answered by `play`, by TLS where it has a certificate (with its key in one
    file); its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            play(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}/v3/api-docs"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(body: bytes, status: int = 200, **headers: str) -> Play:
    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return play


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose profile uses a spec that was pulled once."""
    shutil.copy(Path(__file__).parent / "springdoc/profile.yaml", tmp_path / "profile.yaml")
    profile = (
        (tmp_path / "profile.yaml").read_text().replace("api-docs.json", "api.yaml").replace("201", "200")
    )
    (tmp_path / "profile.yaml").write_text(profile)
    (tmp_path / "jivsgen.toml").write_text('profiles = "profile.yaml"\n')
    return tmp_path


def test_a_document_is_pulled_in_its_normal_form(project: Path, jivsgen, golden) -> None:
    with serving(says(EXPORT.read_bytes())) as url:
        first = jivsgen("pull", url, cwd=project)
        assert first.returncode == 0, first.stderr
        assert first.stdout == "wrote api.yaml: 12 operations\n"
        assert "2 paths of the actuator were left out" in first.stderr
        assert "POST /api/v1/extractions is called postExtractions, not create_1" in first.stderr
        golden(EXPORT.parent / "pulled.yaml", (project / "api.yaml").read_text())
        again = jivsgen("pull", url, cwd=project)
        assert (again.returncode, again.stdout) == (0, "api.yaml is up to date\n")
        kept = jivsgen("pull", url, "--actuator", "--to", "with.json", cwd=project)
        assert kept.stdout == "wrote with.json: 14 operations\n"
        assert "/actuator/health" in json.loads((project / "with.json").read_text())["paths"]


def test_what_a_change_means_is_said_first(project: Path, jivsgen) -> None:
    jivsgen("pull", EXPORT, "--to", "api.yaml", cwd=project)
    before = (project / "api.yaml").read_bytes()
    document = json.loads(EXPORT.read_text())
    del document["paths"]["/api/v1/extractions/{id}/start"]
    with serving(says(json.dumps(document).encode())) as url:
        dry = jivsgen("pull", url, "--dry-run", "--diff", cwd=project)
        assert dry.returncode == 1
        assert (project / "api.yaml").read_bytes() == before
        assert "error[api-removed-without-deprecation]" in dry.stdout
        assert "-  /api/v1/extractions/{id}/start:\n" in dry.stdout
        done = jivsgen("pull", url, cwd=project)
        assert done.returncode == 0
        assert "used by deployed step 2" in done.stdout
        assert "/start" not in (project / "api.yaml").read_text()


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return
        time.sleep(0.1)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


GOOD = EXPORT.read_bytes()
FAULTY: dict[str, tuple[Play, str]] = {
    "401": (says(b"", 401), "the server answers 401"),
    "404": (says(b"", 404), "springdoc serves it at /v3/api-docs"),
    "500": (says(b"oops", 500), "the server answers 500"),
    "HTML": (says(b"<!doctype html><html>Log in</html>"), "the server answers HTML"),
    "text": (says(b"not a document"), "not a mapping"),
    "half a document": (says(GOOD[: len(GOOD) // 2]), "error[syntax]"),
    "breaks off": (says(GOOD[:100], Content_Length=str(len(GOOD))), "the answer breaks off"),
    "hangs up": (hangs_up, "breaks off"),
    "nothing": (says(b""), "error[empty-file]"),
    "not UTF-8": (says(b'{"openapi": "\xff"}'), "not UTF-8"),
    "Swagger 2": (says(b'{"swagger": "2.0"}'), "error[not-openapi]"),
    "another origin": (says(b"", 302, Location="http://127.0.0.2:1/v3/api-docs"), "another origin, http://127.0.0.2:1"),
    "round and round": (says(b"", 302, Location="/v3/api-docs"), "the server answers 302"),
    "slow": (drips, "no whole answer within 1 s"),
    "too large": (says(b" " * (1 << 20) + b"{}"), "larger than 1,048,576 bytes"),
    "a bomb": (says(gzip.compress(b" " * (1 << 24)), Content_Encoding="gzip"), "larger than 1,048,576 bytes"),
    "half packed": (says(gzip.compress(GOOD)[:-20], Content_Encoding="gzip"), "breaks off before its end"),
    "not packed at all": (says(GOOD, Content_Encoding="gzip"), "not packed as it says"),
    "packed oddly": (says(b"x", Content_Encoding="br"), "packed by `br`"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_server_that_fails_changes_nothing(name: str, project: Path, jivsgen) -> None:
    (project / "api.yaml").write_text("what: was there\n")
    play, said = FAULTY[name]
    with serving(play) as url:
        ended = jivsgen("pull", url, "--to", "api.yaml", "--timeout", "1", "--max-size", "1", cwd=project)
    assert ended.returncode == 2, ended.stdout
    assert said in ended.stderr
    assert "nothing was written" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (project / "api.yaml").read_text() == "what: was there\n"
    assert [path.name for path in project.iterdir() if path.name.startswith(".")] == []


def test_a_server_that_is_down(project: Path, jivsgen) -> None:
    with serving(says(b"")) as url:
        pass
    ended = jivsgen("pull", url, "--to", "api.yaml", cwd=project)
    assert ended.returncode == 2
    assert "cannot connect" in ended.stderr


def test_the_token_goes_to_the_server_that_was_named(project: Path, jivsgen) -> None:
    seen: list[str | None] = []

    def play(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization"))
        moved = handler.path == "/v3/api-docs"
        (says(b"", 302, Location="/moved") if moved else says(GOOD))(handler)

    with serving(play) as url:
        arguments = ("pull", url, "--to", "api.yaml", "--token-env", "DOC_TOKEN")
        assert jivsgen(*arguments, cwd=project).returncode == 2
        assert seen == []
        ended = jivsgen(*arguments, cwd=project, env={"DOC_TOKEN": "s3cret"})
    assert ended.returncode == 0, ended.stderr
    assert seen == ["Bearer s3cret", "Bearer s3cret"]
    assert "s3cret" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("token", ["s3\ncret", "s3cr\u20act", "s3cret\x7f"])
def test_a_token_that_no_header_can_carry_is_not_printed(token: str, project: Path, jivsgen) -> None:
    with serving(says(GOOD)) as url:
        ended = jivsgen("pull", url, "--to", "api.yaml", "--token-env", "T", cwd=project, env={"T": token})
    assert ended.returncode == 2
    assert "holds what no header can carry" in ended.stderr
    assert "s3" not in ended.stderr
    assert "cret" not in ended.stderr


def test_a_password_in_a_url_is_not_printed(project: Path, jivsgen) -> None:
    ended = jivsgen("pull", "http://user:s3cret@127.0.0.1:1/v3/api-docs", "--to", "api.yaml", cwd=project)
    assert ended.returncode == 2
    assert "--token-env" in ended.stderr
    assert "s3cret" not in ended.stderr


@pytest.mark.parametrize("paths", [None, [1], {"/a": None, "/b": [1], "/c": {"get": 3, "x-y": {}}}])
def test_a_document_with_odd_paths_is_pulled_all_the_same(paths: Any, project: Path, jivsgen) -> None:
    document = {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": paths, "tags": 1}
    (project / "api.yaml").write_bytes(b"\xff\xfe")
    with serving(says(json.dumps(document).encode())) as url:
        ended = jivsgen("pull", url, "--to", "api.yaml", cwd=project)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "wrote api.yaml: 0 operations"), (
        ended.stderr
    )


def test_the_token_goes_to_no_other_origin(project: Path, jivsgen) -> None:
    asked: list[str] = []

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        says(GOOD)(handler)

    with serving(elsewhere) as other, serving(says(b"", 307, Location=other)) as url:
        arguments = ("pull", url, "--to", "api.yaml", "--token-env", "T")
        ended = jivsgen(*arguments, cwd=project, env={"T": "s3cret"})
    assert ended.returncode == 2
    assert "a token goes nowhere that you have not named" in ended.stderr
    assert asked == []
    assert "s3cret" not in ended.stdout + ended.stderr


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """One that nobody has signed but itself, for 127.0.0.1, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command, *files], cwd=tmp_path, check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    return both


def test_a_certificate_is_checked(certificate: Path, project: Path, jivsgen) -> None:
    with serving(says(GOOD), certificate) as url:
        refused = jivsgen("pull", url, "--to", "api.yaml", cwd=project)
        assert refused.returncode == 2
        assert "certificate verify failed" in refused.stderr
        assert "--cacert" in refused.stderr
        assert not (project / "api.yaml").exists()
        trusted = jivsgen(
            "pull", url, "--to", "api.yaml", "--cacert", certificate.parent / "cert.pem", cwd=project
        )
        assert trusted.returncode == 0, trusted.stderr
        other = url.replace("127.0.0.1", "localhost")
        named = jivsgen(
            "pull", other, "--to", "b.yaml", "--cacert", certificate.parent / "cert.pem", cwd=project
        )
        assert named.returncode == 2
        assert "certificate verify failed" in named.stderr


def test_a_packed_answer_is_read(project: Path, jivsgen) -> None:
    with serving(says(gzip.compress(GOOD), Content_Encoding="gzip")) as url:
        assert jivsgen("pull", url, "--to", "api.yaml", cwd=project).returncode == 0


def test_mistakes(project: Path, jivsgen) -> None:
    for arguments in (
        ("ftp://127.0.0.1/x",),
        ("file:///etc/passwd",),
        ("nothing.json", "--to", "x.yaml"),
        (),
    ):
        ended = jivsgen("pull", *arguments, cwd=project)
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr


# --- the normal form -------------------------------------------------------------------------------------------------


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(one) for one in value] if isinstance(value, list) else value


def test_the_same_bytes_whatever_the_order_and_the_numbers() -> None:
    document = json.loads(EXPORT.read_text())
    other = shuffled(document)
    for item in other["paths"].values():
        for operation in item.values():
            name = operation["operationId"]
            operation["operationId"] = f"{name.rpartition('_')[0]}_9" if name[-1].isdigit() else name
    texts = {written(normal(one)[0], as_json=False) for one in (document, other)}
    assert len(texts) == 1


STRINGS = st.text(max_size=12) | st.sampled_from(
    ["on", "no", "1e3", "0o17", "017", "1:30", "2026-01-31", "~", "null", ".5", "+1", "0x1F", "- a", "a: b", "#x", "a\nb\n", " x", "x ",
     "\u2028", "\x85", "true", "1_000", "=", "<<", "!x", "&a", "*a", "|", "%", "@", "`"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.sampled_from([0.5, 1e300, 1e-7]) | STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STRINGS, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_written_is_read_again_by_every_reader(value: Any) -> None:
    """Ours reads YAML 1.2, PyYAML 1.1: both read the same data."""
    content = {"openapi": "3.0.3", "x-value": value}
    text = written(normal(content)[0], as_json=False)
    found = Diagnostics()
    document = document_of(text, Path("x.yaml"), "x.yaml", found)
    assert document, list(found)
    wanted = json.dumps(content, sort_keys=True)
    assert json.dumps(document.content, sort_keys=True) == wanted
    assert json.dumps(yaml.safe_load(text), sort_keys=True) == wanted
