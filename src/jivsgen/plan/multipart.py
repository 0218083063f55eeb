"""`multipart/form-data`: an object as parts (OpenAPI 3.0.3, sections 4.7.14.4 and 4.7.15.1; RFC 7578).

An array is a part for each item, an object is JSON, a scalar is text, and bytes are a file; an encoding's `contentType`
says otherwise. Files come last: servers read a form as it arrives, and JMeter sends them so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from jivsgen.diagnostics.model import did_you_mean
from jivsgen.plan.bodies import JsonBody
from jivsgen.plan.forms import encoding_of, scalar_text
from jivsgen.plan.gaps import action
from jivsgen.plan.model import (
    File,
    FormPart,
    JsonArray,
    JsonLiteral,
    JsonObject,
    JsonText,
    JsonValue,
    Multipart,
)
from jivsgen.plan.part_headers import part_headers
from jivsgen.plan.synthesis import NoValue, value_of
from jivsgen.plan.texts import Characters
from jivsgen.plan.uploads import built_file, is_taken, is_upload, media_types, type_of
from jivsgen.profile.values import constant
from jivsgen.source import Pointer
from jivsgen.spec import MediaType, Node

_OF_FILES = ("file", "type")
_SKIPPED = re.compile(r"\s*(\$\{.*\})?", re.DOTALL)
"""Names of parts that JMeter does not send: nothing, and what looks like a variable without a value (HTTPArgument.isSkippable)."""
_UNSENDABLE = Characters(r"\x00-\x1f\x7f", r"\ud800-\udfff")


class FormReader(Struct):
    """Reads one form. `files` holds what was found in the place of the strings that stand in for them."""

    reader: JsonBody
    media: MediaType
    lawful: bool
    files: dict[str, list[tuple[str, File]]] = field(default_factory=dict)

    def read(self, raw: Any, written: Any) -> Multipart | None:
        """The parts, or None after a report. `written` is what the profile says itself: the rest of `raw` was built."""
        if not isinstance(raw, Mapping):
            said = f"{self.reader.subject} is not a mapping of parts"
            self._report("wrong-type", said, (), "write `body: {NAME: VALUE}`")
            return None
        mine = written if isinstance(written, Mapping) else {}
        plain = {
            name: self._stood_in(name, value, self._member(name), name in mine) for name, value in raw.items()
        }
        if self.media.schema is None and self.lawful:
            said = f"the spec does not say which parts {self.reader.subject} has"
            self.reader.scope.diagnostics.add(
                "spec-silent", said, self._at(()), "", self.media.node.says_so()
            )
        mine = {name: plain[name] for name in mine if name in plain}
        value = self.reader.read(plain, mine, lawful=self.lawful)
        assert isinstance(value, JsonObject)
        fields = [part for name, member in value.members for part in self._fields(name, member)]
        files = [
            FormPart(name, kind, file, self._headers(name))
            for name, found in self.files.items()
            for kind, file in found
        ]
        if not fields and not files:
            said = f"{self.reader.subject} has no part, and a form has at least one (RFC 2046, section 5.1.1)"
            self._report("missing-field", said, (), "write a member into it")
            return None
        return Multipart((*fields, *files))

    def _member(self, name: str) -> Node | None:
        found = self.reader.schemas.reach(self.media.schema, (name,)) if self.media.schema else None
        return found.schemas[0] if found and found.schemas else None

    # --- files ------------------------------------------------------------------------------------------------------

    def _stood_in(self, name: str, raw: Any, schema: Node | None, mine: bool) -> Any:
        """The member, with a legal string in the place of each file; the files are kept."""
        if _UNSENDABLE.search(name) or _SKIPPED.fullmatch(name):
            hint = "JMeter does not send a part of that name" if _SKIPPED.fullmatch(name) else ""
            self._report("unprintable-text", f"a part cannot be called {name!r}", (name,), hint)
        resolved = self.reader.schemas.documents.resolve(schema)
        if resolved is not None and "array" in self.reader.schemas.types(resolved) and isinstance(raw, list):
            items = self.reader.schemas.items(resolved)
            return [self._one(name, item, items, (name, n), mine) for n, item in enumerate(raw)]
        return self._one(name, raw, resolved, (name,), mine)

    def _one(self, name: str, raw: Any, schema: Node | None, where: Pointer, mine: bool) -> Any:
        if mine and isinstance(raw, Mapping) and self._takes_file(schema) and self._misspelt(raw, where):
            return "x"
        if not self._takes_file(schema) or (mine and not is_upload(raw) and not isinstance(raw, str)):
            return self._no_file(raw, schema, where) if is_upload(raw) else raw
        if schema is None and isinstance(raw, str):
            return raw
        allowed = media_types(encoding_of(self.media, name), schema)
        if found := self._file(name, raw, allowed, where, mine):
            self.files.setdefault(name, []).append(found)
        try:
            return value_of(self.reader.schemas, schema) if schema else "x"
        except NoValue:
            return "x"

    def _takes_file(self, schema: Node | None) -> bool:
        """Of a form without a schema, any part; else one whose schema stands for bytes."""
        if schema is None:
            return self.media.schema is None
        return self.reader.schemas.is_bytes(schema)

    def _misspelt(self, raw: Mapping[str, Any], where: Pointer) -> bool:
        """Whether something stands beside the path of a file that nobody knows; it is reported."""
        odd = [name for name in raw if name not in _OF_FILES]
        for name in odd:
            said = f"a file has no `{name}`: `{where[0]}` in {self.reader.subject} is one"
            place = self.reader.locate((*where, name), True)
            hint = did_you_mean(
                name, _OF_FILES, otherwise="it is `{file: PATH}`, with `type:` where that is needed"
            )
            self.reader.scope.diagnostics.add("unknown-field", said, place, hint)
        return bool(odd)

    def _file(
        self, name: str, raw: Any, allowed: tuple[str, ...], where: Pointer, mine: bool
    ) -> tuple[str, File] | None:
        if not is_upload(raw):
            text = constant(
                self.reader.scope.text(raw if isinstance(raw, str) else "x", (*self.reader.pointer, *where))
            )
            if text is None:
                said = f"`{name}` in {self.reader.subject} is a file, and what a file holds is no value of the run"
                self._report("bad-file", said, where, "write text without `${…}`, or `{file: PATH}`")
                return None
            kind = type_of("", allowed)
            return kind, built_file(name, "" if mine else kind, text)
        file = self.reader.scope.uploads.read(raw["file"], (*self.reader.pointer, *where, "file"))
        kind = (raw.get("type") or type_of(raw["file"], allowed)).lower()
        if not is_taken(kind, allowed, lawful=self.lawful):
            said = f"`{name}` in {self.reader.subject} is not taken as {kind}"
            hint = f"it is taken as {', '.join(allowed)}" if allowed else "a media type is `text/csv`, say"
            self._report("unknown-media-type", said, (*where, "type"), hint)
        return (kind, file) if file else None

    def _no_file(self, raw: Any, schema: Node | None, where: Pointer) -> Any:
        """A file where the contract wants something else, unless that is an object."""
        types = self.reader.schemas.types(schema)
        if schema is None or "object" in types or not types:
            return raw
        said = f"`{where[0]}` in {self.reader.subject} is no file in the spec"
        hint = (
            f"if it is one, teach it with an overlay:\n{action(schema, {'format': 'binary'})}"
            if "string" in types
            else ""
        )
        self.reader.scope.diagnostics.add("bad-file", said, self._at(where), hint, schema.says_so())
        try:
            return value_of(self.reader.schemas, schema)
        except NoValue:
            return raw

    # --- fields -----------------------------------------------------------------------------------------------------

    def _fields(self, name: str, value: JsonValue) -> Iterator[FormPart]:
        """The parts of a member that is no file; null is none."""
        if name in self.files:
            return
        schema, encoding = self._member(name), encoding_of(self.media, name)
        items = value.items if isinstance(value, JsonArray) else (value,)
        for item in items:
            if item != JsonLiteral(None):
                yield self._field(name, item, media_types(encoding, schema))

    def _field(self, name: str, value: JsonValue, allowed: tuple[str, ...]) -> FormPart:
        scalar = isinstance(value, JsonLiteral | JsonText)
        kind = type_of("", allowed) if allowed else "text/plain" if scalar else "application/json"
        is_json = kind == "application/json" or kind.endswith("+json")
        if not scalar and not is_json:
            said = f"`{name}` in {self.reader.subject} is an object, which jivsgen cannot write as {kind}"
            self._report("unsupported", said, (name,), "write it as text")
        return FormPart(name, kind, value if is_json else scalar_text(value), self._headers(name))

    def _headers(self, name: str) -> tuple[tuple[str, str], ...]:
        return part_headers(self.reader, name, encoding_of(self.media, name), lawful=self.lawful)

    # --- reporting --------------------------------------------------------------------------------------------------

    def _at(self, where: Pointer) -> Any:
        return self.reader.locate(where, False)

    def _report(self, code: str, message: str, where: Pointer, hint: str = "") -> None:
        self.reader.scope.diagnostics.add(code, message, self._at(where), hint, self.media.node.says_so())
