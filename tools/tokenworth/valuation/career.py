"""What more compute may do for later pay: career value, and the bar it lets the employer set. Low confidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = ["career_value", "extra_compute", "implied_output_multiple", "ratcheted_hourly"]

# Nobody works with less compute than this today, USD a year.
COUNTERFACTUAL_MIN: Final = 120.0


def implied_output_multiple(extra: Numeric, counterfactual: Numeric, elasticity: Numeric) -> Array:
    """The output the employer can now point at, as a multiple of today's: (1 + dT/T0)^eta."""
    base = np.maximum(as_array(counterfactual), COUNTERFACTUAL_MIN)
    return as_array((1.0 + as_array(extra) / base) ** as_array(elasticity))


def career_value(pay: Numeric, used: Numeric, p: Mapping[str, Array]) -> Array:
    """C = Y*rho*eta*ln(1 + dT/max(T0, floor))*(1 - psi), USD a year; dT is the use beyond what one would have had."""
    had = np.maximum(p["counterfactual_compute_usd_year"], COUNTERFACTUAL_MIN)
    extra = extra_compute(used, had)
    gain = p["output_elasticity"] * np.log1p(extra / had)
    return as_array(as_array(pay) * p["rent_sharing"] * gain * (1.0 - p["ratchet"]))


def extra_compute(used: Numeric, counterfactual: Numeric) -> Array:
    """dT: the use beyond what one would have had anyway, USD a year."""
    return np.maximum(as_array(used) - as_array(counterfactual), 0.0)


def ratcheted_hourly(hourly_usd: float, multiple: Numeric, ratchet: Numeric) -> Array:
    """Pay for what used to be an hour's output, once part of the gain is expected as normal.

    hourly / (1 + psi*(multiple - 1)): the whole multiple at psi = 1, today's rate at 0.
    """
    return as_array(hourly_usd / (1.0 + as_array(ratchet) * (as_array(multiple) - 1.0)))
