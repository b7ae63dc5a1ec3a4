"""OpenRouter: its model list, and for each model the prices at each of its hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from tokenworth.prices.fetchers.source import Document, Page, Source, joined, one_document
from tokenworth.prices.observations import Parsed
from tokenworth.prices.sources import openrouter
from tokenworth.prices.sources.decoding import decode, record, records, text

__all__ = ["ENDPOINTS", "SOURCE"]

HOST: Final = "openrouter.ai"
MODELS: Final = Document("models", openrouter.URL)

SOURCE: Final = Source(
    name=openrouter.NAME,
    host=HOST,
    trusted_for="what OpenRouter itself bills at the host it shows first; tiers and hours",
    licence=openrouter.LICENCE,
    documents=(MODELS,),
    parse=one_document(openrouter.parse),
)


def _endpoints(page: Page) -> list[Document]:
    """One document a model; variants such as ":free" and moving names such as "~latest" have none of their own."""
    if page.document != MODELS:
        return []
    listed = (text(entry.get("id")) for entry in records(record(decode(page.body)).get("data")))
    return [
        Document(model, openrouter.ENDPOINTS_URL.format(model=quote(model)))
        for model in listed
        if model and ":" not in model and not model.startswith(("~", "openrouter/"))
    ]


def _parse_endpoints(pages: Sequence[Page]) -> Parsed:
    return joined(
        [openrouter.parse_endpoints(page.body, page.retrieved_at) for page in pages if page.document != MODELS]
    )


ENDPOINTS: Final = Source(
    name="openrouter_endpoints",
    host=HOST,
    trusted_for="the same model's price from host to host",
    licence=openrouter.LICENCE,
    documents=(MODELS,),
    parse=_parse_endpoints,
    onward=_endpoints,
    stand_alone=True,
    leading=MODELS,
    documents_max=1000,
    seconds_max=600.0,
)
