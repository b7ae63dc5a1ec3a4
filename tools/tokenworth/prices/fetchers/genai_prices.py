"""genai-prices v2 on GitHub: a curated list with start dates, tiers and variants."""

from __future__ import annotations

from typing import Final

from tokenworth.prices.fetchers.source import Document, Source, one_document
from tokenworth.prices.sources import genai_prices

__all__ = ["SOURCE"]

SOURCE: Final = Source(
    name=genai_prices.NAME,
    host="raw.githubusercontent.com",
    trusted_for="dated prices with references to the sellers' own pages",
    licence=genai_prices.LICENCE,
    documents=(Document("list", genai_prices.URL),),
    parse=one_document(genai_prices.parse),
    models_min=300,
)
