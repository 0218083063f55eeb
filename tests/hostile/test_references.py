"""No `$ref` leaves the tree of its own file, none reaches the network; no name becomes a path outside of the output folder."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from tests.conftest import Run

SPEC = """openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /a:
    post:
      operationId: a
      requestBody: {required: true, content: {application/json: {schema: {$ref: '%s'}}}}
      responses: {'200': {description: x}}
"""
PROFILE = """profile: %s
spec: api/spec.yaml
target: {base_url: "http://localhost:8080"}
feeds: {f: {file: '%s'}}
scenarios:
  s:
    load: {executor: per-vu-iterations, vus: 1, iterations: 1}
    steps: [{call: a, body: {p: "${f.c}"}}]
"""
SECRET = "components: {schemas: {S: {type: object, required: [secret], properties: {secret: {enum: [found]}, p: {type: string}}}}}\n"

OUTSIDE = [
    "../outside.yaml", "..//outside.yaml", "./../outside.yaml", "%2e%2e/outside.yaml", "%2E%2E%2Foutside.yaml",
    "sub/../../outside.yaml", "link.yaml", "folder/outside.yaml", "file:outside.yaml", "file:../outside.yaml",
    "file://localhost%s/outside.yaml", "file://%s/outside.yaml", "%s/outside.yaml", "//%s/outside.yaml",
    "C:/outside.yaml", "C:\\\\outside.yaml", "c:outside.yaml", "\\\\\\\\host\\\\share\\\\outside.yaml", "%00outside.yaml",
    "pipe", "loop.yaml", "/dev/zero", "/proc/self/environ", "/dev/stdin", "http://[x/outside.yaml", "sub",
]  # fmt: skip


def made(folder: Path, reference: str, name: str = "refs", feed: str = "feed.csv") -> Path:
    """A project whose spec holds the reference: `api/spec.yaml`, and beside its folder the file that nobody may read."""
    api = folder / "api"
    (api / "sub").mkdir(parents=True)
    (folder / "outside.yaml").write_text(SECRET, "utf-8")
    (api / "link.yaml").symlink_to("../outside.yaml")
    (api / "folder").symlink_to("..")
    (api / "loop.yaml").symlink_to("loop.yaml")
    (api / "inside.yaml").write_text(SECRET, "utf-8")
    import os

    os.mkfifo(api / "pipe")
    (folder / "feed.csv").write_text("c\nvalue\n", "utf-8")
    (api / "spec.yaml").write_text(SPEC % reference, "utf-8")
    (folder / "profile.yaml").write_text(PROFILE % (name, feed), "utf-8")
    return folder


@pytest.mark.parametrize("reference", OUTSIDE)
def test_a_reference_does_not_leave_its_tree(reference: str, jivsgen: Run, tmp_path: Path) -> None:
    path = reference.replace("%s", str(tmp_path))
    made(tmp_path, f"{path}#/components/schemas/S")
    for verb in (["build", "--profile", "profile.yaml"], ["init", "api/spec.yaml", "--stdout"]):
        ended = jivsgen(*verb, cwd=tmp_path)
        assert ended.returncode in (0, 1), ended.stderr
        assert ended.returncode == (1 if verb[0] == "build" else ended.returncode)
        assert "Traceback" not in ended.stderr
        assert "found" not in ended.stdout.replace("not found", "")
    assert not (tmp_path / "generated").exists()


@pytest.mark.parametrize("reference", ["inside.yaml", "./inside.yaml", "sub/../inside.yaml", "%69nside.yaml"])
def test_a_reference_inside_of_it_is_followed(reference: str, jivsgen: Run, tmp_path: Path) -> None:
    made(tmp_path, f"{reference}#/components/schemas/S")
    profile = (tmp_path / "profile.yaml").read_text("utf-8").replace('"${f.c}"', '"${f.c}", secret: found')
    (tmp_path / "profile.yaml").write_text(profile, "utf-8")
    ended = jivsgen("build", "--profile", "profile.yaml", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr


def test_no_verb_asks_the_network(jivsgen: Run, tmp_path: Path) -> None:
    """A listener counts who connects."""
    asked: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, address = listener.accept()
                except TimeoutError:
                    continue
                connection.close()
                asked.append(address)

        thread = threading.Thread(target=listen)
        thread.start()
        made(tmp_path, f"http://127.0.0.1:{port}/schemas.yaml#/components/schemas/S")
        for verb in (
            ["lint", "profile.yaml"],
            ["build", "--profile", "profile.yaml"],
            ["check"],
            ["init", "api/spec.yaml", "--stdout"],
        ):
            ended = jivsgen(*verb, cwd=tmp_path)
            assert "Traceback" not in ended.stderr
            assert ended.returncode in (0, 1, 2)
            if verb[0] in ("lint", "build"):
                assert "error[remote-reference]" in ended.stderr
        done.set()
        thread.join()
    assert asked == []


@pytest.mark.parametrize(
    ("name", "feed"),
    [
        ("../x", "feed.csv"), ("a/b", "feed.csv"), ("/x", "feed.csv"), ("..", "feed.csv"), (".", "feed.csv"),
        ("a\\b", "feed.csv"), ("CON", "feed.csv"), ("lpt1", "feed.csv"), ("refs", "../feed.csv/.."),
        ("refs", "a b.csv"), ("refs", "-o.csv"), ("refs", "nul.csv"), ("refs", ".jivsgen-staging"),
    ],
)  # fmt: skip
def test_no_name_is_a_path_out_of_the_output(name: str, feed: str, jivsgen: Run, tmp_path: Path) -> None:
    made(tmp_path, "inside.yaml#/components/schemas/S", f"'{name}'", feed)
    if "/" not in feed:
        (tmp_path / feed).write_text("c\nvalue\n", "utf-8")
    before = {path for path in tmp_path.rglob("*") if not path.is_symlink()}
    ended = jivsgen("build", "--profile", "profile.yaml", cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr
    assert "error[" in ended.stderr
    assert {path for path in tmp_path.rglob("*") if not path.is_symlink()} == before
