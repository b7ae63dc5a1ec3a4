"""Vercel AI Gateway `/v1/models`: a reseller's prices in USD per token as strings, undated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter, ModelFacts, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import decode, record, records, text, usd_per_million, whole_number

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "vercel"
UPSTREAM_GROUP: Final = "vercel"
URL: Final = "https://ai-gateway.vercel.sh/v1/models"
# The API states no licence for its data: it is read at run time and never bundled.
LICENCE: Final = None

METER_OF: Final[dict[str, Meter]] = {
    "input": "input",
    "output": "output",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write_5m",
    "reasoning": "reasoning",
    "image": "image",
}
TIERS_OF: Final[dict[str, Meter]] = {
    "input_tiers": "input",
    "output_tiers": "output",
    "input_cache_read_tiers": "cache_read",
    "input_cache_write_tiers": "cache_write_5m",
}
# A flag, not a price.
NOT_RATES: Final = {"varies_by_provider"}
KIND_OF: Final = {
    "language": "chat",
    "embedding": "embedding",
    "image": "image",
    "video": "video",
    "reranking": "rerank",
    "speech": "audio",
    "transcription": "audio",
}


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every model's listed price and its long-context tiers.

    Prices under conditions that have no documented form (service tiers, regions, peak hours, fast modes) are counted
    among the unknown fields, and their models' base rows say so in `note`.

    Args:
        payload: the body: `{"data": [{"id": ..., "pricing": {...}}]}`.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "reseller")
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    for entry in records(record(decode(payload)).get("data")):
        model = text(entry.get("id"))
        if model is None:
            unusable["a model without an id"] += 1
            continue
        rows = list(_rows(model, record(entry.get("pricing")), provenance, unknown))
        unusable.update([] if rows else ["a model without a price"])
        observations += rows
        models.append(_facts(model, entry))
    return Parsed(tuple(observations), tuple(models), unknown, unusable)


def _rows(
    model: str, pricing: Mapping[str, object], provenance: Provenance, unknown: Counter[str]
) -> Iterator[Observation]:
    rates: dict[Meter, Decimal] = {}
    conditions: list[str] = []
    for name, value in pricing.items():
        if meter := METER_OF.get(name):
            if rate := usd_per_million(value):  # zero stands for "not charged apart"
                rates[meter] = rate
        elif name not in TIERS_OF and value:
            unknown.update([name] if name not in NOT_RATES else [])
            conditions.append(name)
    if not rates:
        return
    note = f"other prices may apply: {', '.join(sorted(conditions))}" if conditions else ""
    yield Observation(NAME, model, rates, provenance, note=note)
    tiers: dict[Meter, dict[int, Decimal]] = {meter: _tiers(pricing.get(name)) for name, meter in TIERS_OF.items()}
    for start in sorted({start for steps in tiers.values() for start in steps if start > 0}):
        dearer = dict(rates)
        for meter, steps in tiers.items():
            reached = [begun for begun in steps if begun <= start]
            if reached:
                dearer[meter] = steps[max(reached)]
        yield Observation(NAME, model, dearer, provenance, above=_threshold(start), note=note)


def _tiers(value: object) -> dict[int, Decimal]:
    """The first token count of each step, and the rate from there on."""
    steps: dict[int, Decimal] = {}
    for tier in records(value):
        rate = usd_per_million(tier.get("cost"))
        if rate:
            steps[whole_number(tier.get("min")) or 0] = rate
    return steps


def _threshold(start: int) -> ContextThreshold:
    """`min` is the first count that pays: 200001 is "more than 200,000", 200000 is "from 200,000 on"."""
    return ContextThreshold(start - 1) if start % 1000 == 1 else ContextThreshold(start, inclusive=True)


def _facts(model: str, entry: Mapping[str, object]) -> ModelFacts:
    return ModelFacts(
        NAME,
        model,
        NAME,
        name=text(entry.get("name")),
        kind=KIND_OF.get(text(entry.get("type")) or ""),
        context_tokens_max=whole_number(entry.get("context_window")),
        output_tokens_max=whole_number(entry.get("max_tokens")),
    )
