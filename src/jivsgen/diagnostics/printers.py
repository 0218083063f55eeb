"""Diagnostics as text for people, JSON for programs, workflow commands for GitHub, and SARIF for code scanning."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

from jivsgen.diagnostics.catalogue import CATALOGUE
from jivsgen.diagnostics.model import Diagnostic, Place
from jivsgen.version import VERSION

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_COLOURS = {"error": "31", "warning": "33", "note": "36"}


def as_text(found: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """`path:line:col: severity[code]: message`, then what is related and the hint, indented."""
    return "".join(_text(diagnostic, colour) for diagnostic in found)


def _text(diagnostic: Diagnostic, colour: bool) -> str:
    severity = str(diagnostic.severity)
    label = labelled(severity, diagnostic.code, colour=colour)
    where = f"{diagnostic.place}: " if diagnostic.place else ""
    lines = [f"{where}{label}: {one_line(diagnostic.message)}"]
    lines += [f"  {related.place}: {one_line(related.message)}" for related in diagnostic.related]
    lines += [
        f"  hint: {one_line(line)}" if n == 0 else f"        {one_line(line)}"
        for n, line in enumerate(diagnostic.hint.split("\n") if diagnostic.hint else ())
    ]
    return "\n".join(lines) + "\n"


def labelled(level: str, code: str, *, colour: bool) -> str:
    """`error[code]`, in the colour of its level."""
    label = f"{level}[{code}]"
    return f"\033[1;{_COLOURS[level]}m{label}\033[0m" if colour else label


def one_line(text: str) -> str:
    """Text of a document that somebody else wrote must not move the cursor or forge a line of ours."""
    return "".join(c if c.isprintable() else " " if c == "\n" else f"\\u{ord(c):04x}" for c in text)


def as_json(found: Iterable[Diagnostic]) -> str:
    """A JSON array of objects with code, severity, message, path, line, column, hint and related."""
    return json.dumps([_object(diagnostic) for diagnostic in found], indent=2, ensure_ascii=False) + "\n"


def _object(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        **_place(diagnostic.place),
        "hint": diagnostic.hint,
        "related": [{"message": related.message, **_place(related.place)} for related in diagnostic.related],
    }


def _place(place: Place | None) -> dict[str, object]:
    return {"path": place.path, "line": place.line, "column": place.column} if place else {}


def as_github(found: Iterable[Diagnostic]) -> str:
    """One workflow command a line: https://docs.github.com/actions, "Workflow commands", `error`, `warning`, `notice`."""
    return "".join(_github(diagnostic) for diagnostic in found)


def _github(diagnostic: Diagnostic) -> str:
    level = "notice" if diagnostic.severity == "note" else str(diagnostic.severity)
    properties = {"title": diagnostic.code}
    if place := diagnostic.place:
        properties = {"file": place.path, "line": str(place.line), "col": str(place.column), **properties}
    listed = ",".join(f"{name}={_escape(value, ':,')}" for name, value in properties.items())
    parts = [diagnostic.message, *(f"{r.place}: {r.message}" for r in diagnostic.related), diagnostic.hint]
    message = _escape("\n".join(filter(None, parts)))
    return f"::{level} {listed}::{message}\n"


def _escape(text: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def as_sarif(found: Iterable[Diagnostic]) -> str:
    """One run of SARIF 2.1.0 (OASIS), as code scanning services take it; the rules are the codes that were found."""
    results = list(found)
    codes = sorted({diagnostic.code for diagnostic in results})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": CATALOGUE[code].summary},
            "help": {"text": CATALOGUE[code].mend},
            "defaultConfiguration": {"level": CATALOGUE[code].severity},
        }
        for code in codes
    ]
    driver = {"name": "jivsgen", "semanticVersion": VERSION, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in results],
    }
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, object]:
    said = "\n".join(filter(None, (diagnostic.message, diagnostic.hint)))
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": str(diagnostic.severity),
        "message": {"text": said},
        "locations": [_location(diagnostic.place)] if diagnostic.place else [],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {**_location(related.place), "message": {"text": related.message}}
            for related in diagnostic.related
        ]
    return result


def _location(place: Place) -> dict[str, object]:
    region = {"startLine": place.line, "startColumn": place.column}
    uri = place.path if place.path.startswith(("http://", "https://")) else quote(place.path)
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
