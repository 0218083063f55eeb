"""A difference as text for people, Markdown for a pull request, JSON for programs."""

from __future__ import annotations

import json

from jivsgen.diagnostics.printers import labelled, one_line
from jivsgen.drift.changes import Difference, Finding
from jivsgen.drift.uses import Use


def as_text(found: Difference, *, everything: bool = False, colour: bool = False) -> str:
    """What profiles use first, one paragraph each; then the rest in a line, or (with `everything`) by name."""
    lines: list[str] = []
    for finding in found.used:
        level = labelled(finding.meant.level, finding.rule, colour=colour)
        lines += [f"{level}: {one_line(_sentence(finding))}"]
        lines += [f"  used by {one_line(_where(use))}" for use in finding.uses]
        lines += [f"  {finding.meant.why} {finding.meant.mend}"]
    lines.append(_rest(found))
    if everything:
        for word, names in _groups(found):
            lines += [f"  {word} {one_line(name)}" for name in names]
    return "\n".join(lines) + "\n"


def _sentence(finding: Finding) -> str:
    name = finding.operation
    return finding.said if not name or name in finding.said else f"{name} {finding.said}"


def _where(use: Use) -> str:
    return f"{use.profile} {use.label} ({use.place})"


def _groups(found: Difference) -> list[tuple[str, tuple[str, ...]]]:
    return [("added", found.added), ("removed", found.removed), ("changed", found.changed)]


def _rest(found: Difference) -> str:
    counts = [f"{len(names)} {word}" for word, names in _groups(found) if names]
    if not counts:
        return "No other operation has changed." if found.used else "Nothing has changed that means anything."
    return f"Operations that no profile uses: {', '.join(counts)}."


def as_markdown(found: Difference) -> str:
    """To paste into a pull request."""
    lines = ["## What this change of the API means for the load tests", ""]
    titles = {"error": "Breaks", "warning": "Changes", "note": "Good to know"}
    for level, title in titles.items():
        listed = [finding for finding in found.used if finding.meant.level == level]
        if not listed:
            continue
        lines += [f"### {title}", ""]
        for finding in listed:
            lines.append(f"- **{_escaped(_sentence(finding))}** (`{finding.rule}`)")
            lines += [f"  - used by {_escaped(_where(use))}" for use in finding.uses]
            lines.append(f"  - {finding.meant.why} {finding.meant.mend}")
        lines.append("")
    lines.append(_rest(found))
    for word, names in _groups(found):
        if names:
            listed_names = ", ".join(map(_escaped, names))
            lines += ["", f"<details><summary>{word}</summary>", "", listed_names, "", "</details>"]
    return "\n".join(lines) + "\n"


def as_json(found: Difference) -> str:
    """`used` with rule, level, operation, message, why, mend and uses; `unused` names by kind; `breaks`."""
    used = [
        {
            "rule": one.rule,
            "level": one.meant.level,
            "operation": one.operation,
            "message": one.said,
            "why": one.meant.why,
            "mend": one.meant.mend,
            "uses": [_use(use) for use in one.uses],
        }
        for one in found.used
    ]
    unused = {word: list(names) for word, names in _groups(found)}
    return (
        json.dumps({"breaks": found.breaks, "used": used, "unused": unused}, indent=2, ensure_ascii=False)
        + "\n"
    )


def _use(use: Use) -> dict[str, object]:
    place = use.place
    return {
        "profile": use.profile, "step": use.label, "path": place.path, "line": place.line, "column": place.column,
    }  # fmt: skip


def _escaped(text: str) -> str:
    """Text of a document that somebody else wrote is no markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~!" else c for c in one_line(text)).replace("@", "@\u200b")
