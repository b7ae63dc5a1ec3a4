"""German income tax and solidarity surcharge on wages, which follow a formula rather than brackets.

Income tax: s.32a EStG (quadratic between two limits). Surcharge: s.3 and s.4 SolZG. From wages to taxable income:
s.39b(2) EStG, as the wage tax of class I (single) or III (joint, one earner) takes it. Amounts in euros a year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.brackets import WAGES_MAX
from tokenworth.valuation.payroll import Contribution, contributions_on
from tokenworth.valuation.tax_curve import TaxCurve, curve_through

__all__ = [
    "CURVE_ERROR_EUR",
    "GermanTariff",
    "Provision",
    "german_curve",
    "german_income_tax",
    "german_taxable_wages",
    "solidarity_surcharge",
]

# Between two knots a parabola leaves its chord by at most h^2/8 of its second derivative: 100^2/8 * 2 * 932.3e-8 is
# 0.023. Where its zones meet the formula itself jumps by up to 0.09, twice that for couples; the curve has a slope.
KNOTS_APART_EUR: Final = 100.0
CURVE_ERROR_EUR: Final = 0.21
# Wages at which the parabolas have surely ended, over the taxable income at which they do: deductions are under 29%.
WAGES_OVER_TAXABLE: Final = 1.4


@dataclass(frozen=True, slots=True)
class Provision:
    """The flat deduction for social security contributions (Vorsorgepauschale, s.39b(2) sentence 5 no. 3).

    Attributes:
        pension: deducted in full.
        health: health and care insurance, deducted in full, but at least `minimum_share` of wages up to `minimum_most`.
        unemployment: deducted as far as it and `health` together stay within `unemployment_within`.
    """

    pension: tuple[Contribution, ...]
    health: tuple[Contribution, ...]
    minimum_share: float = 0.0
    minimum_most: float = 0.0
    unemployment: tuple[Contribution, ...] = ()
    unemployment_within: float = 0.0

    def scaled(self, factor: float) -> Self:
        """The same with its contributions' limits moved; the amounts fixed in the law stay."""
        return replace(
            self,
            pension=tuple(each.scaled(factor) for each in self.pension),
            health=tuple(each.scaled(factor) for each in self.health),
            unemployment=tuple(each.scaled(factor) for each in self.unemployment),
        )


@dataclass(frozen=True, slots=True)
class GermanTariff:
    """One year's s.32a EStG: nothing up to `allowance`, two parabolas, two straight lines.

    Attributes:
        second: a, b of (a*y + b)*y up to `second_to`, with y = (taxable - allowance) / 10,000.
        third: a, b, c of (a*z + b)*z + c up to `third_to`, with z = (taxable - second_to) / 10,000.
        fourth: rate and amount of rate*taxable - amount up to `fourth_to`; `fifth` above it.
        splitting: twice the tax on half (s.32a(5)), for couples assessed together.
        solidarity_rate: of the tax, once it exceeds `solidarity_free`, and at most `solidarity_taper` of the excess.
        flat_deductions: employee's and special expenses without proof (s.9a, s.10c).
    """

    allowance: float
    second: tuple[float, float]
    second_to: float
    third: tuple[float, float, float]
    third_to: float
    fourth: tuple[float, float]
    fourth_to: float
    fifth: tuple[float, float]
    splitting: bool
    solidarity_rate: float
    solidarity_free: float
    solidarity_taper: float
    flat_deductions: float
    provision: Provision

    def scaled(self, factor: float) -> Self:
        """The tariff with all its amounts moved by one factor: the tax on `factor` times the income is as much more."""
        (a2, b2), (a3, b3, c3) = self.second, self.third
        return replace(
            self,
            allowance=self.allowance * factor,
            second=(a2 / factor, b2),
            second_to=self.second_to * factor,
            third=(a3 / factor, b3, c3 * factor),
            third_to=self.third_to * factor,
            fourth=(self.fourth[0], self.fourth[1] * factor),
            fourth_to=self.fourth_to * factor,
            fifth=(self.fifth[0], self.fifth[1] * factor),
            solidarity_free=self.solidarity_free * factor,
            provision=self.provision.scaled(factor),
        )


