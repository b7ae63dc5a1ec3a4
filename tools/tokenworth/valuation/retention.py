"""What leaving forfeits: unvested shares month by month, clawbacks, options, work left behind, a slow new start.

Terms of the cost of leaving `L(m) = E + F + K + X + R + H + J` for someone who leaves right after month m's events,
in gross-salary dollars. Draws are the last axis; months, where there are any, the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.shares import NODES_SIMULATED, certainty_equivalent

__all__ = [
    "GRADE_CUT_OFFS",
    "Grade",
    "artefact_loss",
    "clawback_owed",
    "exercise_financing",
    "grade_of",
    "lapse_probability",
    "ramp_loss",
    "risk_fall",
    "unvested_by_month",
]

Grade = Literal["A", "B", "C", "D", "E"]
# Cost of leaving as a share of a year's cash, below which each grade holds; E from the last one on. Ours.
GRADE_CUT_OFFS: Final[Mapping[Grade, float]] = {"A": 0.05, "B": 0.15, "C": 0.35, "D": 0.75}

# The usual window after leaving within which vested options must be exercised, months.
USUAL_WINDOW_MONTHS: Final = 3.0
# Exposure shorter than this carries no risk worth a quadrature, years.
EXPOSURE_YEARS_MIN: Final = 1.0 / 24.0
# No holding is taken to gain more than this a year, continuous: compounded over decades it would mean nothing.
RISK_FALL_MIN: Final = -1.0


def risk_fall(
    value: float, wealth: Numeric, years: Numeric, *, drift: Numeric, volatility: Numeric, gamma: Numeric
) -> Array:
    """The continuous yearly rate at which unvested shares worth `value` lose to risk: -ln(CE/value)/years.

    CE is the undiversified holder's certainty equivalent (Hall and Murphy 2002). For a lognormal share and CRRA utility
    without other wealth ln CE is linear in time, so that one rate, taken at the holding's mean time to vest, serves
    every vest; with other wealth it is an interpolation. Negative where drift outweighs risk.
    """
    time = np.maximum(years, EXPOSURE_YEARS_MIN)
    sure = certainty_equivalent(
        value, wealth, years=time, drift=drift, volatility=volatility, gamma=gamma, nodes=NODES_SIMULATED
    )
    return np.maximum(-np.log(np.maximum(sure, value * 1e-9) / value) / time, RISK_FALL_MIN)


def unvested_by_month(
    vests_usd: Sequence[float], fall: Array, delivered: Sequence[Numeric], *, horizon_months: int
) -> Array:
    """Worth of what has not vested, to someone leaving right after each month's vest.

    E(m) = sum over k > m of v_k * exp(-fall*(k - m)/12), by the recursion E(m - 1) = (E(m) + v_m)*exp(-fall/12).

    Args:
        vests_usd: what vests at the end of months 1, 2, ..., USD at today's price.
        fall: yearly rate of time, risk and leaving before the vest together, one a draw.
        delivered: per vest, what is left of it on the day it vests: 1, or less for a share that cannot be sold then.

    Returns:
        One row a month, from 0 (now) to the horizon, by draw.
    """
    step = np.exp(-as_array(fall) / 12.0)
    rows = np.zeros((max(len(vests_usd), horizon_months) + 1, *step.shape))
    for month in range(len(vests_usd), 0, -1):
        rows[month - 1] = (rows[month] + vests_usd[month - 1] * as_array(delivered[month - 1])) * step
    return rows[: horizon_months + 1]


def clawback_owed(amount: float, months: int, served: int, *, pro_rata: bool) -> float:
    """What a clawback still claims after `served` of its `months`: all of it, or the part not yet served."""
    if served >= months:
        return 0.0
    return amount * (1.0 - served / months) if pro_rata else amount


def lapse_probability(lapse_share: Numeric, window_months: float, years_to_liquidity: Numeric) -> Array:
    """Chance that vested options lapse after leaving.

    `lapse_share` is seen with the usual three months; a longer window lapses only if no sale or listing comes within
    it, at a constant rate of 1/years_to_liquidity. Ours.
    """
    longer = max(window_months - USUAL_WINDOW_MONTHS, 0.0) / 12.0
    return as_array(lapse_share) * np.exp(-longer / np.maximum(as_array(years_to_liquidity), 1e-9))


def exercise_financing(cash: Numeric, rate: Numeric, years: Numeric) -> Array:
    """Present cost of tying up the cash of an exercise until the shares can be sold: cash*(1 - exp(-rate*years)).

    The cash itself buys shares or pays a tax that was due anyway: it is not a cost, only its financing is.
    """
    return as_array(as_array(cash) * -np.expm1(-as_array(rate) * as_array(years)))


def artefact_loss(hours: Numeric, portability: Numeric, hourly_usd: float) -> Array:
    """Work that stays behind, at the wage of making it again: hours*(1 - portability)*wage."""
    return as_array(as_array(hours) * (1.0 - as_array(portability)) * hourly_usd)


def ramp_loss(pay: float, ramp_months: Numeric, gap: Numeric, share_borne: Numeric) -> Array:
    """What slower work in a new place costs the person: pay*months/12*productivity gap*share borne."""
    return as_array(pay * as_array(ramp_months) / 12.0 * as_array(gap) * as_array(share_borne))


def grade_of(cost: float, annual_cash: float) -> Grade:
    """How hard leaving is, by cost over a year's cash; with no cash any cost at all is an E."""
    if annual_cash <= 0.0:
        return "A" if cost <= 0.0 else "E"
    share = cost / annual_cash
    below: list[Grade] = [grade for grade, cut_off in GRADE_CUT_OFFS.items() if share < cut_off]
    return below[0] if below else "E"
