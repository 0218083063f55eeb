"""Every code that jivsgen can print, what it means and how to mend it: `jivsgen explain CODE` prints this."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.drift import DRIFT
from jivsgen.diagnostics.catalogue.entry import Entry
from jivsgen.diagnostics.catalogue.plan import PLAN
from jivsgen.diagnostics.catalogue.profile import PROFILE
from jivsgen.diagnostics.catalogue.results import RESULTS
from jivsgen.diagnostics.catalogue.source import SOURCE
from jivsgen.diagnostics.catalogue.spec import SPEC

CATALOGUE: dict[str, Entry] = {**SOURCE, **SPEC, **PROFILE, **PLAN, **DRIFT, **RESULTS}

__all__ = ["CATALOGUE", "Entry"]
