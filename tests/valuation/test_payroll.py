"""Contributions between limits, and both halves of FICA."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.assumptions.tax_tables import load_tax_tables
from tokenworth.valuation.payroll import (
    Contribution,
    contributions_on,
    employee_payroll_tax,
    employer_halves,
    raise_costing,
)


def test_a_contribution_is_due_between_its_limits_only():
    band = Contribution("band", 0.08, above=12_570.0, up_to=50_270.0)
    found = contributions_on((band,), np.array([-5_000.0, 0.0, 12_570.0, 12_670.0, 50_270.0, 1e6]))
    assert found == pytest.approx([0.0, 0.0, 0.0, 8.0, 3_016.0, 3_016.0])


def test_no_contributions_cost_nothing():
    assert contributions_on((), np.array([1.0, 2.0])).tolist() == [0.0, 0.0]


def test_scaling_moves_the_limits_and_not_the_rate():
    moved = Contribution("band", 0.08, above=10.0, up_to=20.0).scaled(1.3)
    assert (moved.rate, moved.above, moved.up_to) == (0.08, 13.0, 26.0)


# SSA and IRS: 6.2% of the wage base is $10,918.20 in 2025 and $11,439.00 in 2026.
@pytest.mark.parametrize(("year", "most"), [(2025, 10_918.20), (2026, 11_439.00)])
def test_the_employers_half_has_a_social_security_limit_and_no_additional_medicare(year, most):
    payroll = load_tax_tables(year, "single").payroll
    assert float(contributions_on(employer_halves(payroll), 1e6)) == pytest.approx(most + 14_500.0)
    assert float(employee_payroll_tax(payroll, 1e6)) == pytest.approx(most + 14_500.0 + 0.009 * 800_000.0)


# EDD: 1.2% and 1.3% of all wages. WCB: annual maxima. ESD: 71.52% of 0.92% and 71.43% of 1.13% of the wage base.
@pytest.mark.parametrize(
    ("year", "state", "withheld"),
    [
        (2025, "CA", 12_000.0),
        (2026, "CA", 13_000.0),
        (2025, "NY", 354.53 + 31.20),
        (2026, "NY", 411.91 + 31.20),
        (2027, "NY", 451.81 + 31.20),
        (2025, "MA", 0.0046 * 176_100.0),
        (2026, "MA", 0.0046 * 184_500.0),
        (2025, "WA", 0.7152 * 0.0092 * 176_100.0 + 5_800.0),
        (2026, "WA", 0.7143 * 0.0113 * 184_500.0 + 5_800.0),
        (2027, "WA", 0.7070 * 0.0120 * 192_300.0 + 5_800.0),
        (2026, "TX", 0.0),
    ],
)
def test_a_million_of_wages_pays_the_states_published_contributions(year, state, withheld):
    tables = load_tax_tables(year, "single", state)
    assert float(contributions_on(tables.contributions, 1e6)) == pytest.approx(withheld, abs=0.5)


@given(st.floats(0, 600_000), st.floats(0, 200_000), st.sampled_from([("US", None), ("US", "WA"), ("GB", None)]))
def test_a_raise_costs_what_it_should(wages, cost, place):
    country, state = place
    charged = load_tax_tables(2026, "single", state, country=country).employer
    raised = float(raise_costing(charged, wages, cost))
    spent = raised + float(contributions_on(charged, wages + raised) - contributions_on(charged, wages))
    assert spent == pytest.approx(cost, abs=0.01)
    assert -1e-6 <= raised <= cost + 1e-6


# HMRC: 15% above 5,000. DRV, GKV: half of 18.6%, 2.6%, 14.6% + 2.9% and 3.6%, with 0.15%, up to the two ceilings.
@pytest.mark.parametrize(
    ("country", "wages", "paid"),
    [
        ("GB", 50_000, 6_750.0),
        ("DE", 50_000, 50_000 * (0.093 + 0.013 + 0.0875 + 0.018 + 0.0015)),
        ("DE", 200_000, 101_400 * (0.093 + 0.013 + 0.0015) + 69_750 * (0.0875 + 0.018)),
    ],
)
def test_employers_elsewhere_pay_the_published_rates(country, wages, paid):
    charged = load_tax_tables(2026, "single", country=country).employer
    assert float(contributions_on(charged, wages)) == pytest.approx(paid)
