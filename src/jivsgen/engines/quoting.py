"""Literals of the target languages. Whatever the text, the result is one literal and nothing else.

JavaScript: ECMA-262 section 12.9.4; U+2028 and U+2029 are escaped although legal since ES2019, because they end a
line comment and confuse reviewers. XML 1.0 (fifth edition) section 2.2 says which characters exist at all.
YAML: every string as JSON in double quotes, which YAML 1.1 and 1.2 readers agree on.
"""

from __future__ import annotations

import json
import re

from jivsgen.plan.texts import NOT_XML, Characters

Scalar = str | int | float | bool | None

_JS_ESCAPES = Characters(
    r"\x00-\x1f'\\\x7f",
    r"\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069",
)
_JS_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\"}
_JS_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_ASTRAL = re.compile("([\U00010000-\U0010ffff])")
_COMMENT_UNSAFE = Characters(
    r"\x00-\x08\n-\x1f\x7f",
    r"\x80-\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2c00-\u303f\ud800-\U0010ffff",
)


def js(value: Scalar) -> str:
    """A JavaScript literal: strings in single quotes, numbers as JSON writes them."""
    if not isinstance(value, str):
        return json.dumps(value)
    return "'" + _JS_ESCAPES.sub(lambda m: _JS_SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", value) + "'"


def js_key(name: str) -> str:
    """A property name in an object literal; quoted unless it is a plain identifier. `__proto__` is computed, since the
    plain and the quoted form both set the prototype (ECMA-262 section B.3.1)."""
    if name == "__proto__":
        return "['__proto__']"
    return name if _JS_NAME.fullmatch(name) else js(name)


def xml(value: str) -> str:
    """Character data (not an attribute), as little escaped as XML allows, for those who read it. Raises ValueError for a
    character that XML 1.0 cannot hold: the compiler refuses it with a place before it comes here."""
    if illegal := NOT_XML.search(value):
        raise ValueError(f"U+{ord(illegal[0]):04X} cannot be written in XML")
    return value.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;").replace("]]>", "]]&gt;")


def xml_line(value: str) -> str:
    """Character data on one line: line ends and tabs as references."""
    return xml(value).replace("\n", "&#10;").replace("\t", "&#9;")


def xml_attribute(value: str) -> str:
    """The value of an attribute, in double quotes; its line ends and tabs are not turned into spaces."""
    return xml_line(value).replace('"', "&quot;")


def yaml(value: Scalar) -> str:
    """A YAML scalar: strings in double quotes, as ASCII JSON, but for characters beyond U+FFFF, which YAML escapes as one
    (`\\U0001f600`, YAML 1.2.2 section 5.7): libyaml refuses their halves."""
    if not isinstance(value, str):
        return json.dumps(value)
    pieces = (
        f"\\U{ord(one):08x}" if one > "\uffff" else json.dumps(one)[1:-1] for one in _ASTRAL.split(value)
    )
    return '"' + "".join(pieces) + '"'


def comment(text: str) -> str:
    """Text that may stand in a one-line comment of any of the targets: what could end the comment is a space."""
    plain = " ".join(_COMMENT_UNSAFE.sub(lambda _: " ", text).split())
    return plain.replace("*/", "* /").replace("--", "- -")
