"""What a person pays on wages in one place: income taxes and social security together, as one curve.

The tables themselves are data and come from `assumptions`; nothing here knows a year or a country.
All amounts are a year, in the currency of the tables. Structure and numbers, never advice.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array
from tokenworth.valuation.brackets import (
    WAGES_MAX,
    IncomeTaxSchedule,
    income_tax,
    smooth_income_tax,
    turning_points,
)
from tokenworth.valuation.payroll import Contribution, PayrollTax, contributions_on, employee_payroll_tax
from tokenworth.valuation.tax_curve import TaxCurve, curve_through, flat_curve, gross_salary_equivalent

__all__ = [
    "Contribution",
    "IncomeTaxSchedule",
    "PayrollTax",
    "TaxCurve",
    "contractor_curve",
    "employee_curve",
    "employee_payroll_tax",
    "flat_curve",
    "gross_salary_equivalent",
    "income_tax",
]

# IRC s.1402(a)(12): net earnings from self-employment are 92.35% of profit.
SELF_EMPLOYMENT_BASE: Final = 0.9235


def employee_curve(
    schedules: tuple[IncomeTaxSchedule, ...],
    payroll: PayrollTax | None,
    *,
    household_income: float = 0.0,
    contributions: tuple[Contribution, ...] = (),
) -> TaxCurve:
    """Tax on one person's wages, over what the household's other income already costs.

    Args:
        schedules: each jurisdiction's income tax.
        payroll: None leaves FICA out.
        household_income: other taxable wages on the same return.
        contributions: what else is withheld from wages.
    """
    knots = _knots(schedules, payroll, household_income, contributions)
    tax = _income_taxes(schedules, knots, household_income) + contributions_on(contributions, knots)
    if payroll is not None:
        tax = tax + employee_payroll_tax(payroll, knots, household_income=household_income)
    return curve_through(knots, tax)


def contractor_curve(
    schedules: tuple[IncomeTaxSchedule, ...], payroll: PayrollTax, *, household_income: float = 0.0
) -> TaxCurve:
    """Tax on a contractor's profit: both halves of payroll tax, half of them deductible (IRC s.164(f)).

    The deduction for qualified business income (s.199A) depends on facts not asked for and is left out.
    """
    turns = _knots(schedules, payroll, household_income)
    profit = np.unique(np.concatenate([turns, payroll.wage_base / SELF_EMPLOYMENT_BASE * np.ones(1)]))
    additional = (payroll.additional_threshold - household_income) / SELF_EMPLOYMENT_BASE
    profit = np.unique(np.append(profit, max(additional, 0.0)))
    # Income tax turns where profit less the deduction crosses a threshold: map those thresholds back to profit.
    after_deduction = profit - _self_employment_deduction(payroll, profit)
    profit = np.unique(np.concatenate([profit, np.interp(turns, after_deduction, profit)]))
    taxable = profit - _self_employment_deduction(payroll, profit)
    tax = _income_taxes(schedules, taxable, household_income)
    earnings = SELF_EMPLOYMENT_BASE * profit
    own = employee_payroll_tax(payroll, earnings, household_income=household_income)
    return curve_through(profit, tax + own + _self_employment_deduction(payroll, profit))


def _income_taxes(schedules: tuple[IncomeTaxSchedule, ...], wages: Array, household_income: float) -> Array:
    """All income taxes on wages, less those that the household's other income pays anyway."""
    tax = np.zeros_like(wages)
    for schedule in schedules:
        tax = tax + smooth_income_tax(schedule, wages + household_income)
        tax = tax - smooth_income_tax(schedule, household_income)
    return tax


def _knots(
    schedules: tuple[IncomeTaxSchedule, ...],
    payroll: PayrollTax | None,
    household_income: float,
    contributions: tuple[Contribution, ...] = (),
) -> Array:
    """Wages at which any of the taxes turns."""
    turns = [0.0, WAGES_MAX]
    for schedule in schedules:
        turns += [wages - household_income for wages in turning_points(schedule)]
    if payroll is not None:
        turns += [payroll.wage_base, payroll.additional_threshold - household_income]
    turns += [limit for each in contributions for limit in (each.above, each.up_to) if np.isfinite(limit)]
    return np.unique(np.maximum(np.array(turns), 0.0))


def _self_employment_deduction(payroll: PayrollTax, profit: Array) -> Array:
    """Half of the self-employment tax, which is also the employer's half: the additional Medicare tax has none."""
    earnings = SELF_EMPLOYMENT_BASE * profit
    return payroll.social_security_rate * np.minimum(earnings, payroll.wage_base) + payroll.medicare_rate * earnings
