"""Tax curves turn where the law does, invert, and give the article's figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.assumptions.tax_tables import load_tax_tables
from tokenworth.valuation.taxes import (
    IncomeTaxSchedule,
    contractor_curve,
    employee_curve,
    employee_payroll_tax,
    flat_curve,
    gross_salary_equivalent,
    income_tax,
)

FEDERAL_2026 = load_tax_tables(2026, "single")
CURVE_2026 = employee_curve((FEDERAL_2026.federal,), FEDERAL_2026.payroll)


def curves():
    for year in (2025, 2026):
        for filing in ("single", "mfj"):
            for household in (0.0, 140_000.0):
                tables = load_tax_tables(year, filing, "CA")
                schedules = (tables.federal, tables.state)
                yield employee_curve(schedules, tables.payroll, household_income=household)
                yield contractor_curve(schedules, tables.payroll, household_income=household)
    yield flat_curve(0.42)
    yield employee_curve((FEDERAL_2026.federal,), None)


def test_100k_taxed_at_face_with_a_worth_of_11351_costs_41499_of_salary():
    found = gross_salary_equivalent(CURVE_2026, 375_000, 11_351, 100_000)
    assert round(float(found)) == -41_499


def test_the_same_untaxed_is_worth_18118_of_salary():
    found = gross_salary_equivalent(CURVE_2026, 375_000, 11_351, 0)
    assert round(float(found)) == 18_118


@pytest.mark.parametrize("curve", list(curves()))
def test_net_pay_rises_with_wages_and_the_curve_inverts(curve):
    wages = np.linspace(0.0, 3_000_000.0, 30_001)
    net = curve.net_of(wages)
    assert (np.diff(net) > 0).all()
    assert np.abs(curve.wages_netting(net) - wages).max() < 1e-6


@pytest.mark.parametrize("filing", ["single", "mfj"])
@pytest.mark.parametrize("year", [2025, 2026])
def test_the_curve_agrees_with_the_law_within_one_step_of_the_credit(year, filing):
    tables = load_tax_tables(year, filing, "CA")
    curve = employee_curve((tables.federal, tables.state), tables.payroll)
    wages = np.linspace(0.0, 1_500_000.0, 15_001)
    law = income_tax(tables.federal, wages) + income_tax(tables.state, wages)
    law = law + employee_payroll_tax(tables.payroll, wages)
    assert np.abs(curve.tax_on(wages) - law).max() <= tables.state.credit_step_usd + 0.01


def test_a_household_income_only_shifts_where_the_brackets_begin():
    tables = load_tax_tables(2026, "mfj")
    alone = employee_curve((tables.federal,), None)
    beside = employee_curve((tables.federal,), None, household_income=150_000)
    wages = np.array([0.0, 50_000.0, 400_000.0])
    assert beside.tax_on(wages) == pytest.approx(alone.tax_on(wages + 150_000) - alone.tax_on(150_000))


def test_self_employment_tax_is_that_of_schedule_se():
    payroll = FEDERAL_2026.payroll
    curve = contractor_curve((FEDERAL_2026.federal,), payroll)
    for profit in (30_000.0, 123_456.0, 199_000.0, 216_567.0, 400_000.0, 900_000.0):
        earnings = 0.9235 * profit
        both_halves = 0.124 * min(earnings, 184_500.0) + 0.029 * earnings
        additional = 0.009 * max(earnings - 200_000.0, 0.0)
        expected = both_halves + additional + float(income_tax(FEDERAL_2026.federal, profit - both_halves / 2.0))
        assert float(curve.tax_on(profit)) == pytest.approx(expected, abs=1e-6)


def test_a_benefit_can_cost_more_than_all_pay():
    found = gross_salary_equivalent(CURVE_2026, 10_000, 0, 200_000)
    assert float(found) < -10_000


@given(
    st.floats(0, 2e6), st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from([0.0, 0.1, 0.37]),
)  # fmt: skip
def test_the_equivalent_salary_leaves_exactly_what_the_benefit_does(wages, worth, imputed, rate):
    for curve in (CURVE_2026, flat_curve(rate)):
        gross = gross_salary_equivalent(curve, wages, worth, imputed)
        left_with_benefit = worth - (curve.tax_on(wages + imputed) - curve.tax_on(wages))
        left_with_salary = gross - (curve.tax_on(wages + gross) - curve.tax_on(wages))
        assert float(left_with_salary) == pytest.approx(float(left_with_benefit), abs=1e-6)


def test_a_credit_is_never_paid_out():
    schedule = IncomeTaxSchedule((0.0,), (0.1,), deduction=0.0, credit=500.0)
    assert income_tax(schedule, np.array([0.0, 4_000.0, 6_000.0])).tolist() == [0.0, 0.0, 100.0]
