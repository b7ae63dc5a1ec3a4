"""Portkey: one price file a provider, in US cents per token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokenworth.prices.fetchers.source import Document, Page, Source, joined
from tokenworth.prices.observations import Parsed
from tokenworth.prices.sources import portkey

__all__ = ["PROVIDERS", "SOURCE"]

# The files of sellers that people are billed by; Portkey has more, of which most repeat one of these.
PROVIDERS: Final = (
    *("anthropic", "azure-ai", "azure-openai", "bedrock", "bedrock-mantle", "cerebras", "cohere", "dashscope"),
    *("deepinfra", "deepseek", "fireworks-ai", "google", "groq", "mistral-ai", "moonshot", "nebius", "openai"),
    *("together-ai", "vertex-ai", "x-ai", "z-ai"),
)


def _parse(pages: Sequence[Page]) -> Parsed:
    return joined([portkey.parse(page.body, page.retrieved_at, seller=page.document.name) for page in pages])


SOURCE: Final = Source(
    name=portkey.NAME,
    host="configs.portkey.ai",
    trusted_for="corroboration; Azure and Bedrock ids as their APIs write them",
    licence=portkey.LICENCE,
    documents=tuple(Document(provider, portkey.URL.format(provider=provider)) for provider in PROVIDERS),
    parse=_parse,
    stand_alone=True,
    documents_max=len(PROVIDERS),
)
