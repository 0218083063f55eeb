"""Documents that a `$ref` names by URL: fetched only from where the command line allows, and each of them once."""

from __future__ import annotations

import json
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.source import Document, document_of

if TYPE_CHECKING:  # the client is imported when there is something to fetch
    from jivsgen.fetch import Answer, Refused

OPTION = "--allow-ref"


class Bounds(Struct, frozen=True):
    """Of all that a run fetches: `files`, `bytes` and seconds (`all_s`) together, and the seconds of one (`one_s`). Whoever
    answers could name a next document for ever."""

    files: int = 200
    bytes: int = 128 * 1024 * 1024
    one_s: float = 30
    all_s: float = 120


class RemoteDocument(Document, eq=False):
    """A document from a URL, which is its `shown`; `base` is where it was found after any redirect (RFC 3986 section 5.1.3)."""

    base: str = ""

    def url(self, reference: str) -> str:
        """What a reference in it means."""
        return urljoin(self.base, reference)


class Remotes:
    """The documents of one run that lie on servers. `allowed` are canonical URLs: one that is none of them, nor below one, is
    never asked for."""

    def __init__(self, allowed: tuple[str, ...] = (), bounds: Bounds | None = None) -> None:
        self.allowed = allowed
        self.bounds = bounds or Bounds()
        self._answers: dict[str, Answer | Refused] = {}
        self._documents: dict[str, tuple[RemoteDocument | None, Diagnostics]] = {}
        self._began: float | None = None

    def document(self, named: str, place: Place, diagnostics: Diagnostics) -> RemoteDocument | None:
        """The document at a URL that a `$ref` at `place` names (a fragment is left out); None after a report."""
        from jivsgen.fetch import Refused, canonical

        url = canonical(named)
        if url is None:
            said = f"`{named}` is no file below the spec's own folder, and no http or https URL that could be fetched"
            diagnostics.add("remote-reference", said, place)
            return None
        answer = self._answer(url)
        if answer is None:
            said = f"`{named}` is not fetched: no {OPTION} names it"
            parts = urlsplit(url)
            hint = f"if you trust that server: {OPTION} {parts.scheme}://{parts.netloc}/, or any longer beginning of the URL"
            diagnostics.add("remote-reference", said, place, hint)
            return None
        if isinstance(answer, Refused):
            diagnostics.add("cannot-fetch", f"{url}: {answer}", place, _ADVICE.get(answer.cause, answer.hint))
            return None
        document, found = self._read(url, answer)
        diagnostics.extend(found)
        if document is None:
            diagnostics.add("broken-reference", f"`{named}` is no document that can be read", place)
        return document

    def told(self) -> str:
        """What was fetched, for another process to `learn`."""
        from jivsgen.fetch import Answer

        fetched = {url: (one.url, one.text) for url, one in self._answers.items() if isinstance(one, Answer)}
        return json.dumps(fetched)

    def learn(self, told: str) -> None:
        """Take what another process was told as fetched."""
        from jivsgen.fetch import Answer

        self._answers |= {url: Answer(text, base) for url, (base, text) in json.loads(told).items()}

    def _answer(self, url: str) -> Answer | Refused | None:
        """What there is at a canonical URL; None where nobody allows to ask."""
        from jivsgen.fetch import Refused, is_below

        if url not in self._answers:
            if not is_below(url, self.allowed):
                return None
            try:
                self._answers[url] = self._asked(url)
            except Refused as refused:
                self._answers[url] = refused
        return self._answers[url]

    def _asked(self, url: str) -> Answer:
        from jivsgen.fetch import Answer, Refused, Wanted, ask, canonical

        self._began = self._began or time.monotonic()
        left_s = self.bounds.all_s - (time.monotonic() - self._began)
        received = [answer for answer in self._answers.values() if isinstance(answer, Answer)]
        left_bytes = self.bounds.bytes - sum(len(answer.text) for answer in received)
        if len(self._answers) >= self.bounds.files or left_s <= 0 or left_bytes <= 0:
            said = (
                f"the references of one run lead to {self.bounds.files} documents, {self.bounds.bytes:,} bytes and"
                f" {self.bounds.all_s:g} s of fetching at the most"
            )
            raise Refused(said, "keep copies beside the spec, and reference those")
        answer = ask(
            Wanted(url, timeout_s=min(self.bounds.one_s, left_s), largest=left_bytes, within=self.allowed)
        )
        text = answer.text.replace("\r\n", "\n").replace("\r", "\n")
        return Answer(text, canonical(answer.url) or url)

    def _read(self, url: str, answer: Answer) -> tuple[RemoteDocument | None, Diagnostics]:
        if url not in self._documents:
            found = Diagnostics()
            name = Path(PurePosixPath(urlsplit(url).path).name or "document")
            read = document_of(answer.text, name, url, found)
            document = None
            if read is not None:
                document = RemoteDocument(read.path, read.shown, read.text, read.content, base=answer.url)
            self._documents[url] = document, found
        return self._documents[url]


_COPY = "a `$ref` is fetched without credentials: keep a copy beside the spec, and reference that"
_ADVICE = {
    "401": _COPY,
    "403": _COPY,
    "404": "look at the `$ref`: a relative one is relative to the document that it stands in",
    "html": "a login page? it has to be the URL of the file itself (of a repository, the raw one)",
    "large": "keep copies beside the spec, and reference those",
    "slow": "is the server busy? keep a copy beside the spec, and reference that",
    "certificate": "if you trust who signed it: SSL_CERT_FILE=FILE in the environment",
    "origin": f"if you trust it, reference that URL itself, and name it: {OPTION} URL",
}
"""In place of the hints of `jivsgen pull`, whose options no other verb has."""
