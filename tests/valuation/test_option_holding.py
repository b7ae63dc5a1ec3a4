"""Options in their holder's hands: the certainty equivalent, what leaving loses, and what they cost the company."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenworth.valuation.option_holding import (
    CALL_NODES_EXACT,
    CALL_NODES_SIMULATED,
    OptionTerms,
    black_scholes_cost,
    call_certainty_equivalent,
    lattice_cost,
    option_amounts,
    sale_years,
    share_kept,
)
from tokenworth.valuation.option_lattice import hull_white_value
from tokenworth.valuation.options import black_scholes_call
from tokenworth.valuation.vesting import VestingYear

QUARTERS = tuple(VestingYear(0.25, year + 1.0) for year in range(4))
LISTED = OptionTerms(
    count=1000.0,
    strike=50.0,
    price=50.0,
    face_usd=50_000.0,
    vesting=QUARTERS,
    expiry_years=10.0,
    window_years=0.25,
)
PRIVATE = replace(LISTED, private=True)
P = {
    "discount_rate": np.array([0.05]),
    "separation_hazard": np.array([0.178]),
    "share_drift": np.array([0.04]),
    "volatility_listed": np.array([0.45]),
    "volatility_private": np.array([0.7]),
    "risk_aversion": np.array([2.0]),
    "years_to_liquidity": np.array([5.0]),
    "firm_survival_5y": np.array([0.5]),
    "option_lapse_share": np.array([0.678]),
    "option_exercise_multiple": np.array([2.2]),
    "dividend_yield": np.array([0.01]),
}
WEALTH = np.array([300_000.0])
SLOW = settings(max_examples=60, deadline=None)
holders = st.fixed_dictionaries(
    {
        "price": st.floats(5, 100),
        "strike": st.floats(5, 100),
        "wealth": st.floats(2e4, 5e6),
        "years": st.floats(0.5, 10),
        "drift": st.floats(0, 0.08),
        "volatility": st.floats(0.2, 1.0),
        "gamma": st.floats(0.5, 4),
    }
)
counts = st.floats(10, 20_000)


def sure(count, **holder):
    return float(call_certainty_equivalent(count, nodes=CALL_NODES_EXACT, **holder))


def expected_payoff(count, holder):
    """What exercise brings on average: Black-Scholes at the drift, not discounted."""
    each = black_scholes_call(
        holder["price"],
        holder["strike"],
        years=holder["years"],
        volatility=holder["volatility"],
        rate=holder["drift"],
    )
    return count * float(each) * math.exp(holder["drift"] * holder["years"])


def by_many_slices(count, price, strike, wealth, years, drift, volatility, gamma):
    """The same certainty equivalent by a plain sum over a million equal slices of the normal distribution."""
    edges = np.linspace(-9, 9, 1_000_001)
    z = (edges[:-1] + edges[1:]) / 2
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    sd = volatility * math.sqrt(years)
    end = wealth + count * np.maximum(price * np.exp(drift * years - sd * sd / 2 + sd * z) - strike, 0)
    if gamma == 1:
        return math.exp(float((weight * np.log(end)).sum())) - wealth
    return float((weight * end ** (1 - gamma)).sum()) ** (1 / (1 - gamma)) - wealth


@pytest.mark.parametrize("gamma", [1, 2, 3])
@pytest.mark.parametrize("strike", [5.0, 20.0, 45.0])
def test_the_certainty_equivalent_solves_its_definition(gamma, strike):
    holder = {"price": 20.0, "strike": strike, "wealth": 250_000.0, "years": 5.0, "drift": 0.05, "volatility": 0.6}
    expected = by_many_slices(8_000, **holder, gamma=gamma)
    assert sure(8_000, **holder, gamma=gamma) == pytest.approx(expected, rel=1e-5)
    simulated = call_certainty_equivalent(8_000, **holder, gamma=gamma, nodes=CALL_NODES_SIMULATED)
    assert float(simulated) == pytest.approx(expected, rel=0.01)


@SLOW
@given(counts, holders)
def test_who_does_not_mind_risk_takes_the_expected_payoff(count, holder):
    assert sure(count, **(holder | {"gamma": 0.0})) == pytest.approx(expected_payoff(count, holder), rel=1e-3, abs=1e-3)


@SLOW
@given(counts, holders)
def test_who_minds_risk_takes_less_than_the_expected_payoff_and_never_less_than_nothing(count, holder):
    assert -1e-6 <= sure(count, **holder) <= expected_payoff(count, holder) * (1 + 1e-6) + 1e-6


@SLOW
@given(counts, holders, st.floats(0.1, 50))
def test_a_higher_strike_is_never_worth_more(count, holder, more):
    dearer = holder | {"strike": holder["strike"] + more}
    assert sure(count, **dearer) <= sure(count, **holder) * (1 + 1e-6) + 1e-6


@SLOW
@given(counts, holders, st.floats(0.1, 3))
def test_more_dislike_of_risk_is_never_worth_more(count, holder, more):
    warier = holder | {"gamma": holder["gamma"] + more}
    assert sure(count, **warier) <= sure(count, **holder) * (1 + 1e-6) + 1e-6


@SLOW
@given(counts, holders, st.floats(1.1, 5))
def test_a_second_option_is_never_worth_more_than_the_first(count, holder, factor):
    assert sure(count * factor, **holder) <= factor * sure(count, **holder) * (1 + 1e-6) + 1e-6


def test_to_a_rich_holder_at_the_safe_rate_it_is_black_scholes_at_expected_life():
    p = P | {"share_drift": np.array([0.05]), "dividend_yield": np.array([0.0])}
    amounts = option_amounts(LISTED, p, np.array([1e12]))
    today = sum(float(a[0]) * math.exp(-0.05 * vest.when) for a, vest in zip(amounts, QUARTERS, strict=True))
    assert today == pytest.approx(float(black_scholes_cost(LISTED, p)[0]), rel=0.01)


def test_a_holder_who_cannot_diversify_values_them_below_what_they_cost_the_company():
    amounts = option_amounts(LISTED, P, WEALTH)
    today = sum(float(a[0]) * math.exp(-0.05 * vest.when) for a, vest in zip(amounts, QUARTERS, strict=True))
    assert 0 < today < 0.8 * float(lattice_cost(LISTED, P)[0])


def test_with_share_risk_off_options_stand_at_their_face():
    amounts = option_amounts(LISTED, P, WEALTH, 0.0)
    assert [float(amount[0]) for amount in amounts] == [12_500.0] * 4


def test_nothing_vests_outside_the_schedule():
    bare = replace(LISTED, vesting=(*QUARTERS[:1], *(VestingYear(0.0, y + 0.5) for y in (1, 2, 3))))
    amounts = option_amounts(bare, P, WEALTH)
    assert float(amounts[0][0]) > 0
    assert [float(amount) for amount in amounts[1:]] == [0.0] * 3
    later = replace(LISTED, vesting=tuple(VestingYear(0.0, y + 0.5) for y in range(4)))
    assert [float(amount) for amount in option_amounts(later, P, WEALTH)] == [0.0] * 4
    assert float(lattice_cost(later, P)[0]) == 0.0


def test_private_options_are_sold_at_the_exit_and_listed_ones_after_their_expected_life():
    assert float(sale_years(PRIVATE, 2.0, P)[0]) == 5.0
    assert float(sale_years(PRIVATE, 6.0, P)[0]) == 6.0
    left = 10.0 - 2.0 - 0.25
    assert float(sale_years(LISTED, 2.0, P)[0]) == pytest.approx(2.25 + (1 - math.exp(-0.178 * left)) / 0.178)


def test_who_leaves_before_the_exit_lets_two_thirds_lapse():
    sold, lapse = np.array([5.0]), np.array([0.678])
    stay = math.exp(-0.178 * (3.0 - 0.25))
    found = share_kept(PRIVATE, sold, np.array([3.0]), np.array([0.178]), lapse)
    assert float(found[0]) == pytest.approx(stay + (1 - stay) * 0.322)
    kept_anyway = share_kept(replace(PRIVATE, window_years=10.0), sold, np.array([3.0]), np.array([0.178]), lapse)
    assert float(kept_anyway[0]) == 1.0
    expired = share_kept(replace(PRIVATE, expiry_years=4.0), sold, np.array([3.0]), np.array([0.178]), lapse)
    assert float(expired[0]) == pytest.approx(0.322)


def test_a_longer_window_is_never_worth_less_to_the_holder_of_private_options():
    worths = [
        sum(float(a[0]) for a in option_amounts(replace(PRIVATE, window_years=w), P, WEALTH)) for w in (0, 0.25, 1, 10)
    ]
    assert worths == sorted(worths)
    assert worths[0] < worths[-1]


def test_the_cost_of_a_grant_is_the_lattices_for_each_vest_if_it_vests():
    expected = sum(
        250.0
        * math.exp(0.178 * vest.when)
        * float(
            hull_white_value(
                50.0,
                50.0,
                volatility=0.45,
                rate=0.05,
                dividend_yield=0.01,
                exit_hazard=0.178,
                vesting_years=vest.when,
                expiry_years=10.0,
                exercise_multiple=2.2,
                window_years=0.25,
                steps=400,
            )
        )
        for vest in QUARTERS
    )
    assert float(lattice_cost(LISTED, P)[0]) == pytest.approx(expected, rel=0.01)


def test_private_companies_pay_no_dividends():
    without = P | {"dividend_yield": np.array([0.0])}
    assert lattice_cost(PRIVATE, P).tolist() == lattice_cost(PRIVATE, without).tolist()
    assert float(black_scholes_cost(LISTED, P)[0]) < float(black_scholes_cost(LISTED, without)[0])


def test_draws_are_valued_together_as_each_by_itself():
    spread = {name: np.repeat(value, 3) for name, value in P.items()} | {"risk_aversion": np.array([1.0, 2.0, 3.0])}
    together = option_amounts(PRIVATE, spread, np.repeat(WEALTH, 3))
    for draw in range(3):
        alone = option_amounts(PRIVATE, {name: value[draw : draw + 1] for name, value in spread.items()}, WEALTH)
        assert [float(a[draw]) for a in together] == pytest.approx([float(a[0]) for a in alone], rel=1e-12)
