"""Promising spend for a discount: what is left unused, and the commitment of least expected cost (newsvendor)."""

from __future__ import annotations

from math import exp, inf
from statistics import NormalDist

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = [
    "best_commitment",
    "best_commitment_lognormal",
    "commitment_cost",
    "critical_ratio",
    "newsvendor_normal",
    "unused_commitment",
]


def critical_ratio(underage: float, overage: float) -> float:
    """The newsvendor's ratio: stock the quantile of demand at cu/(cu + co)."""
    return underage / (underage + overage)


def newsvendor_normal(mean: float, sd: float, underage: float, overage: float) -> float:
    """Best quantity for normal demand: mean + sd * Phi^-1(cu/(cu + co))."""
    return mean + sd * NormalDist().inv_cdf(critical_ratio(underage, overage))


def best_commitment_lognormal(median: float, log_sd: float, discount: float) -> float:
    """C* = F^-1(discount) for lognormal demand.

    A dollar committed and needed saves the discount; one not needed costs the rest: cu = d, co = 1 - d. Nothing at no
    discount, without limit at a full one.
    """
    if discount <= 0.0:
        return 0.0
    if discount >= 1.0:
        return inf
    return median * exp(log_sd * NormalDist().inv_cdf(critical_ratio(discount, 1.0 - discount)))


def best_commitment(demand: Array, discount: float) -> float:
    """The same for drawn demand: the draw that minimises the mean of `commitment_cost`."""
    if discount <= 0.0:
        return 0.0
    return float(np.quantile(demand, discount, method="inverted_cdf"))


def commitment_cost(committed: float, demand: Numeric, discount: float) -> Array:
    """What a period costs: the commitment at its discount, and what is needed beyond it at list price."""
    return (1.0 - discount) * committed + np.maximum(as_array(demand) - committed, 0.0)


def unused_commitment(committed: float, demand: Numeric, discount: float) -> Array:
    """Paid for and not used: (C - D)+ * (1 - discount)."""
    return np.maximum(committed - as_array(demand), 0.0) * (1.0 - discount)
