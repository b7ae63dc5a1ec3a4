"""llm-prices `historical-v1.json`: a hand-kept history in USD per million tokens, with dates. Read, never bundled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.prices.observations import ContextThreshold, Meter, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import decode, record, records, text, usd_per_million, utc

__all__ = ["NAME", "UPSTREAM_GROUP", "URL", "parse"]

NAME: Final = "llm_prices"
UPSTREAM_GROUP: Final = "llm-prices"
URL: Final = "https://www.llm-prices.com/historical-v1.json"
# Its repository states no licence.
LICENCE: Final = None

METER_OF: Final[dict[str, Meter]] = {"input": "input", "output": "output", "input_cached": "cache_read"}
NOT_RATES: Final = {"id", "vendor", "name", "from_date", "to_date"}
# A tier is a record of its own here: "gemini-2.5-pro-200k", named "Gemini 2.5 Pro >200k".
TIER: Final = re.compile(r">\s*(?P<thousands>[0-9]{2,4})k\b", re.IGNORECASE)


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every interval of every model, past ones included.

    Args:
        payload: the body: `{"prices": [{"id", "vendor", "name", "input", "output", "from_date", "to_date"}]}`.
        retrieved_at: when it was recorded, aware and in UTC.

    Raises:
        DataUnreadableError: not JSON.
    """
    provenance = Provenance(NAME, UPSTREAM_GROUP, URL, retrieved_at, LICENCE, "curated")
    observations: list[Observation] = []
    unknown: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    for entry in records(record(decode(payload)).get("prices")):
        seller, identity = text(entry.get("vendor")), text(entry.get("id"))
        rates = _rates(entry, unknown)
        if seller is None or identity is None or not rates.keys() & {"input", "output"}:
            unusable["a record without a vendor, an id or a price"] += 1
            continue
        model, above = _tier(identity, text(entry.get("name")) or "")
        observations.append(
            Observation(
                seller,
                model,
                rates,
                provenance,
                above=above,
                starts_at=utc(entry.get("from_date")),
                ends_at=utc(entry.get("to_date")),
            )
        )
    return Parsed(tuple(observations), (), unknown, unusable)


def _rates(entry: Mapping[str, object], unknown: Counter[str]) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {}
    for name, value in entry.items():
        meter = METER_OF.get(name)
        if meter is None:
            unknown.update([name] if name not in NOT_RATES else [])
        elif rate := usd_per_million(value, per=10**6):
            rates[meter] = rate
    return rates


def _tier(identity: str, name: str) -> tuple[str, ContextThreshold | None]:
    """The model's own id and the boundary that its record is about, if it is about one."""
    found = TIER.search(name)
    if found is None:
        return identity, None
    thousands = found["thousands"]
    return identity.removesuffix(f"-{thousands}k"), ContextThreshold(int(thousands) * 1000)
