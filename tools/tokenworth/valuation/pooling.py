"""One budget for many against one each: what keeping everyone within budget as surely as before then takes.

People's demands are lognormal. With heavy tails the sum of n of them is far from normal even at n = 100, so the rule
that a buffer shrinks by the square root of n promises more than pooling keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array
from tokenworth.valuation.normal import normal_cdf

__all__ = [
    "Members",
    "individual_budgets",
    "pooled_budget",
    "pooled_quantile_ratio_lognormal",
    "square_root_rule",
]

CELLS: Final = 1 << 16
# What the lattice may miss on its far side: the chance that the sum lies beyond it.
BEYOND: Final = 1e-5
# Room above the mean for what rounding to the lattice adds to the spread.
ROOM: Final = 1.05
# A mean demand below this is none.
NOTHING_USD: Final = 1e-9
SHARED_NODES: Final = 2001
SHARED_REACH: Final = 6.0
HALVINGS: Final = 60


@dataclass(frozen=True, slots=True)
class Members:
    """People with the same lognormal demand in a period.

    Attributes:
        count: how many.
        mean: of one person's demand, USD.
        log_sd: log standard deviation of one person's demand, what all share included.
    """

    count: int
    mean: float
    log_sd: float


def individual_budgets(members: Sequence[Members], safety: float) -> float:
    """Sum of everyone's own budget, each enough for its owner's demand with probability `safety`."""
    z = NormalDist().inv_cdf(safety)
    return sum(m.count * m.mean * exp(m.log_sd * z - m.log_sd**2 / 2.0) for m in members)


def pooled_budget(members: Sequence[Members], safety: float, shared_log_sd: float = 0.0) -> float:
    """The common budget that is enough for everyone's demand together with probability `safety`.

    The sum's distribution is the product of the parts' Fourier transforms on a lattice that keeps every part's mean;
    a factor that all share, lognormal with mean 1, then spreads it.

    Args:
        members: the people.
        safety: between 0 and 1.
        shared_log_sd: log standard deviation of the factor common to all; at most each part's own.
    """
    own = [Members(m.count, m.mean, sqrt(max(m.log_sd**2 - shared_log_sd**2, 0.0))) for m in members]
    step, below = _sum_on_lattice([m for m in own if m.count > 0 and m.mean > NOTHING_USD])
    if step == 0.0:
        return 0.0
    nodes, weights = _standard_normal_nodes() if shared_log_sd > 0.0 else (np.zeros(1), np.ones(1))
    factor = np.exp(shared_log_sd * nodes - shared_log_sd**2 / 2.0)
    low, high = 0.0, step * len(below) * float(factor.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        # A lattice point stands for what lies within half a step of it.
        place = np.clip(middle / factor / step + 0.5, 0.0, len(below) - 1.0)
        covered = float(weights @ np.interp(place, np.arange(len(below)), below, left=0.0))
        low, high = (middle, high) if covered < safety else (low, middle)
    return high


def pooled_quantile_ratio_lognormal(n: int, sigma: float, q: float, correlation: float = 0.0) -> float:
    """Pooled budget of n people as a share of the sum of their own budgets, all at safety q.

    Args:
        n: people, at least 1.
        sigma: log standard deviation of a person's demand.
        q: between 0 and 1.
        correlation: between the logs of two people's demands, 0 to 1.
    """
    members = [Members(n, 1.0, sigma)]
    return pooled_budget(members, q, sigma * sqrt(correlation)) / individual_budgets(members, q)


def square_root_rule(individual: float, mean: float, people: int) -> float:
    """What the rule promises: the mean, and the buffers above it divided by the square root of n."""
    return mean + (individual - mean) / sqrt(max(people, 1))


def _sum_on_lattice(members: Sequence[Members]) -> tuple[float, Array]:
    """Lattice step, and the probability that the sum lies at or below each point, shifted by one: [0, p0, p0+p1, ..].

    A lattice point's probability is taken over the half steps on both sides.
    """
    if not members:
        return 0.0, np.ones(1)
    mean = sum(m.count * m.mean for m in members)
    people = sum(m.count for m in members)
    reach = NormalDist().inv_cdf(1.0 - BEYOND / people)
    furthest = max(m.mean * exp(m.log_sd * reach - m.log_sd**2 / 2.0) for m in members)
    spread = sqrt(sum(m.count * m.mean**2 * np.expm1(m.log_sd**2) for m in members))
    step = (ROOM * mean + min(furthest + 4.0 * spread, 2.0 * people * furthest)) / CELLS
    transform = np.ones(CELLS // 2 + 1, dtype=np.complex128)
    for member in members:
        transform *= np.fft.rfft(_on_lattice(member, step)) ** member.count
    chances = np.maximum(np.fft.irfft(transform, CELLS), 0.0)
    return step, np.concatenate([[0.0], np.minimum(np.cumsum(chances), 1.0)])


def _on_lattice(member: Members, step: float) -> Array:
    """One person's demand on the lattice by local moment matching, which keeps its mean.

    p_0 = 1 - L(h)/h and p_k = (2*L(kh) - L((k-1)h) - L((k+1)h))/h with L(x) = E[min(D, x)].
    """
    points = np.arange(CELLS + 1, dtype=np.float64) * step
    limited = _limited_mean(member, points)
    chances = np.empty(CELLS)
    chances[0] = 1.0 - limited[1] / step
    chances[1:] = (2.0 * limited[1:-1] - limited[:-2] - limited[2:]) / step
    return np.maximum(chances, 0.0)


def _limited_mean(member: Members, points: Array) -> Array:
    """E[min(D, x)] at each point x: `usage.expected_use` for many budgets at once."""
    if member.log_sd < 1e-9:
        return np.minimum(points, member.mean)
    found = np.zeros_like(points)
    inside = points[1:]
    z = (np.log(inside) - log(member.mean)) / member.log_sd + member.log_sd / 2.0
    found[1:] = member.mean * normal_cdf(z - member.log_sd) + inside * normal_cdf(-z)
    return found


@lru_cache(maxsize=1)
def _standard_normal_nodes() -> tuple[Array, Array]:
    nodes = np.linspace(-SHARED_REACH, SHARED_REACH, SHARED_NODES)
    weights = np.exp(-nodes * nodes / 2.0)
    return nodes, weights / weights.sum()
