"""What wages owe besides income tax: social security of the employee, and what the employer pays on top.

Rates and limits are data and come from `assumptions`. Amounts are a year, in the currency of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.brackets import WAGES_MAX

__all__ = ["Contribution", "PayrollTax", "contributions_on", "employee_payroll_tax", "employer_halves", "raise_costing"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One rate on the part of wages between two limits."""

    name: str
    rate: float
    above: float = 0.0
    up_to: float = float("inf")

    def scaled(self, factor: float) -> Self:
        """The same with its limits in another currency or another year's amounts."""
        return replace(self, above=self.above * factor, up_to=self.up_to * factor)


@dataclass(frozen=True, slots=True)
class PayrollTax:
    """Social security and Medicare (FICA; SECA for the self-employed)."""

    social_security_rate: float
    wage_base: float
    medicare_rate: float
    additional_rate: float
    additional_threshold: float


def contributions_on(contributions: Iterable[Contribution], wages: Numeric) -> Array:
    """All of them on wages of any shape; nothing on wages below zero."""
    gross = np.maximum(as_array(wages), 0.0)
    total = np.zeros_like(gross)
    for each in contributions:
        total = total + each.rate * np.maximum(np.minimum(gross, each.up_to) - each.above, 0.0)
    return as_array(total)


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


def employer_halves(payroll: PayrollTax) -> tuple[Contribution, ...]:
    """The employer's share of FICA (IRC s.3111): the same rates without the additional Medicare tax."""
    return (
        Contribution("social security", payroll.social_security_rate, up_to=payroll.wage_base),
        Contribution("Medicare", payroll.medicare_rate),
    )


def raise_costing(charged: Iterable[Contribution], wages: float, cost: Numeric) -> Array:
    """The raise that costs the employer `cost` a year, what it pays on top of wages included."""
    bands = tuple(charged)
    limits = [limit for each in bands for limit in (each.above, min(each.up_to, WAGES_MAX))]
    turns = np.unique(np.array([0.0, WAGES_MAX, *limits]))
    costs = turns + contributions_on(bands, turns)
    before = wages + float(contributions_on(bands, wages))
    return as_array(np.interp(before + as_array(cost), costs, turns) - wages)
