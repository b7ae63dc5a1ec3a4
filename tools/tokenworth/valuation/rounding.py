"""Rounding parts so that they still add up."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from tokenworth.valuation.arrays import Array

__all__ = ["whole_summing"]


def whole_summing(parts: Sequence[float] | Array, total: int) -> list[int]:
    """Whole numbers nearest to the parts that add up to the total: the largest remainders take the rest."""
    floors = [floor(part) for part in parts]
    rest = total - sum(floors)
    by_remainder = sorted(range(len(floors)), key=lambda place: floors[place] - float(parts[place]))
    for place in by_remainder[: max(rest, 0)]:
        floors[place] += 1
    return floors
