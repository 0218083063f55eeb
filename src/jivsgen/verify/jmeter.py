"""JMeter plans: XML 1.0, a closed grammar of what is emitted, and what JMeter accepts in silence (5.5 and 5.6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jivsgen.verify.fault import Fault, in_order

GRAMMAR = Path(__file__).with_name("jmx.rng")


def check(files: Mapping[str, str]) -> dict[str, list[Fault]]:
    """The faults of each plan among the files (name to text). Rules are asked only of what the grammar accepts."""
    return {name: _faults(text) for name, text in files.items() if name.endswith(".jmx")}


def _faults(text: str) -> list[Fault]:
    from lxml import etree

    from jivsgen.verify.jmeter_rules import broken_rules

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as wrong:
        return [Fault(max(wrong.lineno or 1, 1), max(wrong.offset or 1, 1), wrong.msg or "no XML")]
    grammar = _grammar()
    if not grammar.validate(root):
        return [Fault(max(one.line, 1), max(one.column, 1), one.message) for one in grammar.error_log]
    return in_order(broken_rules(root))


@cache
def _grammar() -> Any:
    from lxml import etree

    return etree.RelaxNG(etree.parse(GRAMMAR))
