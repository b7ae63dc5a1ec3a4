"""AWS price list: the current index of each of the two offers that hold Bedrock's models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokenworth.prices.fetchers.source import Document, Page, Source, same_moment
from tokenworth.prices.observations import Parsed
from tokenworth.prices.sources import aws

__all__ = ["SOURCE"]


def _parse(pages: Sequence[Page]) -> Parsed:
    return aws.parse((page.body for page in pages), same_moment(pages))


SOURCE: Final = Source(
    name=aws.NAME,
    host="pricing.us-east-1.amazonaws.com",
    trusted_for="what Bedrock bills: Amazon's own list, by region, with dates; it has no model ids",
    licence=aws.LICENCE,
    documents=tuple(Document(offer, aws.URL.format(offer=offer)) for offer in aws.OFFERS),
    parse=_parse,
    models_min=30,
    documents_max=len(aws.OFFERS),
)
