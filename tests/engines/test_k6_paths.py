"""What an emitted k6 script finds at a path of an answer is what stands there, whatever the members are called: GJSON, which k6
looks paths up with, has a language of its own."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from jivsgen.engines.k6.values import found
from jivsgen.profile.json_path import at, parse_path
from jivsgen.rehearsal.engines import environment, find_engine

from .rehearsed import ROOT

ANSWER: Any = {
    "id": 7,
    "big": 1e21,
    "text": 'a "b" \\ é \u2028',
    "no": False,
    "nothing": None,
    "list": [{"x": "y"}, [1, 2.5]],
    "data": {
        "a-b": 1, "a.b": 2, "": 3, "*": 4, "@this": 5, "#": 6, "0": 7, "é": 8, "__proto__": 9, "a b": 10, "id|@pretty": 11,
        "!x": 12, "{id}": 13, "back\\slash": 14, "it's": 15, "?": 16,
    },
}  # fmt: skip
PATHS = (
    "$.id", "$.big", "$.text", "$.no", "$.nothing", "$.list[0].x", "$.list[1][1]", "$.list[2]", "$.list[0].y", "$.missing.id",
    "$.id.id", "$.data.a-b", "$.data['a.b']", "$.data['']", "$.data['*']", "$.data['@this']", "$.data['#']", "$.data['0']",
    "$.data.é", "$.data.__proto__", "$.data['a b']", "$.data['id|@pretty']", "$.data['!x']", "$.data['{id}']",
    "$.data['back\\slash']", '$.data["it\'s"]', "$.data['?']", "$.list['#']", "$.data.length", "$.list.length",
)  # fmt: skip


@pytest.fixture
def url() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html>" if self.path == "/none" else json.dumps(ANSWER).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("engine", ["k6", "k6=.engines/bin/k6-1.1.0"])
def test_a_path_finds_what_stands_there(engine: str, url: str, tmp_path: Path) -> None:
    library = library_function()
    looked_up = ", ".join(found(parse_path(path)) for path in PATHS)
    script = tmp_path / "paths.js"
    script.write_text(
        f"""import http from 'k6/http';
export default function () {{
  for (const path of ['/', '/none']) {{
    const res = http.get(`${{__ENV.BASE_URL}}${{path}}`);
    console.log('FOUND' + JSON.stringify([{looked_up}]));
  }}
  const res = http.get('http://127.0.0.1:1');
  console.log('FOUND' + JSON.stringify([{looked_up}]));
}}
{library}""",
        "utf-8",
    )
    command = [str(find_engine(engine, ROOT).command), "run", "--quiet", "--log-format=raw", str(script)]
    ended = subprocess.run(
        command, env=environment({}, url), cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    lines = [line for line in (ended.stdout + ended.stderr).split("\n") if line.startswith("FOUND")]
    whole, none, unanswered = (json.loads(line.removeprefix("FOUND")) for line in lines)
    wanted = {path: at(ANSWER, parse_path(path)) for path in PATHS}
    assert dict(zip(PATHS, whole, strict=True)) == wanted
    assert set(none) == set(unanswered) == {None}


def library_function() -> str:
    """`json` as the template has it."""
    text = (ROOT / "templates/k6/library.js.j2").read_text("utf-8")
    return text[text.index("function json(") :].partition("\n}\n")[0] + "\n}\n"
