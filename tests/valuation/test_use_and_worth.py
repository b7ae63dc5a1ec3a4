"""Use of a budget and what it is worth: simulated against closed forms, quadrature and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import Factors, TokenTerms, token_years
from tokenworth.valuation.spread import Spread
from tokenworth.valuation.usage import (
    annual_log_sd,
    expected_use,
    lognormal_cv,
    use_with_carry,
    use_within_budget,
)
from tokenworth.valuation.willingness import willingness_to_pay


def parameters(**changes):
    """Draws of a plain grant: nothing uncertain unless changed."""
    values = {
        "demand_usd_year": 6000.0,
        "demand_sigma_month": 0.7,
        "demand_growth": 0.0,
        "personal_share": 1.0,
        "funded_anyway": 1.0,
        "work_tools_usd_year": 0.0,
        "own_spend_usd_year": 1200.0,
        "demand_elasticity": 1.0,
        "choice_quality": 1.0,
        "cut_hazard": 0.0,
        "employer_discount": 0.17,
        "separation_hazard": 0.178,
        "price_change_model": -0.02,
        "model_retirement_hazard": 0.23,
        "price_change_flagship": -0.15,
        "price_change_capability": -0.8,
        "price_floor_capability": 0.05,
    } | changes
    return {name: np.atleast_1d(np.asarray(value, dtype=float)) for name, value in values.items()}


def shocks(terms, draws=40_000, seed=7):
    sampler = Sampler(seed, draws)
    return [sampler.normals(f"z{i}") for i in range(12 if terms.periods_per_year == 12 else len(terms.budget_usd))]


@pytest.mark.parametrize(("budget", "sigma"), [(3_600.0, 0.7), (6_000.0, 1.0), (600.0, 0.4), (60_000.0, 0.7)])
def test_simulated_monthly_use_agrees_with_the_closed_form(budget, sigma):
    terms = TokenTerms(budget_usd=(budget,), periods_per_year=12)
    year = token_years(terms, parameters(demand_sigma_month=sigma), shocks(terms))[0]
    expected = 12 * expected_use(6000.0 / 12, lognormal_cv(sigma), budget / 12)
    assert float(year.used.mean()) == pytest.approx(expected, rel=0.01)


def test_simulated_yearly_use_agrees_with_the_closed_form():
    terms = TokenTerms(budget_usd=(5_000.0,))
    year = token_years(terms, parameters(), shocks(terms, 200_000))[0]
    expected = expected_use(6000.0, lognormal_cv(float(annual_log_sd(0.7))), 5_000.0)
    assert float(year.used.mean()) == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize(
    ("mean", "cv", "budget", "use"), [(5.0, 0.0, 3.0, 3.0), (5.0, 0.0, 9.0, 5.0), (5.0, 1.0, 0.0, 0.0)]
)
def test_the_closed_form_holds_at_its_edges(mean, cv, budget, use):
    assert expected_use(mean, cv, budget) == use


def test_worth_is_averaged_after_the_concave_step_never_before():
    sampler = Sampler(3, 100_000)
    levels = sampler.draw("m", Spread(2000, 6000, 24000, "lognormal"))
    terms = TokenTerms(budget_usd=(100_000.0,))
    p = parameters(demand_usd_year=levels)
    year = token_years(terms, p, shocks(terms, 100_000))[0]
    each = willingness_to_pay(year.used, 1200.0, 1.0)
    after_averaging = float(willingness_to_pay(float(year.used.mean()), 1200.0, 1.0))
    assert float(year.worth.mean()) == pytest.approx(float(each.mean()))
    assert float(year.worth.mean()) < 0.97 * after_averaging


@given(
    usable=st.floats(0, 1e6), own=st.floats(0, 1e5), elasticity=st.floats(0.05, 5.0), more=st.floats(1, 1e4),
)  # fmt: skip
def test_worth_grows_with_tokens_and_never_beyond_them(usable, own, elasticity, more):
    less, rest = (float(willingness_to_pay(x, own, elasticity)) for x in (usable, usable + more))
    assert 0.0 <= less <= usable + 1e-6
    assert less <= rest + 1e-6
    assert rest - less <= more + 1e-6


@pytest.mark.parametrize("elasticity", [0.5, 0.999999, 1.0, 1.000001, 1.7])
def test_worth_is_the_area_under_the_inverse_demand_curve(elasticity):
    own, usable = 2_400.0, 24_000.0
    middles = (np.arange(2_000_000) + 0.5) * usable / 2_000_000
    area = np.minimum(1.0, (middles / own) ** (-1.0 / elasticity)).mean() * usable
    assert float(willingness_to_pay(usable, own, elasticity)) == pytest.approx(area, rel=1e-6)


@given(
    budget=st.floats(0, 1e5), demand=st.floats(10, 1e5), share=st.floats(0, 1), own=st.floats(0, 5e4),
    tools=st.floats(0, 5e3), funded=st.floats(0, 1), cash=st.sampled_from([0.0, 0.3, 1.0]),
    kind=st.sampled_from(["usd", "model", "flagship", "capability"]), periods=st.sampled_from([1, 12]),
)  # fmt: skip
def test_worth_never_exceeds_face_at_that_years_prices_plus_pocket_spared(
    budget, demand, share, own, tools, funded, cash, kind, periods
):
    terms = TokenTerms(budget_usd=(budget,) * 4, periods_per_year=periods, denomination=kind, cash_out=cash)
    p = parameters(
        demand_usd_year=demand, personal_share=share, own_spend_usd_year=own, work_tools_usd_year=tools,
        funded_anyway=funded, demand_growth=0.6, demand_elasticity=2.0,
    )  # fmt: skip
    for year in token_years(terms, p, shocks(terms, 50)):
        spared = (1 - funded) * tools
        assert (year.worth <= year.face + spared + 1e-6 * (1 + year.face)).all()
        assert (year.used <= year.face * (1 + 1e-9) + 1e-9).all()
        assert (year.personal <= year.used + 1e-9).all()


def test_what_rolls_over_is_used_later_and_nothing_is_used_twice():
    quiet, busy = np.array([10.0]), np.array([500.0])
    year = use_with_carry(np.array([quiet, quiet, busy]), 100.0, 0.0, float("inf"))
    assert [float(used[0]) for used in year.used] == [10.0, 10.0, 280.0]
    assert float(year.left[0]) == 0.0


def test_a_cap_on_rollover_loses_the_rest():
    year = use_with_carry(np.zeros((2, 1)), 100.0, 0.0, 50.0)
    assert float(year.left[0]) == 50.0
    assert float(year.lost[0]) == 150.0


def test_an_expiring_budget_loses_what_is_not_used():
    year = use_within_budget(np.array([[30.0], [300.0]]), 100.0)
    assert [float(used[0]) for used in year.used] == [30.0, 100.0]
    assert float(year.lost[0]) == 70.0


@given(cap=st.floats(0, 1e4), demands=st.lists(st.floats(0, 1e4), min_size=1, max_size=12), budget=st.floats(0, 1e4))
def test_rollover_accounts_for_every_dollar(cap, demands, budget):
    year = use_with_carry(np.array(demands)[:, np.newaxis], budget, 0.0, cap)
    spent = sum(float(used[0]) for used in year.used)
    assert spent + float(year.left[0]) + float(np.sum(year.lost)) == pytest.approx(budget * len(demands), abs=1e-6)


def test_rollover_and_portability_never_lower_worth():
    expiring = TokenTerms(budget_usd=(12_000.0,) * 4, periods_per_year=12)
    rolling = TokenTerms(budget_usd=(12_000.0,) * 4, periods_per_year=12, carries=True)
    portable = TokenTerms(budget_usd=(12_000.0,) * 4, periods_per_year=12, carries=True, kept_months=float("inf"))
    z = shocks(expiring, 5_000)
    worth = [sum(y.worth.mean() for y in token_years(t, parameters(), z)) for t in (expiring, rolling, portable)]
    assert worth == sorted(worth)
    assert worth[2] > worth[1]


def test_work_tokens_that_are_funded_anyway_are_worth_nothing():
    terms = TokenTerms(budget_usd=(30_000.0,))
    year = token_years(terms, parameters(personal_share=0.0), shocks(terms, 100))[0]
    assert float(year.worth.max()) == 0.0


def test_pocket_spared_is_added_after_willingness_to_pay():
    terms = TokenTerms(budget_usd=(30_000.0,))
    p = parameters(personal_share=0.0, funded_anyway=0.25, work_tools_usd_year=800.0)
    year = token_years(terms, p, shocks(terms, 100))[0]
    assert year.worth == pytest.approx(np.full(100, 600.0))


def test_a_contractors_spared_tools_are_no_longer_deducted():
    terms = TokenTerms(budget_usd=(30_000.0,))
    p = parameters(personal_share=0.0, funded_anyway=0.0, work_tools_usd_year=800.0)
    year = token_years(terms, p, shocks(terms, 100), deductible_tools=True)[0]
    assert year.imputed == pytest.approx(np.full(100, 800.0))


def test_cash_out_is_a_floor_and_what_is_cashed_is_income():
    terms = TokenTerms(budget_usd=(10_000.0,), cash_out=0.5)
    p = parameters(own_spend_usd_year=0.0, demand_usd_year=1e6)
    year = token_years(terms, p, shocks(terms, 100))[0]
    assert year.worth == pytest.approx(np.full(100, 5_000.0))
    assert (year.imputed >= 5_000.0 - 1e-6).all()


@pytest.mark.parametrize(("imputed", "expected"), [("face", 30_000.0), ("none", 0.0)])
def test_income_is_imputed_as_the_employer_taxes(imputed, expected):
    terms = TokenTerms(budget_usd=(30_000.0,), imputed=imputed)
    year = token_years(terms, parameters(), shocks(terms, 10))[0]
    assert float(np.max(year.imputed)) == pytest.approx(expected)


def test_a_prepaid_grant_costs_the_employer_its_face_less_the_discount():
    paid = [TokenTerms(budget_usd=(30_000.0,), prepaid=prepaid) for prepaid in (True, False)]
    costs = [float(np.mean(token_years(t, parameters(), shocks(t, 2_000))[0].cost)) for t in paid]
    assert costs[0] == pytest.approx(30_000 * 0.83)
    assert costs[1] < costs[0] / 3


def test_constant_capability_stops_falling_at_the_floor_price():
    terms = TokenTerms(budget_usd=(1_000.0,) * 4, denomination="capability", usd_per_million=0.10)
    years = token_years(terms, parameters(), shocks(terms, 10))
    assert float(years[3].face[0]) == pytest.approx(500.0)


def test_a_lump_of_tokens_is_worth_less_each_year_its_price_falls():
    terms = TokenTerms(budget_usd=(9_000.0, 0.0, 0.0, 0.0), denomination="flagship", carries=True)
    p = parameters(demand_usd_year=1_000.0, price_change_flagship=-0.5)
    total = sum(float(np.mean(year.used)) for year in token_years(terms, p, shocks(terms, 2_000)))
    assert total < 4_100.0


def test_every_factor_off_leaves_the_face():
    terms = TokenTerms(budget_usd=(7_000.0,) * 4, periods_per_year=12, denomination="model", cash_out=0.3)
    off = Factors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    p = parameters(personal_share=0.2, work_tools_usd_year=500.0, funded_anyway=0.1)
    for year in token_years(terms, p, shocks(terms, 50), off):
        assert np.broadcast_to(year.worth, (50,)) == pytest.approx(np.full(50, 7_000.0))
