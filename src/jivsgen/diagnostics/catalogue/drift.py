"""What `jivsgen check` finds: the generated files are not what the inputs say."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

_BUILD = "Run `jivsgen build` (or `jivsgen check --fix`), read the diff of the scripts, and commit them with the change."

DRIFT: dict[str, Entry] = {
    "broken-lock": Entry(
        "error",
        "jivsgen.lock is missing, or is not the lock of these artifacts: it was edited, cut short, merged from two builds "
        "or left out of a commit.",
        "Run `jivsgen build`: the lock is generated like everything beside it. After a merge conflict in it, too.",
    ),
    "changed-configuration": Entry(
        "error",
        "`[tool.jivsgen]` says something else than at the last build, and artifacts are out of date by it.",
        _BUILD,
    ),
    "changed-feed": Entry("error", "A feed has changed; the copies beside the scripts are old.", _BUILD),
    "changed-overlay": Entry("error", "An overlay has changed, and scripts are out of date by it.", _BUILD),
    "changed-profile": Entry(
        "error", "A profile, or one that it extends, has changed; its scripts are of yesterday.", _BUILD
    ),
    "changed-spec": Entry(
        "error",
        "The OpenAPI document has changed in a way that changes scripts. The message names the used operations.",
        "`jivsgen diff OLD NEW` says what the change means for the load tests. " + _BUILD,
    ),
    "changed-template": Entry(
        "error", "A template of jivsgen has changed, and scripts are out of date by it.", _BUILD
    ),
    "changed-upload": Entry(
        "error", "A file that requests send has changed; the copies beside the scripts are old.", _BUILD
    ),
    "changed-version": Entry(
        "error",
        "Another version of jivsgen built the artifacts; this one would write them differently.",
        _BUILD,
    ),
    "edited-artifact": Entry(
        "error",
        "A generated file was changed by hand. The next build would undo that without a word.",
        "Say it in the profile (or in an overlay of the spec) and build; generated files are never edited.",
    ),
    "missing-artifact": Entry(
        "error", "A profile makes an artifact that is not in the output folder.", _BUILD
    ),
    "outdated-artifact": Entry(
        "error",
        "An artifact is as it was built, and its inputs are too, but this jivsgen writes it differently.",
        _BUILD,
    ),
    "stray-artifact": Entry(
        "error",
        "A file in the output folder belongs to no profile: its profile was renamed or removed, or somebody put it there.",
        "`jivsgen check --fix` removes what an earlier build wrote; move away what is your own.",
    ),
    "unchanged-meaning": Entry(
        "note",
        "An input has other bytes than at the last build (a reworded description, say), and no artifact changes with it.",
        "Nothing has to be done. `jivsgen check --fix` refreshes the lock, so that the next check is answered at once.",
    ),
}
