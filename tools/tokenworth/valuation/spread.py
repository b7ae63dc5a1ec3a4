"""A range and the distribution made of it; plain Python, so that assumptions load without numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A range and the distribution made of it.

    `fixed` is base. `triangular` has low and high as its ends and base as its mode. `lognormal` has base as its
    median and low and high as its 10th and 90th percentiles, each side with its own slope. `maybe_zero` is 0 with
    `chance_of_zero`, else triangular over `triangle`.
    """

    low: float
    base: float
    high: float
    distribution: Literal["triangular", "lognormal", "maybe_zero", "fixed"]
    chance_of_zero: float = 0.0
    triangle: tuple[float, float, float] | None = None
