"""Where a profile and the spec contradict each other, and what an engine cannot say."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

PLAN: dict[str, Entry] = {}
