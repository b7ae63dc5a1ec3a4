"""Rounding parts so that they still add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokenworth.valuation.arrays import Array

__all__ = ["whole_summing"]


def whole_summing(parts: Sequence[float] | Array, total: int) -> list[int]:
    """Whole numbers nearest to the parts that add up to the total: the largest remainders take the rest."""
    exact = np.asarray(parts, dtype=np.float64)
    floors = np.floor(exact).astype(int)
    rest = total - int(floors.sum())
    for index in np.argsort(floors - exact, kind="stable")[: max(rest, 0)]:
        floors[index] += 1
    return [int(value) for value in floors]
