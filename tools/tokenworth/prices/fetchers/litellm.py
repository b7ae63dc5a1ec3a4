"""LiteLLM's model price table on GitHub: one large JSON object, revised several times a day."""

from __future__ import annotations

from typing import Final

from tokenworth.prices.fetchers.source import Document, Source, one_document
from tokenworth.prices.sources import litellm

__all__ = ["SOURCE"]

SOURCE: Final = Source(
    name=litellm.NAME,
    host="raw.githubusercontent.com",
    trusted_for="breadth: most sellers, batch and priority rates, regional uplifts; it has no dates",
    licence=litellm.LICENCE,
    documents=(Document("table", litellm.URL),),
    parse=one_document(litellm.parse),
    models_min=1000,
)
