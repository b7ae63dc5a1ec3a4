"""The ledger and the price list out of a context, and amounts as its answers print them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tokenworth.budgets import UNITS, Amount, Budget, Period, Unit, usd
from tokenworth.context import Context, Ledger, PriceList
from tokenworth.errors import LedgerUnusableError
from tokenworth.money import dollars

__all__ = ["dollars_of", "in_words", "ledger_of", "moment", "period_in_words", "prices_of", "unit_in_words"]

HOUR_S: Final = 3_600
DAY_S: Final = 86_400


async def ledger_of(context: Context) -> Ledger:
    """The context's ledger.

    Raises:
        LedgerError: there is none, or it cannot be opened.
    """
    if context.ledger is None:
        raise LedgerUnusableError("no ledger is set up. Set TOKENWORTH_LEDGER to a file")
    return await context.ledger.open()


async def prices_of(context: Context) -> PriceList | None:
    """The context's price list, its files read; None when there is none."""
    if context.prices is not None:
        await context.prices.ready()
    return context.prices


def dollars_of(nano: int | None) -> Decimal | None:
    """Nano-USD as exact dollars, None as it is."""
    return None if nano is None else usd(nano)


def in_words(amount: Amount) -> str:
    """An amount for people: "$0.10", "5,000 tokens", or both."""
    said = [unit_in_words(value, unit) for unit in ("usd", "tokens") if (value := amount.of(unit)) is not None]
    return " and ".join(said) if said else "an unknown amount"


def unit_in_words(value: int, unit: Unit) -> str:
    """An amount of one unit for people; cents, or as many decimals as a small amount needs."""
    if unit == "tokens":
        return f"{value:,} tokens"
    exact = usd(value)
    places = 2
    while places < 9 and round(exact, places) != exact and abs(exact) < Decimal(1).scaleb(1 - places):
        places += 1
    return dollars(exact, places=places)


def period_in_words(budget: Budget) -> str:
    """A period for people: "once", "month in Europe/Berlin, unused rolls over up to $50.00", "rolling 5 hours"."""
    period: Period = budget.period
    if period.kind == "rolling":
        window_s = period.window_s or 0
        if window_s % DAY_S == 0:
            return f"rolling {window_s // DAY_S} days"
        return f"rolling {window_s // HOUR_S} hours"
    if period.kind == "once":
        return "once"
    return f"{period.kind} in {period.timezone}" + _rollover_in_words(period)


def _rollover_in_words(period: Period) -> str:
    if not period.rolls_over:
        return ""
    caps = [unit_in_words(cap, unit) for unit in UNITS if (cap := period.cap(unit)) is not None]
    return f", unused rolls over{' up to ' if caps else ''}{' and '.join(caps)}"


def moment(at_ms: int | None) -> datetime | None:
    """Milliseconds as a moment in UTC, to the second."""
    return None if at_ms is None else datetime.fromtimestamp(at_ms // 1000, UTC)
