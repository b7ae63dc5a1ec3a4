"""llm-prices: a small history kept by hand; it states no licence, so it is read at run time and never bundled."""

from __future__ import annotations

from typing import Final

from tokenworth.prices.fetchers.source import Document, Source, one_document
from tokenworth.prices.sources import llm_prices

__all__ = ["SOURCE"]

SOURCE: Final = Source(
    name=llm_prices.NAME,
    host="www.llm-prices.com",
    trusted_for="when the large sellers' list prices changed",
    licence=llm_prices.LICENCE,
    documents=(Document("history", llm_prices.URL),),
    parse=one_document(llm_prices.parse),
    models_min=50,
)
