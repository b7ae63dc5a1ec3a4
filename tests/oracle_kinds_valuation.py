"""Outside oracle rows about pay and tokens, each kind computed by a public function of the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenworth.assumptions.tax_tables import load_tax_tables
from tokenworth.valuation.discount import hazard_annuity, present_value_of_annuity, survival
from tokenworth.valuation.grants import token_share
from tokenworth.valuation.price_paths import average_price_ratio, price_ratio
from tokenworth.valuation.shapley import shapley_value
from tokenworth.valuation.shares import certainty_equivalent_lognormal, certainty_equivalent_present_value
from tokenworth.valuation.taxes import (
    employee_curve,
    employee_payroll_tax,
    gross_salary_equivalent,
    income_tax,
)
from tokenworth.valuation.usage import expected_use
from tokenworth.valuation.vesting import vested_fraction_graded, vested_units
from tokenworth.valuation.willingness import willingness_to_pay

__all__ = ["KINDS"]

Inputs = Mapping[str, Any]


def _federal_tax(i: Inputs) -> float:
    tables = load_tax_tables(i["year"], i["filing"])
    return float(income_tax(tables.federal, i["wages"]))


def _state_tax(i: Inputs) -> float:
    tables = load_tax_tables(i["year"], i["filing"], i["state"])
    return float(income_tax(tables.state, i["wages"]))


def _employee_fica(i: Inputs) -> float:
    return float(employee_payroll_tax(load_tax_tables(i["year"], i["filing"]).payroll, i["wages"]))


def _all_taxes(i: Inputs, wages: float) -> float:
    tables = load_tax_tables(i["year"], i["filing"], i["state"])
    state = float(income_tax(tables.state, wages)) if tables.state is not None else 0.0
    return float(income_tax(tables.federal, wages)) + float(employee_payroll_tax(tables.payroll, wages)) + state


def _incremental_tax(i: Inputs) -> float:
    return _all_taxes(i, i["wages"] + i["imputed"]) - _all_taxes(i, i["wages"])


def _incremental_income_tax(i: Inputs) -> float:
    """Federal and state income tax with the additional Medicare tax, without the rest of FICA."""
    payroll = load_tax_tables(i["year"], i["filing"]).payroll
    before, after = i["wages"], i["wages"] + i["imputed"]
    plain_fica = payroll.social_security_rate * (min(after, payroll.wage_base) - min(before, payroll.wage_base))
    return _incremental_tax(i) - plain_fica - payroll.medicare_rate * i["imputed"]


def _gross_cash_equivalent(i: Inputs) -> float:
    tables = load_tax_tables(i["year"], i["filing"], i["state"])
    schedules = (tables.federal,) if tables.state is None else (tables.federal, tables.state)
    curve = employee_curve(schedules, tables.payroll)
    return float(gross_salary_equivalent(curve, i["wages"], i["after_tax_value"], i["imputed_income"]))


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
    "fed_income_tax": _federal_tax,
    "state_income_tax": _state_tax,
    "employee_fica": _employee_fica,
    "incremental_tax": _incremental_tax,
    "incremental_income_tax_fed_state": _incremental_income_tax,
    "gross_cash_equivalent_fed2026": _gross_cash_equivalent,
}
