"""What a document may hold, so that any document has an answer within a bounded time and memory (README, "Documents that
are not your own", tells users)."""

from __future__ import annotations

LARGEST = 128 * 1024 * 1024
"""Bytes of a file."""
DEEPEST = 200
"""Levels of nesting, through aliases too."""
MOST_VALUES = 10_000_000
"""Values of a YAML document, each alias counting for all that it stands for."""
