"""What leaving forfeits, term by term: by hand, by closed form, and by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.balances import lost_on_leaving, monthly_balances
from tokenworth.valuation.career import ratcheted_hourly
from tokenworth.valuation.grants import TokenTerms
from tokenworth.valuation.retention import (
    artefact_loss,
    clawback_owed,
    exercise_financing,
    grade_of,
    lapse_probability,
    ramp_loss,
    risk_fall,
    unvested_by_month,
)
from tokenworth.valuation.rounding import whole_summing
from tokenworth.valuation.shares import certainty_equivalent, certainty_equivalent_lognormal
from tokenworth.valuation.vesting import Vest, graded_vests, straight_line_vests, vests_by_year


def test_unvested_shares_are_the_discounted_sum_of_later_vests():
    vests = [0.0, 0.0, 100.0, 0.0, 0.0, 50.0]
    rows = unvested_by_month(vests, np.array([0.12]), [1.0] * 6, horizon_months=8)
    assert rows.shape == (9, 1)
    for month, row in enumerate(rows[:, 0]):
        later = [usd * math.exp(-0.01 * (k - month)) for k, usd in enumerate(vests, start=1) if k > month]
        assert row == pytest.approx(sum(later))


def test_vests_beyond_the_horizon_still_count_within_it():
    rows = unvested_by_month([0.0] * 59 + [100.0], np.array([0.0]), [1.0] * 60, horizon_months=48)
    assert rows.shape == (49, 1)
    assert rows[48, 0] == pytest.approx(100.0)


def test_without_other_wealth_one_risk_rate_is_exact_at_every_horizon():
    fall = {"drift": 0.04, "volatility": 0.4, "gamma": 2.0}
    rates = [float(risk_fall(1e6, 1e-3, years, **fall)) for years in (0.5, 1.0, 3.0)]
    log_mean = 0.04 - 0.08
    exact = -math.log(float(certainty_equivalent_lognormal(log_mean, 0.4, 2.0)))
    assert rates == pytest.approx([exact] * 3, rel=2e-2)


def test_the_risk_rate_at_the_mean_time_to_vest_prices_a_usual_holding_within_a_few_percent():
    wealth, value, months = 480_000.0, 400_000.0, range(3, 49, 3)
    vest = value / len(months)
    terms = {"drift": 0.04, "volatility": 0.45, "gamma": 2.0}
    rate = float(risk_fall(value, wealth, sum(months) / len(months) / 12.0, **terms))
    one_rate = sum(vest * math.exp(-rate * month / 12.0) for month in months)
    each = sum(
        float(certainty_equivalent(value, wealth, years=month / 12.0, nodes=96, **terms)) * vest / value
        for month in months
    )
    assert one_rate == pytest.approx(each, rel=0.02)


@pytest.mark.parametrize(
    ("served", "pro_rata", "owed"),
    [(0, True, 24_000), (6, True, 18_000), (24, True, 0), (23, False, 24_000), (24, False, 0), (30, True, 0)],
)
def test_a_clawback_claims_what_is_not_served_or_all(served, pro_rata, owed):
    assert clawback_owed(24_000, 24, served, pro_rata=pro_rata) == pytest.approx(owed)


def test_the_cash_of_an_exercise_is_not_a_cost_only_its_financing_is():
    assert float(exercise_financing(100_000, 0.0, 4.0)) == 0.0
    assert float(exercise_financing(100_000, 0.1, 4.0)) == pytest.approx(100_000 * (1 - math.exp(-0.4)))


def test_options_lapse_as_observed_with_the_usual_window_and_less_with_a_longer_one():
    assert float(lapse_probability(0.678, 3, 4.0)) == pytest.approx(0.678)
    assert float(lapse_probability(0.678, 1, 4.0)) == pytest.approx(0.678)
    assert float(lapse_probability(0.678, 123, 4.0)) == pytest.approx(0.678 * math.exp(-2.5))


def test_work_left_behind_and_a_slow_start_by_hand():
    assert float(artefact_loss(100, 0.25, 120.0)) == pytest.approx(9_000)
    assert float(ramp_loss(200_000, 6, 0.25, 0.1)) == pytest.approx(2_500)


@pytest.mark.parametrize(
    ("cost", "grade"), [(0, "A"), (4_999, "A"), (5_000, "B"), (15_000, "C"), (35_000, "D"), (75_000, "E"), (1e6, "E")]
)
def test_grades_by_share_of_a_years_cash(cost, grade):
    assert grade_of(cost, 100_000) == grade


def test_without_cash_any_cost_is_the_worst_grade():
    assert grade_of(0, 0) == "A"
    assert grade_of(1, 0) == "E"


def test_a_ratchet_of_nothing_leaves_pay_alone_and_a_full_one_divides_it_by_the_multiple():
    assert float(ratcheted_hourly(120.0, 2.0, 0.0)) == 120.0
    assert float(ratcheted_hourly(120.0, 2.0, 1.0)) == 60.0
    assert float(ratcheted_hourly(120.0, 2.0, 0.5)) == pytest.approx(80.0)


P = {"demand_usd_year": np.array([1_200.0]), "demand_growth": np.array([1.0])}
EVEN = [np.ones(1)] * 12


def test_a_balance_grows_by_what_is_granted_and_not_used():
    terms = TokenTerms(budget_usd=(3_600.0,), periods_per_year=12, carries=True)
    rows = monthly_balances(terms, [300.0] * 13, P, EVEN, np.array([50.0]))
    assert rows[:, 0] == pytest.approx([50.0 + 200.0 * month for month in range(13)] + [50.0 + 200.0 * 12 + 100.0])


def test_a_balance_is_cut_at_its_cap_and_follows_the_price_of_what_it_counts():
    capped = TokenTerms(budget_usd=(3_600.0,), periods_per_year=12, carries=True, carry_cap_usd=500.0)
    assert monthly_balances(capped, [300.0] * 12, P, EVEN, np.zeros(1))[-1, 0] == pytest.approx(500.0)
    falling = TokenTerms(budget_usd=(0.0,), carries=True, denomination="capability", usd_per_million=1.0)
    p = {
        "demand_usd_year": np.zeros(1),
        "demand_growth": np.zeros(1),
        "price_change_capability": np.array([-0.9]),
        "price_floor_capability": np.array([0.25]),
    }
    rows = monthly_balances(falling, [0.0] * 12, p, EVEN, np.array([1_000.0]))[:, 0]
    assert rows[6] == pytest.approx(1_000.0 * 0.1**0.5)
    assert rows[12] == pytest.approx(250.0)


@pytest.mark.parametrize(("kept_months", "lost"), [(0.0, 1_000.0), (4.0, 600.0), (12.0, 0.0), (math.inf, 0.0)])
def test_what_may_be_kept_after_leaving_is_not_lost(kept_months, lost):
    terms = TokenTerms(budget_usd=(0.0,), carries=True, kept_months=kept_months)
    assert lost_on_leaving(terms, np.array([[1_000.0]]), P)[0, 0] == pytest.approx(lost)


def test_a_straight_line_vests_at_its_cliff_and_then_every_quarter():
    assert straight_line_vests(24, 12, 3) == (
        Vest(12, 0.5),
        Vest(15, pytest.approx(0.125)),
        Vest(18, pytest.approx(0.125)),
        Vest(21, pytest.approx(0.125)),
        Vest(24, pytest.approx(0.125)),
    )


def test_a_graded_schedule_vests_its_first_year_at_the_end_and_the_years_add_up():
    vests = graded_vests([0.05, 0.15, 0.4, 0.4], 6)
    assert vests[:3] == (Vest(12, 0.05), Vest(18, 0.075), Vest(24, 0.075))
    assert [year.fraction for year in vests_by_year(vests, 4)] == pytest.approx([0.05, 0.15, 0.4, 0.4])


@given(
    months=st.integers(1, 120),
    cliff=st.integers(0, 120),
    every=st.sampled_from([1, 3, 6, 12]),
)
def test_every_vest_of_a_schedule_adds_up_to_the_grant(months, cliff, every):
    vests = straight_line_vests(months, min(cliff, months), every)
    assert sum(vest.fraction for vest in vests) == pytest.approx(1.0)
    assert all(vest.fraction > 0.0 for vest in vests)


@given(parts=st.lists(st.floats(0, 1e6), min_size=1, max_size=8))
def test_rounded_parts_add_up(parts):
    total = round(sum(parts))
    rounded = whole_summing(parts, total)
    assert sum(rounded) == total
    assert all(abs(whole - part) <= 1.0 for whole, part in zip(rounded, parts, strict=True))
