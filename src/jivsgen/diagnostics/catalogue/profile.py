"""What is wrong with a load profile on its own, without a look at the spec."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

PROFILE: dict[str, Entry] = {
    "extends-cycle": Entry(
        "error",
        "A chain of `extends` leads back to its beginning, or is longer than ten files.",
        "Let one profile be the base that extends nothing.",
    ),
    "literal-secret": Entry(
        "error",
        "A password, token or key stands in the profile. It would be copied into every script and into the repository.",
        'Take it from the environment, without a default: `password: "${env.JIVS_PASSWORD}"`.',
    ),
    "malformed-value": Entry(
        "error",
        "A `${…}` cannot be read.",
        "A value is a capture, `vu`, `iteration`, `unique`, `env.NAME`, `feed.column` or a function. The text `${` is written "
        "`$${`.",
    ),
    "missing-key": Entry(
        "error",
        "A key that is needed here is missing.",
        "Add it. Editors complete the keys with the schema in `specs/profile.schema.json`.",
    ),
    "unknown-key": Entry(
        "error",
        "The profile language has no such key here. Other tools drop what they do not know without a word.",
        "Correct the name, or remove the key.",
    ),
    "wrong-value": Entry(
        "error",
        "The value of a key is not of the kind that the key takes.",
        "The message says what it takes. Durations have a unit (`500ms`, `30s`, `2m`), shares a percent sign (`1%`).",
    ),
}
