"""Income tax by brackets: as the law has it, and as a return works it out from printed rows.

Tables are data and come from `assumptions`; nothing here knows a year or a place. Amounts are a year, in the
currency of the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array

__all__ = [
    "WAGES_MAX",
    "EarnedIncomeCredit",
    "IncomeTaxSchedule",
    "PrintedTable",
    "Recapture",
    "earned_income_credit",
    "income_tax",
    "income_tax_on_return",
    "smooth_income_tax",
    "taxable_income",
    "turning_points",
]

# Beyond any wage: the ends between which the curves are interpolated.
WAGES_MAX: Final = 1e13
CREDIT_STEP_WIDTH: Final = 2500.0
# A cliff becomes this steep a slope, which `TaxCurve` then holds below 1.
CLIFF_WIDTH: Final = 1.0


@dataclass(frozen=True, slots=True)
class Recapture:
    """A surcharge that takes back, as income rises, what the lower brackets spared (NY Tax Law s.601(d-4)).

    Attributes:
        above_taxable: it applies to taxable income above this.
        from_income: gross income at which it begins to grow.
        over: the width of gross income over which it grows in proportion to `amount`.
    """

    above_taxable: float
    from_income: float
    amount: float
    over: float = 50_000.0


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """How a form's tax table is printed: one tax, to the whole unit, for all taxable incomes of a row.

    Attributes:
        rows: (from, width) pairs, ascending: from there on rows are that wide, and pay the tax of their middle.
        below: taxable income below which the table must be used.
        base_rounded: whether the rate schedule beside it prints the tax at each bracket's start in whole units.
    """

    rows: tuple[tuple[float, float], ...]
    below: float
    base_rounded: bool = False


@dataclass(frozen=True, slots=True)
class EarnedIncomeCredit:
    """A credit that is paid out, for low wages without children: grows and falls at the same rate."""

    rate: float
    most: float
    reduced_from: float


@dataclass(frozen=True, slots=True)
class IncomeTaxSchedule:
    """Brackets of one jurisdiction, year and filing status, with the deduction and the credits everybody has.

    Attributes:
        thresholds: taxable income at which the rate of the same position begins; the first is 0.
        rates: marginal rates.
        deduction: subtracted from wages first.
        deduction_reduced_from: wages above which the deduction falls by `deduction_reduction` per unit.
        untaxed_up_to: wages up to which there is no tax at all.
        credit: subtracted from the tax, not below zero.
        credit_reduced_from: wages above which the credit shrinks by `credit_step_usd` for each 2,500 or part of it.
        small_credits: (wages up to, amount) pairs, ascending: the credit of the first that reaches the wages.
        recaptures: surcharges on high income.
        surtax_above: taxable income above which a further `surtax_rate` is owed, outside the brackets and credits.
        printed: how the form's tax table rounds, for `income_tax_on_return`.
        earned: the credit on low wages, for `earned_income_credit`; never in a curve.
    """

    thresholds: tuple[float, ...]
    rates: tuple[float, ...]
    deduction: float = 0.0
    deduction_reduced_from: float = WAGES_MAX
    deduction_reduction: float = 0.0
    untaxed_up_to: float = 0.0
    credit: float = 0.0
    credit_reduced_from: float = WAGES_MAX
    credit_step_usd: float = 0.0
    small_credits: tuple[tuple[float, float], ...] = ()
    recaptures: tuple[Recapture, ...] = ()
    surtax_above: float = WAGES_MAX
    surtax_rate: float = 0.0
    printed: PrintedTable | None = None
    earned: EarnedIncomeCredit | None = None


def income_tax(schedule: IncomeTaxSchedule, wages: Numeric) -> Array:
    """Income tax on wages by the rate schedule, with the credit that shrinks in steps."""
    gross = as_array(wages)
    taxable = taxable_income(schedule, gross)
    tax = _after_credits(schedule, gross, _by_rates(schedule, taxable), _stepped_credit(schedule, gross))
    return as_array(tax + _surtax(schedule, taxable))


def income_tax_on_return(schedule: IncomeTaxSchedule, wages: Numeric) -> Array:
    """What a return says before surtaxes: as `income_tax`, by the form's printed rows where it has them."""
    gross = as_array(wages)
    taxable = taxable_income(schedule, gross)
    tax = _by_rates(schedule, taxable, as_printed=True)
    if schedule.printed is not None:
        by_row = np.floor(_by_rates(schedule, _row_middle(schedule.printed, taxable), as_printed=True) + 0.5)
        tax = as_array(np.where(taxable < schedule.printed.below, by_row, tax))
    return _after_credits(schedule, gross, tax, _stepped_credit(schedule, gross))


def smooth_income_tax(schedule: IncomeTaxSchedule, wages: Numeric) -> Array:
    """As `income_tax`, the credit's steps replaced by the slope through them (within one step of it)."""
    gross = as_array(wages)
    slope = schedule.credit_step_usd / CREDIT_STEP_WIDTH
    credit = np.maximum(schedule.credit - slope * np.maximum(gross - schedule.credit_reduced_from, 0.0), 0.0)
    taxable = taxable_income(schedule, gross)
    tax = _after_credits(schedule, gross, _by_rates(schedule, taxable), as_array(credit))
    return as_array(tax + _surtax(schedule, taxable))


