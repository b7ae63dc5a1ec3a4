"""model-prices' snapshot: first-party price histories kept from models.dev's commits and corrected by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, cast

from tokenworth.prices.observations import (
    ContextThreshold,
    Meter,
    ModelFacts,
    Observation,
    Parsed,
    Provenance,
    TimeWindow,
)
from tokenworth.prices.sources.decoding import (
    decode,
    exact,
    items,
    record,
    records,
    text,
    usd_per_million,
    utc,
    whole_number,
)

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
SLIP: Final = timedelta(days=7)
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
    statuses = record(content.get("status"))
    peaks = list(_peaks(record(content.get("schedules")).get("schedule")))
    for seller, sold in items(content.get("prices")):
        for model, modes in items(sold):
            models.append(ModelFacts(seller, model, NAME, status=text(record(statuses.get(seller)).get(model))))
            for mode, timeline in modes.items():
                row = _placed(Observation(seller, model, {}, provenance), mode)
                observations += _timeline(row, list(records(timeline)), unknown)
    observations += [hourly for row in observations for hourly in _peak_rows(row, peaks)]
    return Parsed(tuple(observations), tuple(models), unknown)


class _Peak(NamedTuple):
    seller: str
    multiple: Decimal
    windows: tuple[TimeWindow, ...]
    starts_at: datetime


def _peaks(schedules: object) -> Iterator[_Peak]:
    """The schedules whose recorded price is the off-peak one."""
    for schedule in records(schedules):
        seller, multiple = text(schedule.get("provider")), exact(schedule.get("peak_multiplier"))
        starts_at = utc(schedule.get("valid_from"))
        if seller and multiple and starts_at:
            days = (1, 2, 3, 4, 5) if schedule.get("weekdays_only") else (1, 2, 3, 4, 5, 6, 7)
            hours = cast("list[list[str]]", schedule.get("peak_hours_utc") or [])
            windows = tuple(TimeWindow(_minute(start), _minute(end), days) for start, end in hours)
            yield _Peak(seller, multiple, windows, starts_at)


def _peak_rows(row: Observation, peaks: list[_Peak]) -> Iterator[Observation]:
    for peak in peaks:
        if peak.seller == row.seller and (row.ends_at is None or row.ends_at > peak.starts_at):
            rates = {meter: rate * peak.multiple for meter, rate in row.usd_per_million.items()}
            yield replace(row, usd_per_million=rates, windows=peak.windows)


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _placed(row: Observation, mode: str) -> Observation:
    if mode == "batch":
        return replace(row, processing="batch")
    return replace(row, service_tier=TIER_OF.get((row.seller, mode), mode))


def _timeline(row: Observation, entries: list[Mapping[str, object]], unknown: Counter[str]) -> Iterator[Observation]:
    """Neighbours with the same price are one interval: most entries only record that a page was looked at.

    A first price that was replaced within a week of being written down is the catalogue's slip, not the seller's price.
    """
    spans: list[tuple[datetime | None, list[Observation]]] = []
    written_at: datetime | None = None
    for entry in entries:
        rates = record(entry.get("rates"))
        rows = list(_rows(row, rates, unknown))
        starts_at = utc(entry.get("start"))
        if not spans:
            written_at = utc(rates.get("valid_from"))
        elif len(spans) == 1 and written_at and starts_at and starts_at - written_at < SLIP and rows:
            spans, starts_at = [], None
        if not spans or _prices(spans[-1][1]) != _prices(rows):
            spans.append((starts_at, rows))
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
