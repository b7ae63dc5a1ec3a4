"""A curve is held below a slope of 1, inverts, changes currency, and tells what a gross-up costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.assumptions.tax_tables import load_tax_tables, tax_curve
from tokenworth.valuation.tax_curve import curve_through, flat_curve, gross_up

PLACES = [
    {},
    {"state": "CA"},
    {"state": "MA"},
    {"state": "NY"},
    {"state": "NY", "locality": "NYC"},
    {"state": "WA"},
    {"state": "TX"},
    {"country": "GB"},
    {"country": "DE"},
]
TABLES = [
    load_tax_tables(year, filing, **place)
    for place in PLACES
    for year in (2025, 2026, 2027, 2029)
    for filing in ("single", "mfj")
]
each_table = pytest.mark.parametrize("tables", TABLES)


@each_table
@pytest.mark.parametrize("household", [0.0, 140_000.0])
def test_in_every_place_net_pay_rises_taxes_never_fall_and_the_curve_inverts(tables, household):
    curve = tax_curve(tables, household_income=household)
    wages = np.concatenate([np.linspace(0.0, 399_950.0, 8_000), np.geomspace(4e5, 4e7, 2_000)])
    tax = curve.tax_on(wages)
    assert (tax >= 0.0).all()
    assert (np.diff(tax) >= -1e-9).all()
    net = curve.net_of(wages)
    assert (np.diff(net) > 0.0).all()
    back = np.abs(curve.wages_netting(net) - wages)
    assert back[wages <= 3e6].max() < 1e-6
    assert (back / np.maximum(wages, 1.0)).max() < 1e-12


def test_a_cliff_becomes_the_steepest_allowed_slope_and_is_caught_up_with():
    curve = curve_through(np.array([0.0, 100.0, 101.0, 1e6]), np.array([0.0, 0.0, 50.0, 50.0]))
    found = curve.tax_on(np.array([100.0, 120.0, 100.0 + 50.0 / 0.98, 300.0]))
    assert found == pytest.approx([0.0, 19.6, 50.0, 50.0])


def test_a_steep_stretch_is_left_within_the_stretch_that_follows():
    curve = curve_through(np.array([0.0, 10.0, 1_000.0]), np.array([0.0, 20.0, 218.0]))
    meeting = 10.0 + (20.0 - 9.8) / (0.98 - 0.2)
    assert curve.tax_on(np.array([10.0, meeting, 1_000.0])) == pytest.approx(
        [9.8, 20.0 + 0.2 * (meeting - 10.0), 218.0]
    )


def test_in_new_york_the_curve_leaves_the_law_only_where_the_law_takes_everything():
    from tokenworth.valuation.brackets import income_tax  # noqa: PLC0415 - one test's yardstick
    from tokenworth.valuation.payroll import contributions_on, employee_payroll_tax  # noqa: PLC0415 - the same

    tables = load_tax_tables(2026, "single", "NY", locality="NYC")
    wages = np.linspace(30_000.0, 3e6, 30_001)
    law = sum(income_tax(schedule, wages) for schedule in tables.schedules)
    law = law + employee_payroll_tax(tables.payroll, wages) + contributions_on(tables.contributions, wages)
    apart = np.abs(tax_curve(tables).tax_on(wages) - law) > 1.0
    left = wages[apart]
    assert ((left > 223_000) & (left < 224_500) | (left > 1_077_500) & (left < 1_160_000)).all()


def test_a_curve_in_another_currency_taxes_the_same_share():
    pounds = tax_curve(load_tax_tables(2026, "single", country="GB"))
    dollars = pounds.scaled(1.3)
    assert float(dollars.tax_on(130_000.0)) == pytest.approx(1.3 * float(pounds.tax_on(100_000.0)))


@given(st.floats(0, 1e6), st.floats(0, 5e5), st.floats(0, 0.9))
def test_a_gross_up_leaves_the_person_as_if_the_benefit_were_untaxed(wages, imputed, rate):
    for curve in (flat_curve(rate), tax_curve(load_tax_tables(2026, "single", "CA"))):
        paid = float(gross_up(curve, wages, imputed))
        before = float(curve.net_of(wages))
        # The benefit itself is not cash: what is left of the cash must be what it was.
        after = wages + paid - float(curve.tax_on(wages + imputed + paid))
        assert after == pytest.approx(before, abs=1e-4)


def test_a_gross_up_at_a_flat_rate_is_the_textbooks():
    assert float(gross_up(flat_curve(0.4), 100_000, 30_000)) == pytest.approx(30_000 * 0.4 / 0.6)
