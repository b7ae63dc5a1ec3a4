"""OpenRouter `/api/v1/models` and `/endpoints`: a reseller's prices in USD per token as strings, undated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, cast

from tokenworth.prices.observations import (
    ContextThreshold,
    Meter,
    ModelFacts,
    Observation,
    Parsed,
    Provenance,
    TimeWindow,
)
from tokenworth.prices.sources.decoding import decode, record, records, text, usd_per_million, whole_number

__all__ = ["ENDPOINTS_URL", "NAME", "UPSTREAM_GROUP", "URL", "parse", "parse_endpoints"]

NAME: Final = "openrouter"
UPSTREAM_GROUP: Final = "openrouter"
URL: Final = "https://openrouter.ai/api/v1/models"
ENDPOINTS_URL: Final = "https://openrouter.ai/api/v1/models/{model}/endpoints"
# The API states no licence for its data: it is read at run time and never bundled.
LICENCE: Final = None

METER_OF: Final[dict[str, Meter]] = {
    "prompt": "input",
    "completion": "output",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write_5m",
    "input_cache_write_1h": "cache_write_1h",
    "internal_reasoning": "reasoning",
    "audio": "input_audio",
    "audio_output": "output_audio",
    "input_audio_cache": "cache_read_audio",
    "web_search": "web_search",
    "request": "request",
    "image_output": "image",
}
# `image` is a price per input image and `image_token` one per image token, for which there is no meter of ours;
# `discount` is already taken off the other prices.
NOT_RATES: Final = {"overrides", "discount", "image", "image_token"}
CONDITIONS: Final = {"min_prompt_tokens", "utc_start", "utc_end", "utc_days"}
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY: Final = (1, 2, 3, 4, 5, 6, 7)

_Condition = tuple[ContextThreshold | None, TimeWindow | None]


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every model's price at the host that OpenRouter shows first; other hosts may differ.

    Args:
        payload: the body of `/models`: `{"data": [{"id": ..., "pricing": {...}}]}`.
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
        rows = list(_rows(NAME, model, record(entry.get("pricing")), provenance, unknown))
        if not rows:
            unusable["a router or a free trial, without a price of its own"] += 1
        observations += rows
        models.append(_facts(model, entry))
    return Parsed(tuple(observations), tuple(models), unknown, unusable)


def parse_endpoints(payload: bytes, retrieved_at: datetime) -> Parsed:
    """One model's price at each of its hosts; the seller is "openrouter/" and the host's routing tag.

    Args:
        payload: the body of `/models/{id}/endpoints`: `{"data": {"id": ..., "endpoints": [{"pricing": {...}}]}}`.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    data = record(record(decode(payload)).get("data"))
    model = text(data.get("id"))
    unknown: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    observations: list[Observation] = []
    for endpoint in records(data.get("endpoints")):
        tag = text(endpoint.get("tag"))
        if model is None or tag is None:
            unusable["an endpoint without a model or a tag"] += 1
            continue
        url = ENDPOINTS_URL.format(model=model)
        provenance = Provenance(NAME, UPSTREAM_GROUP, url, retrieved_at, LICENCE, "reseller")
        observations += _rows(f"{NAME}/{tag}", model, record(endpoint.get("pricing")), provenance, unknown)
    return Parsed(tuple(observations), (), unknown, unusable)


def _rows(
    seller: str, model: str, pricing: Mapping[str, object], provenance: Provenance, unknown: Counter[str]
) -> Iterator[Observation]:
    base = _rates(pricing, unknown, free=model.endswith(":free"))
    if not base.keys() & {"input", "output", "input_audio", "request", "image"}:
        return
    yield Observation(seller, model, base, provenance)
    entries = [(_condition(entry), _rates(entry, unknown, free=False)) for entry in records(pricing.get("overrides"))]
    thresholds = {above for (above, _), _ in entries if above is not None}
    windows = {window for (_, window), _ in entries if window is not None}
    for above in (None, *sorted(thresholds)):
        for window in (None, *sorted(windows)):
            if above is None and window is None:
                continue
            rates = dict(base)
            for condition, overriding in entries:  # among those that apply, later ones win
                if _applies(condition, above, window):
                    rates |= overriding
            yield Observation(
                seller, model, rates, provenance, above=above, windows=() if window is None else (window,)
            )


def _rates(pricing: Mapping[str, object], unknown: Counter[str], *, free: bool) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {}
    for name, value in pricing.items():
        meter = METER_OF.get(name)
        if meter is None:
            if name not in NOT_RATES | CONDITIONS:
                unknown[name] += 1
            continue
        rate = usd_per_million(value)
        # Zero stands for "not charged apart" or "a trial"; only the ":free" variants are really free.
        if rate or (rate is not None and free and meter in ("input", "output")):
            rates[meter] = rate
    return rates


def _condition(entry: Mapping[str, object]) -> _Condition:
    tokens = whole_number(entry.get("min_prompt_tokens"))
    above = None if tokens is None else ContextThreshold(tokens)
    start, end = entry.get("utc_start"), entry.get("utc_end")
    days = entry.get("utc_days")
    if start is None and end is None and days is None:
        return above, None
    weekdays = tuple(
        number for number, day in enumerate(WEEKDAYS, 1) if isinstance(days, list) and day in cast("list[object]", days)
    )
    return above, TimeWindow(_minute(start), _minute(end), weekdays or EVERY_DAY)


def _minute(clock: object) -> int:
    """A clock number such as 1030 as minutes since midnight."""
    hhmm = whole_number(clock) or 0
    return hhmm // 100 * 60 + hhmm % 100


def _applies(condition: _Condition, above: ContextThreshold | None, window: TimeWindow | None) -> bool:
    needs_above, needs_window = condition
    long_enough = needs_above is None or (above is not None and needs_above.tokens <= above.tokens)
    return long_enough and needs_window in (None, window)


def _facts(model: str, entry: Mapping[str, object]) -> ModelFacts:
    created = whole_number(entry.get("created"))
    return ModelFacts(
        NAME,
        model,
        NAME,
        name=text(entry.get("name")),
        context_tokens_max=whole_number(entry.get("context_length")),
        output_tokens_max=whole_number(record(entry.get("top_provider")).get("max_completion_tokens")),
        released_on=None if created is None else datetime.fromtimestamp(created, UTC).date().isoformat(),
        retires_on=text(entry.get("expiration_date")),
    )