def german_income_tax(tariff: GermanTariff, taxable: Numeric, *, whole_euros: bool = True) -> Array:
    """Income tax on taxable income.

    Args:
        tariff: the year's formula.
        taxable: zu versteuerndes Einkommen.
        whole_euros: income and tax rounded down as s.32a(1) has it; else the smooth formula.
    """
    down = np.floor if whole_euros else as_array
    persons = 2.0 if tariff.splitting else 1.0
    x = as_array(down(np.maximum(as_array(taxable), 0.0) / persons))
    y, z = (x - tariff.allowance) / 1e4, (x - tariff.second_to) / 1e4
    (a2, b2), (a3, b3, c3) = tariff.second, tariff.third
    tax = np.select(
        [x <= tariff.allowance, x <= tariff.second_to, x <= tariff.third_to, x <= tariff.fourth_to],
        [
            np.zeros_like(x),
            (a2 * y + b2) * y,
            (a3 * z + b3) * z + c3,
            tariff.fourth[0] * x - tariff.fourth[1],
        ],
        tariff.fifth[0] * x - tariff.fifth[1],
    )
    return as_array(down(tax) * persons)


def solidarity_surcharge(tariff: GermanTariff, tax: Numeric) -> Array:
    """The surcharge on an income tax: nothing up to the free amount, then no more than its taper."""
    owed = as_array(tax)
    over = np.maximum(owed - tariff.solidarity_free, 0.0)
    return as_array(np.minimum(tariff.solidarity_rate * owed, tariff.solidarity_taper * over))


def german_taxable_wages(tariff: GermanTariff, wages: Numeric) -> Array:
    """Taxable income from wages alone: less the flat deductions and the provision for social security."""
    return as_array(np.maximum(_wages_less_deductions(tariff, as_array(wages)), 0.0))


def _wages_less_deductions(tariff: GermanTariff, gross: Array) -> Array:
    provision = tariff.provision
    health = contributions_on(provision.health, gross)
    least = np.minimum(provision.minimum_share * gross, provision.minimum_most)
    more = np.minimum(health + contributions_on(provision.unemployment, gross), provision.unemployment_within)
    social = contributions_on(provision.pension, gross) + np.maximum(np.maximum(health, least), more)
    return as_array(gross - tariff.flat_deductions - social)


def german_curve(
    tariff: GermanTariff, contributions: tuple[Contribution, ...], *, household_income: float = 0.0
) -> TaxCurve:
    """Wage tax, surcharge and contributions on wages, by straight lines within `CURVE_ERROR_EUR` of the formula.

    Args:
        tariff: the year's formula.
        contributions: the employee's social security.
        household_income: the other spouse's taxable income on the same return.
    """
    end = WAGES_OVER_TAXABLE * tariff.third_to * (2.0 if tariff.splitting else 1.0)
    limits = [limit for each in contributions for limit in (each.above, each.up_to) if np.isfinite(limit)]
    knots = np.concatenate([np.arange(0.0, end, KNOTS_APART_EUR), limits, _provision_turns(tariff), [WAGES_MAX]])
    # The surcharge is looked for between zones, where the tax is straight.
    for turns in (_zone_turns, _surcharge_turns):
        knots = np.unique(np.concatenate([knots, turns(tariff, np.unique(knots), household_income)]))
    tax = _taxes(tariff, knots, household_income) - _taxes(tariff, np.zeros(1), household_income)
    return curve_through(knots, tax + contributions_on(contributions, knots))


def _taxes(tariff: GermanTariff, wages: Array, household_income: float) -> Array:
    """Income tax with the surcharge, unrounded."""
    taxable = german_taxable_wages(tariff, wages) + household_income
    tax = german_income_tax(tariff, taxable, whole_euros=False)
    return tax + solidarity_surcharge(tariff, tax)


def _provision_turns(tariff: GermanTariff) -> list[float]:
    """Wages at which the provision's minimum or its limit begins or ends."""
    provision = tariff.provision
    health = sum(each.rate for each in provision.health)
    both = health + sum(each.rate for each in provision.unemployment)
    turns = [provision.minimum_most / health, provision.unemployment_within / health]
    turns.append(provision.unemployment_within / both)
    if provision.minimum_share:
        turns.append(provision.minimum_most / provision.minimum_share)
    return turns


def _zone_turns(tariff: GermanTariff, knots: Array, household_income: float) -> Array:
    """Wages at which anything is taxable at all, and at which a zone of the formula ends."""
    persons = 2.0 if tariff.splitting else 1.0
    zones = persons * np.array([tariff.allowance, tariff.second_to, tariff.third_to, tariff.fourth_to])
    starts = np.array([household_income, *zones])
    return as_array(np.interp(starts, _wages_less_deductions(tariff, knots) + household_income, knots))


def _surcharge_turns(tariff: GermanTariff, knots: Array, household_income: float) -> Array:
    """Wages at which the surcharge begins and its taper ends."""
    tax = german_income_tax(tariff, german_taxable_wages(tariff, knots) + household_income, whole_euros=False)
    taper_ends = tariff.solidarity_free * tariff.solidarity_taper / (tariff.solidarity_taper - tariff.solidarity_rate)
    return as_array(np.interp([tariff.solidarity_free, taper_ends], tax, knots))
