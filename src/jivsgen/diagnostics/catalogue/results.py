"""What is wrong with the results of a run that are to be judged."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

RESULTS: dict[str, Entry] = {
    "broken-results": Entry(
        "error",
        "A file of results is damaged: a line is not as its engine writes it, or the end is missing. Numbers of a part of a "
        "run would be no verdict about it.",
        "Run the test again. A file is cut off when the engine was killed, or when the disk was full.",
    ),
    "ended-early": Entry(
        "error",
        "A limit with `abort_on_fail` was missed and ended the run, so the run is red whatever its totals are.",
        "The output of the engine names the limit.",
    ),
    "failed-script": Entry(
        "error",
        "A script of the JMeter plan threw an exception; what it should have done was not done.",
        "Look at jmeter.log. If the plan is as jivsgen wrote it, this is a bug of jivsgen: please report it.",
    ),
    "foreign-results": Entry(
        "error",
        "The results hold a request that the profile does not have, or none of its own: they are of another profile, or of "
        "an earlier state of this one.",
        "Name the profile that the script was made from; build and run again after a change of names.",
    ),
    "unknown-results": Entry(
        "error",
        "The file is not one that `jivsgen judge` reads. It reads what `k6 run --out json=FILE` or `--out csv=FILE` writes, "
        "JMeter's results as CSV with the default columns, and the report of `artillery run -o FILE`.",
        "Run the test again with that option.",
    ),
}
