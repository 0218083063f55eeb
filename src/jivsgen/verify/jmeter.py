"""JMeter plans, held against XML 1.0."""

from __future__ import annotations

from collections.abc import Mapping

from jivsgen.verify.fault import Fault


def check(files: Mapping[str, str]) -> dict[str, list[Fault]]:
    """The faults of each plan among the files (name to text)."""
    return {name: _faults(text) for name, text in files.items() if name.endswith(".jmx")}


def _faults(text: str) -> list[Fault]:
    from lxml import etree

    try:
        etree.fromstring(text.encode())
    except etree.XMLSyntaxError as wrong:
        return [Fault(wrong.lineno or 1, wrong.offset or 1, wrong.msg)]
    return []
