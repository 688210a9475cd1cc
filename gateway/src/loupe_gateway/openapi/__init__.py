"""Renders `openapi.json` from the contracts, comments included."""

from loupe_gateway.openapi.document import render

__all__ = ["render"]
