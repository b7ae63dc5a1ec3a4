"""Income and payroll tax as piecewise-linear functions of wages, and the salary that is worth the same after tax.

The tables themselves are data and come from `assumptions`; nothing here knows a year or a country.
All amounts are USD a year. Structure and numbers, never advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = [
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


# Beyond any wage: the ends between which the curves are interpolated.
WAGES_MAX: Final = 1e13
# Interpolation measures from the lower knot, so a near one keeps small negative amounts exact.
BELOW_ZERO: Final = (-WAGES_MAX, -1e7)
CREDIT_STEP_WIDTH: Final = 2500.0
# IRC s.1402(a)(12): net earnings from self-employment are 92.35% of profit.
SELF_EMPLOYMENT_BASE: Final = 0.9235


@dataclass(frozen=True, slots=True)
class IncomeTaxSchedule:
    """Brackets of one jurisdiction, year and filing status, with the standard deduction.

    Attributes:
        thresholds: taxable income at which the rate of the same position begins; the first is 0.
        rates: marginal rates.
        deduction: subtracted from wages first.
        credit: subtracted from the tax, not below zero.
        credit_reduced_from: wages above which the credit shrinks by `credit_step_usd` for each 2,500 or part of it.
    """

    thresholds: tuple[float, ...]
    rates: tuple[float, ...]
    deduction: float = 0.0
    credit: float = 0.0
    credit_reduced_from: float = WAGES_MAX
    credit_step_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class PayrollTax:
    """Social security and Medicare (FICA; SECA for the self-employed)."""

    social_security_rate: float
    wage_base: float
    medicare_rate: float
    additional_rate: float
    additional_threshold: float


@dataclass(frozen=True, slots=True)
class TaxCurve:
    """Tax as a continuous piecewise-linear function of wages, with slope below 1 everywhere, so that it inverts.

    Attributes:
        wages: knots, ascending.
        tax: tax at the knots.
    """

    wages: Array
    tax: Array

    def tax_on(self, wages: Numeric) -> Array:
        """Tax on wages of any shape."""
        return as_array(np.interp(as_array(wages), self.wages, self.tax))

    def net_of(self, wages: Numeric) -> Array:
        """Wages after tax."""
        return as_array(as_array(wages) - self.tax_on(wages))

    def wages_netting(self, net: Numeric) -> Array:
        """The wages that leave `net` after tax: the inverse of `net_of`."""
        return as_array(np.interp(as_array(net), self.wages - self.tax, self.wages))


def income_tax(schedule: IncomeTaxSchedule, wages: Numeric) -> Array:
    """Income tax on wages, with the credit's reduction in its legal steps."""
    gross = as_array(wages)
    taxable = np.maximum(gross - schedule.deduction, 0.0)
    tax = np.zeros_like(taxable)
    steps = np.diff((0.0, *schedule.rates))
    for threshold, step in zip(schedule.thresholds, steps, strict=True):
        tax += step * np.maximum(taxable - threshold, 0.0)
    reductions = np.ceil(np.maximum(gross - schedule.credit_reduced_from, 0.0) / CREDIT_STEP_WIDTH)
    credit = np.maximum(schedule.credit - schedule.credit_step_usd * reductions, 0.0)
    return as_array(np.maximum(tax - credit, 0.0))


def employee_payroll_tax(payroll: PayrollTax, wages: Numeric, *, household_income: float = 0.0) -> Array:
    """The employee's share of FICA; the additional Medicare tax looks at the household's wages together."""
    gross = as_array(wages)
    capped = np.minimum(gross, payroll.wage_base)
    over = np.maximum(gross + household_income - payroll.additional_threshold, 0.0)
    already = max(household_income - payroll.additional_threshold, 0.0)
    return (
        payroll.social_security_rate * capped
        + payroll.medicare_rate * gross
        + payroll.additional_rate * (over - already)
    )


