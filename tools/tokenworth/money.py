"""Exact money and token counts: the one place that parses and prints them.

Amounts are `Decimal`, never binary floats, from the moment they are read until a simulation
turns them into arrays. Printing goes the other way, to whole dollars unless asked otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

__all__ = [
    "MONEY_MAX",
    "Money",
    "brief_dollars",
    "dollars",
    "parse_fraction",
    "parse_money",
    "parse_tokens",
    "percent",
    "significant",
    "whole",
]

MONEY_MAX: Final = Decimal(10) ** 12
TOKENS_MAX: Final = 10**18
MONEY_HINT: Final = 'Send a plain amount such as 375000, "375k", "1.2M" or "$100,000"'
TOKENS_HINT: Final = 'Send a whole count such as 5000000, "5M" or "1.2B"'
FRACTION_HINT: Final = 'Send a share from 0 to 1 such as 0.15, or "15%"'

SYMBOLS: Final = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "CHF": "CHF"}
PRINTED: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
SCALE: Final = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
AMOUNT: Final = re.compile(
    r"(?P<before>[$€£¥₹]|[A-Z]{3})? ?"
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"(?P<scale>[kKmMbB]?)"
    r"(?: ?(?P<after>[€£¥₹]|[A-Z]{3}))?"
)
COUNT: Final = re.compile(r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:\.[0-9]+)?) ?(?P<scale>[kKmMbBtT]?)")
# "100.000" is a hundred in one country and a hundred thousand in another.
AMBIGUOUS: Final = re.compile(r"[0-9]{1,3}\.[0-9]{3}")
PERCENT: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?%")


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount; `currency` is what the caller wrote beside it, None if nothing."""

    number: Decimal
    currency: str | None = None

    def __float__(self) -> float:
        """Leave exact money, on the way into a simulation."""
        return float(self.number)


def parse_money(value: object) -> Money:
    """Read one amount of money, exactly.

    Args:
        value: an int, a finite float (read as it prints), a Decimal, a `Money`, or a string such as
            "375k", "$100,000", "1.2M", "EUR 90,000" or "90k €".

    Raises:
        ValueError: negative, above one trillion, not a number, or ambiguous; says what to send.
    """
    if isinstance(value, Money):
        return value
    if isinstance(value, str):
        return _money_from_text(value)
    return Money(_bounded(_exact(value, MONEY_HINT), MONEY_MAX, MONEY_HINT))


def parse_tokens(value: object) -> int:
    """Read a count of tokens: a whole number, or text such as "5M" or "1.2B".

    Raises:
        ValueError: not a whole count from 0 to 10^18; says what to send.
    """
    if isinstance(value, str):
        found = COUNT.fullmatch(value.strip(" "))
        if found is None:
            raise ValueError(f"not a count of tokens. {TOKENS_HINT}")
        number = Decimal(found["number"].replace(",", "")) * SCALE[found["scale"].lower()]
    else:
        number = _exact(value, TOKENS_HINT)
    if number != number.to_integral_value():
        raise ValueError(f"a count of tokens is whole. {TOKENS_HINT}")
    return int(_bounded(number, Decimal(TOKENS_MAX), TOKENS_HINT))


def parse_fraction(value: object) -> Decimal:
    """Read a share from 0 to 1: a number, or text such as "15%".

    Raises:
        ValueError: outside 0 to 1 or not a number; says what to send.
    """
    if isinstance(value, str):
        text = value.strip(" ")
        if found := PERCENT.fullmatch(text):
            number = Decimal(found["number"]) / 100
        elif re.fullmatch(r"[01]|[01]?\.[0-9]+", text):
            number = Decimal(text)
        else:
            raise ValueError(f"not a share. {FRACTION_HINT}")
    else:
        number = _exact(value, FRACTION_HINT)
    if not 0 <= number <= 1:
        raise ValueError(f"a share lies between 0 and 1. {FRACTION_HINT}")
    return number


def dollars(amount: Decimal | float, currency: str = "USD", *, places: int = 0) -> str:
    """Print money for people: "$18,118", "-$41,499", "€90,000", "CHF 120,000".

    Rounds half to even at `places` decimals; a negative zero prints as zero.
    """
    exact = Decimal(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    sign = "-" if exact < 0 else ""
    mark = PRINTED.get(currency, f"{currency} ")
    return f"{sign}{mark}{abs(exact):,}"


def whole(amount: Decimal | float) -> int:
    """Round to whole units, half to even: how simulated money leaves a simulation."""
    return int(Decimal(amount).to_integral_value(ROUND_HALF_EVEN))


def brief_dollars(amount: float) -> str:
    """Print an amount for reading aloud, in three digits: "$20", "$892k", "$1.93M", "$60.0M"."""
    rounded = Decimal(significant(abs(amount), 3))
    unit, letter = next(((Decimal(10) ** p, s) for p, s in ((9, "B"), (6, "M"), (3, "k")) if rounded >= 10**p), (1, ""))
    if not letter:
        return dollars(amount)
    number = rounded / unit
    places = 2 if number < 10 else 1 if number < 100 else 0
    return f"{'-' if amount < 0 else ''}${number:.{places}f}{letter}"


def significant(amount: float, digits: int = 4) -> int:
    """Round to whole units and at most so many significant digits: what a few thousand draws can say."""
    return whole(Decimal(f"{amount:.{digits - 1}e}"))


def percent(share: Decimal | float, *, places: int = 0) -> str:
    """Print a share as a percentage: 0.2105 as "21%"; below half a per cent one more digit is shown."""
    hundredfold = Decimal(share) * 100
    shown = places + 1 if 0 < abs(hundredfold) < Decimal("0.5") else places
    return f"{hundredfold:,.{shown}f}%"


def _money_from_text(text: str) -> Money:
    found = AMOUNT.fullmatch(text.strip(" "))
    if found is None:
        raise ValueError(f"not an amount of money. {MONEY_HINT}")
    if not found["scale"] and AMBIGUOUS.fullmatch(found["number"]):
        raise ValueError('three digits after a point can be read two ways. Send "100000" or "100.00"')
    marks = {SYMBOLS.get(mark, mark) for mark in (found["before"], found["after"]) if mark}
    if len(marks) > 1:
        raise ValueError("two currencies in one amount. Send one, in the offer's currency")
    number = Decimal(found["number"].replace(",", "")) * SCALE[found["scale"].lower()]
    return Money(_bounded(number, MONEY_MAX, MONEY_HINT), marks.pop() if marks else None)


def _exact(value: object, hint: str) -> Decimal:
    """A JSON or YAML number as the Decimal that it prints as; bool is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"not a number. {hint}")  # noqa: TRY004 - pydantic turns ValueError into a field error
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"not a finite number. {hint}")
    return number


def _bounded(number: Decimal, most: Decimal, hint: str) -> Decimal:
    if number < 0:
        raise ValueError(f"negative. {hint}")
    if number > most:
        raise ValueError(f"too large to be real (more than {most:,}). {hint}")
    return number
