"""Names of the plan in the targets."""

from __future__ import annotations

from jivsgen.engines.naming import Identifiers, scenario_digits


def test_digits_of_scenarios_cannot_be_read_as_part_of_what_follows() -> None:
    assert [scenario_digits(0, 1), scenario_digits(35, 36)] == ["0", "z"]
    digits = [scenario_digits(index, 1000) for index in range(1000)]
    assert {len(text) for text in digits} == {2}
    assert len(set(digits)) == 1000


def test_identifiers_are_handed_out_once_and_never_reserved() -> None:
    names = Identifiers(frozenset({"res"}))
    handed = [names.of("capture", name) for name in ("res", "a-b", "a b", "class", "1x", "")]
    assert handed == ["res2", "aB", "aB2", "class2", "_1x", "x"]
    assert names.of("capture", "a b") == "aB2"
