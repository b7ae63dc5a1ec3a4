"""The smaller formulas of valuation, each against its definition or an outside value."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.career import career_value, implied_output_multiple
from tokenworth.valuation.choice import chance_best, chance_first_beats_second, crossover_year, expected_regret
from tokenworth.valuation.discount import (
    discount_factor,
    hazard_annuity,
    payback_share,
    present_value_of_annuity,
    survival,
)
from tokenworth.valuation.draws import Sampler
from tokenworth.valuation.grants import token_share
from tokenworth.valuation.price_paths import average_price_ratio, price_ratio
from tokenworth.valuation.sensitivity import percentiles, value_of_knowing, width_of, width_removed
from tokenworth.valuation.shapley import shapley_from_table, shapley_value
from tokenworth.valuation.shares import (
    NODES_EXACT,
    NODES_SIMULATED,
    certainty_equivalent,
    certainty_equivalent_present_value,
    firm_survival,
)
from tokenworth.valuation.spread import Spread
from tokenworth.valuation.vesting import (
    graded_vests,
    straight_line_vests,
    vested_fraction_graded,
    vested_units,
    vests_by_year,
)


def test_half_of_people_are_gone_after_the_median_tenure():
    assert float(survival(np.log(2) / 3.9, 3.9)) == pytest.approx(0.5)


def test_a_discount_factor_is_continuous():
    assert float(discount_factor(0.05, 2.0)) == pytest.approx(0.904837418)


def test_an_annuity_without_rate_or_hazard_is_the_sum_of_its_payments():
    assert float(hazard_annuity(100.0, 48, 0.0, 0.0)) == pytest.approx(4800.0)
    assert present_value_of_annuity(0.0, 5, 2.0) == 10.0


@pytest.mark.parametrize("pro_rata", [True, False])
@pytest.mark.parametrize(("hazard", "rate", "years"), [(0.178, 0.05, 2.0), (0.25, 0.0, 1.0), (1.0, 0.08, 4.0)])
def test_a_clawback_is_what_leavers_pay_back(hazard, rate, years, pro_rata):
    when = (np.arange(400_000) + 0.5) * years / 400_000
    owed = 1 - when / years if pro_rata else np.ones_like(when)
    expected = (hazard * np.exp(-(hazard + rate) * when) * owed).mean() * years
    assert float(payback_share(hazard, rate, years, pro_rata=pro_rata)) == pytest.approx(expected, rel=1e-6)


def test_no_clawback_takes_nothing_back():
    assert float(payback_share(0.2, 0.05, 0.0, pro_rata=True)) == 0.0


@pytest.mark.parametrize(
    ("month", "every", "vested"),
    [(11, 1, 0.0), (12, 1, 12_000.0), (14, 3, 12_000.0), (15, 3, 15_000.0), (60, 1, 48_000.0)],
)
def test_vesting_waits_for_the_cliff_and_then_steps(month, every, vested):
    assert vested_units(48_000, 48, 12, month, every=every) == vested


def test_a_year_of_a_schedule_knows_what_vests_and_when():
    first, second, *_ = vests_by_year(straight_line_vests(48, 12, 1), 4)
    assert first.fraction == pytest.approx(0.25)
    assert first.when == pytest.approx(1.0)
    assert second.fraction == pytest.approx(0.25)
    assert second.when == pytest.approx(1 + 6.5 / 12)


def test_a_schedule_longer_than_the_horizon_is_cut():
    assert sum(year.fraction for year in vests_by_year(straight_line_vests(60, 12, 12), 4)) == pytest.approx(0.8)


def test_a_graded_schedule_vests_its_first_year_at_the_end():
    years = vests_by_year(graded_vests([0.05, 0.15, 0.4, 0.4], 6), 4)
    assert [year.fraction for year in years] == [0.05, 0.15, 0.4, 0.4]
    assert [year.when for year in years] == pytest.approx([1.0, 1.75, 2.75, 3.75])
    assert vested_fraction_graded([0.05, 0.15, 0.4, 0.4], 2) == pytest.approx(0.2)
    assert vests_by_year(graded_vests([1.0], 12), 2)[1].fraction == 0.0


def test_a_certainty_equivalent_is_below_the_mean_and_above_nothing():
    common = {"years": 4.0, "drift": 0.04, "volatility": 0.6, "nodes": NODES_EXACT}
    poor = float(certainty_equivalent(400_000, 50_000, gamma=2.0, **common))
    rich = float(certainty_equivalent(400_000, 5_000_000, gamma=2.0, **common))
    neutral = float(certainty_equivalent(400_000, 50_000, gamma=0.0, **common))
    assert 0 < poor < rich < neutral == pytest.approx(400_000 * np.exp(0.16))


def test_log_utility_is_the_limit_of_its_neighbours():
    values = [
        certainty_equivalent_present_value(
            400_000, years=4, volatility=0.6, drift=0.08, wealth=300_000, rate=0.04, gamma=gamma
        )
        for gamma in (0.999, 1.0, 1.001)
    ]
    assert values[0] > values[1] > values[2]
    assert values[1] == pytest.approx((values[0] + values[2]) / 2, abs=1.0)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 3.0])
def test_a_simulation_needs_no_more_nodes_than_it_has(gamma):
    both = [
        float(certainty_equivalent(300_000, 400_000, years=3.0, drift=0.04, volatility=0.45, gamma=gamma, nodes=nodes))
        for nodes in (NODES_SIMULATED, NODES_EXACT)
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-4)


def test_half_of_young_firms_are_there_after_five_years():
    assert float(firm_survival(0.5, 5.0)) == 0.5
    assert float(firm_survival(0.5, 10.0)) == 0.25


def test_prices_average_over_a_year_as_they_fall():
    steps = (np.arange(1_000_000) + 0.5) / 1_000_000
    assert float(average_price_ratio(-0.9, 0, 1)) == pytest.approx(float((0.1**steps).mean()), rel=1e-9)
    assert float(average_price_ratio(0.0, 2, 3)) == 1.0
    assert float(price_ratio(-0.5, 2)) == 0.25


GAME = {frozenset("AC"): 1.0, frozenset("BC"): 1.0, frozenset("ABC"): 1.0}


def test_shapley_values_are_the_average_over_orders():
    def worth(members):
        return GAME.get(frozenset(members), 0.0)

    for player in "ABC":
        orders = list(permutations("ABC"))
        before = [order[: order.index(player)] for order in orders]
        expected = sum(worth((*b, player)) - worth(b) for b in before) / len(orders)
        assert shapley_value("ABC", GAME, player) == pytest.approx(expected)


@given(st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=16))
def test_shapley_values_of_a_table_sum_to_the_whole(values):
    table = np.array(values).reshape(2, 2, 2, 2)
    shares = shapley_from_table(table)
    assert shares.sum() == pytest.approx(table[1, 1, 1, 1] - table[0, 0, 0, 0], abs=1e-4)


def test_both_shapley_forms_agree():
    table = np.zeros((2, 2, 2))
    table[1, 0, 1] = table[0, 1, 1] = table[1, 1, 1] = 1.0
    assert shapley_from_table(table) == pytest.approx([shapley_value("ABC", GAME, p) for p in "ABC"])


def test_one_seed_gives_one_set_of_digits_and_names_do_not_disturb_each_other():
    spread = Spread(1, 2, 4, "triangular")
    alone = Sampler(5, 100).draw("a", spread)
    beside = Sampler(5, 100).draw_all({"b": spread, "a": spread})["a"]
    assert (alone == beside).all()
    assert not (alone == Sampler(6, 100).draw("a", spread)).all()


@pytest.mark.parametrize("stratified", [True, False])
def test_draws_have_the_percentiles_they_promise(stratified):
    sampler = Sampler(1, 200_000, stratified=stratified)
    lognormal = sampler.draw("x", Spread(2000, 6000, 24000, "lognormal"))
    assert percentiles(lognormal) == pytest.approx((2000, 6000, 24000), rel=0.02)
    triangular = sampler.draw("y", Spread(0, 1, 3, "triangular"))
    assert float(triangular.mean()) == pytest.approx(4 / 3, rel=0.01)
    mixed = sampler.draw("z", Spread(0, 0, 0.5, "maybe_zero", 0.7, (0.0, 0.1, 1.0)))
    assert float((mixed == 0).mean()) == pytest.approx(0.7, abs=0.005)
    assert float(mixed.mean()) == pytest.approx(0.3 * 1.1 / 3, rel=0.03)


def test_a_fixed_or_degenerate_spread_does_not_vary():
    assert Sampler(1, 10).draw("x", Spread(3, 3, 3, "fixed")).tolist() == [3.0]
    assert set(Sampler(1, 10).draw("x", Spread(3, 3, 3, "triangular"))) == {3.0}


def test_stratified_draws_cover_every_slice_once():
    uniform = Sampler(1, 64, stratified=True).draw("x", Spread(0, 0, 1, "maybe_zero", 0.0, (0.0, 0.0, 1.0)))
    assert len(set(uniform)) == 64


def test_knowing_the_only_unknown_removes_the_whole_width():
    draws = Sampler(1, 8_000).draw("x", Spread(0, 1, 2, "triangular"))
    other = Sampler(1, 8_000).draw("y", Spread(0, 1, 2, "triangular"))
    assert width_removed(10 * draws, draws, slices=100) == pytest.approx(width_of(10 * draws), rel=0.05)
    assert width_removed(10 * draws, other, slices=8) < 0.05 * width_of(10 * draws)


def test_knowing_is_worth_what_choosing_right_saves():
    coin = np.repeat([0.0, 1.0], 5_000)
    values = np.stack([coin * 100.0, 100.0 - coin * 100.0])
    assert value_of_knowing(values, coin, slices=10) == pytest.approx(50.0)
    assert value_of_knowing(values + np.array([[1000.0], [0.0]]), coin, slices=10) == 0.0


def test_ties_are_shared():
    values = np.array([[1.0, 2.0], [1.0, 1.0]])
    assert chance_best(values).tolist() == [0.75, 0.25]
    assert chance_first_beats_second(values[0], values[1]) == 0.75
    assert expected_regret(values).tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("first", "second", "year"),
    [([10, 0, 0], [0, 4, 7], 3), ([1, 1, 1], [0, 0, 0], None), ([0, 0, 0], [0, 0, 0], None), ([0, 5, 0], [0, 4, 2], 3)],
)
def test_the_crossover_year_is_when_the_one_behind_is_ahead(first, second, year):
    assert crossover_year(np.array(first, float), np.array(second, float)) == year


def test_ten_times_the_compute_is_twice_the_output():
    assert float(implied_output_multiple(9_000.0, 1_000.0, 0.30103)) == pytest.approx(2.0, rel=1e-4)


def test_career_value_follows_its_formula():
    p = {
        "counterfactual_compute_usd_year": np.array([1_000.0]),
        "rent_sharing": np.array([0.1]),
        "output_elasticity": np.array([0.301]),
        "ratchet": np.array([0.5]),
    }
    expected = 200_000 * 0.1 * 0.301 * np.log(10.0) * 0.5
    assert float(career_value(200_000.0, 10_000.0, p)[0]) == pytest.approx(expected)
    assert float(career_value(200_000.0, 500.0, p)[0]) == 0.0


def test_the_token_share_of_nothing_is_nothing():
    assert token_share(0.0, 0.0) == 0.0
    assert token_share(375_000, 100_000) == pytest.approx(0.2105, abs=1e-4)
