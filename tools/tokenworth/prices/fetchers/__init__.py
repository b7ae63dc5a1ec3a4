"""The price sources on the network, one file each with the same shape, and how they are fetched safely."""

from __future__ import annotations

from typing import Final

from tokenworth.prices.fetchers import (
    aws,
    azure,
    genai_prices,
    litellm,
    llm_prices,
    models_dev,
    openrouter,
    portkey,
    vercel,
)
from tokenworth.prices.fetchers.source import Source

__all__ = ["SOURCES", "Source"]

SOURCES: Final[dict[str, Source]] = {
    source.name: source
    for source in (
        genai_prices.SOURCE,
        litellm.SOURCE,
        models_dev.SOURCE,
        openrouter.SOURCE,
        openrouter.ENDPOINTS,
        vercel.SOURCE,
        portkey.SOURCE,
        llm_prices.SOURCE,
        azure.SOURCE,
        aws.SOURCE,
    )
}
