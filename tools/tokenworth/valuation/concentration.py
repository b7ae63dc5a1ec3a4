"""How much hangs on one provider: concentration of spend, and the price rise it could ask before leaving pays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["HIGHLY_CONCENTRATED", "MODERATELY_CONCENTRATED", "herfindahl", "price_rise_ceiling"]

# US DOJ and FTC, Merger Guidelines 2023: above these an industry is moderately or highly concentrated.
MODERATELY_CONCENTRATED: Final = 1000.0
HIGHLY_CONCENTRATED: Final = 1800.0


def herfindahl(amounts: Sequence[float]) -> float:
    """Herfindahl-Hirschman index: the sum of squared percentage shares, 10,000 for one provider; 0 for nothing."""
    shares = np.asarray(amounts, dtype=np.float64)
    total = shares.sum()
    return float(np.square(100.0 * shares / total).sum()) if total > 0.0 else 0.0


def price_rise_ceiling(switching_cost: Numeric, present_value_of_spend: Numeric) -> Array:
    """dp* = S / PV(spend): below this lasting rise, paying is cheaper than leaving (Farrell and Klemperer 2007)."""
    return as_array(switching_cost) / np.maximum(as_array(present_value_of_spend), 1e-9)
