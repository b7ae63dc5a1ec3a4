"""Shares in the hands of someone who cannot diversify or sell: certainty equivalents and company survival."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = [
    "NODES_EXACT",
    "NODES_SIMULATED",
    "certainty_equivalent",
    "certainty_equivalent_lognormal",
    "certainty_equivalent_present_value",
    "firm_survival",
    "outside_wealth",
]


# Gauss-Hermite nodes: exact to a cent on $400k; in a simulation the spread of the draws is far wider than the error.
NODES_EXACT: Final = 128
NODES_SIMULATED: Final = 10
# A salary near zero says nothing about wealth: the multiple then stands on a small one.
SALARY_FOR_WEALTH_MIN: Final = 1000.0


def certainty_equivalent_lognormal(log_mean: Numeric, log_sd: Numeric, gamma: Numeric) -> Array:
    """Sure amount worth as much as exp(N(mu, s^2)) to CRRA gamma with nothing else: exp(mu + (1-gamma)*s^2/2)."""
    s = as_array(log_sd)
    return np.exp(as_array(log_mean) + (1.0 - as_array(gamma)) * s * s / 2.0)


def certainty_equivalent(
    value: Numeric,
    wealth: Numeric,
    *,
    years: Numeric,
    drift: Numeric,
    volatility: Numeric,
    gamma: Numeric,
    nodes: int,
) -> Array:
    """The sure amount at `years` that an undiversified holder takes for shares worth `value` today.

    Solves E[U(w + X)] = U(w + C) for CRRA utility (Hall and Murphy 2002), X lognormal with
    E[X] = value*exp(drift*years), by Gauss-Hermite quadrature.

    Args:
        value: USD today; 0 gives 0.
        wealth: w, outside wealth at that time, USD, above 0 where gamma is at least 1 and the share can fall to 0.
        nodes: quadrature nodes.
    """
    t = as_array(years)
    sd = as_array(volatility) * np.sqrt(t)
    log_mean = as_array(drift) * t - sd * sd / 2.0
    held, outside = as_array(value), as_array(wealth)
    power = 1.0 - as_array(gamma)
    log_utility = np.abs(power) < 1e-6
    power = np.where(log_utility, 1.0, power)
    expected: Array = np.zeros(())
    # Node by node: arrays of one node stay in the cache, and all of them at once do not.
    for point, weight in _hermite(nodes):
        logs = np.log(outside + held * np.exp(log_mean + sd * point))
        expected = expected + weight * np.where(log_utility, logs, np.exp(power * logs))
    total = np.where(log_utility, np.exp(np.where(log_utility, expected, 0.0)), np.abs(expected) ** (1.0 / power))
    return total - outside


def certainty_equivalent_present_value(
    value: float, *, years: float, volatility: float, drift: float, wealth: float, rate: float, gamma: float
) -> float:
    """Today's value of `certainty_equivalent`, discounted at the risk-free `rate` (continuous)."""
    at_vest = certainty_equivalent(
        value, wealth, years=years, drift=drift, volatility=volatility, gamma=gamma, nodes=NODES_EXACT
    )
    return float(at_vest) * float(np.exp(-rate * years))


def outside_wealth(base: Numeric, multiple: Numeric, rate: Numeric, years: Numeric) -> Array:
    """What the holder owns besides, at `years`: a multiple of base salary, invested at the safe `rate`. USD."""
    return as_array(
        np.maximum(base, SALARY_FOR_WEALTH_MIN) * as_array(multiple) * np.exp(as_array(rate) * as_array(years))
    )


def firm_survival(five_year_probability: Numeric, years: Numeric) -> Array:
    """Probability that a young company still exists, from its five-year probability: p5^(t/5)."""
    return as_array(five_year_probability) ** (as_array(years) / 5.0)


@lru_cache(maxsize=4)
def _hermite(nodes: int) -> tuple[tuple[float, float], ...]:
    """Nodes and weights for the expectation of a function of a standard normal."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return tuple(zip(points.tolist(), (weights / weights.sum()).tolist(), strict=True))
