"""The body of a call: its media type chosen, its content read as that type has it, all of it held against the operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jivsgen.diagnostics.model import listing
from jivsgen.plan.bodies import JsonBody, escaped, merged
from jivsgen.plan.forms import form_text
from jivsgen.plan.model import Body, File, JsonLiteral, JsonText, Multipart
from jivsgen.plan.multipart import FormReader
from jivsgen.plan.samples import plain
from jivsgen.plan.scope import Scope
from jivsgen.plan.synthesis import NoValue, body_of, media_examples, value_of
from jivsgen.plan.texts import join
from jivsgen.plan.uploads import ESSENCE, allows, built_file, is_taken, is_upload, type_of
from jivsgen.profile.values import Text, constant
from jivsgen.source import Pointer
from jivsgen.spec import MediaType, Node, Operation
from jivsgen.spec.schema import Schemas

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_MEDIA_TYPE = f"{ESSENCE}(?:;[ -~]*)?"
_WITH_BODIES = frozenset({"POST", "PUT", "PATCH"})
ABSENT = object()
"""What a profile says of a body that it does not mention."""


def kind_of(schemas: Schemas, media: MediaType) -> str:
    """How a body of that type is written: `json`, `form`, `multipart`, `text` or `bytes`; empty for the types with parts
    that are not `form-data`."""
    essence = media.essence
    binary = media.schema is not None and bool(media.schema.value) and schemas.is_bytes(media.schema)
    if media.is_json and not ("*" in essence and binary):
        return "json"
    if essence == FORM:
        return "form"
    if essence.startswith("multipart/"):
        return "multipart" if essence in (MULTIPART, "multipart/*") else ""
    textual = essence.startswith("text/") or essence.endswith(("/xml", "+xml"))
    return "text" if textual and not binary else "bytes"


def preferred(schemas: Schemas, offered: tuple[MediaType, ...]) -> MediaType | None:
    """What is sent where nobody asks for a media type: JSON where it is offered, else a form, text, anything."""
    by_kind = {kind_of(schemas, one): one for one in reversed(offered)}
    kinds = ("json", "form", "multipart", "text", "bytes")
    return next((by_kind[kind] for kind in kinds if kind in by_kind), None)


class BodyReader(Struct, frozen=True):
    """Reads the body of one call, which stands at `pointer` in the profile. `body` and `added` are what its `body:` and
    `with:` say; `asked` is the Content-Type among its headers, by the name that it has there."""

    scope: Scope
    schemas: Schemas
    operation: Operation
    body: Any
    added: Any
    asked: tuple[str, Any] | None
    lawful: bool
    pointer: Pointer

    def read(self) -> Body | None:
        """The body, or None where nothing is sent; what the operation forbids or misses is reported."""
        given, added = self.body is not ABSENT, self.added is not ABSENT
        if not self.operation.bodies:
            if given or added:
                key = "body" if given else "with"
                self._report("unexpected-body", f"{self.operation.id} takes no body", (key,), key=True)
            return None
        media = self._media()
        if media is None or (not given and not added and not self.operation.body_required):
            return None
        if given and self.body is None:
            if self.operation.body_required and self.lawful:
                self._report("missing-body", f"{self.operation.id} needs a body", ("body",))
            return None
        raw = self.body if given else self._built(media)
        if raw is ABSENT:
            return None
        if added:
            body = self._encode(media, merged(raw, self.added), ("with",), self.added)
        else:
            body = self._encode(media, raw, ("body",), raw if given else None)
        if body and isinstance(body.content, Multipart | File) and self.operation.method not in _WITH_BODIES:
            said = f"{self.operation.id} would send a file or a form with parts by {self.operation.method}"
            self._report(
                "unsupported", said, (), "JMeter sends those by POST, PUT and PATCH only", node=media.node
            )
        return body

    # --- the media type ---------------------------------------------------------------------------------------------

    def _media(self) -> MediaType | None:
        """What the headers of the call ask for, else the preferred one."""
        offered = self.operation.bodies
        if self.asked is not None:
            return self._asked(self.asked, offered)
        if found := preferred(self.schemas, offered):
            return found
        said = f"{self.operation.id} takes {listing(one.name for one in offered)}, which jivsgen cannot send"
        hint = "of bodies with parts only multipart/form-data is sent; an overlay can add it to the operation"
        self._report("unsupported", said, (), hint, node=offered[0].node)
        return None

    def _asked(self, asked: tuple[str, Any], offered: tuple[MediaType, ...]) -> MediaType | None:
        where: Pointer = ("headers", asked[0])
        name = constant(self.scope.text(str(asked[1]), (*self.pointer, *where)))
        if name is None or not re.fullmatch(_MEDIA_TYPE, name):
            said = "a Content-Type decides how a body is written: it is a media type, and no value of the run"
            self._report("unknown-media-type", said, where)
            return None
        wanted = MediaType(name, None, offered[0].node)
        exact = [one for one in offered if one.essence == wanted.essence]
        exact += [
            one for one in offered if one.essence.endswith("/*") and allows((one.essence,), wanted.essence)
        ]
        if exact:
            return MediaType(name, exact[0].schema, exact[0].node)
        if self.lawful:
            known = listing(one.name for one in offered)
            said = f"{self.operation.id} takes no {name}"
            self._report("unknown-media-type", said, where, f"it takes {known}", node=offered[0].node)
            return None
        return wanted

    # --- the content ------------------------------------------------------------------------------------------------

    def _built(self, media: MediaType) -> Any:
        """A body as the spec has it, written as a profile would write it."""
        if media.schema is None and media.node.get("schema"):  # a broken reference, which was reported
            return ABSENT
        kind = kind_of(self.schemas, media)
        if kind == "bytes" and (media.schema is None or self.schemas.is_bytes(media.schema)):
            return built_file("body", type_of("", (media.essence,)), "x")
        try:
            is_text = kind in ("text", "bytes")
            built = self._example(media) if is_text else body_of(self.schemas, media)
            if built == {} and kind == "multipart":
                built = self._one_part(media)
            return escaped(built)
        except NoValue as nothing:
            said = f"no valid body could be built for {self.operation.id}: {nothing}"
            self._report("cannot-build-body", said, (), "write a `body:`", node=media.node)
            return ABSENT

    def _one_part(self, media: MediaType) -> dict[str, Any]:
        """Of a form that requires nothing the first member: a form has at least one part."""
        members = self.schemas.members(media.schema)
        return {name: value_of(self.schemas, schema) for name, schema in [*members.items()][:1]}

    def _example(self, media: MediaType) -> Any:
        """A text of the media type. Of one whose schema says what the text means, only an example is one. Raises NoValue."""
        if "string" in self.schemas.types(media.schema):
            return body_of(self.schemas, media)
        texts = (one for one in media_examples(self.schemas, media) if isinstance(one, str))
        text = next(texts, "x" if media.schema is None else None)
        if text is None:
            raise NoValue(f"{media.name} has no example of its text")
        return text

    def _encode(self, media: MediaType, raw: Any, where: Pointer, written: Any) -> Body | None:
        kind = kind_of(self.schemas, media)
        if kind == "json":
            return Body(media.sent_as, self._reader(media, where).read(raw, written, lawful=self.lawful))
        if kind == "form":
            reader = self._reader(media, where, "the form of")
            return Body(media.name, form_text(reader, media, raw, written, lawful=self.lawful))
        if kind == "multipart":
            parts = FormReader(self._reader(media, where, "the form of"), media, self.lawful).read(
                raw, written
            )
            return Body(MULTIPART, parts) if parts else None
        return self._plain(media, raw, where)

    def _reader(self, media: MediaType, where: Pointer, what: str = "the body of") -> JsonBody:
        subject, pointer = f"{what} {self.operation.id}", (*self.pointer, *where)
        return JsonBody(self.scope, self.schemas, media.schema, self.operation, subject, pointer)

    def _plain(self, media: MediaType, raw: Any, where: Pointer) -> Body | None:
        """Text, or the bytes of a file."""
        if isinstance(raw, File):
            return Body(type_of(raw.name, (media.essence,)) if "*" in media.name else media.name, raw)
        if is_upload(raw):
            kind = media.name if "*" not in media.name else type_of(raw["file"], (media.essence,))
            if "type" in raw:
                kind = raw["type"].lower()
                if not is_taken(kind, (media.essence,), lawful=self.lawful):
                    said = f"{self.operation.id} takes {media.name}, not {kind}"
                    self._report("unknown-media-type", said, (*where, "type"), node=media.node)
            file = self.scope.uploads.read(raw["file"], (*self.pointer, *where, "file"))
            return Body(kind, file) if file else None
        if isinstance(raw, Mapping | list):
            said = f"the body of {self.operation.id} is {media.name}, which is written as text or taken from a file"
            self._report(
                "wrong-type", said, where, "write the text, or `body: {file: PATH}`", node=media.node
            )
            return None
        name = type_of(".txt", (media.essence,)) if "*" in media.name else media.name
        return Body(name, self._text(media, raw, where))

    def _text(self, media: MediaType, raw: Any, where: Pointer) -> Text:
        """Held against the schema where that is one of text: XML's describes what the text means."""
        schema = media.schema
        if schema is not None and self.schemas.types(schema) and "string" not in self.schemas.types(schema):
            schema = None
        reader = self._reader(MediaType(media.name, schema, media.node), where)
        value = reader.read(raw if isinstance(raw, str) else plain(raw), None, lawful=self.lawful)
        if isinstance(value, JsonText):
            return value.text
        return join(plain(value.value)) if isinstance(value, JsonLiteral) else ()

    # --- reporting --------------------------------------------------------------------------------------------------

    def _report(
        self,
        code: str,
        message: str,
        where: Pointer,
        hint: str = "",
        *,
        key: bool = False,
        node: Node | None = None,
    ) -> None:
        place = self.scope.locate((*self.pointer, *where), key)
        self.scope.diagnostics.add(code, message, place, hint, (node or self.operation.node).says_so())
