"""What a crowd uses of its token budgets, month by month: every person of every draw is drawn, in blocks.

A person's demand in a month is `unit * exp(b*z_person - b^2/2) * exp(w*z_month - w^2/2)`: lognormal with mean `unit`,
a level that stays and a swing that does not. Several worlds (other prices, growth or budgets) share the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from tokenworth.valuation.arrays import Array
from tokenworth.valuation.bulk_normals import BulkNormals, Float32

__all__ = ["Crowd", "CrowdUse", "crowd_use", "joined_in_year"]

# People times draws worked on at a time: a block and its scratch stay in the processor's cache.
BLOCK: Final = 1 << 15
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
        period_months: 1, or 12 for a budget that lasts the year and lapses at its end; part of it for those who come
            during a year.
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
    wanted, used = np.zeros((months, draws)), np.zeros((worlds, months, draws))
    most = max(*crowd.people, 1)
    rows = max(min(BLOCK // draws, most), 1)
    normals = BulkNormals(generator, rows * draws)
    budgets = _budgets(crowd, rows)
    for first in range(0, most, rows):
        checkpoint()
        _draw_block(crowd, first, min(rows, most - first), normals, wanted, used, budgets)
    demand = wanted * crowd.unit_usd
    if crowd.budget_usd is None:
        return CrowdUse(demand, demand)
    # What is used never exceeds what is wanted: float32 sums may say so in the seventh digit.
    return CrowdUse(demand, np.minimum(used, demand))


def joined_in_year(people: Sequence[int], month: int) -> float:
    """Yearly budgets granted in a month: everyone's at a year's start, then what is left of it for those who come."""
    into_year = month % 12
    if into_year == 0:
        return float(people[month])
    before = max(people[month - into_year : month])
    return max(people[month] - before, 0) * (12 - into_year) / 12.0


class _Budgets(Protocol):
    """Takes a month's demand of some people (person, draw), in units of the mean, and adds what is used of it."""

    def use(self, first: int, month: int, demand: Float32, used: Array) -> None: ...


def _budgets(crowd: Crowd, rows: int) -> _Budgets | None:
    if crowd.budget_usd is None:
        return None
    return (_Monthly if crowd.period_months == 1 else _Yearly)(crowd, crowd.budget_usd, rows)


def _draw_block(
    crowd: Crowd,
    first: int,
    rows: int,
    normals: BulkNormals,
    wanted: Array,
    used: Array,
    budgets: _Budgets | None,
) -> None:
    """The people from `first` on, in all their months: rows of people, columns of draws."""
    draws = wanted.shape[1]
    between, within = crowd.log_sd_between.astype(np.float32), crowd.log_sd_within.astype(np.float32)
    level = normals.take(rows * draws).reshape(rows, draws) * between
    level -= (between * between + within * within) / np.float32(2.0)
    for month, people in enumerate(crowd.people):
        there = min(people - first, rows)
        if there <= 0:
            continue
        demand = normals.take(there * draws).reshape(there, draws)
        demand *= within
        demand += level[:there]
        np.exp(demand, out=demand)
        wanted[month] += demand.sum(axis=0)
        if budgets is not None:
            budgets.use(first, month, demand, used[:, month])


class _Monthly:
    """Budgets that lapse each month: min(D, B), in units of the mean demand so that worlds share the draws."""

    def __init__(self, crowd: Crowd, budget_usd: Array, rows: int) -> None:
        self._unit = crowd.unit_usd
        self._limit = np.minimum(budget_usd / np.maximum(self._unit, LEAST), MOST).astype(np.float32)
        self._scratch = np.empty((rows, self._unit.shape[2]), dtype=np.float32)

    def use(self, first: int, month: int, demand: Float32, used: Array) -> None:  # noqa: ARG002 - as budgets are asked
        kept = self._scratch[: len(demand)]
        for world, limit in enumerate(self._limit[:, month]):
            np.minimum(demand, limit, out=kept)
            used[world] += kept.sum(axis=0) * self._unit[world, month]


class _Yearly:
    """Budgets that last a year: what has been used since its start, up to the budget, less what had been before.

    Whoever comes during a year gets the part of the budget that is left of it.
    """

    def __init__(self, crowd: Crowd, budget_usd: Array, rows: int) -> None:
        self._unit = crowd.unit_usd.astype(np.float32)
        self._budget = budget_usd.astype(np.float32)
        self._people = crowd.people
        self._now = (-1, -1)
        worlds, _, draws = self._unit.shape
        self._scratch = np.empty((rows, draws), dtype=np.float32)
        self._since = np.zeros((worlds, rows, draws), dtype=np.float32)
        self._before = np.zeros((worlds, rows, draws), dtype=np.float32)

    def use(self, first: int, month: int, demand: Float32, used: Array) -> None:
        there = len(demand)
        start = month // 12 * 12
        if (first, start) != self._now:
            self._since[:], self._before[:], self._now = 0.0, 0.0, (first, start)
        came = self._shares(first, there, start, month)
        kept = self._scratch[:there]
        for world, budget in enumerate(self._budget[:, month]):
            since, before = self._since[world, :there], self._before[world, :there]
            np.multiply(demand, self._unit[world, month], out=kept)
            since += kept
            np.minimum(since, budget if came is None else budget * came, out=kept)
            used[world] += np.maximum(kept.sum(axis=0) - before.sum(axis=0), 0.0)
            before[:] = kept

    def _shares(self, first: int, there: int, start: int, month: int) -> Float32 | None:
        """Each person's part of the year's budget, by when in the year they came; None where all have all of it."""
        shares = np.ones((there, 1), dtype=np.float32)
        known = self._people[start]
        for later in range(start + 1, month + 1):
            now = self._people[later]
            if now > known:
                shares[max(known - first, 0) : max(now - first, 0)] = (12 - later % 12) / 12.0
                known = now
        return shares if shares.min() < 1.0 else None
