"""How unevenly something is spread among people."""

from __future__ import annotations

from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["gini", "gini_of_groups", "percentile_ratio"]

# A share too small to be told from nothing.
NOTHING: Final = 1e-12


def gini(values: Array) -> float:
    """Gini coefficient of amounts of at least 0: 0 when all have the same, 1 when one has everything.

    Half the mean absolute difference over the mean, from the sorted amounts: sum((2i - n - 1)*x_i) / (n*sum(x)).
    Of nothing to share it is 0.
    """
    ordered = np.sort(values)
    return gini_of_groups(ordered, np.ones(len(ordered)))


def gini_of_groups(values: Array, counts: Numeric) -> float:
    """Gini coefficient when `counts` people have each amount."""
    order = np.argsort(values, kind="stable")
    sizes = np.broadcast_to(as_array(counts), values.shape)[order]
    amounts = values[order] * sizes
    total = float(amounts.sum())
    if total <= 0.0:
        return 0.0
    people = float(sizes.sum())
    middle = np.cumsum(sizes) - sizes / 2.0
    return float(np.clip((2.0 * middle / people - 1.0) @ amounts / total, 0.0, 1.0))


def percentile_ratio(values: Array, high: float = 90.0, low: float = 50.0) -> float | None:
    """One percentile over another (p90/p50); None where the lower is nothing beside the higher."""
    below, above = np.percentile(values, (low, high))
    return float(above / below) if below > above * NOTHING else None
