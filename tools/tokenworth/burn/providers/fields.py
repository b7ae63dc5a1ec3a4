"""Reads exact figures out of a provider's rows; a field that is missing or changed is refused by name, never zero."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeGuard, cast

from tokenworth.errors import SourceDriftError

__all__ = ["Row", "cents", "count", "decode", "drifted", "member", "money", "optional_money", "rows", "total_usd"]

Row = Mapping[str, Any]

# Nobody's bill for a period; beyond it a figure is in another unit, or is an attack on the arithmetic.
USD_MAX: Final = Decimal(10) ** 9
TOKENS_MAX: Final = 10**15
TEXT_MAX: Final = 64
CENTS: Final = Decimal("0.01")


def decode(body: bytes) -> Row:
    """A page as JSON, with every fraction as the Decimal it is written as.

    Raises:
        SourceDriftError: not a JSON object that every reader reads alike.
    """
    try:
        page: object = json.loads(
            body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refused, object_pairs_hook=_unique
        )
    except (ValueError, ArithmeticError, RecursionError):
        raise SourceDriftError("a page of the report is not whole JSON; nothing of it was kept") from None
    if not _is_row(page):
        raise drifted("the page", "is not an object")
    return page


def rows(within: Row, name: str) -> Iterator[Row]:
    """The objects of a list that must be there.

    Raises:
        SourceDriftError: it is not there, or holds anything else.
    """
    found = within.get(name)
    if not isinstance(found, list):
        raise drifted(name, "is missing or not a list")
    for one in cast("list[object]", found):
        if not _is_row(one):
            raise drifted(name, "holds something other than objects")
        yield one


def member(within: Row, name: str) -> Row:
    """An object that must be there.

    Raises:
        SourceDriftError: it is not.
    """
    found = within.get(name)
    if not _is_row(found):
        raise drifted(name, "is missing or not an object")
    return found


def count(within: Row, name: str) -> int:
    """A count of tokens that must be there.

    Raises:
        SourceDriftError: missing, null, not a whole number from 0 to 10^15.
    """
    found = within.get(name)
    if isinstance(found, Decimal) and found.copy_abs() <= TOKENS_MAX and found == found.to_integral_value():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= TOKENS_MAX:
        raise drifted(name, "is missing or not a count")
    return found


def money(within: Row, name: str) -> Decimal:
    """An amount that must be there, a number or a string that holds one; may be negative, as corrections are.

    Raises:
        SourceDriftError: missing, null, not a finite number, or more than a thousand million.
    """
    found = within.get(name)
    if isinstance(found, bool) or not isinstance(found, int | str | Decimal):
        raise drifted(name, "is missing or not an amount")
    if isinstance(found, str) and (
        len(found) > TEXT_MAX or not found.isascii() or "_" in found or found != found.strip()
    ):
        raise drifted(name, "is not an amount")
    try:
        amount = Decimal(found)
    except InvalidOperation:
        raise drifted(name, "is not an amount") from None
    if not amount.is_finite() or amount.copy_abs() > USD_MAX * 100:
        raise drifted(name, "is not an amount that can be real")
    return amount


def optional_money(within: Row, name: str) -> Decimal | None:
    """An amount that may be null, as a limit that nobody set is; the field itself must be there.

    Raises:
        SourceDriftError: missing, or there and not an amount.
    """
    if name not in within:
        raise drifted(name, "is missing")
    return None if within[name] is None else money(within, name)


def cents(within: Row, name: str) -> Decimal:
    """An amount of cents as dollars: "123.45" is $1.2345.

    Raises:
        SourceDriftError: it is not an amount.
    """
    return money(within, name) * CENTS


def total_usd(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of a report.

    Raises:
        SourceDriftError: it cannot be what was used.
    """
    total = sum(amounts, Decimal(0))
    if not 0 <= total <= USD_MAX:
        raise drifted("the total", "cannot be real")
    return total


def drifted(name: str, problem: str) -> SourceDriftError:
    """The error for a report that is not as it is documented; `name` is ours, never the provider's text."""
    return SourceDriftError(f"the report is not as it is documented: {name} {problem}; nothing of it was kept")


def _is_row(value: object) -> TypeGuard[Row]:
    return isinstance(value, dict)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _refused(constant: str) -> object:
    raise ValueError(constant)
