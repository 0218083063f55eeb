"""A file becomes an `Api`."""

from __future__ import annotations

from pathlib import Path

from jivsgen.diagnostics import Diagnostics
from jivsgen.source import Document, document_of, load_document
from jivsgen.spec.api import Api
from jivsgen.spec.node import Documents
from jivsgen.spec.overlay import load_overlay, overlaid
from jivsgen.spec.remote import Remotes


def load_api(
    path: Path,
    shown: str,
    diagnostics: Diagnostics,
    overlays: tuple[tuple[Path, str], ...] = (),
    remotes: Remotes | None = None,
) -> Api | None:
    """The API that the OpenAPI 3.0 or 3.1 document in a file describes, with the overlays (path, and how messages show
    it) laid over it in their order; its `$ref`s lead to URLs as far as `remotes` lets them. None after a report."""
    document = load_document(path, shown, diagnostics)
    laid = [load_overlay(file, name, diagnostics) for file, name in overlays]
    if document is None or None in laid:
        return None
    over = [overlay for overlay in laid if overlay]
    faults = diagnostics.has_errors()
    document = overlaid(document, over, diagnostics)
    if diagnostics.has_errors() and not faults:
        return None
    return api_of(document, diagnostics, tuple(over), remotes)


def laid_over(api: Api, text: str, path: Path) -> Api:
    """The API with one more overlay over it: `text`, as if it stood in the file `path`. One of our own: it fits."""
    found = Diagnostics()
    overlay = document_of(text, path, path.name, found)
    assert overlay is not None, "an overlay of our own can be read"
    document = overlaid(api.documents.root, [overlay], found)
    made = api_of(document, found, (*api.overlays, overlay), api.documents.remotes)
    assert made is not None, "an overlay of our own changes no version"
    return made


def api_of(
    document: Document,
    diagnostics: Diagnostics,
    overlays: tuple[Document, ...] = (),
    remotes: Remotes | None = None,
) -> Api | None:
    """The API that a document describes, `overlays` being laid over it already; None after a report."""
    version = document.content.get("openapi")
    if isinstance(version, str) and version.startswith(("3.0.", "3.1.")):
        return Api(Documents(document, diagnostics, remotes), version[:3], diagnostics, overlays)
    if "swagger" in document.content:
        said = f"this is Swagger {document.content['swagger']}, not OpenAPI 3"
        hint = "convert it: npx swagger2openapi old.yaml --outfile new.yaml, or save it as OpenAPI 3 in an editor"
        diagnostics.add("not-openapi", said, document.place(("swagger",)), hint)
    elif version is None:
        hint = "an OpenAPI document begins with `openapi: 3.0.3` (or 3.1.0)"
        diagnostics.add("not-openapi", "the document has no `openapi` version", document.place(), hint)
    else:
        said = f"`openapi: {version}` is not a version that jivsgen knows (3.0.x, 3.1.x)"
        diagnostics.add("not-openapi", said, document.place(("openapi",)))
    return None
