"""What names in a document are made of: words, their singular, media types, and operations that METHOD and path alone name."""

from __future__ import annotations

import re
import unicodedata

HOLE = re.compile(r"\{([^{}]+)\}")
"""A parameter in a path template: `{id}`."""
_VERSION = r"(?i:api|v[0-9]+)"
NUMBERED = re.compile(r"(.*)_[0-9]+")
"""What a generator makes of names that it finds twice, in an order that changes from build to build."""


def stable_name(method: str, path: str) -> str:
    """An operationId that METHOD and path alone decide: `postExtractionsByIdStart`."""
    words = [method.lower()]
    segments = [segment for segment in path.split("/") if segment]
    while len(segments) > 1 and re.fullmatch(_VERSION, segments[0]):
        segments.pop(0)
    for segment in segments:
        hole = HOLE.fullmatch(segment)
        words += ["by", hole[1]] if hole else re.split(r"[^0-9A-Za-z]+", segment)
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


# --- words ------------------------------------------------------------------------------------------------------------

_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+"
_PLURALS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("ses", "se"),
    ("s", ""),
)
_SINGULARS = {
    "people": "person",
    "children": "child",
    "movies": "movie",
    "cookies": "cookie",
    "series": "series",
    "species": "species",
    "news": "news",
    "statuses": "status",
    "aliases": "alias",
    "indices": "index",
    "media": "media",
}


def words(text: str) -> list[str]:
    """The words of an identifier or a title, in lower case: `petId`, `pet_id` and `Pet ID` are `pet id`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [word.lower() for word in re.findall(_WORD, plain)]


def joined(text: str) -> str:
    """What two spellings of one name have in common: `petId`, `pet_id` and `PetID` are `petid`."""
    return "".join(words(text))


def singular(word: str) -> str:
    """`extractions` is `extraction`, `policies` is `policy`; what is no plural stays."""
    if word in _SINGULARS or word.endswith(("ss", "us", "is")):
        return _SINGULARS.get(word, word)
    for ending, instead in _PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()
