"""A problem as a value: a code, a severity, a place, a message and a hint; all of them at once, printed at the end."""

from __future__ import annotations

from jivsgen.diagnostics.model import Diagnostic, Diagnostics, Place, Related, Severity

__all__ = ["Diagnostic", "Diagnostics", "Place", "Related", "Severity"]
