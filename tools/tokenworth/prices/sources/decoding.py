"""Turns the bytes of a payload into JSON values with exact numbers, and single values into exact rates."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Final

from tokenworth.errors import DataUnreadableError

__all__ = ["decode", "exact", "usd_per_million"]

# A rate beyond this is a unit mistake: nothing here costs more than 100 dollars a unit (one video, one session).
USD_PER_MILLION_MAX: Final = Decimal(10) ** 8


def decode(payload: bytes) -> object:
    """JSON with every fraction as the Decimal it is written as, so that 0.1 stays 0.1.

    Raises:
        DataUnreadableError: not JSON, or it holds NaN or infinity.
    """
    try:
        return json.loads(payload, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DataUnreadableError("a price source answered with something that is not JSON") from error


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
    return rate if rate <= USD_PER_MILLION_MAX else None


def _no_constant(name: str) -> object:
    raise ValueError(name)
