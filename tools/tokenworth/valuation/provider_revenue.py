"""What a programme's provider can count on, and what it may hope for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["RevenueSplit", "paid_by_employer", "split_revenue"]


@dataclass(frozen=True, slots=True)
class RevenueSplit:
    """One year's revenue from a programme, USD at contract prices.

    Attributes:
        guaranteed: owed whatever is used: prepaid or committed.
        expected_beyond: E[(use - guaranteed)+]: hoped for.
    """

    guaranteed: float
    expected_beyond: float


def paid_by_employer(billed: Numeric, committed: Numeric) -> Array:
    """What the year costs: use at contract prices, and at least what was committed."""
    return np.maximum(as_array(billed), as_array(committed))


def split_revenue(billed: Array, committed: Numeric) -> RevenueSplit:
    """Split a year's revenue.

    Args:
        billed: use within budget at contract prices, E[min(D, B)] before the expectation, one value a draw.
        committed: owed whatever is used; one value, or one a draw.
    """
    owed = as_array(committed)
    beyond = paid_by_employer(billed, owed) - owed
    return RevenueSplit(float(owed.mean()), float(beyond.mean()))
