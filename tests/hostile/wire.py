"""What arrived of a text, read back from the wire alone: how a value travels (percent-encoding, UTF-8, JSON, forms with parts) is
said here once more, and not taken from the compiler."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from tests.engines.server import Exchange

Read = Callable[[Exchange], str]
"""What arrived of a value in one request."""


def key_of(exchange: Exchange) -> str:
    """The key of a request's operation; empty for the others."""
    start, _, rest = exchange.path.partition("/n")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return digits if not start else ""


def beyond(base: str, exchange: Exchange) -> Exchange:
    """The exchange as a server sees it that is mounted below that path; unchanged where it did not go there."""
    found = re.fullmatch(r"(.*?)(/(?:n[0-9]+|whole|login)(?:[/?].*)?)", exchange.path, re.DOTALL)
    return replace(exchange, path=found[2]) if found and decoded(found[1]) == base else exchange


# --- how a value travels ----------------------------------------------------------------------------------------------


ORDINARY = frozenset({"host", "user-agent", "connection", "accept", "content-type", "content-length"})
"""Headers that a request has whatever the profile says."""


def nothing(exchange: Exchange) -> str:
    """Whatever a request to `/n<key>` brings that a bare one does not."""
    rest = exchange.path.removeprefix("/n").lstrip("0123456789")
    odd = [f" {name}: {value}" for name, value in exchange.headers.items() if name not in ORDINARY]
    return rest + exchange.body.decode("latin-1") + "".join(odd)


def decoded(raw: str) -> str:
    """RFC 3986 section 2.1; what is no UTF-8 stays visible."""
    return unquote(raw, "utf-8", "backslashreplace")


def in_path(exchange: Exchange) -> str:
    """What stands behind `/n<key>/`."""
    path, _, _ = exchange.path.partition("?")
    return decoded(path.removeprefix("/n").lstrip("0123456789").removeprefix("/"))


def in_url(exchange: Exchange) -> str:
    """What stands behind `/n<key>/`, the query as well."""
    return decoded(exchange.path.removeprefix("/n").lstrip("0123456789").removeprefix("/"))


def pairs(exchange: Exchange) -> list[tuple[str, str]]:
    _, _, query = exchange.path.partition("?")
    listed = (pair.partition("=") for pair in query.split("&"))
    return [(decoded(name), decoded(value)) for name, _, value in listed]


def query(name: str) -> Read:
    """The value of the only parameter."""

    def read(exchange: Exchange) -> str:
        ((found, value),) = pairs(exchange)
        return value if found == name else f"{found}?"

    return read


in_query = query("q")


def json_in_query(exchange: Exchange) -> str:
    return str(json.loads(in_query(exchange))["a"])


def query_name(exchange: Exchange) -> str:
    ((name, _),) = pairs(exchange)
    return name


def header(name: str) -> Read:
    """The UTF-8 bytes that arrived in a header (http.server hands them over as ISO-8859-1)."""

    def read(exchange: Exchange) -> str:
        raw = exchange.headers.get(name, "(none)").strip(" \t").encode("latin-1")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:  # JMeter's, which writes ISO-8859-1 and says so
            return raw.decode("latin-1")

    return read


def in_json(*steps: str | int) -> Read:
    def read(exchange: Exchange) -> str:
        value = exchange.json
        for step in steps:
            value = value[step]
        return str(value) if isinstance(value, str) else f"{type(value).__name__}: {value!r:.60}"

    return read


def json_key(exchange: Exchange) -> str:
    (name,) = exchange.json
    return str(name)


def in_body(exchange: Exchange) -> str:
    return exchange.body.decode("utf-8", "backslashreplace")


def in_form(exchange: Exchange) -> str:
    name, _, value = exchange.body.decode("ascii").partition("=")
    return decoded(value.replace("+", " ")) if name == "f" else f"{name}?"


def form_name(exchange: Exchange) -> str:
    return decoded(exchange.body.decode("ascii").partition("=")[0].replace("+", " "))


def as_header(text: str) -> str:
    """What a header can bring of a text: no control characters (RFC 9110 section 5.5), and no space at its ends."""
    kept = "".join(c for c in text if c == "\t" or (c >= " " and c != "\x7f"))
    return kept.strip(" \t")


# --- cookies, credentials, parts --------------------------------------------------------------------------------------


def cookies(exchange: Exchange) -> list[tuple[str, str]]:
    """Name and value of each, as they were sent."""
    listed = exchange.headers.get("cookie", "").split(";")
    return [(name.strip(), value) for name, _, value in (one.partition("=") for one in listed)]


def cookie(name: str) -> Read:
    """The value of the only cookie, percent-decoded."""

    def read(exchange: Exchange) -> str:
        ((found, value),) = cookies(exchange)
        return decoded(value) if found == name else f"{found}?"

    return read


def all_cookies(exchange: Exchange) -> str:
    return " ".join(f"{name}={value}" for name, value in cookies(exchange))


def basic(exchange: Exchange) -> str:
    """RFC 7617 section 2: what stands in base64 behind `Basic`."""
    scheme, _, code = exchange.headers.get("authorization", "").partition(" ")
    return base64.b64decode(code, validate=True).decode("utf-8") if scheme == "Basic" else f"{scheme}?"


def form_field(name: str) -> Read:
    """One of several fields of an urlencoded form."""

    def read(exchange: Exchange) -> str:
        listed = (pair.partition("=") for pair in exchange.body.decode("ascii").split("&"))
        (value,) = (value for key, _, value in listed if decoded(key) == name)
        return decoded(value.replace("+", " "))

    return read


def parts(exchange: Exchange) -> list[tuple[dict[str, str], bytes]]:
    """Of a form with parts (RFC 7578): the headers of each, by lower case, and its content."""
    boundary = re.search('boundary="?([^";]+)', exchange.headers["content-type"])
    end = f"--{boundary and boundary[1]}".encode()
    found = []
    for piece in (b"\r\n" + exchange.body).split(b"\r\n" + end)[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode("utf-8").split("\r\n"))
        found.append(({name.strip().lower(): value.strip() for name, _, value in lines}, content))
    return found


def in_part(exchange: Exchange) -> str:
    """The content of the only part, whose name is `p`."""
    ((headers, content),) = parts(exchange)
    name = disposition(headers, "name")
    return content.decode("utf-8", "backslashreplace") if name == "p" else f"{name}?"


def part_header(name: str) -> Read:
    """A header of the only part."""

    def read(exchange: Exchange) -> str:
        ((headers, _),) = parts(exchange)
        return headers.get(name, "(none)")

    return read


part_type = part_header("content-type")


def part_name(exchange: Exchange) -> str:
    ((headers, _),) = parts(exchange)
    return disposition(headers, "name")


def file_name(exchange: Exchange) -> str:
    ((headers, _),) = parts(exchange)
    return disposition(headers, "filename")


def disposition(headers: dict[str, str], name: str) -> str:
    """A parameter of `Content-Disposition`: quotes and line ends are escaped as browsers do (WHATWG, multipart/form-data
    encoding algorithm) or by a backslash (RFC 822)."""
    match = re.search(rf'; {name}="((?:[^"\\]|\\.)*)"', headers.get("content-disposition", ""))
    found = re.sub(r'\\([\\"])', r"\1", match[1]) if match else "(none)"
    return found.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
