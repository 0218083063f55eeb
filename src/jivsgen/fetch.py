"""A document from a server, and nothing but that: bounded in time and size, and from one origin.

The standard library's client does it: TLS is checked by the system's certificates, proxies are taken from the environment.
"""

from __future__ import annotations

import re
import ssl
import threading
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jivsgen.diagnostics import Diagnostics

MOST_REDIRECTS = 5
_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::([0-9]{1,5}))?((?:[/?][^\\#\s]*)?)")


@dataclass(frozen=True)
class Wanted:
    """What to fetch. `timeout_s` is for the whole transfer, `largest` the bytes of the document after any decompression;
    `certificates` a file of authorities to trust beside the system's. `within` are the URLs below which a redirect may
    lead; with none, anywhere in the origin of `url`."""

    url: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 30
    largest: int = 128 * 1024 * 1024
    certificates: str | None = None
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """`text` may be anything but HTML: who reads it judges it. `url` is where it was found, after any redirect."""

    text: str
    url: str


class Refused(Exception):
    """Why there is no document, and what to do about it. `cause` tells apart what callers give other advice about: a status,
    `html`, `large`, `origin`, `slow`, `certificate` or nothing."""

    def __init__(self, said: str, hint: str, cause: str = "") -> None:
        super().__init__(said)
        self.hint = hint
        self.cause = cause


def canonical(url: str) -> str | None:
    """The URL as it is asked for: http or https, scheme and host in lower case, no default port, no fragment, only ASCII. None
    of what is none, or leads two readers to two places: a password, a backslash, white space, `..` in any spelling."""
    found = _URL.fullmatch(url.partition("#")[0])
    if found is None or {".", ".."} & set(unquote(found[4].partition("?")[0]).replace("\\", "/").split("/")):
        return None
    scheme, host, port = found[1].lower(), found[2].lower(), found[3]
    if port and int(port) != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{int(port)}"
    rest = found[4] if found[4].startswith("/") else f"/{found[4]}"
    return f"{scheme}://{host}{quote(rest, safe=_KEPT)}"


_KEPT = "%/?:@!$&'()*+,;=-._~[]"


def is_below(url: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a canonical URL is one of others, or below one: `…/v1` has `…/v1/pet.yaml` below it, not `…/v10`."""
    return any(
        url == prefix or url.startswith((f"{prefix.rstrip('/')}/", f"{prefix}?")) for prefix in prefixes
    )


def fetch(wanted: Wanted, diagnostics: Diagnostics) -> str | None:
    """The text that the server answers; None after a report."""
    try:
        return ask(wanted).text
    except Refused as refused:
        diagnostics.add("cannot-fetch", f"{wanted.url}: {refused}", hint=refused.hint)
        return None


def ask(wanted: Wanted) -> Answer:
    """What the server answers. Raises Refused."""
    outcome: list[Answer | BaseException] = []

    def ask() -> None:
        try:
            outcome.append(_answer(wanted))
        except Exception as problem:  # noqa: BLE001 - told to the thread that waits
            outcome.append(problem)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(wanted.timeout_s)
    found: Answer | BaseException = outcome[0] if outcome else TimeoutError()
    if isinstance(found, Answer):
        return found
    raise _refusal(found, wanted) from None


def _answer(wanted: Wanted) -> Answer:
    request = urllib.request.Request(wanted.url, headers=_headers(wanted))  # noqa: S310 - http and https only, see cli
    opener = urllib.request.build_opener(
        _Redirects(wanted), urllib.request.HTTPSHandler(context=_trust(wanted))
    )
    with opener.open(request, timeout=wanted.timeout_s) as response:
        raw = _bytes(response, wanted.largest)
        url = response.geturl()
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Refused(
            f"byte {problem.start} of the answer is not UTF-8", "ask the server for UTF-8"
        ) from None
    if text.lstrip()[:1] == "<":
        raise Refused(
            "the server answers HTML, not a document",
            "a login page? the path of springdoc is /v3/api-docs",
            "html",
        )
    return Answer(text, url)


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
            said = f"the answer is larger than {largest:,} bytes"
            raise Refused(said, "--max-size allows more", "large")
    promised = response.headers.get("Content-Length") or ""
    if (unpack is not None and not unpack.eof) or (promised.isdecimal() and received < int(promised)):
        raise Refused("the answer breaks off before its end", "ask again; look into the server's log")
    return bytes(found)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, and none to another scheme, host or port, or out of what `wanted` is within."""

    max_redirections = MOST_REDIRECTS

    def __init__(self, wanted: Wanted) -> None:
        self.within = wanted.within

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if _origin(req.full_url) != _origin(newurl):
            raise Refused(
                f"the server sends us to another origin, {_shown_origin(newurl)}",
                "name that URL yourself if you trust it: a token goes nowhere that you have not named",
                "origin",
            )
        if self.within and not is_below(canonical(newurl) or "", self.within):
            raise Refused(f"the server sends us to {newurl[:200]!a}", "", "origin")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)


def _shown_origin(url: str) -> str:
    scheme, host, port = _origin(url)
    return f"{scheme}://{host}:{port}"


def _refusal(problem: BaseException, wanted: Wanted) -> Refused:
    if isinstance(problem, Refused):
        return problem
    again = "ask again; look into the server's log"
    if isinstance(problem, urllib.error.HTTPError):
        problem.close()
        hints = {
            401: "name the variable that holds a bearer token: --token-env NAME",
            403: "the token may not read the document: --token-env NAME names its variable",
            404: "springdoc serves it at /v3/api-docs, also below the context path of the application",
        }
        hint = hints.get(problem.code, "look into the server's log")
        return Refused(f"the server answers {problem.code}", hint, str(problem.code))
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if isinstance(reason, TimeoutError):
        said = f"no whole answer within {wanted.timeout_s:g} s"
        return Refused(said, "is the server busy? --timeout gives it more seconds", "slow")
    if isinstance(reason, zlib.error):
        return Refused("the answer is not packed as it says", again)
    if isinstance(reason, HTTPException):
        return Refused(f"the answer breaks off or is no HTTP: {type(reason).__name__}", again)
    if isinstance(reason, ssl.SSLCertVerificationError):
        said = f"certificate verify failed: {reason.verify_message}"
        return Refused(said, "if you trust who signed it: --cacert FILE", "certificate")
    said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return Refused(f"cannot connect: {said}", "is the server up, and the URL right?")
