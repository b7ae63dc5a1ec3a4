"""What tokens that may be used personally are worth to the one who got them instead of money."""

from __future__ import annotations

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["willingness_to_pay"]


def willingness_to_pay(usable: Numeric, own_spend: Numeric, elasticity: Numeric) -> Array:
    """Worth of `usable` dollars of tokens to someone who would have bought `own_spend` at list price.

    Voucher theory: the area under an isoelastic inverse demand curve p(x) = min(1, (x/S0)^(-1/eps)). Up to S0 the
    tokens replace money; beyond it each is worth less than the one before:
    `S0*(1 + ((P/S0)^(1-1/eps) - 1)/(1-1/eps))`, and `S0*(1 + ln(P/S0))` at eps = 1.

    Args:
        usable: P, USD a period.
        own_spend: S0, USD a period; 0 makes everything worth 0.
        elasticity: eps > 0; 0 is read as no worth beyond S0.
    """
    p, s0, eps = np.broadcast_arrays(as_array(usable), as_array(own_spend), as_array(elasticity))
    worth = np.array(p)
    # Most use lies within what one would have bought, where the two are equal: only the rest needs the powers.
    beyond = p > s0
    bought = s0[beyond]
    power = 1.0 - 1.0 / np.maximum(eps[beyond], 1e-9)
    log_over = np.log(p[beyond]) - np.log(np.maximum(bought, 1e-300))
    # expm1(power*ln)/power tends to ln as eps tends to 1, so one expression serves both cases of the formula.
    near_one = np.abs(power) < 1e-9
    safe = np.where(near_one, 1.0, power)
    worth[beyond] = bought * (1.0 + np.where(near_one, log_over, np.expm1(safe * log_over) / safe))
    return worth
