"""How the price of what a grant is denominated in moves, and so what its tokens are worth later."""

from __future__ import annotations

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["average_price_ratio", "price_ratio"]


def price_ratio(change_per_year: Numeric, years: Numeric) -> Array:
    """Price after `years` over today's: (1 + change)^years; a fall of 10x a year is a change of -0.9."""
    return (1.0 + as_array(change_per_year)) ** as_array(years)


def average_price_ratio(change_per_year: Numeric, start: float, end: float) -> Array:
    """Mean price between two times over today's, the price moving continuously.

    With k = ln(1 + change): (exp(k*end) - exp(k*start)) / (k*(end - start)), and 1 where nothing changes.
    """
    k = np.log1p(as_array(change_per_year))
    still = np.abs(k) < 1e-12
    safe = np.where(still, 1.0, k)
    moving = np.exp(safe * start) * np.expm1(safe * (end - start)) / (safe * (end - start))
    return np.where(still, 1.0, moving)
