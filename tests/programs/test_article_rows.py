"""The article's rows: committed cloud spend, entitlements that cannot be kept, a divide in compute, pooled budgets."""

from __future__ import annotations

from math import exp, log, log1p

import pytest

from tokenworth.valuation.usage import expected_use, lognormal_cv

Z90 = 1.2815515655446004
# Everything that usually varies held still, so that closed forms apply.
STILL = {"demand_growth": 0, "price_change_program": 0, "demand_sigma_people": 1.4, "demand_correlation": 0}


async def test_50m_a_year_of_allocations_is_20m_owed_and_little_more_to_hope_for(plan, fixture_program):
    answer = await plan(**fixture_program("fifty-million"))
    revenue = answer.revenue
    assert revenue.allocated_usd == 50_000_000
    assert revenue.guaranteed_usd == 20_000_000
    assert revenue.discount_usd == pytest.approx(0.17 * 50_000_000)
    assert revenue.hoped_for_usd < 1_000_000
    assert revenue.not_expected_usd > 20_000_000
    for figure in ("$50.0M announced", "$20.0M is owed whatever is used"):
        assert figure in answer.headline


async def test_without_a_commitment_none_of_the_50m_is_guaranteed(plan, fixture_program):
    request = fixture_program("fifty-million") | {"contract": {"discount": 0.17}}
    revenue = (await plan(**request)).revenue
    assert revenue.guaranteed_usd == 0
    assert revenue.hoped_for_usd < 0.2 * revenue.allocated_usd


async def test_hoped_for_revenue_is_the_limited_expected_value(plan):
    group = {"name": "team", "headcount": 400, "per_month": 700, "use": {"mean": 500}}
    answer = await plan(groups=[group], months=12, contract={"discount": 0.2}, overrides=STILL, draws=1_000)
    expected = 0.8 * 12 * 400 * expected_use(500, lognormal_cv(1.4), 700)
    assert answer.revenue.hoped_for_usd == pytest.approx(expected, rel=0.01)


async def test_half_of_base_in_tokens_lasts_when_prices_fall_and_not_when_they_rise(plan, fixture_program):
    answer = await plan(**fixture_program("half-of-base"), detail="full")
    falling, flat, rising = (
        answer.scenarios[f"{name} prices, as lately use"] for name in ("falling", "flat", "rising")
    )
    assert falling.chance_overspend < 0.05
    assert flat.chance_overspend > 0.5
    assert rising.chance_overspend > 0.95
    assert falling.p50_month is None
    assert rising.p50_month < flat.p50_month
    # 100 people, half of $300k each, three years, 17% off list: what is promised if prices stay.
    assert flat.promised_usd == pytest.approx(100 * 150_000 * 3 * 0.83, rel=0.001)
    assert falling.promised_usd < flat.promised_usd < rising.promised_usd
    assert rising.promised_usd > 30_000_000 > falling.promised_usd


async def test_half_of_base_in_dollars_is_promised_the_same_whatever_prices_do(plan, fixture_program):
    request = fixture_program("half-of-base") | {"terms": {"counted_in": "dollars"}}
    answer = await plan(**request, detail="full")
    assert len({scenario.promised_usd for scenario in answer.scenarios.values()}) == 1


async def test_the_divide_between_those_with_compute_and_those_without(plan, fixture_program):
    answer = await plan(**fixture_program("two-classes"), detail="full")
    spread = answer.spread
    first_year = 0.6 / log1p(0.6)  # mean of 1.6^t over the first year
    sigma = log(3600 / 600) / Z90
    engineers = expected_use(600 * exp(sigma**2 / 2) * first_year, lognormal_cv(sigma), 2_000)
    others = expected_use(35 * first_year, lognormal_cv(1.4), 20)
    assert spread.divide == pytest.approx(engineers / others, rel=0.05)
    assert (spread.most, spread.least) == ("engineering", "everybody else")
    # Two groups: the share of use less the share of people.
    share = 120 * engineers / (120 * engineers + 380 * others)
    assert spread.gini_between_groups == pytest.approx(share - 120 / 500, abs=0.005)
    assert spread.gini_between_groups < spread.gini
    assert "engineering uses" in answer.text()
    assert [text.partition(",")[0] for text in spread.published] == ["Ramp 2026-06", "Claude Code docs 2026-09"]


@pytest.mark.parametrize(("people", "share"), [(10, 0.60), (25, 0.49), (100, 0.38)])
async def test_a_pool_of_10_25_or_100_needs_60_49_or_38_percent(plan, people, share):
    group = {"name": "team", "headcount": people, "per_month": 500, "use": {"mean": 400}}
    answer = await plan(groups=[group], months=1, risk={"correlation": 0}, draws=200)
    assert answer.pooling.pooled_share == pytest.approx(share, abs=0.005)
    assert answer.pooling.square_root_rule_share < answer.pooling.pooled_share


async def test_people_who_move_together_gain_less_by_pooling(plan):
    group = {"name": "team", "headcount": 100, "per_month": 500, "use": {"mean": 400}}
    shares = [
        (await plan(groups=[group], months=1, risk={"correlation": rho}, draws=200)).pooling.pooled_share
        for rho in (0, 0.05, 0.3, 1)
    ]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.38, abs=0.005)
    assert shares[-1] == pytest.approx(1.0, abs=0.005)
