"""models.dev: a community catalogue in one JSON object."""

from __future__ import annotations

from typing import Final

from tokenworth.prices.fetchers.source import Document, Source, one_document
from tokenworth.prices.sources import models_dev

__all__ = ["SOURCE"]

SOURCE: Final = Source(
    name=models_dev.NAME,
    host="models.dev",
    trusted_for="new models and long-context tiers; it has no dates",
    licence=models_dev.LICENCE,
    documents=(Document("catalogue", models_dev.URL),),
    parse=one_document(models_dev.parse),
    models_min=500,
)
