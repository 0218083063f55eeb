"""What a large YAML document says, kept between runs: reading YAML takes twenty times as long as reading what is kept here.

It stands in `$JIVSGEN_CACHE_DIR`, else in `jivsgen` below the user's own cache (`$XDG_CACHE_HOME`, `%LOCALAPPDATA%` or `~/.cache`), as
MessagePack, which holds data and no code. Where there is no such folder, or nothing can be written, documents are read again
every time; so they are where `JIVSGEN_CACHE_DIR` is empty.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

from msgspec import DecodeError, msgpack

WORTH_IT = range(32 * 1024, 32 * 1024 * 1024)
"""Characters of a text whose data is kept: less is read at once, more would fill a disk."""
MOST = 8
"""Documents that are kept; the one that was written first makes room."""
_READER = Path(__file__).with_name("yaml_reader.py")


def place_of(text: str) -> Path | None:
    """The file for the data of a text: named by a digest of it, and of how this jivsgen reads. None where it is not worth it, or
    where there is no cache."""
    folder = _folder()
    if folder is None or len(text) not in WORTH_IT:
        return None
    digest = hashlib.sha256(_READER.read_bytes())
    digest.update(text.encode())
    return folder / f"{digest.hexdigest()}.msgpack"


def _folder() -> Path | None:
    if (own := os.environ.get("JIVSGEN_CACHE_DIR")) is not None:
        return Path(own) if own else None
    home = os.environ.get("HOME")
    caches = (os.environ.get("XDG_CACHE_HOME"), os.environ.get("LOCALAPPDATA"), home and f"{home}/.cache")
    return next((Path(cache, "jivsgen") for cache in caches if cache and Path(cache).is_absolute()), None)


def read(file: Path) -> Any:
    """The data that an earlier run kept; None where none did, or where it is damaged."""
    try:
        return msgpack.decode(file.read_bytes())
    except (OSError, DecodeError):
        return None


def write(file: Path, content: Any) -> None:
    """Keep the data for later runs. Not what holds a part twice, through aliases, or a number of more than 64 bits: MessagePack
    would write out the one and has no way to write the other."""
    if not _is_tree(content):
        return
    folder, partial = file.parent, file.with_name(f"{os.getpid()}.partial")
    with contextlib.suppress(OSError, OverflowError):
        kept = msgpack.encode(content)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            partial.write_bytes(kept)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
        for old in sorted(folder.glob("*.msgpack"), key=lambda one: one.stat().st_mtime)[:-MOST]:
            old.unlink(missing_ok=True)


def _is_tree(content: Any) -> bool:
    """Whether no part of plain data stands in two places."""
    seen: set[int] = set()
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            if id(one) in seen:
                return False
            seen.add(id(one))
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return True
