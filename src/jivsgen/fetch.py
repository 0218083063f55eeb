"""A document from a server, and nothing but that: bounded in time and size, and from one origin.

The standard library's client does it: TLS is checked by the system's certificates, proxies are taken from the environment.
"""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from jivsgen.diagnostics import Diagnostics

MOST_REDIRECTS = 5


@dataclass(frozen=True)
class Wanted:
    """What to fetch. `timeout_s` is for the whole transfer, `largest` the bytes of the document after any decompression;
    `certificates` a file of authorities to trust beside the system's."""

    url: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 30
    largest: int = 128 * 1024 * 1024
    certificates: str | None = None


class Refused(Exception):
    """Why there is no document, and what to do about it."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.hint = hint


def fetch(wanted: Wanted, diagnostics: Diagnostics) -> str | None:
    """The text that the server answers; None after a report. It may be anything but HTML: who reads it judges it."""
    outcome: list[str | BaseException] = []

    def ask() -> None:
        try:
            outcome.append(_answer(wanted))
        except Exception as problem:  # noqa: BLE001 - told to the thread that waits
            outcome.append(problem)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(wanted.timeout_s)
    found: str | BaseException = outcome[0] if outcome else TimeoutError()
    if isinstance(found, str):
        return found
    said, hint = _words(found, wanted)
    diagnostics.add("cannot-fetch", f"{wanted.url}: {said}", hint=hint)
    return None


def _answer(wanted: Wanted) -> str:
    request = urllib.request.Request(wanted.url, headers=_headers(wanted))  # noqa: S310 - http and https only, see cli
    opener = urllib.request.build_opener(_SameOrigin(), urllib.request.HTTPSHandler(context=_trust(wanted)))
    with opener.open(request, timeout=wanted.timeout_s) as response:
        raw = _bytes(response, wanted.largest)
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Refused(
            f"byte {problem.start} of the answer is not UTF-8", "ask the server for UTF-8"
        ) from None
    if text.lstrip()[:1] == "<":
        raise Refused(
            "the server answers HTML, not a document", "a login page? the path of springdoc is /v3/api-docs"
        )
    return text


def _headers(wanted: Wanted) -> dict[str, str]:
    headers = {"Accept": "application/json, application/yaml;q=0.9, */*;q=0.1", "Accept-Encoding": "identity"}
    return {**headers, "Authorization": f"Bearer {wanted.token}"} if wanted.token else headers


def _trust(wanted: Wanted) -> Any:
    context = ssl.create_default_context()
    if wanted.certificates:
        context.load_verify_locations(wanted.certificates)
    return context


def _bytes(response: Any, largest: int) -> bytes:
    """The body, whole: cut short, too long, or packed so that it becomes too long, it is refused."""
    packed = (response.headers.get("Content-Encoding") or "identity").lower()
    if packed not in ("identity", "gzip", "deflate"):
        raise Refused(f"the answer is packed by `{packed}`", "ask the server not to")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed != "identity" else None
    found = bytearray()
    received = 0
    while chunk := response.read(1 << 16):
        received += len(chunk)
        found += unpack.decompress(chunk, largest + 1 - len(found)) if unpack else chunk
        if len(found) > largest:
            raise Refused(f"the answer is larger than {largest:,} bytes", "--max-size allows more")
    promised = response.headers.get("Content-Length") or ""
    if (unpack is not None and not unpack.eof) or (promised.isdecimal() and received < int(promised)):
        raise Refused("the answer breaks off before its end", "ask again; look into the server's log")
    return bytes(found)


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, and none to another scheme, host or port."""

    max_redirections = MOST_REDIRECTS

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if _origin(req.full_url) != _origin(newurl):
            raise Refused(
                f"the server sends us to another origin, {_shown_origin(newurl)}",
                "name that URL yourself if you trust it: a token goes nowhere that you have not named",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)


def _shown_origin(url: str) -> str:
    scheme, host, port = _origin(url)
    return f"{scheme}://{host}:{port}"


def _words(problem: BaseException, wanted: Wanted) -> tuple[str, str]:
    if isinstance(problem, Refused):
        return str(problem), problem.hint
    if isinstance(problem, urllib.error.HTTPError):
        problem.close()
        hints = {
            401: "name the variable that holds a bearer token: --token-env NAME",
            403: "the token may not read the document: --token-env NAME names its variable",
            404: "springdoc serves it at /v3/api-docs, also below the context path of the application",
        }
        return f"the server answers {problem.code}", hints.get(problem.code, "look into the server's log")
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if isinstance(reason, TimeoutError):
        said = f"no whole answer within {wanted.timeout_s:g} s"
        return said, "is the server busy? --timeout gives it more seconds"
    if isinstance(reason, zlib.error):
        return "the answer is not packed as it says", "ask again; look into the server's log"
    if isinstance(reason, HTTPException):
        return (
            f"the answer breaks off or is no HTTP: {type(reason).__name__}",
            "ask again; look into the server's log",
        )
    if isinstance(reason, ssl.SSLCertVerificationError):
        said = f"certificate verify failed: {reason.verify_message}"
        return said, "if you trust who signed it: --cacert FILE"
    said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"cannot connect: {said}", "is the server up, and the URL right?"
