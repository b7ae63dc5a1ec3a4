"""What tokens that may be used personally are worth to the one who got them instead of money."""

from __future__ import annotations

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["willingness_to_pay"]

# Ends that keep the ratio of tokens to own spending finite; neither is reached by money.
SPEND_MIN = 1e-150
RATIO_MAX = 1e150


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
    p, s0 = as_array(usable), as_array(own_spend)
    power = 1.0 - 1.0 / np.maximum(as_array(elasticity), 1e-9)
    # In place from here on: these are the largest arrays of a valuation, and memory is slower than arithmetic.
    log_over = as_array(p / np.maximum(s0, SPEND_MIN))
    np.log(np.minimum(np.maximum(log_over, 1.0, out=log_over), RATIO_MAX, out=log_over), out=log_over)
    # (x^power - 1)/power tends to ln x as eps tends to 1, so one expression serves both cases of the formula.
    near_one = np.abs(power) < 1e-8
    safe = np.where(near_one, 1.0, power)
    beyond = as_array(safe * log_over)
    np.exp(beyond, out=beyond)
    beyond -= 1.0
    beyond /= safe
    if near_one.any():
        beyond = np.where(near_one, log_over, beyond)
    beyond *= s0
    beyond += np.minimum(p, s0)
    return beyond
