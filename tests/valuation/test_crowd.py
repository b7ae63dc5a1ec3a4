"""What a crowd uses: closed forms, brute force person by person, and the ways budgets behave."""

from __future__ import annotations

import numpy as np
import pytest

from tokenworth.valuation.crowd import Crowd, crowd_use, joined_in_year
from tokenworth.valuation.draws import substream
from tokenworth.valuation.usage import expected_use, lognormal_cv

BETWEEN, WITHIN, MEAN = 1.2, 0.7, 500.0


def crowd(people=40, months=12, draws=4_000, budget=600.0, worlds=1, path=None, **changes):
    unit = np.full((worlds, months, draws), MEAN)
    facts = {
        "people": path or (people,) * months,
        "log_sd_between": np.full(draws, BETWEEN),
        "log_sd_within": np.full(draws, WITHIN),
        "unit_usd": unit,
        "budget_usd": None if budget is None else np.full(unit.shape, budget),
        "period_months": 1,
    }
    return Crowd(**(facts | changes))


def drawn(which, name="people"):
    return crowd_use(which, substream(3, name), lambda: None)


def brute_force(people, months, draws, budget, period):
    """Every person by numpy's own normals in float64, one person's year at a time."""
    rng = np.random.default_rng(8)
    level = np.exp(BETWEEN * rng.standard_normal((draws, people, 1)) - BETWEEN**2 / 2)
    swing = np.exp(WITHIN * rng.standard_normal((draws, people, months)) - WITHIN**2 / 2)
    demand = MEAN * level * swing
    if period == 1:
        return np.minimum(demand, budget).sum(axis=1)
    used = np.empty_like(demand)
    for first in range(0, months, 12):
        spent = np.minimum(np.cumsum(demand[..., first : first + 12], axis=-1), budget)
        used[..., first : first + 12] = np.diff(spent, axis=-1, prepend=0.0)
    return used.sum(axis=1)


def test_mean_use_is_the_limited_expected_value_of_the_lognormal():
    found = drawn(crowd())
    log_sd = float(np.hypot(BETWEEN, WITHIN))
    expected = 40 * expected_use(MEAN, lognormal_cv(log_sd), 600.0)
    assert float(found.used.mean()) == pytest.approx(expected, rel=0.005)
    assert float(found.demand.mean()) == pytest.approx(40 * MEAN, rel=0.02)


@pytest.mark.parametrize(("period", "budget", "months"), [(1, 600.0, 6), (12, 5_000.0, 18)])
def test_it_agrees_with_brute_force_person_by_person(period, budget, months):
    draws = 10_000
    found = drawn(crowd(months=months, budget=budget, period_months=period, draws=draws)).used[0]
    other = brute_force(40, months, draws, budget, period).T
    # Percentiles of single months and of everything, within four standard errors of the two runs.
    for ours, theirs in [(found[month], other[month]) for month in range(months)] + [(found.sum(0), other.sum(0))]:
        for q in (10, 50, 90):
            assert np.percentile(ours, q) == pytest.approx(np.percentile(theirs, q), rel=0.03)


def test_levels_stay_from_month_to_month_as_brute_force_has_them():
    ours = drawn(crowd(people=1, months=2, budget=None)).demand[0]
    found = float(np.corrcoef(np.log(ours[0]), np.log(ours[1]))[0, 1])
    assert found == pytest.approx(BETWEEN**2 / (BETWEEN**2 + WITHIN**2), abs=0.03)


def test_the_spread_of_the_total_shrinks_with_the_root_of_the_people_as_independent_people_do():
    few, many = [float(drawn(crowd(people=n, months=1)).used.std()) for n in (50, 5_000)]
    assert many / few == pytest.approx(10.0, rel=0.06)


def test_nobody_uses_more_than_wanted_or_granted():
    for period, budget in ((1, 600.0), (12, 3_000.0)):
        found = drawn(crowd(budget=budget, period_months=period))
        assert (found.used <= found.demand).all()
        granted = 40 * budget * (12 if period == 1 else 1)
        assert float(found.used[0].sum(axis=0).max()) <= granted * (1 + 1e-6)


def test_no_budget_is_no_limit_and_a_budget_of_nothing_is_no_use():
    free = drawn(crowd(budget=None))
    assert (free.used == free.demand).all()
    assert not drawn(crowd(budget=0.0)).used.any()
    assert not drawn(crowd(budget=0.0, period_months=12)).used.any()


def test_demand_of_nothing_is_no_use():
    found = drawn(crowd(unit_usd=np.zeros((1, 12, 4_000))))
    assert not found.used.any()
    assert not found.demand.any()


def test_worlds_share_their_people():
    budgets = np.stack([np.full((12, 4_000), 600.0), np.full((12, 4_000), 900.0)])
    both = drawn(crowd(worlds=2, budget_usd=budgets))
    alone = drawn(crowd())
    assert (both.used[0] == alone.used[0]).all()
    assert (both.used[1] >= both.used[0]).all()


@pytest.mark.parametrize("period", [1, 12])
def test_headcount_follows_its_path_and_those_there_first_stay(period):
    growing = drawn(crowd(months=3, budget=2_000.0, period_months=period, path=(1, 3, 0)))
    assert (growing.demand[0, 2] == 0.0).all()
    assert float(growing.demand[0, 1].mean() / growing.demand[0, 0].mean()) == pytest.approx(3.0, rel=0.15)


def test_who_comes_during_a_year_gets_what_is_left_of_its_budget():
    found = drawn(crowd(months=18, budget=1.0, period_months=12, path=(4,) * 3 + (10,) * 15)).used[0]
    by_year = found[:12].sum(axis=0), found[12:].sum(axis=0)
    # Everyone uses up a dollar a year at once: 4 whole ones, 6 of nine months; then 10 whole ones.
    assert by_year[0] == pytest.approx(4 + 6 * 9 / 12, rel=1e-3)
    assert by_year[1] == pytest.approx(10.0, rel=1e-3)
    assert [joined_in_year((4,) * 3 + (10,) * 15, month) for month in (0, 1, 3, 4, 12)] == [4, 0, 4.5, 0, 10]


@pytest.mark.parametrize("period", [1, 12])
def test_people_of_many_blocks_use_as_people_of_one_do(period):
    facts = {"months": 14, "budget": 900.0 * period, "period_months": period, "path": (30,) * 5 + (60,) * 9}
    few, many = [drawn(crowd(draws=draws, **facts)).used[0].mean(axis=1) for draws in (500, 30_000)]
    assert few == pytest.approx(many, rel=0.06)


def test_who_leaves_during_a_year_takes_along_what_they_used():
    path = (10,) * 6 + (5,) * 6
    found = drawn(crowd(months=12, budget=1e9, period_months=12, path=path))
    assert found.used == pytest.approx(found.demand, rel=1e-4)


def test_who_comes_back_after_a_dip_gets_no_second_budget():
    assert [joined_in_year((5, 3, 5, 6), month) for month in range(4)] == [5, 0, 0, 0.75]


def test_a_yearly_budget_starts_anew_each_year():
    found = drawn(crowd(months=24, budget=50.0, period_months=12)).used[0]
    by_year = found.reshape(2, 12, -1).sum(axis=1)
    assert by_year == pytest.approx(40 * 50.0, rel=0.2)
    assert float(by_year.max()) <= 40 * 50.0 * (1 + 1e-6)


def test_a_checkpoint_stops_it_between_blocks():
    blocks = []

    def stop_at_third():
        blocks.append(1)
        if len(blocks) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        crowd_use(crowd(people=5_000, months=1), substream(1, "x"), stop_at_third)
    assert len(blocks) == 3
