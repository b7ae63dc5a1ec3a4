"""Options in the hands of the one who got them: what they are worth to someone who can neither sell nor hedge them.

One method throughout, that of Hall and Murphy (2002): the certainty equivalent of the payoff on the day the options
are expected to be exercised and sold, for a holder with the rest of their wealth elsewhere. What the same options cost
the company is the lattice's business. Arrays hold draws on the last axis, and one array stands for each year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, any_positive, as_array
from tokenworth.valuation.normal import normal_cdf
from tokenworth.valuation.option_lattice import hull_white_value
from tokenworth.valuation.options import black_scholes_call, expected_holding_years
from tokenworth.valuation.shares import firm_survival
from tokenworth.valuation.vesting import VestingYear

__all__ = [
    "CALL_NODES_EXACT",
    "CALL_NODES_SIMULATED",
    "OptionTerms",
    "black_scholes_cost",
    "call_certainty_equivalent",
    "lattice_cost",
    "option_amounts",
    "sale_years",
    "share_kept",
]

# Nodes of the quadrature over prices above the strike: 10 are off by less than the draws are apart.
CALL_NODES_EXACT: Final = 96
CALL_NODES_SIMULATED: Final = 10
# Prices further than this many standard deviations up weigh nothing.
HIGHEST_PRICE_SD: Final = 5.0
# A lattice of this many steps is off by less than 1 per cent, and the mean over draws by more.
COST_STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """One grant of options.

    Attributes:
        count: options granted, each on one share.
        strike, price: USD a share: what exercising costs, and what a share is worth today.
        face_usd: what the grant is advertised as.
        vesting: one entry a year of the horizon, in shares of the grant.
        window_years: how long after leaving vested options may still be exercised.
        private: the shares cannot be sold before the company's exit.
    """

    count: float
    strike: float
    price: float
    face_usd: float
    vesting: tuple[VestingYear, ...]
    expiry_years: float
    window_years: float
    private: bool = False

    @property
    def vests(self) -> list[tuple[int, VestingYear]]:
        """The years in which anything vests."""
        return [(year, vest) for year, vest in enumerate(self.vesting) if any_positive(vest.fraction)]


def option_amounts(
    terms: OptionTerms, p: Mapping[str, Array], wealth_now: Array, share_risk: Numeric = 1.0
) -> list[Array]:
    """Each year's vest as the sure amount, at vest, that it is worth to the holder if still employed then, USD.

    The whole grant is exercised on one day, the mean of the days of its vests, so that its risk counts once and in
    full. Tax comes at exercise, beyond most horizons: amounts are before tax, as a salary is.

    Args:
        p: draws of the parameters, by name.
        wealth_now: the holder's other wealth today, USD.
        share_risk: how far all this applies: 0 leaves the options at their face.
    """
    amounts: list[Array] = [np.zeros(())] * len(terms.vesting)
    vests = terms.vests
    if not vests:
        return amounts
    rate, hazard = p["discount_rate"], p["separation_hazard"]
    sold = {year: sale_years(terms, vest.when, p) for year, vest in vests}
    vested = sum(vest.fraction for _, vest in vests)
    day = sum((vest.fraction / vested * sold[year] for year, vest in vests), np.zeros(()))
    sure = call_certainty_equivalent(
        terms.count,
        price=terms.price,
        strike=terms.strike,
        wealth=wealth_now * np.exp(rate * day),
        years=day,
        drift=p["share_drift"],
        volatility=p["volatility_private" if terms.private else "volatility_listed"],
        gamma=p["risk_aversion"],
        nodes=CALL_NODES_SIMULATED,
    )
    for year, vest in vests:
        wait = np.maximum(sold[year] - vest.when, 0.0)
        worth = vest.fraction * sure * np.exp(-rate * wait)
        if terms.private:
            kept = share_kept(terms, sold[year], wait, hazard, p["option_lapse_share"])
            worth = worth * kept * firm_survival(p["firm_survival_5y"], sold[year])
        face = vest.fraction * terms.face_usd
        amounts[year] = face + share_risk * (worth - face)
    return amounts


def sale_years(terms: OptionTerms, vesting_years: float, p: Mapping[str, Array]) -> Array:
    """Years from today until what vests at `vesting_years` is exercised and sold.

    Listed: the expected life, which ends with the window after leaving or at expiry. Private: the company's exit.
    """
    if terms.private:
        return np.maximum(p["years_to_liquidity"], vesting_years)
    return expected_holding_years(p["separation_hazard"], vesting_years, terms.expiry_years, terms.window_years)


def share_kept(terms: OptionTerms, sold: Array, wait: Array, separation_hazard: Array, lapse_share: Array) -> Array:
    """The share of vested options of a private company that come to be exercised.

    Whoever leaves more than the window before the exit, or sees the options expire before it, must pay the strike
    for shares that cannot be sold: even in the money, `lapse_share` of the options then lapse.
    """
    stays = np.exp(-separation_hazard * np.maximum(wait - terms.window_years, 0.0))
    stays = np.where(sold > terms.expiry_years, 0.0, stays)
    return 1.0 - (1.0 - stays) * lapse_share


def call_certainty_equivalent(
    count: Numeric,
    *,
    price: float,
    strike: float,
    wealth: Numeric,
    years: Numeric,
    drift: Numeric,
    volatility: Numeric,
    gamma: Numeric,
    nodes: int,
) -> Array:
    """The sure amount at `years` that a holder takes for `count` calls exercised then, in the currency of `price`.

    Solves E[U(w + n*max(S - K, 0))] = U(w + C) for CRRA utility (Hall and Murphy 2002), S lognormal with
    E[S] = price*exp(drift*years): Gauss-Legendre over the prices above the strike, more nodes near it.

    Args:
        price, strike: a share's, both above 0.
        wealth: w, other wealth at that time, above 0.
        years: above 0.
        volatility: above 0.
    """
    t, outside, power = as_array(years), as_array(wealth), 1.0 - as_array(gamma)
    # Near logarithmic utility the general form loses digits only below this.
    power = np.where(np.abs(power) < 1e-6, 1e-6, power)
    sd = np.maximum(as_array(volatility) * np.sqrt(t), 1e-9)
    log_mean = np.log(price) + as_array(drift) * t - sd * sd / 2.0
    edge = np.clip((np.log(strike) - log_mean) / sd, -HIGHEST_PRICE_SD, 8.0)
    # Who is less averse than logarithmic utility weighs high prices more.
    top = np.maximum(edge, 0.0) + HIGHEST_PRICE_SD + np.maximum(power, 0.0) * sd
    held = as_array(count) / outside
    weighed, utility = np.zeros(()), np.zeros(())
    # Node by node: arrays of one node stay in the cache, and all of them at once do not.
    for point, weight in _squared_legendre(nodes):
        z = edge + (top - edge) * point
        density = weight * np.exp(-0.5 * z * z)
        gain = np.maximum(np.exp(log_mean + sd * z) - strike, 0.0)
        weighed = weighed + density
        utility = utility + density * np.expm1(power * np.log1p(held * gain))
    # The weights are made to sum to the probability of ending above the strike.
    expected = np.maximum(utility * (normal_cdf(-edge) / weighed), 1e-15 - 1.0)
    return outside * np.expm1(np.log1p(expected) / power)


def lattice_cost(terms: OptionTerms, p: Mapping[str, Array]) -> Array:
    """What the grant costs the company if it vests, USD at the grant: Hull and White's lattice, one value a draw.

    Leaving before a vest is left out, as it is from the cost of salary; accounts show it as forfeitures.
    """
    hazard = np.atleast_1d(p["separation_hazard"])
    vests = terms.vests
    if not vests:
        return np.zeros_like(hazard)
    when = np.array([[vest.when] for _, vest in vests])
    each = hull_white_value(
        terms.price,
        terms.strike,
        volatility=p["volatility_private" if terms.private else "volatility_listed"],
        rate=p["discount_rate"],
        dividend_yield=0.0 if terms.private else p["dividend_yield"],
        exit_hazard=hazard,
        vesting_years=when,
        expiry_years=terms.expiry_years,
        exercise_multiple=p["option_exercise_multiple"],
        window_years=terms.window_years,
        steps=COST_STEPS,
    )
    shares = np.array([[vest.fraction] for _, vest in vests])
    return np.asarray(terms.count * (shares * each * np.exp(hazard * when)).sum(axis=0))


def black_scholes_cost(terms: OptionTerms, p: Mapping[str, Array]) -> Array:
    """The same by Black-Scholes at each vest's expected life (FAS 123R), one value a draw."""
    total: Array = np.zeros(())
    for _, vest in terms.vests:
        each = black_scholes_call(
            terms.price,
            terms.strike,
            years=expected_holding_years(p["separation_hazard"], vest.when, terms.expiry_years, terms.window_years),
            volatility=p["volatility_private" if terms.private else "volatility_listed"],
            rate=p["discount_rate"],
            dividend_yield=0.0 if terms.private else p["dividend_yield"],
        )
        total = total + terms.count * vest.fraction * each
    return total


@lru_cache(maxsize=4)
def _squared_legendre(nodes: int) -> tuple[tuple[float, float], ...]:
    """Points and weights of Gauss-Legendre on [0, 1] in the square of the variable: denser near 0."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    root = (points + 1.0) / 2.0
    return tuple(zip((root * root).tolist(), (weights * root).tolist(), strict=True))
