"""Turns the bytes of a payload into JSON values with exact numbers, and single values into exact rates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from tokenworth.errors import DataUnreadableError

__all__ = ["decode", "exact", "items", "record", "records", "text", "usd_per_million", "utc", "whole_number"]

# A rate beyond this is a unit mistake: nothing here costs more than 100 dollars a unit (one video, one session).
USD_PER_MILLION_MAX: Final = Decimal(10) ** 8
# Digits beyond a millionth of a billionth of a dollar per unit are the noise of binary floats in the source.
RATE_STEP: Final = Decimal("1E-9")


def decode(payload: bytes) -> object:
    """JSON with every fraction as the Decimal it is written as, so that 0.1 stays 0.1.

    Raises:
        DataUnreadableError: not JSON, or it holds NaN or infinity.
    """
    try:
        return json.loads(payload, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DataUnreadableError("a price source answered with something that is not JSON") from error


def record(value: object) -> Mapping[str, object]:
    """A JSON object, or an empty one when it is anything else."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def records(value: object) -> Iterator[Mapping[str, object]]:
    """The JSON objects in a JSON array; nothing when it is anything else."""
    for one in cast("list[object]", value) if isinstance(value, list) else []:
        if isinstance(one, dict):
            yield cast("Mapping[str, object]", one)


def items(value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The members of a JSON object that are objects themselves."""
    for key, member in record(value).items():
        if isinstance(member, dict):
            yield key, cast("Mapping[str, object]", member)


def text(value: object) -> str | None:
    """A JSON string that says something."""
    return value if isinstance(value, str) and value else None


def whole_number(value: object) -> int | None:
    """A positive whole JSON number, also when it is written 128000.0."""
    number = exact(value)
    return int(number) if number is not None and number > 0 and number == number.to_integral_value() else None


def exact(value: object) -> Decimal | None:
    """A JSON number, or a string that holds one, as a Decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def usd_per_million(value: object, *, per: Decimal | int = 1, dollars: Decimal | int = 1) -> Decimal | None:
    """A source's number as USD per million units, or None when it is absent, negative or absurd.

    Args:
        value: the number as the source writes it.
        per: how many units it buys (1 for per token, 1000 for per 1K, 10**6 for per million).
        dollars: what one of the source's currency units is worth in USD (Decimal("0.01") for cents).
    """
    number = exact(value)
    if number is None or number < 0:
        return None
    rate = number * dollars * 10**6 / per
    return rate.quantize(RATE_STEP).normalize() if rate <= USD_PER_MILLION_MAX else None


def utc(value: object) -> datetime | None:
    """An ISO date or time as an aware moment in UTC; a date alone is its first instant."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _no_constant(name: str) -> object:
    raise ValueError(name)
