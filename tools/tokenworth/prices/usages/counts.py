"""What a usage object comes down to: units by meter, each counted once, and how large the prompt was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any, Final, cast

from tokenworth.errors import InvalidInputError
from tokenworth.prices.observations import Meter

__all__ = ["COUNT_MAX", "NOTHING", "Counts", "entries", "member", "parts_of", "whole"]

COUNT_MAX: Final = 10**15
NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(slots=True)
class Counts:
    """One request's units.

    Attributes:
        units: by meter, disjoint: tokens, or searches, images, pages, seconds, characters.
        prompt_tokens: all tokens sent, cached ones included: what decides a long-context price.
        conditions: what the usage object itself says about how the request was run ("speed": "fast").
        reported_usd: what the seller says it billed, when the object carries it.
        notes: what had to be assumed, for people.
    """

    units: dict[Meter, int]
    prompt_tokens: int
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])
    reported_usd: Decimal | None = None
    notes: tuple[str, ...] = ()


def whole(usage: Mapping[str, Any], key: str) -> int:
    """A count of the usage object; absent and null are 0.

    Raises:
        InvalidInputError: negative, a fraction, not a number, or absurdly large.
    """
    value = usage.get(key)
    if value is None:
        return 0
    if type(value) is int and 0 <= value <= COUNT_MAX:
        return value
    if isinstance(value, float | Decimal) and isfinite(value) and 0 <= value <= COUNT_MAX and value == int(value):
        return int(value)
    raise InvalidInputError(f"usage.{key[:60]}", "not a count", f"Send a whole number from 0 to {COUNT_MAX}")


def member(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object inside the usage object; absent and null are empty.

    Raises:
        InvalidInputError: something else than an object.
    """
    value = usage.get(key)
    if value is None:
        return NOTHING
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    raise InvalidInputError(f"usage.{key[:60]}", "not an object", "Send the usage object as the API returned it")


def entries(value: object) -> list[Mapping[str, Any]]:
    """The objects in an array of the usage object; an empty list for anything else."""
    if not isinstance(value, list):
        return []
    return [cast("Mapping[str, Any]", one) for one in cast("list[object]", value) if isinstance(one, Mapping)]


def parts_of(total: int, parts: int, name: str) -> int:
    """What remains of a total when its listed parts are taken out.

    Raises:
        InvalidInputError: the parts are more than the total.
    """
    if parts > total:
        raise InvalidInputError(f"usage.{name}", "its parts add up to more than the total", "Send the object unchanged")
    return total - parts
