"""Vercel's AI Gateway: a reseller's model list in one JSON object."""

from __future__ import annotations

from typing import Final

from tokenworth.prices.fetchers.source import Document, Source, one_document
from tokenworth.prices.sources import vercel

__all__ = ["SOURCE"]

SOURCE: Final = Source(
    name=vercel.NAME,
    host="ai-gateway.vercel.sh",
    trusted_for="what Vercel itself bills; corroboration for others",
    licence=vercel.LICENCE,
    documents=(Document("models", vercel.URL),),
    parse=one_document(vercel.parse),
    models_min=50,
)
