"""The rows that both stores keep, as columns in one order: balances, budgets, and what settling changes of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from tokenworth.budgets import Balance, Budget, Period

__all__ = [
    "BALANCE_COLUMNS",
    "CLOSING_COLUMNS",
    "balance_from_row",
    "budget_from_row",
    "row_of_balance",
    "row_of_budget",
    "row_of_closing",
]

BALANCE_COLUMNS: Final = tuple(Balance.__dataclass_fields__)
CLOSING_COLUMNS: Final = (
    "state",
    "closed_asked",
    "closed_ms",
    "charged_nano_usd",
    "charged_tokens",
    "closed_left_nano_usd",
    "closed_left_tokens",
    "late",
)
"""What settling or expiring changes of an entry."""
row_of_balance: Final = attrgetter(*BALANCE_COLUMNS)
row_of_closing: Final = attrgetter(*CLOSING_COLUMNS, "id")


def balance_from_row(row: Sequence[object]) -> Balance:
    """A balance from a store's row, in the order of `BALANCE_COLUMNS`."""
    return Balance(*row)  # type: ignore[arg-type]  # as the schema says


def budget_from_row(row: Sequence[object]) -> Budget:
    """A budget from a store's row: id, parent, the period but its caps, the limits, then the caps on rolling over."""
    name, parent, kind, timezone, window_s, rolls_over, limit_nano_usd, limit_tokens, *caps = row
    period = Period(kind, timezone, window_s, bool(rolls_over), *caps)  # type: ignore[arg-type]  # as the schema says
    return Budget(name, parent, period, limit_nano_usd, limit_tokens)  # type: ignore[arg-type]  # as the schema says


def row_of_budget(budget: Budget) -> tuple[object, ...]:
    """The store's row of a budget, in the same order."""
    period = budget.period
    return (
        budget.id,
        budget.parent,
        period.kind,
        period.timezone,
        period.window_s,
        period.rolls_over,
        budget.limit_nano_usd,
        budget.limit_tokens,
        period.cap_nano_usd,
        period.cap_tokens,
    )
