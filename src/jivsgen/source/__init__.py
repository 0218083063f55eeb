"""The bytes of a file become plain data and, when a message asks, the line and column of a node."""

from __future__ import annotations

from jivsgen.source.document import (
    Document,
    Pointer,
    digest_of,
    document_of,
    is_file,
    load_document,
    read_text,
    stands,
)

__all__ = [
    "Document",
    "Pointer",
    "digest_of",
    "document_of",
    "is_file",
    "load_document",
    "read_text",
    "stands",
]
