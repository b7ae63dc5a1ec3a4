"""Brackets, credits, recaptures, surtaxes and printed rows, each against numbers of the forms themselves."""

from __future__ import annotations

import numpy as np
import pytest

from tokenworth.assumptions.tax_tables import load_tax_tables
from tokenworth.valuation.brackets import (
    IncomeTaxSchedule,
    PrintedTable,
    earned_income_credit,
    income_tax,
    income_tax_on_return,
    smooth_income_tax,
    taxable_income,
    turning_points,
)


def state(year, filing, name, locality=None):
    return load_tax_tables(year, filing, name, locality=locality)


# IT-201-I 2025, tax computation worksheets: the flat rate on all taxable income once each recapture has grown.
@pytest.mark.parametrize(
    ("filing", "wages", "flat_rate"),
    [
        ("single", 157_650, 0.06),
        ("single", 265_400, 0.0685),
        ("single", 1_127_550, 0.0965),
        ("single", 5_050_000, 0.103),
        ("single", 30_000_000, 0.109),
        ("mfj", 157_650, 0.055),
        ("mfj", 211_550, 0.06),
        ("mfj", 373_200, 0.0685),
        ("mfj", 2_205_350, 0.0965),
        ("mfj", 5_050_000, 0.103),
        ("mfj", 30_000_000, 0.109),
    ],
)
def test_new_york_takes_back_what_the_lower_brackets_spare(filing, wages, flat_rate):
    schedule = state(2025, filing, "NY").state
    taxable = float(taxable_income(schedule, wages))
    assert float(income_tax(schedule, wages)) == pytest.approx(flat_rate * taxable, abs=2.5)


def test_new_yorks_recapture_grows_over_50k_of_income():
    schedule = state(2025, "single", "NY").state
    assert float(income_tax_on_return(schedule, 120_000)) == pytest.approx(6_292.3, abs=0.01)
    assert float(income_tax_on_return(schedule, 375_000)) == pytest.approx(25_139.60, abs=0.01)


def test_new_yorks_rates_of_2026_and_2027_are_those_of_the_budget_of_2025():
    # S3009-C part A: 3.9% and 3.8% on the first bracket, 5.9% and 5.8% on the fifth.
    first = {year: state(year, "single", "NY").state.rates for year in (2025, 2026, 2027)}
    assert [first[year][0] for year in (2025, 2026, 2027)] == [0.04, 0.039, 0.038]
    assert [first[year][4] for year in (2025, 2026, 2027)] == [0.06, 0.059, 0.058]


# IT-201-I, New York State household credit, tables 1 (single) and 2 (joint, two people).
@pytest.mark.parametrize(
    ("filing", "wages", "credit"),
    [
        ("single", 20_000, 45),
        ("single", 20_001, 40),
        ("single", 28_000, 20),
        ("single", 28_001, 0),
        ("mfj", 22_000, 70),
        ("mfj", 32_000, 25),
        ("mfj", 32_001, 0),
    ],
)
def test_new_yorks_household_credit_falls_in_steps(filing, wages, credit):
    schedule = state(2025, filing, "NY").state
    without = IncomeTaxSchedule(schedule.thresholds, schedule.rates, schedule.deduction, printed=schedule.printed)
    found = float(income_tax(without, wages) - income_tax(schedule, wages))
    assert found == pytest.approx(credit)


def test_new_york_city_taxes_the_states_taxable_income():
    # IT-201-I 2025, NYC tax rate schedule, single: $1,813 plus 3.876% of the excess over $50,000.
    schedule = state(2025, "single", "NY", "NYC").locality
    assert float(income_tax(schedule, 108_000)) == pytest.approx(1_813 + 0.03876 * 50_000, abs=0.6)


@pytest.mark.parametrize(
    ("filing", "wages", "tax"),
    [
        ("single", 8_000, 0.0),
        ("single", 375_000, 18_530.0),
        ("single", 1_200_000, 64_278.0),
        ("mfj", 16_400, 0.0),
        ("mfj", 375_000, 18_310.0),
    ],
)
def test_massachusetts_taxes_5_percent_and_9_above_the_surtax_threshold(filing, wages, tax):
    assert float(income_tax(state(2025, filing, "MA").state, wages)) == pytest.approx(tax, abs=0.01)


def test_california_adds_one_percent_above_a_million_outside_the_brackets():
    schedule = state(2025, "single", "CA").state
    wages = 2_000_000.0
    taxable = wages - 5_706
    whole = float(income_tax(schedule, wages))
    assert whole - float(income_tax_on_return(schedule, wages)) == pytest.approx(0.01 * (taxable - 1_000_000))


