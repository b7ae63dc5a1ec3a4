"""Options on one share: Black-Scholes-Merton, how long an employee is expected to hold one, and the published lattice.

Prices are in one currency, rates continuous per year, times in years; everything broadcasts.
"""

from __future__ import annotations

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.normal import normal_cdf

__all__ = ["black_scholes_call", "black_scholes_put", "expected_holding_years", "hull_white_trinomial"]


def black_scholes_call(
    price: Numeric,
    strike: Numeric,
    *,
    years: Numeric,
    volatility: Numeric,
    rate: Numeric,
    dividend_yield: Numeric = 0.0,
) -> Array:
    """A European call: S*exp(-q*T)*N(d1) - K*exp(-r*T)*N(d2) (Black and Scholes 1973, Merton 1973).

    Without time or volatility it is worth max(S*exp(-q*T) - K*exp(-r*T), 0).
    """
    share, money, d1, d2 = _terms(price, strike, years, volatility, rate, dividend_yield)
    return share * normal_cdf(d1) - money * normal_cdf(d2)


def black_scholes_put(
    price: Numeric,
    strike: Numeric,
    *,
    years: Numeric,
    volatility: Numeric,
    rate: Numeric,
    dividend_yield: Numeric = 0.0,
) -> Array:
    """A European put: K*exp(-r*T)*N(-d2) - S*exp(-q*T)*N(-d1)."""
    share, money, d1, d2 = _terms(price, strike, years, volatility, rate, dividend_yield)
    return money * normal_cdf(-d2) - share * normal_cdf(-d1)


def expected_holding_years(
    exit_hazard: Numeric, vesting_years: Numeric, expiry_years: Numeric, window_years: Numeric
) -> Array:
    """Expected years from the grant until an option that vests is exercised, for Black-Scholes at expected life.

    The holder keeps it until the end of the window after leaving, or until expiry if that comes first. With D years
    left at vesting and a window of w: v + w + (1 - exp(-h*(D - w)))/h, the mean of min(leaving + w, D).
    """
    vest, window = as_array(vesting_years), as_array(window_years)
    left = np.maximum(as_array(expiry_years) - vest, 0.0)
    window = np.minimum(window, left)
    h = np.maximum(as_array(exit_hazard), 1e-12)
    return vest + window - np.expm1(-h * (left - window)) / h


def hull_white_trinomial(
    price: Numeric,
    strike: Numeric,
    *,
    volatility: Numeric,
    rate: Numeric,
    dividend_yield: Numeric,
    exit_hazard: Numeric,
    vesting_years: Numeric,
    expiry_years: Numeric,
    exercise_multiple: Numeric,
    steps: int,
) -> Array:
    """The lattice of Hull and White (2004) exactly as they give it, to reproduce figures computed with it.

    Its nodes lie where the price and the step put them, so the price of exercise is rounded up to the next node and
    the answer swings by up to 2 per cent between step counts; `option_lattice.hull_white_value` does not.

    Args:
        volatility: above 0.
        exit_hazard: a step's chance of leaving is this times its length.
        exercise_multiple: of the strike; infinite for exercise at expiry only.
        steps: of equal length, at least 1.
    """
    columns = (price, strike, volatility, rate, dividend_yield, exit_hazard, vesting_years, expiry_years)
    every = np.broadcast_arrays(*(as_array(value) for value in (*columns, exercise_multiple)))
    shape = every[0].shape
    s0, k, sigma, r, q, hazard, vest, expiry, multiple = (np.ravel(column)[:, np.newaxis] for column in every)
    dt = expiry / steps
    tilt = np.sqrt(dt / (12.0 * sigma**2)) * (r - q - sigma**2 / 2.0)
    kept = np.exp(-r * dt) * (1.0 - hazard * dt)
    up, middle, down = kept * (1.0 / 6.0 + tilt), kept * (2.0 / 3.0), kept * (1.0 / 6.0 - tilt)
    share = s0 * np.exp(sigma * np.sqrt(3.0 * dt) * np.arange(-steps, steps + 1))
    gain = share - k
    value = np.maximum(gain, 0.0)
    for number in range(steps - 1, -1, -1):
        share, gain = share[:, 1:-1], gain[:, 1:-1]
        value = up * value[:, 2:] + middle * value[:, 1:-1] + down * value[:, :-2]
        vested = number * dt >= vest - 1e-9
        value = np.where(vested, value + hazard * dt * np.maximum(gain, 0.0), value)
        value = np.where(vested & (share >= k * multiple), gain, value)
    return as_array(value[:, 0].reshape(shape))


def _terms(
    price: Numeric, strike: Numeric, years: Numeric, volatility: Numeric, rate: Numeric, dividend_yield: Numeric
) -> tuple[Array, Array, Array, Array]:
    """What the share and the strike are worth today, and the two arguments of the normal distribution."""
    t = as_array(years)
    share = as_array(price) * np.exp(-as_array(dividend_yield) * t)
    money = as_array(strike) * np.exp(-as_array(rate) * t)
    # At no time or volatility d1 and d2 run off to one side, and to 0 where the two are equal.
    sd = np.maximum(as_array(volatility) * np.sqrt(t), 1e-12)
    centre = np.log(np.maximum(share, 1e-300) / np.maximum(money, 1e-300)) / sd
    return share, money, centre + sd / 2.0, centre - sd / 2.0
