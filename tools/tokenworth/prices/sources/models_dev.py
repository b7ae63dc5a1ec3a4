"""models.dev `api.json`: a community catalogue of models and their prices, in USD per million tokens, undated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter, ModelFacts, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import decode, items, record, records, text, usd_per_million, whole_number

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "models_dev"
UPSTREAM_GROUP: Final = "models.dev"
URL: Final = "https://models.dev/api.json"
LICENCE: Final = "MIT"

METER_OF: Final[dict[str, Meter]] = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
    "reasoning": "reasoning",
    "input_audio": "input_audio",
    "output_audio": "output_audio",
}
# `context_over_200k` repeats the first tier under a fixed name whatever that tier's boundary is: never a price.
NOT_RATES: Final = {"tiers", "context_over_200k"}


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every provider's models with a price.

    Args:
        payload: the body of `api.json`: `{provider: {"models": {id: {"cost": {...}}}}}`.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "curated")
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    for seller, provider in items(decode(payload)):
        for model, entry in items(provider.get("models")):
            observations += _rows(seller, model, entry, provenance, unknown)
            models.append(_facts(seller, model, entry))
    return Parsed(tuple(observations), tuple(models), unknown)


def _rows(
    seller: str, model: str, entry: Mapping[str, object], provenance: Provenance, unknown: Counter[str]
) -> Iterator[Observation]:
    cost = record(entry.get("cost"))
    rates = _rates(cost, unknown)
    if not rates:
        return
    yield Observation(seller, model, rates, provenance)
    for tier in records(cost.get("tiers")):
        size = whole_number(record(tier.get("tier")).get("size"))
        if size is not None and (dearer := _rates(tier, unknown)):
            yield Observation(seller, model, dearer, provenance, above=_threshold(size))
    for mode, body in items(record(entry.get("experimental")).get("modes")):
        if faster := _rates(record(body.get("cost")), unknown):
            service_tier = text(record(record(body.get("provider")).get("body")).get("service_tier")) or mode
            yield Observation(seller, model, faster, provenance, service_tier=service_tier)


def _rates(cost: Mapping[str, object], unknown: Counter[str]) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {}
    for name, value in cost.items():
        meter = METER_OF.get(name)
        if meter is None:
            if name not in NOT_RATES and name != "tier":
                unknown[name] += 1
        elif rate := usd_per_million(value, per=10**6):
            rates[meter] = rate
    # Zero for both ends stands for a subscription plan or a self-hosted model here, not for a free API.
    return rates if rates.keys() & {"input", "output", "input_audio", "output_audio"} else {}


def _threshold(size: int) -> ContextThreshold:
    # Some entries write the first token that pays more (200001), others the last that does not (200000).
    return ContextThreshold(size - 1 if size % 1000 == 1 else size)


def _facts(seller: str, model: str, entry: Mapping[str, object]) -> ModelFacts:
    limit = record(entry.get("limit"))
    return ModelFacts(
        seller,
        model,
        NAME,
        name=text(entry.get("name")),
        family=text(entry.get("family")),
        context_tokens_max=whole_number(limit.get("context")),
        output_tokens_max=whole_number(limit.get("output")),
        released_on=text(entry.get("release_date")),
    )
