"""A first profile for any OpenAPI document: the login found, journeys made from resources, all guesses said."""

from __future__ import annotations

from jivsgen.init.draft import Draft, Wanted, draft_profile

__all__ = ["Draft", "Wanted", "draft_profile"]
