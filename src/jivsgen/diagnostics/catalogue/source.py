"""What is wrong with a file before anyone asks what it means."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

SOURCE: dict[str, Entry] = {
    "alias-bomb": Entry(
        "error",
        "The aliases of this YAML file would grow into more than ten million values.",
        "Write the values out, or keep the anchors small: a profile needs a few dozen lines at the most.",
    ),
    "bad-behaviour": Entry(
        "error",
        "The behaviour file of a rehearsal says something that the server does not understand, or speaks of what the spec does "
        "not have.",
        "Compare it with specs/behaviour.schema.json, which editors complete with; names and values with the spec.",
    ),
    "bad-configuration": Entry(
        "error",
        "`[tool.jivsgen]` in pyproject.toml, or jivsgen.toml, cannot be read or has a key that jivsgen does not know.",
        "The keys are `profiles` (a folder, a file or a list of them) and `out` (a folder).",
    ),
    "cannot-fetch": Entry(
        "error",
        "A server did not answer with a document: it is down or slow, asks who you are, sends elsewhere, answers HTML, or "
        "breaks off. Nothing is written.",
        "Look at the URL in a browser; springdoc serves `/v3/api-docs`. `jivsgen pull --help` lists what may be asked for. What a "
        "`$ref` names is fetched without credentials, and from where `--allow-ref` allows it.",
    ),
    "cannot-write": Entry(
        "error",
        "A generated file could not be written: no permission, no room, or something else stands in its place.",
        "Make room or move the thing away, and build again. Nothing that was there is lost.",
    ),
    "duplicate-key": Entry(
        "error",
        "A mapping has the same key twice. Most readers silently keep one of the two.",
        "Remove or rename one of them.",
    ),
    "empty-file": Entry(
        "error",
        "The file has no content.",
        "Write a document into it, or name another file.",
    ),
    "not-a-mapping": Entry(
        "error",
        "The document is a list or a single value, but a mapping (`key: value`) is needed.",
        "Check that this is the file you meant.",
    ),
    "not-utf-8": Entry(
        "error",
        "The file is not UTF-8 text.",
        "Save it as UTF-8. A byte order mark is allowed.",
    ),
    "syntax": Entry(
        "error",
        "The file is not well-formed YAML or JSON. YAML indents with spaces, never with tabs.",
        "Mend the line that the message names; often the mistake is on the line before.",
    ),
    "too-deep": Entry(
        "error",
        "The document is nested deeper than 200 levels.",
        "Flatten it. No OpenAPI document or profile that a person wrote comes near this limit.",
    ),
    "too-large": Entry(
        "error",
        "The file is larger than 128 MiB, or one that a request sends is larger than 16 MiB.",
        "Split the document or leave out what no profile uses; send a smaller file more often.",
    ),
    "unreadable-file": Entry(
        "error",
        "The file does not exist, is a folder, or may not be read.",
        "Check the path. A relative path is relative to the file that names it, on the command line to the current folder.",
    ),
    "unsupported-yaml": Entry(
        "error",
        "A YAML feature that has no meaning here: a tag (`!!python/…`, `!include`), a complex key, a second document.",
        "Write plain mappings, lists and scalars.",
    ),
}
