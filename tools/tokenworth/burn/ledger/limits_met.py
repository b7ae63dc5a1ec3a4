"""When a limit stood in the way of use: what was charged then says only that so much was wanted, or more.

From charges and the limits that are set now; what limits were before they were changed is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from tokenworth.budgets import UNITS, Budget, Period
from tokenworth.burn.ledger.periods import nominal_ms, periods_between, span_at

__all__ = ["limits_met"]

# Holds are worst cases, so the last tenth of a limit often cannot be held: who has used so much may have been stopped.
NEARLY_ALL: Final = 0.9
Charge = tuple[int, int, int]
Stretch = tuple[float, float]


def limits_met(budget: Budget, charged: Sequence[Charge]) -> list[Stretch]:
    """The stretches of time, [since, until) in milliseconds, in which a budget had nearly nothing left in some unit.

    Args:
        charged: moment, nano-USD and tokens of all charges there ever were, oldest first.
    """
    found: list[Stretch] = []
    for place, unit in enumerate(UNITS, start=1):
        limit = budget.limit(unit)
        if limit is not None:
            amounts = [(charge[0], charge[place]) for charge in charged]
            if budget.period.kind == "rolling":
                found += _in_window(nominal_ms(budget.period), limit, amounts)
            else:
                found += _in_periods(budget.period, limit, budget.period.cap(unit), amounts)
    return found


def _in_periods(
    period: Period, limit: int, carried_max: int | None, amounts: Sequence[tuple[int, int]]
) -> Iterator[Stretch]:
    """Of a budget that starts anew at midnights, or never: from the charge that uses it up to the period's end."""
    used, cap, start_ms = 0, limit, None
    for at_ms, amount in amounts:
        span = span_at(period, at_ms)
        if start_ms is not None and span.start_ms > start_ms:
            left = cap - used + (periods_between(period, start_ms, span.start_ms) - 1) * limit
            carried = left if carried_max is None else min(left, carried_max)
            used, cap = 0, limit + (carried if period.rolls_over else 0)
        start_ms = span.start_ms
        used += amount
        if used >= NEARLY_ALL * cap:
            yield at_ms, inf if span.end_ms is None else span.end_ms


def _in_window(window_ms: int, limit: int, amounts: Sequence[tuple[int, int]]) -> Iterator[Stretch]:
    """Of a budget that looks back: from the charge that uses it up until enough has left the window."""
    recent, oldest = 0, 0
    for place, (at_ms, amount) in enumerate(amounts):
        recent += amount
        # What is left between `oldest` and now is the least that uses the limit up; as long as it is in the window.
        while oldest < place and recent - amounts[oldest][1] >= NEARLY_ALL * limit:
            recent -= amounts[oldest][1]
            oldest += 1
        until_ms = amounts[oldest][0] + window_ms
        if recent >= NEARLY_ALL * limit and until_ms > at_ms:
            yield at_ms, until_ms
