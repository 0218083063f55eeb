"""Names made of the document's own: ASCII, and legal where they stand."""

from __future__ import annotations

import re
import unicodedata

from jivsgen.spec.names import singular, words

RESERVED = frozenset({"anonymous", "env", "vu", "iteration", "unique", "users"})


def slug(text: str, otherwise: str) -> str:
    """A name of a profile or a scenario."""
    return "-".join(words(text))[:48].strip("-") or otherwise


_ASIDE = re.compile(r"\s[-–—+|/]\s|[(:,;|]")
_EVERYDAY = frozenset(
    {"api", "apis", "openapi", "swagger", "rest", "restful", "spec", "specs", "specification", "schema", "definition",
     "documentation", "docs", "description", "reference", "official", "public", "service", "the", "a", "an", "of", "for",
     "index", "main", "root", "version"}
)  # fmt: skip


def telling_name(text: str) -> str:
    """What a title or a file's name says that others do not: `GitHub's official OpenAPI spec + extension` is `github`, and
    `Swagger Petstore - OpenAPI 3.0` is `petstore`. Empty where it says nothing."""
    plain = unicodedata.normalize("NFKD", _ASIDE.split(text.strip(), maxsplit=1)[0])
    plain = re.sub(r"['’]s\b|['’]", "", plain).encode("ascii", "ignore").decode()
    own = [word.lower() for word in re.findall(r"[A-Za-z0-9]+", plain)]
    return "-".join([one for one in own if one not in _EVERYDAY and not re.fullmatch(r"v?[0-9]+", one)][:4])


def capture_name(noun: str, parameter: str) -> str:
    """`id` of `extractions` is `extraction_id`; `petId` of `pets` is `pet_id`."""
    own, owner = words(parameter) or ["id"], [singular(word) for word in words(noun)[-2:]]
    name = "_".join(own if len(own) > 1 or own[0] not in _GENERIC or not owner else [*owner, *own])
    return f"the_{name}" if name in RESERVED or name[0].isdigit() else name[:60]


_GENERIC = frozenset({"id", "uuid", "guid", "key", "name", "slug", "code", "number", "ref", "identifier"})


def variable(prefix: str, *parts: str) -> str:
    """The name of an environment variable: `petId` of the profile `pet-store2` is `PET_STORE2_PET_ID`."""
    owner = re.sub(r"[^A-Z0-9]+", "_", prefix.upper()).strip("_")
    name = "_".join([owner, *(word.upper() for part in parts for word in words(part))])
    return (name if name[:1].isalpha() else f"API_{name}")[:60].rstrip("_")


def one_line(text: str, limit: int = 160) -> str:
    """Text of a document for a comment or a list: one line of printable characters, cut where it is long."""
    printable = "".join(
        character if character.isprintable() and unicodedata.category(character) != "Cs" else " "
        for character in text
    )
    plain = " ".join(printable.split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
