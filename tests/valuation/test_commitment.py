"""Commitments and concentration against brute force, simulation and worked examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.commitment import (
    best_commitment,
    best_commitment_lognormal,
    commitment_cost,
    newsvendor_normal,
    unused_commitment,
)
from tokenworth.valuation.concentration import herfindahl, price_rise_ceiling
from tokenworth.valuation.usage import expected_use, lognormal_cv

DEMAND = np.random.default_rng(7).lognormal(0.0, 0.6, 200_000)


@pytest.mark.parametrize("discount", [0.07, 0.17, 0.28, 0.5, 0.9])
def test_no_other_commitment_costs_less_on_a_fine_grid(discount):
    grid = np.exp(np.linspace(-2.5, 2.5, 2_001))
    sigma = 0.6
    mean, cv = math.exp(sigma**2 / 2), lognormal_cv(sigma)
    costs = [(1 - discount) * c + mean - expected_use(mean, cv, float(c)) for c in grid]
    best = float(grid[int(np.argmin(costs))])
    assert best_commitment_lognormal(1.0, sigma, discount) == pytest.approx(best, rel=0.005)


@pytest.mark.parametrize("discount", [0.1, 0.2, 0.6])
def test_drawn_demand_gives_the_same_commitment(discount):
    exact = best_commitment_lognormal(1.0, 0.6, discount)
    assert best_commitment(DEMAND, discount) == pytest.approx(exact, rel=0.02)


@given(
    demand=st.lists(st.floats(1, 1e6), min_size=1, max_size=60),
    discount=st.floats(0.01, 0.99),
    other=st.floats(0, 2e6),
)
def test_no_commitment_beats_the_best_on_its_own_draws(demand, discount, other):
    draws = np.array(demand)
    best = best_commitment(draws, discount)
    lowest = float(commitment_cost(best, draws, discount).mean())
    assert lowest <= float(commitment_cost(other, draws, discount).mean()) * (1 + 1e-9)


def test_without_a_discount_nothing_is_worth_committing_and_for_nothing_everything_is():
    assert best_commitment_lognormal(1.0, 0.6, 0.0) == 0.0
    assert best_commitment(DEMAND, 0.0) == 0.0
    assert best_commitment_lognormal(1.0, 0.6, 1.0) == math.inf


def test_what_is_left_unused_is_paid_at_its_discount():
    assert unused_commitment(100.0, np.array([40.0, 160.0]), 0.25).tolist() == [45.0, 0.0]
    assert commitment_cost(100.0, np.array([40.0, 160.0]), 0.25).tolist() == [75.0, 135.0]


def test_the_newsvendor_of_the_textbook():
    # Cachon and Terwiesch, Hammer 3/2: 4,196 with z rounded to 0.85.
    assert newsvendor_normal(3_192, 1_181, 80, 20) == pytest.approx(4_196, abs=11)


def test_the_agencies_example_of_concentration_in_any_unit():
    assert herfindahl([30, 30, 20, 20]) == pytest.approx(2_600)
    assert herfindahl([0.3, 0.3, 0.2, 0.2]) == pytest.approx(2_600)
    assert herfindahl([7]) == pytest.approx(10_000)
    assert herfindahl([]) == 0.0


def test_a_price_rise_up_to_the_ceiling_costs_what_leaving_does():
    assert float(price_rise_ceiling(90_000, 1_000_000)) == pytest.approx(0.09)
