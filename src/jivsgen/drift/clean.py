"""Whether nothing has changed since the last build: answered from digests alone, by the cheapest imports there are.

Yes is proof: every input, template and artifact has the bytes that the lock knows, there is no other, and the lock is
whole. Anything else is No, which only means that the dear way has to find out.
"""

from __future__ import annotations

import os

from jivsgen.drift.lock import (
    NAME,
    STAGING,
    BrokenLock,
    Lock,
    digest,
    file_digest,
    files_below,
    folder_digest,
    read_lock,
    text_digest,
)
from jivsgen.installation import templates_folder
from jivsgen.version import VERSION

CONFIGURATIONS = ("jivsgen.toml", "pyproject.toml")
NO_CONFIGURATION = "-"


def artifacts_if_clean(start: str) -> int | None:
    """How many artifacts the project of the folder `start` has, all of them as they were built; None: something changed,
    or only the dear way can tell."""
    found = _configuration(start)
    if found is None:
        return None
    root, name, table = found
    out = f"{root}/{_out_of(table)}"
    try:
        lock = read_lock(f"{out}/{NAME}")
        if (
            lock is None
            or lock.version != VERSION
            or lock.of("configuration") != {name: digest(table.encode())}
            or not _same(lock, root, out)
            or lock.broken_seals()
        ):
            return None
    except (BrokenLock, OSError, ValueError):
        return None
    return len(lock.artifacts)


def _same(lock: Lock, root: str, out: str) -> bool:
    artifacts, copies = lock.of("artifact"), lock.of("copy")
    templates = lock.of("template")
    lies = templates_folder()
    return (
        all(text_digest(f"{root}/{path}") == sha for path, sha in lock.of("file").items())
        and all(file_digest(f"{root}/{path}") == sha for path, sha in lock.of("upload").items())
        and all(folder_digest(f"{root}/{path}") == sha for path, sha in lock.of("folder").items())
        and files_below(lies) == sorted(templates)
        and all(text_digest(f"{lies}/{path}") == sha for path, sha in templates.items())
        and files_below(out) == sorted((*artifacts, *copies, NAME))
        and not os.path.lexists(f"{out}/{STAGING}")
        and not any(os.path.islink(f"{out}/{path}") for path in (*artifacts, *copies))
        and all(text_digest(f"{out}/{path}") == sha for path, sha in artifacts.items())
        and all(file_digest(f"{out}/{path}") == sha for path, sha in copies.items())
    )


# --- the configuration, without a TOML parser ------------------------------------------------------------------------


def _configuration(start: str) -> tuple[str, str, str] | None:
    """(root, file name, text of the table) of the nearest configuration; None where its text is not plain enough."""
    folder = os.path.realpath(start)
    while True:
        for name in CONFIGURATIONS:
            text = _text(f"{folder}/{name}")
            if text is None:
                continue
            table = configuration_table(name, text)
            if table is not None:
                return (folder, name, table) if table.strip() or name == "jivsgen.toml" else None
        if folder == os.path.dirname(folder):
            return os.path.realpath(start), NO_CONFIGURATION, ""
        folder = os.path.dirname(folder)


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def configuration_table(name: str, text: str) -> str | None:
    """The lines of `[tool.jivsgen]` in a pyproject.toml, all of a jivsgen.toml; None where there are none. Of a file that
    says it in another way (`tool.jivsgen.out = …`) the empty text: then only a TOML parser knows."""
    if name == "jivsgen.toml":
        return text
    if "jivsgen" not in text:
        return None
    table: list[str] = []
    inside = False
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("["):
            inside = bare == "[tool.jivsgen]"
            if not inside and "jivsgen" in bare and "tool" in bare:
                return ""
        elif inside and bare:
            table.append(bare)
    if table:
        return "\n".join(table)
    return "" if any("tool" in line and "jivsgen" in line for line in text.splitlines()) else None


def _out_of(table: str) -> str:
    """`out` of the table, if it is plainly said. A wrong guess finds no lock that knows this very table."""
    for line in table.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "out":
            return value.partition("#")[0].strip().strip("\"'")
    return "generated"
