"""What is wrong with a load profile on its own, without a look at the spec."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

PROFILE: dict[str, Entry] = {}
