"""The German formula against published tables, and its curve against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from tokenworth.assumptions.tax_tables import load_tax_tables, tax_curve
from tokenworth.valuation.german_tax import (
    CURVE_ERROR_EUR,
    german_income_tax,
    german_taxable_wages,
    solidarity_surcharge,
)
from tokenworth.valuation.payroll import contributions_on


def tariff(year, filing="single"):
    return load_tax_tables(year, filing, country="DE").tariff


# Grund- und Splittingtabelle 2025 as published (lohn-info.de, from the finance ministry's formula).
@pytest.mark.parametrize(
    ("taxable", "alone", "splitting"),
    [
        (10_000, 0, 0),
        (20_000, 1_639, 0),
        (30_000, 4_303, 970),
        (40_000, 7_320, 3_278),
        (50_000, 10_691, 5_854),
        (60_000, 14_415, 8_606),
        (70_000, 18_488, 11_536),
        (80_000, 22_688, 14_640),
        (90_000, 26_888, 17_922),
    ],
)
def test_the_tables_of_2025_are_met_to_the_euro(taxable, alone, splitting):
    assert float(german_income_tax(tariff(2025), taxable)) == alone
    assert float(german_income_tax(tariff(2025, "mfj"), taxable)) == splitting


# Values of the finance ministry's calculator for 2026 (as recorded by lohnsteuer-bmf 2026.3), surcharge included.
@pytest.mark.parametrize(
    ("taxable", "tax", "surcharge"),
    [
        (12_348, 0, 0.0),
        (15_000, 435, 0.0),
        (20_000, 1_570, 0.0),
        (30_000, 4_217, 0.0),
        (50_000, 10_548, 0.0),
        (70_000, 18_264, 0.0),
        (100_000, 30_864, 1_251.17),
        (277_825, 105_550, 5_805.25),
        (300_000, 115_529, 6_354.10),
    ],
)
def test_the_formula_of_2026_and_the_surcharge_are_those_of_the_calculator(taxable, tax, surcharge):
    found = german_income_tax(tariff(2026), taxable)
    assert float(found) == tax
    assert float(solidarity_surcharge(tariff(2026), found)) == pytest.approx(surcharge, abs=0.01)


# Wage tax a month for 2026 (bmf-steuerrechner.de, as recorded by lohnsteuer-bmf 2026.3): classes I and III.
@pytest.mark.parametrize(
    ("wages", "filing", "taxable", "month"),
    [
        (60_000, "single", 46_644.0, 782.42),
        (60_000, "mfj", 46_644.0, 401.83),
        (36_000, "single", 27_480.0, 293.08),
        (96_000, "single", 78_238.12, 1_810.33),
    ],
)
def test_wage_tax_of_2026_is_the_ministrys(wages, filing, taxable, month):
    rules = tariff(2026, filing)
    found = german_taxable_wages(rules, wages)
    assert float(found) == pytest.approx(taxable, abs=0.01)
    assert float(german_income_tax(rules, found)) / 12.0 == pytest.approx(month, abs=0.01)


def test_in_2025_low_wages_deduct_at_least_12_percent_for_health():
    # 9.3% pension and 12% health of 12,000, with EUR 1,266 of flat deductions.
    assert float(german_taxable_wages(tariff(2025), 12_000)) == pytest.approx(12_000 * (1 - 0.093 - 0.12) - 1_266)


def test_from_2026_unemployment_counts_while_the_three_stay_within_1_900():
    # 1.3% unemployment on top of 8.45% and 2.4%: 1,458 of 12,000; at 16,000 the sum is capped at 1,900.
    of = german_taxable_wages(tariff(2026), np.array([12_000.0, 16_000.0]))
    expected = [12_000 * (1 - 0.093 - 0.1085 - 0.013) - 1_266, 16_000 * (1 - 0.093) - 1_900 - 1_266]
    assert of == pytest.approx(expected)


@pytest.mark.parametrize("household", [0.0, 45_000.0])
@pytest.mark.parametrize("filing", ["single", "mfj"])
@pytest.mark.parametrize("year", [2025, 2026, 2029])
def test_the_curve_stays_within_its_stated_error_of_the_formula(year, filing, household):
    tables = load_tax_tables(year, filing, country="DE")
    rules = tables.tariff
    wages = np.linspace(0.0, 600_000.0, 120_001)

    def all_of(taxable):
        tax = german_income_tax(rules, taxable, whole_euros=False)
        return tax + solidarity_surcharge(rules, tax)

    law = all_of(german_taxable_wages(rules, wages) + household) - all_of(np.array(household))
    law = law + contributions_on(tables.contributions, wages)
    curve = tax_curve(tables, household_income=household)
    assert np.abs(curve.tax_on(wages) - law).max() < CURVE_ERROR_EUR


def test_a_later_year_taxes_the_grown_income_in_proportion():
    now, later = tariff(2026), tariff(2029)
    factor = 1.025**3
    taxable = np.array([15_000.0, 30_000.0, 65_000.0, 150_000.0, 400_000.0])
    grown = german_income_tax(later, taxable * factor, whole_euros=False)
    assert grown == pytest.approx(factor * german_income_tax(now, taxable, whole_euros=False))
    surcharge = solidarity_surcharge(later, 25_000.0 * factor)
    assert float(surcharge) == pytest.approx(factor * float(solidarity_surcharge(now, 25_000.0)))


def test_the_formula_joins_at_the_ends_of_its_zones():
    for year in (2025, 2026):
        rules = tariff(year)
        for end in (rules.allowance, rules.second_to, rules.third_to, rules.fourth_to):
            below, above = german_income_tax(rules, np.array([end, end + 1e-6]), whole_euros=False)
            assert above - below == pytest.approx(0.0, abs=0.1)
