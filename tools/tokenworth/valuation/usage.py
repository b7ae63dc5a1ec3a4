"""How much of a token budget is used: demand against budget, period by period.

A person's demand in one period is lognormal with mean m; only what fits the budget is used. Averages are taken
after this concave step, never before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, log, sqrt

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = [
    "YearOfUse",
    "annual_log_sd",
    "demand_swing",
    "expected_use",
    "lognormal_cv",
    "use_with_carry",
    "use_within_budget",
]


@dataclass(frozen=True, slots=True)
class YearOfUse:
    """One year's use of a budget that may carry over, in dollars of that year.

    Attributes:
        used: by period, then as the demand.
        left: what is left at the end of the year and may be carried on.
        lost: what the year's budget held and neither was used nor may be carried on.
    """

    used: Array
    left: Array
    lost: Array


def expected_use(mean: float, coefficient_of_variation: float, budget: float) -> float:
    """E[min(D, B)] for lognormal D of a given mean: m*Phi(z - s) + B*(1 - Phi(z)), z = (ln B - ln m + s^2/2)/s.

    The limited expected value of a lognormal; one period, for tests and quick looks only.
    """
    if budget <= 0.0 or mean <= 0.0:
        return 0.0
    s = sqrt(log(1.0 + coefficient_of_variation**2))
    if s == 0.0:
        return min(mean, budget)
    z = (log(budget) - log(mean) + s * s / 2.0) / s
    return mean * _phi(z - s) + budget * (1.0 - _phi(z))


def annual_log_sd(sigma_month: Numeric) -> Array:
    """Log standard deviation of a year's demand whose twelve months are independent lognormals.

    By matching the first two moments (Fenton and Wilkinson): ln(1 + (exp(s^2) - 1)/12).
    """
    s = as_array(sigma_month)
    return np.sqrt(np.log1p(np.expm1(s * s) / 12.0))


def demand_swing(log_sd: Numeric, shock: Numeric) -> Array:
    """One period's demand over its mean, from a standard normal: exp(s*z - s^2/2)."""
    s = as_array(log_sd)
    return np.exp(s * as_array(shock) - s * s / 2.0)


def use_within_budget(demand: Array, budget: Numeric) -> YearOfUse:
    """Use over a year's periods (first axis) that share nothing: min(D, B) in each; the rest is lost."""
    used = np.minimum(demand, budget)
    return YearOfUse(used, np.zeros(()), as_array(len(demand) * as_array(budget) - used.sum(axis=0)))


def use_with_carry(demand: Array, budget: Numeric, carried: Numeric, cap: float) -> YearOfUse:
    """Use over a year's periods (first axis) when what is left rolls over, up to a cap.

    Args:
        demand: by period, then draw.
        budget: granted in each period, dollars.
        carried: brought into the first period, dollars.
        cap: the most that may be carried from one period to the next, dollars.
    """
    left = as_array(carried)
    lost: Array = np.zeros(())
    used: list[Array] = []
    for wanted in demand:
        available = left + budget
        now = np.minimum(wanted, available)
        rest = available - now
        left = np.minimum(rest, cap)
        lost = lost + (rest - left)
        used.append(now)
    return YearOfUse(np.stack(np.broadcast_arrays(*used)), left, lost)


def _phi(x: float) -> float:
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def lognormal_cv(log_sd: float) -> float:
    """Coefficient of variation of a lognormal with this log standard deviation."""
    return sqrt(exp(log_sd * log_sd) - 1.0)
