"""The lattice converges, moves the right way with every term, and prices a batch as it prices each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenworth.valuation.option_lattice import hull_white_value
from tokenworth.valuation.options import black_scholes_call, hull_white_trinomial

# Hull and White's example; exits as a continuous rate.
EXAMPLE = {
    "volatility": 0.3,
    "rate": 0.075,
    "dividend_yield": 0.025,
    "exit_hazard": 0.05,
    "vesting_years": 3,
    "expiry_years": 10,
    "exercise_multiple": 2.0,
}
SLOW = settings(max_examples=40, deadline=None)
terms = st.fixed_dictionaries(
    {
        "volatility": st.floats(0.2, 0.9),
        "rate": st.floats(0.01, 0.08),
        "dividend_yield": st.floats(0, 0.03),
        "exit_hazard": st.floats(0, 0.3),
        "vesting_years": st.floats(0, 4),
        "expiry_years": st.floats(5, 12),
        "exercise_multiple": st.floats(1.3, 4),
    }
)
moneyness = st.floats(0.5, 1.5)
# What two lattices of the default steps may differ by in noise, as a share of the price.
NOISE = 0.003


def value(price=50.0, strike=50.0, **changes):
    return float(hull_white_value(price, strike, **(EXAMPLE | changes)))


@pytest.mark.parametrize("multiple", [1.5, 2.0, 2.8])
@pytest.mark.parametrize("volatility", [0.3, 0.5])
def test_the_error_against_a_thousand_steps_falls(multiple, volatility):
    fine = value(exercise_multiple=multiple, volatility=volatility, steps=1000)
    errors = [
        abs(value(exercise_multiple=multiple, volatility=volatility, steps=n) - fine) for n in (50, 100, 200, 400)
    ]
    assert errors[-1] < 0.002
    assert errors[2] < 0.01
    assert max(errors) < 0.15


def test_it_is_the_published_lattice_where_that_has_a_node_on_the_exercise_price():
    # Twenty-four nodes of sigma*sqrt(3*T/steps) up are ln 2, a hair above: nothing is rounded up.
    steps = math.floor(3 * 0.3**2 * 10 * (24 / math.log(2)) ** 2)
    published = hull_white_trinomial(50, 50, **EXAMPLE, steps=steps)
    assert value(steps=400) == pytest.approx(float(published), abs=0.01)


def test_a_twenty_fifth_of_the_published_steps_comes_closer():
    settled = value(steps=4000)
    assert abs(value(steps=40) - settled) < abs(float(hull_white_trinomial(50, 50, **EXAMPLE, steps=1000)) - settled)


@SLOW
@given(moneyness, terms)
def test_without_exits_or_a_multiple_it_is_black_scholes(price, given_terms):
    european = given_terms | {"exit_hazard": 0.0, "exercise_multiple": math.inf}
    market = {name: given_terms[name] for name in ("volatility", "rate", "dividend_yield")}
    expected = black_scholes_call(price, 1.0, years=given_terms["expiry_years"], **market)
    # Long lives at high volatility settle more slowly: a third of a per cent of the value is the noise there.
    assert float(hull_white_value(price, 1.0, **european)) == pytest.approx(float(expected), abs=NOISE, rel=0.0035)


@SLOW
@given(moneyness, terms)
def test_what_cannot_be_exercised_before_expiry_is_black_scholes_less_those_who_leave(price, given_terms):
    late = given_terms | {"vesting_years": given_terms["expiry_years"]}
    market = {name: given_terms[name] for name in ("volatility", "rate", "dividend_yield")}
    years = given_terms["expiry_years"]
    stay = math.exp(-given_terms["exit_hazard"] * years)
    expected = stay * float(black_scholes_call(price, 1.0, years=years, **market))
    assert float(hull_white_value(price, 1.0, **late)) == pytest.approx(expected, abs=NOISE, rel=0.0035)


@SLOW
@given(moneyness, terms, st.floats(0.02, 1))
def test_a_higher_strike_is_never_worth_more(price, given_terms, more):
    low, high = hull_white_value(price, np.array([1.0, 1.0 + more]), **given_terms)
    assert high <= low + NOISE


@SLOW
@given(moneyness, terms, st.floats(0.01, 0.3))
def test_more_leaving_is_never_worth_more(price, given_terms, more):
    # Where dividends would make leaving early the better exercise, being made to leave can help: without them never.
    plain = given_terms | {"dividend_yield": 0.0}
    hazards = np.array([plain["exit_hazard"], plain["exit_hazard"] + more])
    few, many = hull_white_value(price, 1.0, **(plain | {"exit_hazard": hazards}))
    assert many <= few + NOISE


def test_a_longer_window_after_leaving_is_never_worth_less():
    worths = [value(exit_hazard=0.2, window_years=w, dividend_yield=0.0) for w in (0.0, 0.1, 0.25, 1.0, 3.0, 10.0)]
    assert worths == sorted(worths)
    assert worths[-1] > worths[0] + 0.1


def test_at_the_money_it_rises_with_volatility():
    grid = np.linspace(0.15, 0.9, 16)
    worths = hull_white_value(50, 50, **(EXAMPLE | {"volatility": grid}), steps=800)
    assert (np.diff(worths) > 0).all()


def test_it_falls_with_the_exit_rate():
    grid = np.linspace(0.0, 0.4, 21)
    assert (np.diff(hull_white_value(50, 50, **(EXAMPLE | {"exit_hazard": grid}))) < 0).all()


def test_it_falls_with_vesting_when_people_leave():
    grid = np.linspace(0.0, 6.0, 13)
    worths = hull_white_value(50, 50, **(EXAMPLE | {"exit_hazard": 0.12, "vesting_years": grid}), steps=400)
    assert (np.diff(worths) < 0).all()


def test_when_nobody_leaves_longer_vesting_keeps_people_from_exercising_too_early():
    grid = np.linspace(0.0, 9.0, 10)
    none_leave = EXAMPLE | {"exit_hazard": 0.0, "dividend_yield": 0.0, "vesting_years": grid}
    assert (np.diff(hull_white_value(50, 50, **none_leave, steps=400)) > 0).all()


def test_past_the_multiple_a_vested_option_is_exercised_at_once():
    assert value(price=120.0, vesting_years=0.0) == 70.0
    assert value(price=100.0, vesting_years=0.0) == pytest.approx(50.0, abs=1e-9)


def test_a_cliff_ahead_of_a_deep_option_is_a_forward_that_leavers_lose():
    market = {"volatility": 0.2, "rate": 0.05, "dividend_yield": 0.0, "exit_hazard": 0.1, "exercise_multiple": 1.5}
    found = hull_white_value(500, 50, **market, vesting_years=2, expiry_years=10)
    assert float(found) == pytest.approx(math.exp(-0.2) * (500 - 50 * math.exp(-0.1)), rel=1e-4)


def test_a_multiple_of_one_is_exercised_as_soon_as_it_is_vested_and_in_the_money():
    assert value(exercise_multiple=1.0, vesting_years=0.0) == 0.0
    assert value(exercise_multiple=1.0) > 0.0


def test_a_share_that_hardly_moves_is_worth_its_forward():
    calm = {"volatility": 0.001, "rate": 0.05, "expiry_years": 2.0, "exercise_multiple": math.inf}
    assert float(hull_white_value(50, 40, **calm)) == pytest.approx(50 - 40 * math.exp(-0.1), abs=0.01)


def test_a_batch_is_priced_as_each_of_its_options():
    rng = np.random.default_rng(3)
    batch = {
        "volatility": rng.uniform(0.2, 0.9, 12),
        "rate": rng.uniform(0.0, 0.08, 12),
        "exit_hazard": rng.uniform(0, 0.3, 12),
        "vesting_years": rng.uniform(0, 5, 12),
        "expiry_years": rng.uniform(5, 12, 12),
        "exercise_multiple": rng.uniform(1.1, 4, 12),
        "window_years": rng.choice([0.0, 0.25, 10.0], 12),
    }
    strikes = rng.uniform(20, 90, 12)
    together = hull_white_value(50, strikes.reshape(3, 4), **{k: v.reshape(3, 4) for k, v in batch.items()})
    each = [float(hull_white_value(50, strikes[i], **{k: v[i] for k, v in batch.items()})) for i in range(12)]
    assert together.shape == (3, 4)
    assert together.ravel() == pytest.approx(each, abs=1e-6)
