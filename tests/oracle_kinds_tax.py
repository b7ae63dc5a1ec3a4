"""Outside oracle rows about tax, each kind computed by a public function of the package.

Rows from taxcalc are income tax by the rate schedules, the credit on low wages paid out. Rows from tenforty are what a
return says: printed tax tables, no credit on low wages, and the additional Medicare tax counted with income tax.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenworth.assumptions.tax_tables import TaxTables, load_tax_tables, tax_curve
from tokenworth.valuation.brackets import earned_income_credit, income_tax, income_tax_on_return
from tokenworth.valuation.payroll import employee_payroll_tax
from tokenworth.valuation.tax_curve import gross_salary_equivalent

__all__ = ["KINDS"]

Inputs = Mapping[str, Any]


def _tables(i: Inputs) -> TaxTables:
    return load_tax_tables(i["year"], i["filing"], i.get("state"))


def _federal_tax(i: Inputs, wages: float) -> float:
    federal = load_tax_tables(i["year"], i["filing"]).federal
    return float(income_tax(federal, wages) - earned_income_credit(federal, wages))


def _state_tax(i: Inputs, wages: float) -> float:
    state = _tables(i).state
    return 0.0 if state is None else float(income_tax_on_return(state, wages))


def _fica(i: Inputs, wages: float) -> float:
    return float(employee_payroll_tax(_tables(i).payroll, wages))


def _additional_medicare(i: Inputs, wages: float) -> float:
    payroll = _tables(i).payroll
    return payroll.additional_rate * max(wages - payroll.additional_threshold, 0.0)


def _on_returns(i: Inputs, wages: float) -> float:
    federal = float(income_tax_on_return(_tables(i).federal, wages))
    return federal + _additional_medicare(i, wages) + _state_tax(i, wages)


def _added(tax: Callable[[Inputs, float], float], i: Inputs) -> float:
    return tax(i, i["wages"] + i["imputed"]) - tax(i, i["wages"])


def _federal_and_fica(i: Inputs, wages: float) -> float:
    return _federal_tax(i, wages) + _fica(i, wages) + _state_tax(i, wages)


def _gross_cash_equivalent(i: Inputs) -> float:
    curve = tax_curve(load_tax_tables(i["year"], i["filing"]))
    return float(gross_salary_equivalent(curve, i["wages"], i["after_tax_value"], i["imputed_income"]))


KINDS: dict[str, Callable[[Inputs], float]] = {
    "fed_income_tax": lambda i: _federal_tax(i, i["wages"]),
    "state_income_tax": lambda i: _state_tax(i, i["wages"]),
    "employee_fica": lambda i: _fica(i, i["wages"]),
    "incremental_tax": lambda i: _added(_federal_and_fica, i),
    "incremental_income_tax_fed_state": lambda i: _added(_on_returns, i),
    "gross_cash_equivalent_fed2026": _gross_cash_equivalent,
}
