"""What a person's own months say of demand, weighed against what was assumed before: credibility on the log scale.

A month's demand is lognormal around the person's level. Few months say little of the level, and the assumption counts;
many say nearly all (Buehlmann 1967, "Experience rating and credibility", ASTIN Bulletin 4: weight t2/(t2 + s2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, expm1, log, log1p, sqrt
from typing import Final

import numpy as np

from tokenworth.valuation.draws import Z90
from tokenworth.valuation.normal import normal_cdf, normal_density
from tokenworth.valuation.spread import Spread

__all__ = ["Level", "MonthUsed", "Swings", "credible_level", "credible_swings", "own_swings"]

# How many months of somebody's own the assumed swings count as.
ASSUMED_SWINGS_MONTHS: Final = 6
LOG_SD_MAX: Final = 3.0
# Amounts on a straight line leave a trend and nothing around it.
POINTS_OF_A_TREND: Final = 2


@dataclass(frozen=True, slots=True)
class MonthUsed:
    """What was used in a month, USD; `limited` when a limit stood in the way, and more was wanted."""

    usd: float
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Swings:
    """How far a person's own months lie apart: the variance of their logs, and its degrees of freedom."""

    variance: float
    freedom: int


@dataclass(frozen=True, slots=True)
class Level:
    """A level in USD a year, and the weight that the months which no limit cut have in it, 0 to 1."""

    spread: Spread
    weight: float


@dataclass(frozen=True, slots=True)
class _Sides:
    """A normal on the log scale whose two sides have standard deviations of their own."""

    middle: float
    below: float
    above: float

    @classmethod
    def of(cls, assumed: Spread) -> _Sides:
        """A range as draws are made of it; a side that reaches 0 is as steep as the other."""
        above = log(assumed.high / assumed.base) / Z90
        below = log(assumed.base / assumed.low) / Z90 if assumed.low > 0.0 else above
        return cls(log(assumed.base), below, above)

    def spread(self) -> Spread:
        """The lognormal range."""
        ends = (self.middle - Z90 * self.below, self.middle, self.middle + Z90 * self.above)
        low, base, high = (exp(end) for end in ends)
        return Spread(low, base, high, "lognormal")

    def after(self, seen: float, variance: float) -> tuple[_Sides, float]:
        """Having read a value with some variance, and the weight of the reading."""
        weight = _weight(self.below if seen < self.middle else self.above, variance)
        below, above = (sd * sqrt(1.0 - _weight(sd, variance)) for sd in (self.below, self.above))
        return _Sides(self.middle + weight * (seen - self.middle), below, above), weight

    def after_at_least(self, seen: float, variance: float) -> _Sides:
        """Having read that a value is more than another; the middle only rises."""
        _, below = _at_least(self.middle, self.below, seen, variance)
        risen, above = _at_least(self.middle, self.above, seen, variance)
        return _Sides(risen, below, above)


def own_swings(months: Sequence[MonthUsed]) -> Swings:
    """The variance of log amounts around their own straight trend, with months of nothing in it.

    Around a trend, since growth is assumed apart and would count twice. What is 0 with probability p0 and otherwise
    lognormal has the mean and the variance of a lognormal with s^2 - ln(1 - p0) (the delta distribution; Aitchison
    1955, JASA 50, 901-908). Months that a limit cut say nothing of it.

    Args:
        months: in their order, the earliest first.
    """
    free = [(place, month.usd) for place, month in enumerate(months) if not month.limited]
    used = [(place, usd) for place, usd in free if usd > 0.0]
    freedom = len(used) - POINTS_OF_A_TREND
    if freedom < 1:
        return Swings(0.0, 0)
    when, logs = np.array([place for place, _ in used], dtype=float), np.log([usd for _, usd in used])
    slope, start = np.polyfit(when, logs, 1)
    around = logs - start - slope * when
    return Swings(float(around @ around) / freedom - log(len(used) / len(free)), freedom)


def credible_swings(assumed: Spread, own: Swings) -> Spread:
    """The log standard deviation from month to month: the mean of both variances, weighted by degrees of freedom.

    The middle of a scaled inverse chi-squared after normal data (Gelman et al., Bayesian Data Analysis, 3rd ed.,
    section 2.6): (n0*s0^2 + n*s^2)/(n0 + n), n0 = 6. Its range narrows by sqrt(n0/(n0 + n)).
    """
    if assumed.base <= 0.0 or assumed.low == assumed.high or own.freedom == 0:
        return assumed
    counted = ASSUMED_SWINGS_MONTHS + own.freedom
    variance = (ASSUMED_SWINGS_MONTHS * assumed.base**2 + own.freedom * own.variance) / counted
    middle = min(sqrt(variance), LOG_SD_MAX)
    narrower = sqrt(ASSUMED_SWINGS_MONTHS / counted)
    low, high = (1.0 + narrower * (end / assumed.base - 1.0) for end in (assumed.low, assumed.high))
    return Spread(middle * low, middle, middle * high, assumed.distribution)


def credible_level(assumed: Spread, months: Sequence[MonthUsed], log_sd: float) -> Level:
    """A year's demand: an assumed lognormal after what was used in some months.

    The mean of n months is one normal reading of the log level: ln m + s_n^2/2, with the variance of the log of a mean
    of n lognormals, s_n^2 = ln(1 + (exp(s^2) - 1)/n) (Fenton and Wilkinson, as for a year's demand). Months that a
    limit cut say together only that at least their mean was wanted: the normal times Phi, by its own mean and variance
    (Rasmussen and Williams, Gaussian Processes for Machine Learning, section 3.9). The two sides of the assumed range
    keep their own slopes.

    Args:
        assumed: demand, USD a year; one that is fixed, or 0 in the middle, is not learnt from.
        log_sd: of one month around the level.
    """
    free = [month.usd for month in months if not month.limited]
    cut = [month.usd for month in months if month.limited and month.usd > 0.0]
    if assumed.base <= 0.0 or assumed.low == assumed.high or not (cut or any(free)):
        return Level(assumed, 0.0)
    believed, weight = _Sides.of(assumed), 0.0
    if any(free):
        believed, weight = believed.after(*_reading(free, log_sd))
    if cut:
        believed = believed.after_at_least(*_reading(cut, log_sd))
    return Level(believed.spread(), weight)


def _reading(months: Sequence[float], log_sd: float) -> tuple[float, float]:
    """The log of a year's demand as some months show it, and the variance of that."""
    variance = log1p(expm1(log_sd**2) / len(months))
    return log(12.0 * sum(months) / len(months)) + variance / 2.0, variance


def _weight(sd: float, variance: float) -> float:
    return sd**2 / (sd**2 + variance) if sd > 0.0 else 0.0


def _at_least(mean: float, sd: float, seen: float, variance: float) -> tuple[float, float]:
    """Mean and standard deviation of a normal times Phi((x - seen)/sqrt(variance))."""
    if sd == 0.0:
        return mean, sd
    span = sqrt(sd**2 + variance)
    score = (mean - seen) / span
    chance = float(normal_cdf(score))
    hazard = float(normal_density(score)) / chance if chance > 0.0 else -score
    risen = mean + sd**2 / span * hazard
    return risen, sd * sqrt(max(1.0 - sd**2 / span**2 * hazard * (hazard + score), 0.0))
