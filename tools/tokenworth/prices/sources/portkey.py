"""Portkey's `pricing/{provider}.json`: one file a provider, undated, in US cents per token."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter, ModelFacts, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import decode, items, record, usd_per_million

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "portkey"
UPSTREAM_GROUP: Final = "portkey"
URL: Final = "https://configs.portkey.ai/pricing/{provider}.json"
LICENCE: Final = "MIT"

CENT: Final = Decimal("0.01")
METER_OF: Final[dict[str, Meter]] = {
    "request_token": "input",
    "response_token": "output",
    "cache_read_input_token": "cache_read",
    "cache_write_input_token": "cache_write_5m",
    "request_audio_token": "input_audio",
    "response_audio_token": "output_audio",
    "cache_read_audio_input_token": "cache_read_audio",
    "request_image_token": "input_image",
    "cache_read_image_input_token": "cache_read_image",
    "web_search": "web_search",
    "file_search": "file_search",
    "cache_write_1h": "cache_write_1h",
}
# Names of the file's own for the two halves of a tiered price; no API takes them.
SIZED: Final = re.compile(r"-(?:lte|gt)-[0-9]+k$")
TIER: Final = re.compile(r"gt-([0-9]+)k")


def parse(payload: bytes, retrieved_at: datetime, *, seller: str) -> Parsed:
    """One provider's models. A zero is the file's way to say "no such price", and is left out.

    Args:
        payload: `{model: {"pricing_config": {"pay_as_you_go": {field: {"price": cents}}}}}`.
        retrieved_at: when it was recorded, aware and in UTC.
        seller: the provider in the file's name.

    Raises:
        DataUnreadableError: not JSON.
    """
    url = URL.format(provider=seller)
    provenance = Provenance(NAME, UPSTREAM_GROUP, url, retrieved_at, LICENCE, "curated")
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    for model, entry in items(decode(payload)):
        if model == "default" or SIZED.search(model):
            continue
        row = Observation(seller, model, {}, provenance)
        observations += _rows(row, entry, unknown)
        models.append(ModelFacts(seller, model, NAME))
    return Parsed(tuple(observations), tuple(models), unknown)


def _rows(row: Observation, entry: Mapping[str, object], unknown: Counter[str]) -> Iterator[Observation]:
    config = record(entry.get("pricing_config"))
    base = _rates(config.get("pay_as_you_go"), unknown)
    if not base:
        return
    yield replace(row, usd_per_million=base)
    if batch := _rates(config.get("batch_config"), unknown):
        yield replace(row, usd_per_million=batch, processing="batch")
    everywhere = record(record(record(entry.get("custom_pricing")).get("regions")).get("default"))
    for mode, body in items(everywhere.get("execution_modes")):
        placed = replace(row, processing="batch") if mode == "batch" else replace(row, service_tier=mode)
        if mode in {"flex", "priority"} and (rates := _rates(_pay_as_you_go(body), unknown)):
            yield replace(placed, usd_per_million=rates)
        for name, tier in items(body.get("context_tiers")):
            found = TIER.fullmatch(name)
            if found and (rates := _rates(_pay_as_you_go(tier), unknown)):
                yield replace(placed, usd_per_million=rates, above=ContextThreshold(int(found[1]) * 1000))


def _pay_as_you_go(body: Mapping[str, object]) -> object:
    return record(body.get("pricing_config")).get("pay_as_you_go")


def _rates(prices: object, unknown: Counter[str]) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {}
    for name, entry in [*items(prices), *items(record(prices).get("additional_units"))]:
        if name not in METER_OF:
            if "price" in entry:
                unknown[name] += 1
        elif rate := usd_per_million(entry.get("price"), dollars=CENT):
            rates[METER_OF[name]] = rate
    return rates
