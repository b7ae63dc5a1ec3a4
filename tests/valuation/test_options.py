"""Black-Scholes-Merton, expected life and the published lattice, against textbooks and other people's software."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.options import (
    black_scholes_call,
    black_scholes_put,
    expected_holding_years,
    hull_white_trinomial,
)

prices = st.floats(1, 500)
years = st.floats(0.05, 15)
volatilities = st.floats(0.05, 1.5)
rates = st.floats(0, 0.12)
yields = st.floats(0, 0.08)

# Hull and White's own example, as esovalue 0.1.15 gives it at 300 steps.
PUBLISHED = {
    "volatility": 0.3,
    "rate": 0.075,
    "dividend_yield": 0.025,
    "vesting_years": 3,
    "expiry_years": 10,
    "steps": 300,
}


@pytest.mark.parametrize(
    ("option", "price", "strike", "terms", "published"),
    [
        (black_scholes_call, 42, 40, {"years": 0.5, "volatility": 0.2, "rate": 0.1}, 4.76),
        (black_scholes_call, 60, 65, {"years": 0.25, "volatility": 0.3, "rate": 0.08}, 2.1334),
        (black_scholes_put, 100, 95, {"years": 0.5, "volatility": 0.2, "rate": 0.1, "dividend_yield": 0.05}, 2.4648),
        (black_scholes_call, 30, 30, {"years": 10, "volatility": 0.3, "rate": math.log(1.06)}, 16.55),
    ],
    ids=["Hull", "Haug call", "Haug put", "Hall and Murphy"],
)
def test_the_textbooks_prices(option, price, strike, terms, published):
    assert float(option(price, strike, **terms)) == pytest.approx(published, abs=0.005)


@given(prices, prices, years, volatilities, rates, yields)
def test_a_call_less_a_put_is_the_forward(price, strike, t, volatility, rate, dividends):
    terms = {"years": t, "volatility": volatility, "rate": rate, "dividend_yield": dividends}
    forward = price * math.exp(-dividends * t) - strike * math.exp(-rate * t)
    call, put = black_scholes_call(price, strike, **terms), black_scholes_put(price, strike, **terms)
    assert float(call - put) == pytest.approx(forward, abs=1e-9)


@given(prices, prices, st.floats(0.01, 100), years, volatilities, rates)
def test_a_higher_strike_is_never_worth_more(price, strike, more, t, volatility, rate):
    terms = {"years": t, "volatility": volatility, "rate": rate}
    assert black_scholes_call(price, strike + more, **terms) <= black_scholes_call(price, strike, **terms) + 1e-12


@given(prices, prices, years, st.floats(0.05, 1), st.floats(0.01, 0.5), rates)
def test_more_volatility_is_never_worth_less(price, strike, t, volatility, more, rate):
    calm = black_scholes_call(price, strike, years=t, volatility=volatility, rate=rate)
    wild = black_scholes_call(price, strike, years=t, volatility=volatility + more, rate=rate)
    assert wild >= calm - 1e-11


@pytest.mark.parametrize(("price", "strike", "worth"), [(50, 40, 10.0), (40, 50, 0.0), (50, 50, 0.0)])
def test_at_expiry_or_without_volatility_it_is_what_exercise_brings(price, strike, worth):
    for terms in ({"years": 0.0, "volatility": 0.4}, {"years": 3.0, "volatility": 0.0}):
        assert float(black_scholes_call(price, strike, rate=0.0, **terms)) == pytest.approx(worth, abs=1e-9)


def test_prices_of_many_options_are_those_of_each():
    strikes = np.array([[30.0, 40.0], [50.0, 60.0]])
    together = black_scholes_call(45, strikes, years=2, volatility=0.4, rate=0.03)
    each = [[float(black_scholes_call(45, k, years=2, volatility=0.4, rate=0.03)) for k in row] for row in strikes]
    assert together.tolist() == each


@given(st.floats(0.001, 1), st.floats(0, 4), st.floats(0.5, 10), st.floats(0, 3))
def test_the_expected_life_is_the_mean_over_when_the_holder_leaves(hazard, vest, left, window):
    edges = np.linspace(0, 1, 200_001)
    leaving = -np.log1p(-(edges[:-1] + edges[1:]) / 2) / hazard
    expected = vest + np.minimum(leaving + window, left).mean()
    found = expected_holding_years(hazard, vest, vest + left, window)
    assert float(found) == pytest.approx(max(expected, vest + min(window, left)), rel=1e-4)


def test_who_never_leaves_holds_to_expiry():
    assert float(expected_holding_years(0.0, 1.0, 10.0, 0.25)) == pytest.approx(10.0)
    assert float(expected_holding_years(0.2, 12.0, 10.0, 0.25)) == 12.0


@pytest.mark.parametrize(
    ("multiple", "exit_rate", "expected"), [(3.0, 0.03, 18.478260667039237), (2.0, 0.05, 16.230941184485246)]
)
def test_the_published_lattice_gives_the_figures_computed_with_it(multiple, exit_rate, expected):
    found = hull_white_trinomial(50, 50, exit_hazard=math.log1p(exit_rate), exercise_multiple=multiple, **PUBLISHED)
    assert float(found) == pytest.approx(expected, abs=1e-9)


def test_the_published_lattice_steps_many_options_back_at_once():
    strikes = np.array([40.0, 50.0, 60.0])
    terms = PUBLISHED | {"steps": 60, "exit_hazard": 0.05, "exercise_multiple": 2.0}
    together = hull_white_trinomial(50, strikes, **terms)
    assert together.tolist() == [float(hull_white_trinomial(50, strike, **terms)) for strike in strikes]
