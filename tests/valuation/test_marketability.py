"""Discounts for shares that cannot be sold: published figures, bounds and limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.marketability import chaffe_discount, finnerty_discount, longstaff_bound

years = st.floats(0.01, 10)
volatilities = st.floats(0.05, 1.2)


@pytest.mark.parametrize(("wait", "published"), [(1, 26.276), (2, 38.605), (5, 65.772)])
def test_longstaffs_table(wait, published):
    assert 100 * float(longstaff_bound(wait, 0.3)) == pytest.approx(published, abs=0.001)


@pytest.mark.parametrize(("wait", "volatility", "expected"), [(3, 0.9, 0.477106396465285), (5, 0.7, 0.427598225469484)])
def test_chaffe_is_a_put_at_the_money(wait, volatility, expected):
    assert float(chaffe_discount(wait, volatility, 0.04)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("wait", "volatility", "expected"), [(3, 0.9, 0.2810413384873834), (1, 0.5, 0.1123810508909956)]
)
def test_finnerty_is_the_integral_of_its_payoff(wait, volatility, expected):
    assert float(finnerty_discount(wait, volatility)) == pytest.approx(expected, abs=1e-12)


@given(years, volatilities)
def test_no_discount_exceeds_longstaffs_bound(wait, volatility):
    bound = float(longstaff_bound(wait, volatility))
    assert 0.0 <= float(finnerty_discount(wait, volatility)) <= bound + 1e-12
    assert 0.0 <= float(chaffe_discount(wait, volatility, 0.0)) <= bound + 1e-12


@given(years, st.floats(0.01, 5), volatilities)
def test_a_longer_wait_never_lowers_finnertys_discount(wait, longer, volatility):
    assert finnerty_discount(wait + longer, volatility) >= finnerty_discount(wait, volatility) - 1e-9


@given(years, volatilities, st.floats(0.01, 0.5))
def test_more_volatility_never_lowers_a_discount(wait, volatility, more):
    for discount in (finnerty_discount, longstaff_bound, lambda t, s: chaffe_discount(t, s, 0.05)):
        assert discount(wait, volatility + more) >= discount(wait, volatility) - 1e-9


def test_no_wait_costs_nothing():
    assert float(finnerty_discount(0.0, 0.5)) == 0.0
    assert float(chaffe_discount(0.0, 0.5, 0.04)) == pytest.approx(0.0, abs=1e-12)
    assert float(longstaff_bound(0.0, 0.5)) == 0.0


def test_finnertys_discount_is_smooth_where_its_series_takes_over_and_has_a_ceiling():
    around = finnerty_discount(1.0, np.sqrt(np.array([0.000999999, 0.001000001])))
    assert around[1] - around[0] == pytest.approx(0.0, abs=1e-8)
    assert float(finnerty_discount(1e6, 1.0)) == pytest.approx(0.3228, abs=1e-4)


def test_dividends_received_while_waiting_lower_finnertys_discount():
    assert float(finnerty_discount(3.0, 0.5, 0.04) / finnerty_discount(3.0, 0.5)) == pytest.approx(np.exp(-0.12))
