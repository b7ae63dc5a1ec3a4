"""What a crowd uses of its token budgets, month by month: every person of every draw is drawn, in blocks.

A person's demand in a month is `unit * exp(b*z_person - b^2/2) * exp(w*z_month - w^2/2)`: lognormal with mean `unit`,
a level that stays and a swing that does not. Several worlds (other prices, growth or budgets) share the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from tokenworth.valuation.arrays import Array
from tokenworth.valuation.bulk_normals import BulkNormals, Float32

__all__ = ["Crowd", "CrowdUse", "crowd_use"]

# People of all draws worked on at a time: a block and its scratch stay in the processor's cache.
BLOCK: Final = 1 << 16
# Bounds of a budget over mean demand: what float32 holds, and no division by nothing.
LEAST: Final = 1e-30
MOST: Final = 1e30


@dataclass(frozen=True, slots=True)
class Crowd:
    """People who are alike but for chance.

    Attributes:
        people: how many are there in each month; those there first stay, so numbers that fall take the last to come.
        log_sd_between: b, one value a draw; between persons, for as long as they stay.
        log_sd_within: w, one value a draw; one person's swing from month to month.
        unit_usd: mean demand of one person, indexed (world, month, draw).
        budget_usd: what one person may use in a period, indexed alike; None for no limit.
        period_months: 1, or 12 for a budget that lasts the year and lapses at its end.
    """

    people: tuple[int, ...]
    log_sd_between: Array
    log_sd_within: Array
    unit_usd: Array
    budget_usd: Array | None
    period_months: Literal[1, 12] = 1


@dataclass(frozen=True, slots=True)
class CrowdUse:
    """All people together, USD, indexed (world, month, draw): what they want, and what their budgets let them use."""

    demand: Array
    used: Array


def crowd_use(crowd: Crowd, generator: np.random.Generator, checkpoint: Callable[[], None]) -> CrowdUse:
    """Draw every person in every month of every draw.

    Args:
        crowd: the people.
        generator: where their chance comes from.
        checkpoint: called between blocks; may raise to stop.
    """
    worlds, months, draws = crowd.unit_usd.shape
    wanted = np.zeros((months, draws))
    used = np.zeros((worlds, months, draws))
    most = max(*crowd.people, 1)
    rows = max(min(BLOCK // most, draws), 1)
    normals = BulkNormals(generator, rows * most)
    for start in range(0, draws, rows):
        checkpoint()
        chosen = slice(start, min(start + rows, draws))
        _draw_block(crowd, chosen, normals, wanted, _budgets(crowd, chosen, used, rows * most))
    demand = wanted * crowd.unit_usd
    if crowd.budget_usd is None:
        return CrowdUse(demand, demand)
    # What is used never exceeds what is wanted: float32 sums may say so in the eighth digit.
    return CrowdUse(demand, np.minimum(used, demand))


class _Budgets(Protocol):
    """Takes each month's demand of a block, one row a draw, in units of the mean, and notes what is used of it."""

    def use(self, month: int, demand: Float32) -> None: ...


def _budgets(crowd: Crowd, chosen: slice, used: Array, most: int) -> _Budgets | None:
    if crowd.budget_usd is None:
        return None
    block = _MonthlyBlock if crowd.period_months == 1 else _YearlyBlock
    return block(crowd, crowd.budget_usd[:, :, chosen], chosen, used, most)


def _draw_block(crowd: Crowd, chosen: slice, normals: BulkNormals, wanted: Array, budgets: _Budgets | None) -> None:
    between, within = _column(crowd.log_sd_between, chosen), _column(crowd.log_sd_within, chosen)
    count, most = len(between), max(*crowd.people, 1)
    level = normals.take(count * most).reshape(count, most) * between
    level -= (between * between + within * within) / np.float32(2.0)
    for month, people in enumerate(crowd.people):
        if people == 0:
            continue
        demand = normals.take(count * people).reshape(count, people)
        demand *= within
        demand += level[:, :people]
        np.exp(demand, out=demand)
        wanted[month, chosen] = demand.sum(axis=1)
        if budgets is not None:
            budgets.use(month, demand)


class _MonthlyBlock:
    """Budgets that lapse each month: min(D, B), in units of the mean demand so that worlds share the draws."""

    def __init__(self, crowd: Crowd, budget_usd: Array, chosen: slice, used: Array, most: int) -> None:
        unit = crowd.unit_usd[:, :, chosen]
        self._unit = unit
        self._limit = np.minimum(budget_usd / np.maximum(unit, LEAST), MOST).astype(np.float32)
        self._used = used[:, :, chosen]
        self._scratch = np.empty(most, dtype=np.float32)

    def use(self, month: int, demand: Float32) -> None:
        kept = self._scratch[: demand.size].reshape(demand.shape)
        for world, limits in enumerate(self._limit[:, month]):
            np.minimum(demand, limits[:, np.newaxis], out=kept)
            self._used[world, month] = kept.sum(axis=1) * self._unit[world, month]


class _YearlyBlock:
    """Budgets that last a year: what has been used since its start, up to the budget, less what had been before."""

    def __init__(self, crowd: Crowd, budget_usd: Array, chosen: slice, used: Array, most: int) -> None:
        self._unit = crowd.unit_usd[:, :, chosen].astype(np.float32)
        self._limit = budget_usd.astype(np.float32)
        self._used = used[:, :, chosen]
        self._scratch = np.empty(most, dtype=np.float32)
        worlds, _, count = self._unit.shape
        self._since = np.zeros((worlds, count, max(*crowd.people, 1)), dtype=np.float32)
        self._before = np.zeros((worlds, count))
        self._year = 0

    def use(self, month: int, demand: Float32) -> None:
        people = demand.shape[1]
        if month // 12 != self._year:
            self._since[:], self._before[:], self._year = 0.0, 0.0, month // 12
        kept = self._scratch[: demand.size].reshape(demand.shape)
        for world, limits in enumerate(self._limit[:, month]):
            since = self._since[world, :, :people]
            np.multiply(demand, self._unit[world, month][:, np.newaxis], out=kept)
            since += kept
            np.minimum(since, limits[:, np.newaxis], out=kept)
            total = kept.sum(axis=1, dtype=np.float64)
            self._used[world, month] = np.maximum(total - self._before[world], 0.0)
            self._before[world] = total


def _column(values: Array, chosen: slice) -> Float32:
    return values[chosen, np.newaxis].astype(np.float32)
