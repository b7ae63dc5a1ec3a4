"""Outside oracle rows about options and private shares, each kind computed by a public function of the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, log1p
from typing import Any

from tokenworth.valuation.marketability import chaffe_discount, finnerty_discount, longstaff_bound
from tokenworth.valuation.options import black_scholes_call, black_scholes_put, hull_white_trinomial

__all__ = ["KINDS"]

Inputs = Mapping[str, Any]

# What the rows were computed with; the lattice of the paper has not converged at it, so the count is part of the row.
PUBLISHED_STEPS = 300


def _black_scholes(i: Inputs) -> float:
    option = {"call": black_scholes_call, "put": black_scholes_put}[i["type"]]
    return float(
        option(i["S"], i["K"], years=i["T"], volatility=i["sigma"], rate=i["r"], dividend_yield=i.get("q", 0.0))
    )


def _hull_white(i: Inputs) -> float:
    """The rows' exit rate is an effective yearly one: ln(1 + e) a year, continuous."""
    return float(
        hull_white_trinomial(
            i["S"],
            i["K"],
            volatility=i["sigma"],
            rate=i["r"],
            dividend_yield=i.get("q", 0.0),
            exit_hazard=log1p(i["exit"]),
            vesting_years=i["vest"],
            expiry_years=i["T"],
            exercise_multiple=i["m"] or inf,
            steps=PUBLISHED_STEPS,
        )
    )


KINDS: dict[str, Callable[[Inputs], float]] = {
    "bsm": _black_scholes,
    "dlom_chaffe": lambda i: float(chaffe_discount(i["T"], i["sigma"], i["r"], i.get("q", 0.0))),
    "dlom_longstaff_upper_pct": lambda i: 100.0 * float(longstaff_bound(i["T"], i["sigma"])),
    "dlom_finnerty_2012": lambda i: float(finnerty_discount(i["T"], i["sigma"], i.get("q", 0.0))),
    "hull_white_eso": _hull_white,
}
