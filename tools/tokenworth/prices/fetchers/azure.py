"""Azure retail prices: one filtered query a product, each in OData pages of up to 1,000 rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from tokenworth.prices.fetchers.source import Document, Page, Source, same_moment
from tokenworth.prices.observations import Parsed
from tokenworth.prices.sources import azure
from tokenworth.prices.sources.decoding import decode, record, text

__all__ = ["SOURCE"]

# What RFC 3986 lets stand in a query, and the percent sign of what is escaped already.
QUERY_SAFE: Final = "%/:?&=$(),'~!*;@+-._"


def _query(product: str) -> str:
    """The first page of a product; filters are case-sensitive."""
    condition = quote(f"contains(productName, '{product}')", safe="(),'")
    return f"{azure.URL}?api-version=2023-01-01-preview&currencyCode=USD&$filter={condition}"


def _next_page(page: Page) -> list[Document]:
    link = text(record(decode(page.body)).get("NextPageLink"))
    if link is None:
        return []
    product, _, number = page.document.name.rpartition(" ")
    # Links name the default port and leave blanks as they are.
    url = quote(link.replace("//prices.azure.com:443/", "//prices.azure.com/"), safe=QUERY_SAFE)
    return [Document(f"{product} {int(number) + 1}", url)]


def _parse(pages: Sequence[Page]) -> Parsed:
    return azure.parse((page.body for page in pages), same_moment(pages))


SOURCE: Final = Source(
    name=azure.NAME,
    host="prices.azure.com",
    trusted_for="what Azure bills: its own list, by region and deployment, with dates",
    licence=azure.LICENCE,
    documents=tuple(Document(f"{product} 1", _query(product)) for product in azure.PRODUCTS),
    parse=_parse,
    onward=_next_page,
    models_min=50,
    documents_max=200,
    bytes_max=256 * 2**20,
    seconds_max=300.0,
)
