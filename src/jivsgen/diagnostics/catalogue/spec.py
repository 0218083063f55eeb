"""What is wrong with an OpenAPI document, where a profile needs it."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

SPEC: dict[str, Entry] = {}
