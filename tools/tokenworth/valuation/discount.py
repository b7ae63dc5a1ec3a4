"""Time and survival: what a later dollar, earned only if still employed, is worth today.

Rates and hazards are continuous, per year; times are years. Everything broadcasts.
"""

from __future__ import annotations

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = [
    "discount_factor",
    "hazard_annuity",
    "level_annuity",
    "payback_share",
    "present_value_of_annuity",
    "survival",
]


def survival(hazard: Numeric, years: Numeric) -> Array:
    """Probability of no event by `years` under a constant hazard: exp(-h*t)."""
    return np.exp(-as_array(hazard) * as_array(years))


def discount_factor(rate: Numeric, years: Numeric) -> Array:
    """What a dollar at `years` is worth now at a continuous rate: exp(-r*t)."""
    return np.exp(-as_array(rate) * as_array(years))


def hazard_annuity(payment: float, months: int, rate: Numeric, hazard: Numeric) -> Array:
    """Present value of `payment` at the end of each month while nothing has happened.

    The sum over months k of payment * exp(-(r + h) * k/12); a risky annuity as credit markets price it.
    """
    fall = np.exp(-(as_array(rate) + as_array(hazard)) / 12.0)
    powers = fall[..., np.newaxis] ** np.arange(1, months + 1)
    return np.asarray(payment * powers.sum(axis=-1))


def level_annuity(fall: Numeric, years: int) -> Array:
    """Present value of a dollar in the middle of each of `years` years, at a continuous yearly fall (r + h)."""
    return sum((np.exp(-as_array(fall) * (year + 0.5)) for year in range(years)), np.zeros(()))


def present_value_of_annuity(rate: float, periods: int, payment: float = 1.0) -> float:
    """Present value of equal payments at the end of each period, at a rate per period."""
    if rate == 0.0:
        return payment * periods
    return payment * float(-np.expm1(-periods * np.log1p(rate)) / rate)


def payback_share(hazard: Numeric, rate: Numeric, years: float, *, pro_rata: bool) -> Array:
    """Expected present value of a clawback, as a share of the amount paid today.

    Whoever leaves at u before `years` pays back all of it, or the part not yet served, 1 - u/years:
    the integral of h*exp(-(h+r)*u) times that over u from 0 to `years`, in closed form.
    """
    h = as_array(hazard)
    if years <= 0.0:
        return np.zeros_like(h)
    k = np.maximum(h + as_array(rate), 1e-12)
    left = np.exp(-k * years)
    everything = h * (1.0 - left) / k
    if not pro_rata:
        return everything
    served = h * (1.0 - left * (1.0 + k * years)) / (k * k * years)
    return everything - served
