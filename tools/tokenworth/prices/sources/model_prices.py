"""model-prices' snapshot: first-party price histories kept from models.dev's commits and corrected by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter, ModelFacts, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import decode, exact, items, record, records, usd_per_million, utc, whole_number

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "model_prices"
UPSTREAM_GROUP: Final = "models.dev"
URL: Final = "https://github.com/wakamex/model-prices"
LICENCE: Final = "MIT"

METER_OF: Final[dict[str, Meter]] = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}
NOT_RATES: Final = {"source", "valid_from", "valid_from_basis", "tiers", "cache_write_1h_multiple", "model", "above"}
# What a request asks for to get the mode; OpenAI sells as "priority" what the catalogue files under "fast".
TIER_OF: Final = {("openai", "fast"): "priority"}
# OpenAI's long-lived cache lives twelve hours, the others' one.
LONG_CACHE: Final[dict[str, Meter]] = {"openai": "cache_write_12h"}


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Each model's whole timeline; an entry's price holds until the next one starts.

    Args:
        payload: the package's `snapshot.json`.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "curated")
    observations: list[Observation] = []
    models: list[ModelFacts] = []
    unknown: Counter[str] = Counter()
    content = record(decode(payload))
    for seller, sold in items(content.get("prices")):
        for model, modes in items(sold):
            models.append(ModelFacts(seller, model, NAME))
            for mode, timeline in modes.items():
                row = _placed(Observation(seller, model, {}, provenance), mode)
                observations += _timeline(row, list(records(timeline)), unknown)
    return Parsed(tuple(observations), tuple(models), unknown)


def _placed(row: Observation, mode: str) -> Observation:
    if mode == "batch":
        return replace(row, processing="batch")
    return replace(row, service_tier=TIER_OF.get((row.seller, mode), mode))


def _timeline(row: Observation, entries: list[Mapping[str, object]], unknown: Counter[str]) -> Iterator[Observation]:
    """Neighbours with the same price are one interval: most entries only record that a page was looked at."""
    spans: list[tuple[datetime | None, list[Observation]]] = []
    for entry in entries:
        rows = list(_rows(row, record(entry.get("rates")), unknown))
        if not spans or _prices(spans[-1][1]) != _prices(rows):
            spans.append((utc(entry.get("start")), rows))
    ends = [start for start, _ in spans[1:]] + [None]
    for (starts_at, rows), ends_at in zip(spans, ends, strict=True):
        for one in rows:
            yield replace(one, starts_at=starts_at, ends_at=ends_at)


def _rows(row: Observation, rates: Mapping[str, object], unknown: Counter[str]) -> Iterator[Observation]:
    unknown.update(name for name in rates if name not in NOT_RATES and name not in METER_OF)
    base = _rates(row.seller, rates, rates)
    if not base.keys() & {"input", "output"}:
        return
    yield replace(row, usd_per_million=base)
    for tier in records(rates.get("tiers")):
        if (size := whole_number(tier.get("above"))) is not None:
            part = _rates(row.seller, tier, rates)
            yield replace(row, usd_per_million=part, above=ContextThreshold(size))


def _rates(seller: str, prices: Mapping[str, object], whole: Mapping[str, object]) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {
        meter: rate for name, meter in METER_OF.items() if (rate := usd_per_million(prices.get(name), per=10**6))
    }
    multiple = exact(whole.get("cache_write_1h_multiple"))
    if multiple is not None and "input" in rates and "cache_write_5m" in rates:
        rates[LONG_CACHE.get(seller, "cache_write_1h")] = rates["input"] * multiple
    return rates


def _prices(rows: list[Observation]) -> list[tuple[ContextThreshold | None, Mapping[Meter, Decimal]]]:
    return [(row.above, row.usd_per_million) for row in rows]
