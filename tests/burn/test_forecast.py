"""The forecaster on its own: what cannot be otherwise for any past."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tokenworth.burn.forecast.exhaustion import HORIZON_HOURS_MAX, use_ahead
from tokenworth.burn.forecast.spread import quantiles
from tokenworth.burn.forecast.witnesses import Pasts

LEVELS = np.array([0.05, 0.1, 0.5, 0.8, 0.9, 0.95])

amounts = st.one_of(st.just(0.0), st.floats(0, 1e3), st.floats(0, 1e18))
pasts = st.integers(1, 400).flatmap(lambda count: arrays(np.float64, count, elements=amounts))


@settings(max_examples=150, deadline=None)
@given(pasts, st.integers(1, HORIZON_HOURS_MAX))
def test_quantiles_of_any_past_are_finite_never_negative_and_in_order(past, hours):
    (found,) = quantiles(past, [hours], LEVELS)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (np.diff(found) >= 0).all()


@settings(max_examples=100, deadline=None)
@given(pasts, st.floats(0.01, 2_000), st.floats(0, 1e12))
def test_use_ahead_grows_with_time_and_runs_out_early_before_late(past, hours, left):
    ahead = use_ahead(past, hours)
    for path in (ahead.low, ahead.base, ahead.high):
        assert (np.diff(path) >= 0).all()
    assert (ahead.low <= ahead.base).all()
    assert (ahead.base <= ahead.high).all()
    assert ahead.hours[-1] == pytest.approx(min(hours, HORIZON_HOURS_MAX))
    times = [np.inf if each is None else each for each in ahead.passes(np.full(len(ahead.hours), left))]
    assert times == sorted(times)


@settings(max_examples=50, deadline=None)
# An hour of 5e-324 would be an idle one in thousands: what is used is nothing, or something that can be divided.
@given(arrays(np.float64, 200, elements=st.just(0.0) | st.floats(1e-6, 1e6)), st.sampled_from([1e-3, 1e3, 1e9]))
def test_a_forecast_in_another_unit_is_the_same_forecast(past, factor):
    scaled = quantiles(past * factor, [5, 24], LEVELS)
    np.testing.assert_allclose(scaled, quantiles(past, [5, 24], LEVELS) * factor, rtol=1e-6, atol=1e-6 * factor)


def test_nothing_used_is_nothing_foretold_and_never_runs_out():
    ahead = use_ahead(np.zeros(300), 720)
    assert not ahead.high.any()
    assert ahead.passes(np.ones(len(ahead.hours))) == (None, None, None)


def test_a_steady_use_goes_on_and_runs_out_when_it_must():
    ahead = use_ahead(np.full(336, 2.0), 240)
    assert ahead.base[-1] == pytest.approx(480)
    early, middle, late = ahead.passes(np.full(len(ahead.hours), 100.0))
    assert middle == pytest.approx(50, abs=1)
    assert early <= middle <= late


def test_one_spike_long_ago_foretells_no_other_as_the_middle():
    past = np.zeros(336)
    past[150] = 1e9
    assert quantiles(past, [24], LEVELS)[0, 2] == 0


def test_a_daily_rhythm_is_followed_through_the_day():
    day = np.repeat([0.0, 10.0, 0.0], [8, 8, 8])
    past = np.tile(day, 14)
    night, work = (Pasts(past[np.newaxis, :count]).ahead(8, np.array([0])).middle[0] for count in (336, 320))
    assert night == pytest.approx(0, abs=20)
    assert work == pytest.approx(80, rel=0.1)


def test_an_hour_is_longer_or_shorter_by_its_part():
    ahead = use_ahead(np.full(100, 6.0), 0.5)
    assert (ahead.hours[-1], ahead.base[-1]) == (0.5, pytest.approx(3))
