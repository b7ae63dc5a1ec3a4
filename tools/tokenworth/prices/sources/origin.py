"""Prices that we read at the sellers' own pages, kept as data with source and date: the highest trust there is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Final, cast

from tokenworth.errors import DataUnreadableError
from tokenworth.prices.observations import METERS, ContextThreshold, Meter, Observation, Parsed, Provenance
from tokenworth.prices.sources.decoding import exact, record, records, text, whole_number

__all__ = ["NAME", "parse", "shipped"]

NAME: Final = "origin"
FIELDS: Final = {"seller", "models", "from", "until", "rates", "above", "source", "date", "note"}


def shipped() -> bytes:
    """The file of facts that comes with this version."""
    return files("tokenworth.prices.data").joinpath("origin.toml").read_bytes()


def parse(payload: bytes, retrieved_at: datetime) -> Parsed:
    """Every fact as an observation of the seller itself.

    Args:
        payload: TOML: `[[price]]` entries with seller, models, from, until, rates, source, date.
        retrieved_at: when the facts were last gone through, aware and in UTC.

    Raises:
        DataUnreadableError: not TOML, an unknown field, or a rate that is no number.
    """
    try:
        content = tomllib.loads(payload.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataUnreadableError("the file of origin prices cannot be read as TOML") from error
    rows = tuple(row for entry in records(content.get("price")) for row in _rows(entry, retrieved_at))
    return Parsed(rows)


def _rows(entry: Mapping[str, object], retrieved_at: datetime) -> Iterator[Observation]:
    if unknown := entry.keys() - FIELDS:
        raise DataUnreadableError(f"origin prices: unknown fields: {', '.join(sorted(unknown))}")
    seller, url = text(entry.get("seller")), text(entry.get("source"))
    if seller is None or url is None:
        raise DataUnreadableError("origin prices: every entry names its seller and its source")
    provenance = Provenance(NAME, seller, url, retrieved_at, "facts", "origin")
    for model in cast("list[str]", entry.get("models") or []):
        row = Observation(
            seller,
            model,
            _rates(entry.get("rates")),
            provenance,
            starts_at=_moment(entry.get("from")),
            ends_at=_moment(entry.get("until")),
            note=text(entry.get("note")) or "",
        )
        yield row
        above = record(entry.get("above"))
        if (tokens := whole_number(above.get("tokens"))) is not None:
            yield replace(row, usd_per_million=_rates(above.get("rates")), above=ContextThreshold(tokens))


def _rates(value: object) -> dict[Meter, Decimal]:
    rates: dict[Meter, Decimal] = {}
    for meter, digits in record(value).items():
        rate = exact(digits)
        if rate is None or meter not in METERS:
            raise DataUnreadableError(f"origin prices: {meter} is not a rate")
        rates[meter] = rate
    return rates


def _moment(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None
