"""A recording is read whole or not at all."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from jivsgen.rehearsal.exchanges import BrokenRecording, read_recording

from .shelf import flow


def test_exchanges_come_in_the_order_of_arrival(tmp_path: Path) -> None:
    file = tmp_path / "recording.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in reversed(flow())), "utf-8")
    found = read_recording(file)
    assert len(found) == 98
    assert found[0].path == "/login"
    assert [one.at_ms for one in found] == sorted(one.at_ms for one in found)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    line = flow()[0]
    del line["body"]
    line["body_base64"] = base64.b64encode(b"\xff\x00").decode()
    file = tmp_path / "recording.jsonl"
    file.write_text(json.dumps(line) + "\n", "utf-8")
    assert read_recording(file)[0].body == b"\xff\x00"


@pytest.mark.parametrize("broken", ['{"number": 1, "at_', "[]", '{"number": 1}', "7"])
def test_a_line_that_is_none_is_named(broken: str, tmp_path: Path) -> None:
    file = tmp_path / "recording.jsonl"
    file.write_text(json.dumps(flow()[0]) + "\n" + broken, "utf-8")
    with pytest.raises(BrokenRecording, match=r"recording\.jsonl:2: no exchange"):
        read_recording(file)
