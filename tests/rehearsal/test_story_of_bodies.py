"""Forms with parts, told: what the engines do as they like is equal, and everything else that could be sent is another story."""

from __future__ import annotations

import pytest

from jivsgen.plan.model import Body, File, FormPart, JsonLiteral, JsonObject, JsonText, Multipart
from jivsgen.profile.values import Literal, Variable
from jivsgen.rehearsal.bodies import comparable_type, planned_body, told_body
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.masks import Masks

from .shelf import settings_of, unit_of

EVERY_BYTE = bytes(range(256)) + b"\r\n--X"
BODY = Body(
    "multipart/form-data",
    Multipart(
        (
            FormPart("title", "text/plain", (Literal("Report "), Variable("unique"))),
            FormPart(
                "meta",
                "application/json",
                JsonObject((("n", JsonLiteral(1)), ("u", JsonText((Variable("unique"),))))),
            ),
            FormPart(
                "file", "image/png", File("dot.png", EVERY_BYTE), (("X-Size", "1 é"), ("X-Inks", "a,b"))
            ),
        )
    ),
)
SENT = (
    b'--B\r\nContent-Disposition: form-data; name="title"\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nReport k3v9\r\n'
    b'--B\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"u": "k3v9", "n": 1}\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="dot.png"\r\nContent-Type: image/png\r\n'
    b"X-Size: 1 \xc3\xa9\r\nx-inks: a,b\r\n\r\n" + EVERY_BYTE + b"\r\n--B--\r\n"
).replace(b"--B", b"--jivsgen-B")


def exchange(body: bytes, content_type: str = "multipart/form-data; boundary=jivsgen-B") -> Exchange:
    headers = (("content-type", content_type),)
    return Exchange(0, 1, 1, 1, "POST", "/", headers, body, None, 201, (), b"")


def masks() -> Masks:
    return Masks(settings_of(unit_of("flow").plan), 0)


def told(*changes: tuple[bytes, bytes]) -> list[str]:
    body = SENT
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    return told_body(BODY, exchange(body), masks())


FREE: dict[str, tuple[tuple[bytes, bytes], ...]] = {
    "as k6 and Artillery send it": (),
    "as JMeter sends it": (
        (b"application/json", b"application/json; charset=UTF-8"),
        (b"charset=UTF-8\r\n\r\nReport", b"charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nReport"),
        (b"image/png\r\n", b"image/png\r\nContent-Transfer-Encoding: binary\r\n"),
    ),
}
OTHERS: dict[str, tuple[bytes, bytes]] = {
    "another text": (b"Report", b"Rapport"),
    "a value that is none of the plan's": (b"Report k3v9", b"Report ${unique}"),
    "another unique in the same iteration": (b'"u": "k3v9"', b'"u": "k3v8"'),
    "a number as text": (b'"n": 1', b'"n": "1"'),
    "another part": (b'name="title"', b'name="titel"'),
    "another type of a text": (b"text/plain", b"text/html"),
    "another charset": (b"charset=UTF-8", b"charset=latin-1"),
    "another type of a file": (b"image/png", b"image/gif"),
    "another name of a file": (b'filename="dot.png"', b'filename="C:dot.png"'),
    "no name of a file": (b'; filename="dot.png"', b""),
    "another header of a file": (b"X-Size: 1", b"X-Size: 2"),
    "no such header": (b"x-inks: a,b\r\n", b""),
    "a header that nobody asked for": (b"x-inks: a,b\r\n", b"x-inks: a,b\r\nX-More: 1\r\n"),
    "a byte less": (b"\xfe\xff", b"\xfe"),
    "bytes that went through text": (b"\xff", "\ufffd".encode()),
    "line ends that were changed": (b"\x0c\r\x0e", b"\x0c\n\x0e"),
    "a part twice": (b"--jivsgen-B--", SENT[: SENT.index(b"--jivsgen-B", 5)] + b"--jivsgen-B--"),
    "no last boundary": (b"--jivsgen-B--", b""),
    "another boundary": (b"--jivsgen-B\r", b"--jivsgen-C\r"),
}


@pytest.mark.parametrize("changes", FREE.values(), ids=FREE)
def test_what_is_free(changes: tuple[tuple[bytes, bytes], ...]) -> None:
    assert told(*changes) == planned_body(BODY, masks())


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_what_is_another_story(change: tuple[bytes, bytes]) -> None:
    assert told(change) != planned_body(BODY, masks())


def test_a_form_of_another_kind_is_another_story() -> None:
    pairs = exchange(b"title=Report+k3v9", "application/x-www-form-urlencoded")
    assert told_body(BODY, pairs, masks()) != planned_body(BODY, masks())
    assert comparable_type("multipart/form-data; boundary=x; charset=UTF-8") == "multipart/form-data"
    assert comparable_type("multipart/mixed; boundary=x") == "multipart/mixed; boundary=x"


def test_the_bytes_of_a_file_are_compared() -> None:
    body = Body("image/png", File("dot.png", EVERY_BYTE))
    assert told_body(body, exchange(EVERY_BYTE, "image/png"), masks()) == planned_body(body, masks())
    assert told_body(body, exchange(EVERY_BYTE[:-1], "image/png"), masks()) != planned_body(body, masks())
