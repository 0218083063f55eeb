"""A broken schema keyword, in words."""

from __future__ import annotations

from collections.abc import Callable

from jivsgen.diagnostics import Diagnostics, Place
from jivsgen.diagnostics.model import did_you_mean, listing, shown
from jivsgen.spec import Node
from jivsgen.spec.schema import Violation

_CODES = {
    "required": "missing-field", "type": "wrong-type", "enum": "not-in-enum", "const": "not-in-enum",
    "format": "bad-format", "pattern": "bad-format", "additionalProperties": "unknown-field",
    "minimum": "out-of-bounds", "maximum": "out-of-bounds", "exclusiveMinimum": "out-of-bounds",
    "exclusiveMaximum": "out-of-bounds", "multipleOf": "out-of-bounds", "minLength": "out-of-bounds",
    "maxLength": "out-of-bounds", "minItems": "out-of-bounds", "maxItems": "out-of-bounds",
    "ways": "too-many-ways",
}  # fmt: skip

_WORDS = {
    "minimum": "is less than {}", "maximum": "is greater than {}", "exclusiveMinimum": "is not greater than {}",
    "exclusiveMaximum": "is not less than {}", "multipleOf": "is no multiple of {}",
    "minLength": "is shorter than {} characters", "maxLength": "is longer than {} characters",
    "minItems": "has fewer than {} elements", "maxItems": "has more than {} elements",
    "format": "is not of the format `{}`", "pattern": "does not match the pattern `{}`",
}  # fmt: skip

Locate = Callable[[tuple[str | int, ...], bool], Place]


def report(
    diagnostics: Diagnostics,
    violation: Violation,
    subject: str,
    locate: Locate,
    contract: Node,
    hint: str = "",
) -> None:
    """Say what `subject` (`the body of createExtraction`) breaks. `locate` finds the place of a path into the value."""
    code = _CODES.get(violation.keyword, "schema-violation")
    path = dotted(violation.path)
    what = f"`{path}` in {subject}" if path else subject
    related = contract.says_so()
    message, words = _words(violation, what)
    if violation.keyword == "required":
        message = f"{what} lacks the required field `{violation.expected}`"
        if not path:
            message = f"{subject} lacks the required field `{violation.expected}`"
    diagnostics.add(code, message, locate(violation.path, False), hint or words, related)


def _words(violation: Violation, what: str) -> tuple[str, str]:
    value = shown(violation.value)
    if violation.keyword == "type":
        expected = violation.expected if isinstance(violation.expected, list) else [violation.expected]
        return f"{what} is {value}, but the spec wants {article(sorted(map(str, expected)))}", ""
    if violation.keyword in ("enum", "const"):
        options = violation.expected if isinstance(violation.expected, list) else [violation.expected]
        names = [option if isinstance(option, str) else shown(option) for option in options]
        allowed = f"the spec allows {listing(names, limit=12)}"
        return f"{what} is {value}, which the spec does not list", did_you_mean(
            str(violation.value), names, otherwise=allowed
        )
    if violation.keyword in _WORDS:
        return f"{what} is {value}, which {_WORDS[violation.keyword].format(violation.expected)}", ""
    if violation.keyword == "ways":
        return (
            f"of {what} {violation.said}",
            "an overlay can put a schema in their place that names each once",
        )
    return f"{what} breaks `{violation.keyword}` of the spec: {violation.said[:200]}", ""


def article(types: list[str]) -> str:
    """`a string`, `an integer or null`."""
    return " or ".join(
        one if one == "null" else f"{'an' if one[:1] in ('a', 'i', 'o') else 'a'} {one}" for one in types
    )


def dotted(path: tuple[str | int, ...]) -> str:
    """A path into a value as people write it: `items[0].id`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
