"""Every place of a document and of a profile that takes a string."""

from tests.hostile.places import access, document, profile, values
from tests.hostile.places.place import PLACES, Place

__all__ = ["PLACES", "Place", "access", "document", "profile", "values"]
