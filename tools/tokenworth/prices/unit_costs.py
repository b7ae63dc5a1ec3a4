"""A model's rates laid out for whoever prices very many requests: what a unit costs, and how long that holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from tokenworth.context import UnitCosts, UnitStep
from tokenworth.prices.cost import Unpriced
from tokenworth.prices.price_list import PriceList
from tokenworth.prices.rows import Step

__all__ = ["unit_costs"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
MINUTE_MS: Final = 60_000
ALWAYS_MS: Final = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MILLISECOND


def unit_costs(prices: PriceList, model: str, at_ms: int) -> UnitCosts | None:
    """What a model's units cost around a moment; None is unpriced.

    Args:
        prices: the list.
        model: as logs write it.
        at_ms: milliseconds since 1970 in UTC.
    """
    at = EPOCH + at_ms * MILLISECOND
    found = prices.understood(None, model)
    if isinstance(found, Unpriced) or (found.since is not None and at < found.since):
        return None
    row = found.priced.row(at, found.conditions)
    if isinstance(row, Unpriced):
        return None
    steps = tuple(_step(step) for step in row.steps)
    if found.priced.schedules:
        # Cheap hours begin and end on a minute.
        since_ms = at_ms - at_ms % MINUTE_MS
        return UnitCosts(since_ms, since_ms + MINUTE_MS, steps)
    starts = [(start - EPOCH) // MILLISECOND for start, _ in found.priced.spans]
    if found.since is not None:
        starts.append((found.since - EPOCH) // MILLISECOND)
    since_ms = max((start for start in starts if start <= at_ms), default=-ALWAYS_MS)
    until_ms = min((start for start in starts if start > at_ms), default=ALWAYS_MS)
    return UnitCosts(since_ms, until_ms, steps)


def _step(step: Step) -> UnitStep:
    above, rates = step.above, step.atto_usd
    return UnitStep(
        prompt_tokens_min=0 if above is None else above.tokens + (not above.inclusive),
        input=rates.get("input"),
        cache_write_5m=rates.get("cache_write_5m"),
        cache_write_1h=rates.get("cache_write_1h"),
        cache_read=rates.get("cache_read"),
        output=rates.get("output"),
        web_search=rates.get("web_search"),
    )