def taxable_income(schedule: IncomeTaxSchedule, wages: Numeric) -> Array:
    """Wages less the deduction, not below zero."""
    gross = as_array(wages)
    lost = schedule.deduction_reduction * np.maximum(gross - schedule.deduction_reduced_from, 0.0)
    return as_array(np.maximum(gross - np.maximum(schedule.deduction - lost, 0.0), 0.0))


def earned_income_credit(schedule: IncomeTaxSchedule, wages: Numeric) -> Array:
    """The credit paid out on low wages (IRC s.32, no children, aged 25 to 64); zero where there is none."""
    gross = as_array(wages)
    earned = schedule.earned
    if earned is None:
        return np.zeros_like(gross)
    grown = np.minimum(earned.rate * gross, earned.most)
    left = earned.most - earned.rate * np.maximum(gross - earned.reduced_from, 0.0)
    return as_array(np.maximum(np.minimum(grown, left), 0.0))


def turning_points(schedule: IncomeTaxSchedule) -> list[float]:
    """Wages at which `smooth_income_tax` turns; a cliff is the two ends of a slope one unit wide."""
    turns = [_wages_at(schedule, threshold) for threshold in (*schedule.thresholds, schedule.surtax_above)]
    if schedule.deduction_reduction:
        lost = schedule.deduction / schedule.deduction_reduction
        turns += [schedule.deduction_reduced_from, schedule.deduction_reduced_from + lost]
    if schedule.credit:
        turns.append(schedule.credit_reduced_from)
        if schedule.credit_step_usd:
            gone = schedule.credit / schedule.credit_step_usd * CREDIT_STEP_WIDTH
            turns.append(schedule.credit_reduced_from + gone)
    credits_at_first = schedule.credit + max((amount for _, amount in schedule.small_credits), default=0.0)
    turns.append(_credit_used_up(schedule, credits_at_first))
    cliffs = [schedule.untaxed_up_to, *(up_to for up_to, _ in schedule.small_credits)]
    for recapture in schedule.recaptures:
        cliffs.append(_wages_at(schedule, recapture.above_taxable))
        turns += [recapture.from_income, recapture.from_income + recapture.over]
    for _, amount in schedule.small_credits:
        turns.append(_credit_used_up(schedule, schedule.credit + amount))
    return turns + [end for cliff in cliffs if cliff > 0.0 for end in (cliff, cliff + CLIFF_WIDTH)]


def _by_rates(schedule: IncomeTaxSchedule, taxable: Array, *, as_printed: bool = False) -> Array:
    """Tax by the brackets alone; as printed, each bracket's base in whole units where the form has it so."""
    starts = np.array(schedule.thresholds)
    rates = np.array(schedule.rates)
    bases = np.concatenate([[0.0], np.cumsum(np.diff(starts) * rates[:-1])])
    if as_printed and schedule.printed is not None and schedule.printed.base_rounded:
        bases = np.floor(bases + 0.5)
    place = np.maximum(np.searchsorted(starts, taxable, side="right") - 1, 0)
    return as_array(bases[place] + rates[place] * (taxable - starts[place]))


def _after_credits(schedule: IncomeTaxSchedule, gross: Array, tax: Array, credit: Array) -> Array:
    """Recaptures, then credits, then the incomes that pay nothing."""
    taxable = taxable_income(schedule, gross)
    for recapture in schedule.recaptures:
        grown = np.clip((gross - recapture.from_income) / recapture.over, 0.0, 1.0)
        tax = tax + np.where(taxable > recapture.above_taxable, recapture.amount * grown, 0.0)
    small = np.zeros_like(gross)
    for up_to, amount in reversed(schedule.small_credits):
        small = np.where(gross <= up_to, amount, small)
    owed = np.maximum(tax - credit - small, 0.0)
    return as_array(np.where(gross <= schedule.untaxed_up_to, 0.0, owed))


def _stepped_credit(schedule: IncomeTaxSchedule, gross: Array) -> Array:
    reductions = np.ceil(np.maximum(gross - schedule.credit_reduced_from, 0.0) / CREDIT_STEP_WIDTH)
    return as_array(np.maximum(schedule.credit - schedule.credit_step_usd * reductions, 0.0))


def _surtax(schedule: IncomeTaxSchedule, taxable: Array) -> Array:
    return as_array(schedule.surtax_rate * np.maximum(taxable - schedule.surtax_above, 0.0))


def _row_middle(printed: PrintedTable, taxable: Array) -> Array:
    """The middle of the printed row that a taxable income falls in."""
    middle = np.zeros_like(taxable)
    for start, width in printed.rows:
        row = start + np.floor((taxable - start) / width) * width
        end = np.minimum(row + width, printed.below)
        middle = np.where(taxable >= start, (row + end) / 2.0, middle)
    return as_array(middle)


def _wages_at(schedule: IncomeTaxSchedule, taxable: float) -> float:
    """The wages that leave a taxable income, a shrinking deduction included."""
    if not schedule.deduction_reduction:
        return taxable + schedule.deduction
    gone = schedule.deduction_reduced_from + schedule.deduction / schedule.deduction_reduction
    wages = np.array([schedule.deduction, schedule.deduction_reduced_from, gone, WAGES_MAX])
    return float(np.interp(taxable, taxable_income(schedule, wages), wages))


def _credit_used_up(schedule: IncomeTaxSchedule, credit: float) -> float:
    """Wages at which the tax by the brackets first exceeds a credit."""
    at = np.array([_wages_at(schedule, threshold) for threshold in schedule.thresholds])
    return float(np.interp(credit, _by_rates(schedule, np.array(schedule.thresholds)), at))
