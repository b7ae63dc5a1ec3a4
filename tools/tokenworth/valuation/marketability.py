"""What it takes off a share that it cannot be sold for a time: three published discounts, each a share of its price.

They are alternatives to the certainty equivalent of `shares`, never stacked on it: both say what the wait costs, the
certainty equivalent from the holder's wealth and dislike of risk, these from what hedging it would cost a market.
"""

from __future__ import annotations

from math import pi

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.normal import normal_cdf
from tokenworth.valuation.options import black_scholes_put

__all__ = ["chaffe_discount", "finnerty_discount", "longstaff_bound"]


def chaffe_discount(years: Numeric, volatility: Numeric, rate: Numeric, dividend_yield: Numeric = 0.0) -> Array:
    """A put at the money over the wait, over the price of the share (Chaffe 1993)."""
    return black_scholes_put(1.0, 1.0, years=years, volatility=volatility, rate=rate, dividend_yield=dividend_yield)


def finnerty_discount(years: Numeric, volatility: Numeric, dividend_yield: Numeric = 0.0) -> Array:
    """An average-strike put over the wait, over the price of the share (Finnerty 2012).

    exp(-q*T)*(N(v/2) - N(-v/2)), with x = sigma^2*T and v^2 = x + ln(2*(exp(x) - x - 1)) - 2*ln(exp(x) - 1).
    It does not exceed 32.3%, however long the wait.
    """
    t = as_array(years)
    x = as_array(volatility) ** 2 * t
    # exp(x) - x - 1 by its series where the subtraction would lose digits; at 0 the limit, where the discount is 0.
    small = x < 1e-3
    safe = np.where(small, 1.0, np.minimum(x, 500.0))
    series = 1.0 + x / 3.0 + x * x / 12.0 + x**3 / 60.0
    growth = np.where(small, np.expm1(np.minimum(x, 1.0)) / np.where(x > 0.0, x, 1.0), 1.0)
    near_zero = np.log(np.where(small, series, 1.0)) - 2.0 * np.log(np.where(x > 0.0, growth, 1.0))
    away = np.log(2.0 * (np.expm1(safe) - safe)) - 2.0 * np.log(np.expm1(safe))
    variance = np.where(small, x + near_zero, safe + away)
    half = np.sqrt(np.maximum(variance, 0.0)) / 2.0
    return as_array(np.exp(-as_array(dividend_yield) * t) * (normal_cdf(half) - normal_cdf(-half)))


def longstaff_bound(years: Numeric, volatility: Numeric) -> Array:
    """The most any such discount can be: a lookback put for a holder who would sell at the top (Longstaff 1995).

    (2 + x/2)*N(sqrt(x)/2) + sqrt(x/(2*pi))*exp(-x/8) - 1 with x = sigma^2*T; above 1 it says nothing.
    """
    x = as_array(volatility) ** 2 * as_array(years)
    top = (2.0 + x / 2.0) * normal_cdf(np.sqrt(x) / 2.0) + np.sqrt(x / (2.0 * pi)) * np.exp(-x / 8.0)
    return as_array(top - 1.0)
