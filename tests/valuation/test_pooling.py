"""Pools at equal safety: the published table, an outside oracle, simulation, and what pooling can never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenworth.valuation.pooling import (
    Members,
    individual_budgets,
    pooled_budget,
    pooled_quantile_ratio_lognormal,
    square_root_rule,
)


@pytest.mark.parametrize(("people", "share"), [(10, 0.60), (25, 0.49), (100, 0.38)])
def test_a_pool_at_sigma_1_4_needs_60_49_and_38_percent(people, share):
    assert pooled_quantile_ratio_lognormal(people, 1.4, 0.95) == pytest.approx(share, abs=0.005)


def test_the_pool_of_25_is_that_of_the_outside_oracle():
    # scipy: the lognormal discretised at 0.02 and convolved 25 times.
    assert pooled_quantile_ratio_lognormal(25, 1.4, 0.95) == pytest.approx(0.49069695031039184, abs=1e-4)


@pytest.mark.parametrize(
    ("people", "sigma", "correlation"),
    [(10, 1.4, 0.0), (25, 1.4, 0.0), (100, 1.4, 0.0), (25, 0.5, 0.0), (40, 1.4, 0.2)],
)
def test_it_agrees_with_simulation(people, sigma, correlation):
    rng = np.random.default_rng(20)
    draws = 200_000 // people * 10
    shared = rng.standard_normal((draws, 1)) * np.sqrt(correlation)
    own = rng.standard_normal((draws, people)) * np.sqrt(1.0 - correlation)
    total = np.exp(sigma * (shared + own)).sum(axis=1)
    simulated = np.quantile(total, 0.95) / (people * np.exp(sigma * 1.6448536269514722))
    assert pooled_quantile_ratio_lognormal(people, sigma, 0.95, correlation) == pytest.approx(simulated, rel=0.02)


def test_groups_of_different_people_agree_with_simulation():
    members = [Members(30, 900.0, 1.2), Members(200, 40.0, 1.7)]
    rng = np.random.default_rng(4)
    draws, shared = 60_000, 0.4
    factor = np.exp(shared * rng.standard_normal(draws) - shared**2 / 2)
    total = np.zeros(draws)
    for m in members:
        own = np.sqrt(m.log_sd**2 - shared**2)
        total += m.mean * np.exp(own * rng.standard_normal((draws, m.count)) - own**2 / 2).sum(axis=1)
    assert pooled_budget(members, 0.95, shared) == pytest.approx(np.quantile(total * factor, 0.95), rel=0.02)


def test_one_person_pools_with_nobody():
    assert pooled_quantile_ratio_lognormal(1, 1.4, 0.95) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("people", [10, 1_000])
def test_people_who_all_move_together_save_nothing_by_pooling(people):
    assert pooled_quantile_ratio_lognormal(people, 1.4, 0.95, 1.0) == pytest.approx(1.0, abs=0.003)


def test_many_independent_people_need_little_more_than_their_mean():
    mean_share = np.exp(1.4**2 / 2) / np.exp(1.4 * 1.6448536269514722)
    assert pooled_quantile_ratio_lognormal(100_000, 1.4, 0.95) == pytest.approx(mean_share, rel=0.02)


@pytest.mark.parametrize("people", [5, 10, 25, 100, 1_000])
def test_the_square_root_rule_promises_more_than_pooling_keeps(people):
    members = [Members(people, 100.0, 1.4)]
    promised = square_root_rule(individual_budgets(members, 0.95), 100.0 * people, people)
    assert promised < pooled_budget(members, 0.95)


def test_people_without_demand_need_no_budget():
    assert pooled_budget([Members(10, 0.0, 1.0)], 0.95) == 0.0
    assert individual_budgets([Members(10, 0.0, 1.0)], 0.95) == 0.0


def test_people_who_never_vary_need_what_they_use():
    assert pooled_budget([Members(50, 20.0, 0.0)], 0.95) == pytest.approx(1_000.0, rel=0.002)


sigmas = st.floats(0.1, 1.5)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5_000), sigmas, st.floats(0.9, 0.99), st.floats(0.0, 0.5))
def test_a_pool_never_needs_more_than_own_budgets_together(people, sigma, safety, correlation):
    assert pooled_quantile_ratio_lognormal(people, sigma, safety, correlation) <= 1.001


@settings(deadline=None, max_examples=15)
@given(st.integers(2, 500), sigmas, st.floats(0.01, 1e6))
def test_a_pool_scales_with_the_dollar(people, sigma, scale):
    one, scaled = [pooled_budget([Members(people, mean, sigma)], 0.95) for mean in (1.0, scale)]
    assert scaled == pytest.approx(scale * one, rel=1e-6)


@settings(deadline=None, max_examples=15)
@given(st.integers(2, 200), sigmas, st.floats(0.5, 0.95))
def test_more_safety_never_needs_less(people, sigma, safety):
    members = [Members(people, 1.0, sigma)]
    assert pooled_budget(members, safety) <= pooled_budget(members, safety + 0.04) * (1 + 1e-9)


def test_tails_heavy_enough_make_a_pool_dearer_than_own_budgets():
    # Quantiles of such sums are not subadditive: the answer must be allowed to say so.
    assert pooled_quantile_ratio_lognormal(25, 2.5, 0.95) > 1.0