# FTB 2025 tax table and IRS 2025 tax table, as printed.
@pytest.mark.parametrize(
    ("place", "taxable", "tax"),
    [
        ("CA", 50, 0),
        ("CA", 51, 1),
        ("CA", 151, 2),
        ("CA", 20_051, 291),
        ("CA", 54_350, 1_793),
        ("CA", 54_351, 1_799),
        ("US", 3, 0),
        ("US", 14, 1),
        ("US", 24, 2),
        ("US", 76, 9),
        ("US", 3_049, 303),
        ("US", 3_050, 308),
        ("US", 99_999, 16_909),
    ],
)
def test_a_return_reads_its_tax_from_the_printed_row(place, taxable, tax):
    tables = state(2025, "single", "CA")
    schedule = tables.state if place == "CA" else tables.federal
    bare = IncomeTaxSchedule(schedule.thresholds, schedule.rates, printed=schedule.printed)
    assert float(income_tax_on_return(bare, taxable)) == tax


def test_without_a_printed_table_a_return_is_the_rate_schedule():
    schedule = state(2025, "single", "MA").state
    wages = np.linspace(0.0, 2e6, 401)
    assert income_tax_on_return(schedule, wages) == pytest.approx(income_tax(schedule, wages))


# Rev. Proc. 2024-40 s.2.06 and Rev. Proc. 2025-32 s.4.06: the most, and where it begins and has ended.
@pytest.mark.parametrize(
    ("year", "filing", "wages", "credit"),
    [
        (2025, "single", 8_490, 649),
        (2025, "single", 10_620, 649),
        (2025, "single", 19_104, 0),
        (2025, "mfj", 26_214, 0),
        (2026, "single", 8_680, 664),
        (2026, "single", 19_540, 0),
    ],
)
def test_the_earned_income_credit_grows_holds_and_falls(year, filing, wages, credit):
    found = float(earned_income_credit(load_tax_tables(year, filing).federal, wages))
    assert found == pytest.approx(credit, abs=0.6)


def test_a_place_without_that_credit_pays_none():
    assert float(earned_income_credit(state(2025, "single", "CA").state, 8_000)) == 0.0


def test_a_deduction_that_shrinks_is_gone_at_the_end_of_its_taper():
    schedule = load_tax_tables(2025, "single", country="GB").federal
    taxable = taxable_income(schedule, np.array([12_570.0, 50_270.0, 100_000.0, 110_000.0, 125_140.0, 130_000.0]))
    assert taxable.tolist() == [0.0, 37_700.0, 87_430.0, 102_430.0, 125_140.0, 130_000.0]


def every_schedule():
    for year in (2025, 2026, 2027, 2029):
        for filing in ("single", "mfj"):
            for name, city in (("CA", None), ("NY", "NYC"), ("MA", None)):
                yield from state(year, filing, name, city).schedules
        yield load_tax_tables(year, "single", country="GB").federal


@pytest.mark.parametrize("schedule", list(every_schedule()))
def test_the_smooth_tax_is_straight_between_its_turning_points(schedule):
    turns = np.unique(np.maximum([0.0, 40e6, *turning_points(schedule)], 0.0))
    turns = turns[turns <= 40e6]
    inside = np.concatenate([turns[:-1] + (turns[1:] - turns[:-1]) * share for share in (0.2, 0.5, 0.9)])
    straight = np.interp(inside, turns, smooth_income_tax(schedule, turns))
    # A cliff is a slope one unit wide here and a step there.
    on_a_cliff = np.abs(inside[:, None] - turns[None, :]).min(axis=1) < 1.0
    wrong = np.abs(straight - smooth_income_tax(schedule, inside))[~on_a_cliff]
    assert wrong.max() < 0.01


@pytest.mark.parametrize("schedule", list(every_schedule()))
def test_more_income_is_never_taxed_less_and_no_tax_is_negative(schedule):
    wages = np.linspace(0.0, 6e6, 60_001)
    tax = smooth_income_tax(schedule, wages)
    assert (tax >= 0.0).all()
    assert (np.diff(tax) >= -1e-9).all()


def test_a_table_may_end_within_a_row():
    printed = PrintedTable(((0.0, 50.0),), 120.0)
    schedule = IncomeTaxSchedule((0.0,), (0.5,), printed=printed)
    assert float(income_tax_on_return(schedule, 110.0)) == 55.0
    assert float(income_tax_on_return(schedule, 120.0)) == 60.0
