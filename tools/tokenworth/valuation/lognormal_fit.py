"""The lognormal behind a few published figures: percentiles, a mean with a percentile, or observed amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array

__all__ = ["Lognormal", "from_amounts", "from_mean_and_percentile", "from_percentiles"]


# A least-squares slope of nothing may come out as this much less.
SLOPE_NOISE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A lognormal by its mean and its log standard deviation."""

    mean: float
    log_sd: float


def from_percentiles(points: Mapping[float, float]) -> Lognormal:
    """Least squares of log amount on normal quantile; exact for two points.

    Args:
        points: at least two, probability (0.9) to amount above 0.

    Raises:
        ValueError: amounts that do not rise with their probability.
    """
    z = np.array([NormalDist().inv_cdf(p) for p in points])
    logs = np.log(np.array(list(points.values())))
    slope, start = (float(number) for number in np.polyfit(z, logs, 1))
    if slope < -SLOPE_NOISE:
        raise ValueError("higher percentiles must have higher amounts")
    log_sd = max(slope, 0.0)
    return Lognormal(exp(start + log_sd**2 / 2.0), log_sd)


def from_mean_and_percentile(mean: float, probability: float, amount: float) -> Lognormal:
    """The narrower lognormal with this mean and this percentile above the median.

    ln(amount/mean) = z*s - s^2/2, so s = z - sqrt(z^2 - 2*ln(amount/mean)).

    Raises:
        ValueError: no lognormal has both: the ratio lies outside 1 to exp(z^2/2).
    """
    z = NormalDist().inv_cdf(probability)
    ratio = log(amount / mean)
    if not 0.0 <= ratio <= z * z / 2.0:
        raise ValueError(f"the percentile must be 1 to {exp(z * z / 2.0):.2f} times the mean")
    return Lognormal(mean, z - sqrt(z * z - 2.0 * ratio))


def from_amounts(amounts: Array) -> Lognormal:
    """The mean of all amounts, and the log standard deviation of those above 0."""
    some = np.log(amounts[amounts > 0.0])
    return Lognormal(float(amounts.mean()), float(some.std()) if len(some) else 0.0)
