"""Seeded draws: one substream per (seed, name), so that offers share draws and adding a parameter moves no other.

Draws are the last axis of every array. The same seed gives the same numbers with the same numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2s
from math import log
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tokenworth.valuation.arrays import Array, as_array
from tokenworth.valuation.spread import Spread

__all__ = ["Sampler", "substream"]


# Low and high of a lognormal range are its 10th and 90th percentile.
Z90: Final = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws `count` values of any named parameter.

    Attributes:
        seed: 0 or more.
        count: draws.
        stratified: one draw in each of `count` equal slices of every parameter (a Latin hypercube), which makes a
            few draws do for explanations; otherwise independent.
    """

    seed: int
    count: int
    stratified: bool = False

    def draw(self, name: str, spread: Spread) -> Array:
        """`count` values of one parameter; a single value, shape (1,), where nothing is uncertain."""
        if spread.distribution == "fixed":
            return np.array([spread.base])
        if spread.distribution == "lognormal":
            z = self.normals(name)
            below, above = log(spread.base / spread.low) / Z90, log(spread.high / spread.base) / Z90
            return as_array(spread.base * np.exp(z * np.where(z < 0.0, below, above)))
        u = self._uniforms(name)
        if spread.distribution == "triangular":
            return _triangular(u, spread.low, spread.base, spread.high)
        low, mode, high = spread.triangle or (spread.low, spread.base, spread.high)
        rest = np.clip((u - spread.chance_of_zero) / max(1.0 - spread.chance_of_zero, 1e-12), 0.0, 1.0)
        return np.where(u < spread.chance_of_zero, 0.0, _triangular(rest, low, mode, high))

    def draw_all(self, spreads: Mapping[str, Spread]) -> dict[str, Array]:
        """Every parameter's draws, each from its own substream."""
        return {name: self.draw(name, spread) for name, spread in spreads.items()}

    def normals(self, name: str) -> Array:
        """Standard normals of one substream."""
        if self.stratified:
            return _normal_slices(self.count)[self._order(name)]
        return substream(self.seed, name).standard_normal(self.count)

    def _uniforms(self, name: str) -> Array:
        if self.stratified:
            return (self._order(name) + 0.5) / self.count
        return substream(self.seed, name).random(self.count)

    def _order(self, name: str) -> NDArray[np.int64]:
        return substream(self.seed, name).permutation(self.count)


def substream(seed: int, name: str) -> np.random.Generator:
    """The generator of one (seed, name)."""
    key = int.from_bytes(blake2s(name.encode(), digest_size=8).digest(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))


@lru_cache(maxsize=4)
def _normal_slices(count: int) -> Array:
    standard = NormalDist()
    return np.array([standard.inv_cdf((i + 0.5) / count) for i in range(count)])


def _triangular(u: Array, low: float, mode: float, high: float) -> Array:
    """Quantile function of the triangular distribution."""
    width = high - low
    if width <= 0.0:
        return np.full_like(u, mode)
    turn = (mode - low) / width
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.where(u < turn, rising, falling)
