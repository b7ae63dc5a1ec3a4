"""Outside oracle rows about pay and tokens, each kind computed by a public function of the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenworth.valuation.discount import hazard_annuity, present_value_of_annuity, survival
from tokenworth.valuation.grants import token_share
from tokenworth.valuation.price_paths import average_price_ratio, price_ratio
from tokenworth.valuation.shapley import shapley_value
from tokenworth.valuation.shares import certainty_equivalent_lognormal, certainty_equivalent_present_value
from tokenworth.valuation.usage import expected_use
from tokenworth.valuation.vesting import vested_fraction_graded, vested_units
from tokenworth.valuation.willingness import willingness_to_pay

__all__ = ["KINDS"]

Inputs = Mapping[str, Any]


def _shapley(i: Inputs) -> float:
    game = {frozenset(names.split(",")): worth for names, worth in i["value"].items()}
    return shapley_value(i["players"], game, i["player"])


def _share_certainty_equivalent(i: Inputs) -> float:
    return certainty_equivalent_present_value(
        i["grant_value"],
        years=i["T"],
        volatility=i["sigma"],
        drift=i["mu"],
        wealth=i["outside_wealth_T"],
        rate=i["rf"],
        gamma=i["gamma"],
    )


def _change(decline_factor: float) -> float:
    return 1.0 / decline_factor - 1.0


KINDS: dict[str, Callable[[Inputs], float]] = {
    "survival": lambda i: float(survival(i["hazard"], i["t"])),
    "hazard_annuity": lambda i: float(hazard_annuity(i["payment"], i["months"], i["r_cont"], i["hazard"])),
    "expected_use_lognormal": lambda i: expected_use(i["mean"], i["cv"], i["budget"]),
    "crra_ce_pv": _share_certainty_equivalent,
    "crra_ce_lognormal": lambda i: float(certainty_equivalent_lognormal(i["mu"], i["sigma"], i["gamma"])),
    "avg_price_ratio_cont": lambda i: float(average_price_ratio(_change(i["decline_factor_per_year"]), 0, i["years"])),
    "price_ratio": lambda i: float(price_ratio(_change(i["decline_factor_per_year"]), i["years"])),
    "token_share": lambda i: token_share(i["base"], i["tokens"]),
    "vested_units": lambda i: vested_units(i["units"], i["months"], i["cliff"], i["month"]),
    "vested_fraction_graded": lambda i: vested_fraction_graded(i["schedule"], i["years"]),
    "shapley_value": _shapley,
    "pv_annuity": lambda i: present_value_of_annuity(i["rate"], i["n"], i["pmt"]),
    "wtp_isoelastic_voucher": lambda i: float(willingness_to_pay(i["usable"], i["own_spend"], i["elasticity"])),
}
