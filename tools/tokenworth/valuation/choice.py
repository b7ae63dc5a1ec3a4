"""Choosing among offers on common draws: who is best how often, and what a wrong choice costs."""

from __future__ import annotations

import numpy as np

from tokenworth.valuation.arrays import Array

__all__ = ["chance_best", "chance_first_beats_second", "crossover_year", "expected_regret"]


def chance_best(values: Array) -> Array:
    """P(best) of each row of draws; a tie is shared equally. Sums to 1."""
    top = values == values.max(axis=0)
    return np.asarray((top / top.sum(axis=0)).mean(axis=1), dtype=np.float64)


def chance_first_beats_second(first: Array, second: Array) -> float:
    """P(A > B) over common draws; a tie counts half."""
    return float((first > second).mean() + 0.5 * (first == second).mean())


def expected_regret(values: Array) -> Array:
    """What choosing each row costs on average against the best of each draw."""
    return np.asarray((values.max(axis=0) - values).mean(axis=1), dtype=np.float64)


def crossover_year(first: Array, second: Array) -> int | None:
    """The first year (from 1) in which the cumulative value that was behind is ahead; None if never.

    Args:
        first: expected value of each year.
        second: the same years of the other.
    """
    lead = np.cumsum(first - second)
    start = next((float(np.sign(x)) for x in lead if x != 0.0), 0.0)
    for year, ahead in enumerate(lead, start=1):
        if start * ahead < 0.0:
            return year
    return None
