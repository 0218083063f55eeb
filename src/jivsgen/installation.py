"""Where jivsgen itself lies."""

from __future__ import annotations

import os


def templates_folder() -> str:
    """The templates: inside the installed package, or at the top of the source tree."""
    package = os.path.dirname(os.path.abspath(__file__))
    packed = f"{package}/_templates"
    return packed if os.path.isdir(packed) else f"{os.path.dirname(os.path.dirname(package))}/templates"