def employee_curve(
    schedules: tuple[IncomeTaxSchedule, ...], payroll: PayrollTax | None, *, household_income: float = 0.0
) -> TaxCurve:
    """Tax on one person's wages, over what the household's other income already costs.

    Args:
        schedules: each jurisdiction's income tax.
        payroll: None leaves payroll tax out.
        household_income: other taxable wages on the same return, USD a year.
    """
    knots = _knots(schedules, payroll, household_income)
    tax = sum((_smooth_income_tax(s, knots + household_income) for s in schedules), np.zeros_like(knots))
    tax = tax - sum(float(_smooth_income_tax(s, np.array(household_income))) for s in schedules)
    if payroll is not None:
        tax = tax + employee_payroll_tax(payroll, knots, household_income=household_income)
    return _with_ends(knots, tax)


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
    taxable = profit - _self_employment_deduction(payroll, profit) + household_income
    tax = sum((_smooth_income_tax(s, taxable) for s in schedules), np.zeros_like(profit))
    tax = tax - sum(float(_smooth_income_tax(s, np.array(household_income))) for s in schedules)
    earnings = SELF_EMPLOYMENT_BASE * profit
    own = employee_payroll_tax(payroll, earnings, household_income=household_income)
    return _with_ends(profit, tax + own + _self_employment_deduction(payroll, profit))


def flat_curve(marginal_rate: float) -> TaxCurve:
    """The caller's one marginal rate, for places without tables here."""
    wages = np.array([*BELOW_ZERO, 0.0, WAGES_MAX])
    return TaxCurve(wages, marginal_rate * wages)


def gross_salary_equivalent(
    curve: TaxCurve, wages: Numeric, worth: Numeric, imputed: Numeric, *, as_salary: TaxCurve | None = None
) -> Array:
    """The change in gross salary that leaves the same as a benefit with its tax does.

    Solves `worth - [Tax(Y + I) - Tax(Y)] = G - [Tax(Y + G) - Tax(Y)]` for G, which can be negative.

    Args:
        curve: how this job's pay is taxed.
        wages: Y, all other wages of the year.
        worth: W, what the benefit is worth after tax.
        imputed: I, the income it is taxed as.
        as_salary: how the salary it is compared with is taxed; the same curve if None. With another curve (a
            contractor's pay told as an employee's salary) the answer is the whole salary less `wages`.
    """
    paid = as_array(wages)
    net = as_array(worth) + paid - curve.tax_on(paid + as_array(imputed))
    return (as_salary or curve).wages_netting(net) - paid


def _smooth_income_tax(schedule: IncomeTaxSchedule, wages: Array) -> Array:
    """As `income_tax`, the credit's steps replaced by the slope through them (within one step of it).

    A step would make net pay fall as wages rise, and the curve could not be inverted.
    """
    flat = IncomeTaxSchedule(schedule.thresholds, schedule.rates, schedule.deduction)
    slope = schedule.credit_step_usd / CREDIT_STEP_WIDTH
    reduced = schedule.credit - slope * np.maximum(wages - schedule.credit_reduced_from, 0.0)
    return np.maximum(income_tax(flat, wages) - np.maximum(reduced, 0.0), 0.0)


def _knots(schedules: tuple[IncomeTaxSchedule, ...], payroll: PayrollTax | None, household_income: float) -> Array:
    """Wages at which any of the taxes turns."""
    turns = [0.0]
    for schedule in schedules:
        turns += [threshold + schedule.deduction - household_income for threshold in schedule.thresholds]
        if schedule.credit:
            turns.append(schedule.credit_reduced_from - household_income)
            if schedule.credit_step_usd:
                gone = schedule.credit / schedule.credit_step_usd * CREDIT_STEP_WIDTH
                turns.append(schedule.credit_reduced_from + gone - household_income)
            turns.append(_credit_used_up(schedule) - household_income)
    if payroll is not None:
        turns += [payroll.wage_base, payroll.additional_threshold - household_income]
    return np.unique(np.maximum(np.array([*turns, WAGES_MAX]), 0.0))


def _credit_used_up(schedule: IncomeTaxSchedule) -> float:
    """Wages at which the tax first exceeds the credit."""
    flat = IncomeTaxSchedule(schedule.thresholds, schedule.rates, schedule.deduction)
    at = np.array([threshold + schedule.deduction for threshold in schedule.thresholds])
    return float(np.interp(schedule.credit, income_tax(flat, at), at))


def _self_employment_deduction(payroll: PayrollTax, profit: Array) -> Array:
    """Half of the self-employment tax, which is also the employer's half: the additional Medicare tax has none."""
    earnings = SELF_EMPLOYMENT_BASE * profit
    return payroll.social_security_rate * np.minimum(earnings, payroll.wage_base) + payroll.medicare_rate * earnings


def _with_ends(wages: Array, tax: Array) -> TaxCurve:
    """Below zero wages there is no tax: a benefit can cost more than it brings."""
    untaxed = np.zeros(len(BELOW_ZERO))
    return TaxCurve(np.concatenate([BELOW_ZERO, wages]), np.concatenate([untaxed, tax]))
