"""Who contributed what: Shapley values over a few on/off factors; they sum, and no order is preferred.

Shapley 1953. For 8 factors the 256 coalitions are valued in one vectorised pass and weighted exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np

from tokenworth.valuation.arrays import Array

__all__ = ["shapley_from_table", "shapley_value"]


def shapley_value(players: Sequence[str], value: Mapping[frozenset[str], float], player: str) -> float:
    """One player's Shapley value in a game given by its coalitions; those not listed are worth 0."""
    others = [name for name in players if name != player]
    total = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(players))
        for coalition in combinations(others, size):
            without = frozenset(coalition)
            total += weight * (value.get(without | {player}, 0.0) - value.get(without, 0.0))
    return total


def shapley_from_table(table: Array) -> Array:
    """All Shapley values of a game given as an array with one axis of length 2 (off, on) a player."""
    count = table.ndim
    members = np.indices(table.shape).sum(axis=0)
    values = np.empty(count)
    for player in range(count):
        gain = np.take(table, 1, axis=player) - np.take(table, 0, axis=player)
        size = np.take(members, 0, axis=player)
        weight = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)])
        values[player] = float((weight[size] * gain).sum())
    return values
