"""What a value of a profile may be. A kind reads plain data, says everything that is wrong with it, and gives a frozen value.

Kinds are made of a model's annotations when the model is first read: `str`, `bool`, `Any`, `Literal`, `tuple`, `Mapping`, other
models and `None` say themselves what they are; of anything else the kind stands in `Annotated`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

from msgspec import NODEFAULT, Struct, UnsetType
from msgspec.structs import fields

from jivsgen.profile.messages import WRONG, Faults
from jivsgen.source import Pointer

_BOOLEANS = {
    **dict.fromkeys((True, "true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys((False, "false", "f", "no", "n", "off", "0"), False),
}


class Model(Struct, frozen=True, rename=lambda name: name.removesuffix("_")):
    """A mapping with keys of our own. `rest` names the field that takes the keys which are not."""

    rest: ClassVar[str] = ""

    def fault(self) -> str:
        """What is wrong with the whole though each part is right: the end of a sentence, or nothing."""
        return ""


class Kind(Struct, frozen=True):
    """`read` gives the value, or WRONG after a report; `at` is where the value stands."""

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        raise NotImplementedError


class Anything(Kind, frozen=True):
    def read(self, value: Any, _at: Pointer, _faults: Faults) -> Any:
        return value


class Text(Kind, frozen=True):
    """`pattern`: what all of it must match, for Python and for JSON Schema; `allowed` says it to people."""

    pattern: str = ""
    allowed: str = ""

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        if not isinstance(value, str):
            return faults.no(at, value, "text")
        if self.pattern and not re.fullmatch(self.pattern, value):
            return faults.no_name(at, value, self.allowed)
        return value


class Whole(Kind, frozen=True):
    least: int

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        if type(value) is not int:
            return faults.no(at, value, "a whole number")
        return value if value >= self.least else faults.too_small(at, value, self.least)


class YesOrNo(Kind, frozen=True):
    """`true` and `false`, and the words and numbers that say the same."""

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        said = value.lower() if isinstance(value, str) else value
        found = _BOOLEANS.get(said) if isinstance(said, str | int | float) else None
        return faults.no(at, value, "`true` or `false`") if found is None else found


class OneOf(Kind, frozen=True):
    options: tuple[str, ...]

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        return value if value in self.options else faults.no_option(at, value, self.options)


class Parsed(Kind, frozen=True):
    """What a function makes of the value; its ValueError is the end of a sentence about the value."""

    parse: Callable[[Any], Any]

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        try:
            return self.parse(value)
        except ValueError as wrong:
            return faults.wrong(at, value, str(wrong))


class OrNull(Kind, frozen=True):
    inner: Kind

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        return None if value is None else self.inner.read(value, at, faults)


class Short(Kind, frozen=True):
    """What may be written in a short form, which `longer` makes into the long one; that one's own parts are not in the file, so
    whatever is wrong with them is wrong with the whole."""

    longer: Callable[[Any], Any]
    inner: Kind

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        try:
            long = self.longer(value)
        except ValueError as wrong:
            return faults.wrong(at, value, str(wrong))
        return self.inner.read(long, at, faults if long is value else faults.ending(at))


class ListOf(Kind, frozen=True):
    item: Kind
    may_be_empty: bool = True

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        if not isinstance(value, list):
            return faults.no(at, value, "a list")
        if not (value or self.may_be_empty):
            return faults.empty(at)
        read = tuple([self.item.read(item, (*at, number), faults) for number, item in enumerate(value)])
        return WRONG if any(item is WRONG for item in read) else read


class MappingOf(Kind, frozen=True):
    name: Kind
    member: Kind
    may_be_empty: bool = True

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        if not isinstance(value, dict):
            return faults.no(at, value, "a mapping")
        if not (value or self.may_be_empty):
            return faults.empty(at)
        read = {}
        is_right, keys = True, faults.of_keys()
        for name, member in value.items():
            name_read = self.name.read(name, (*at, name), keys)
            member_read = self.member.read(member, (*at, name), faults)
            is_right = is_right and name_read is not WRONG and member_read is not WRONG
            read[name_read] = member_read
        return read if is_right else WRONG


class Key(Struct, frozen=True):
    """A key of a model: the field that it fills, what it may hold, and what it is when it is left out (NODEFAULT: it may not)."""

    field: str
    kind: Kind
    default: Any


class Keys(Kind, frozen=True):
    """A mapping with the keys of a model becomes that model."""

    model: type[Model]

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        if not isinstance(value, dict):
            return faults.no(at, value, "a mapping")
        known, rest = keys_of(self.model), rest_of(self.model)
        read: dict[str, Any] = {}
        for name, one in known.items():
            if name in value:
                read[one.field] = one.kind.read(value[name], (*at, name), faults)
            elif one.default is NODEFAULT:
                read[one.field] = faults.missing((*at, name))
        others = {name: member for name, member in value.items() if name not in known}
        if rest and others:
            read[self.model.rest] = rest.read(others, at, faults)
        elif others:
            read.update({name: faults.unknown((*at, name), tuple(known)) for name in others})
        if any(part is WRONG for part in read.values()):
            return WRONG
        made = self.model(**read)
        fault = made.fault()
        return faults.wrong(at, value, fault) if fault else made


class Tagged(Kind, frozen=True):
    """Which of several models a mapping is, one of its keys says."""

    tag: str
    models: tuple[tuple[str, type[Model]], ...]

    def read(self, value: Any, at: Pointer, faults: Faults) -> Any:
        if not isinstance(value, dict):
            return faults.no(at, value, "a mapping")
        tag = value.get(self.tag)
        for name, model in self.models:
            if tag == name:
                return Keys(model).read(value, at, faults)
        said = str(tag) if self.tag in value else ""
        return faults.no_tag(at, self.tag, said, tuple(name for name, _ in self.models))


fields_of = cache(fields)
"""The fields of a model, annotations evaluated."""


@cache
def keys_of(model: type[Model]) -> Mapping[str, Key]:
    """The keys of a model by name, those of what it inherits from first."""
    return {
        field.encode_name: Key(field.name, kind_of(field.type), field.default)
        if field.default_factory is NODEFAULT
        else Key(field.name, kind_of(field.type), field.default_factory)
        for field in fields_of(model)
        if field.name != model.rest
    }


@cache
def rest_of(model: type[Model]) -> Kind | None:
    """What the keys that a model does not name are read as; None where there are none."""
    return next((kind_of(field.type) for field in fields_of(model) if field.name == model.rest), None)


def kind_of(annotation: Any) -> Kind:
    """The kind that an annotation says."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next(one for one in arguments[1:] if isinstance(one, Kind))
    if origin in (Union, UnionType):
        return _of_union(arguments)
    if origin is Literal:
        return OneOf(arguments)
    if origin is tuple:
        return ListOf(kind_of(arguments[0]))
    if origin is Mapping:
        return MappingOf(kind_of(arguments[0]), kind_of(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Keys(annotation)
    return {str: Text(), bool: YesOrNo(), Any: Anything()}[annotation]


def _of_union(arguments: tuple[Any, ...]) -> Kind:
    (one,) = (one for one in arguments if one not in (NoneType, UnsetType))
    return OrNull(kind_of(one)) if NoneType in arguments else kind_of(one)
