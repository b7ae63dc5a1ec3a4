"""The forecaster on its own: what cannot be otherwise for any past, and that it sees nothing of the future."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tokenworth.burn.forecast.exhaustion import HORIZON_HOURS_MAX, use_ahead
from tokenworth.burn.forecast.spread import quantiles
from tokenworth.burn.forecast.witnesses import look_ahead

LEVELS = np.array([0.05, 0.1, 0.5, 0.8, 0.9, 0.95])
BACKTEST = Path(__file__).parents[1] / "backtest" / "run.py"

amounts = st.one_of(st.just(0.0), st.floats(0, 1e3), st.floats(0, 1e18))
pasts = st.integers(1, 400).flatmap(lambda count: arrays(np.float64, count, elements=amounts))


@settings(max_examples=150, deadline=None)
@given(pasts, st.integers(1, HORIZON_HOURS_MAX))
def test_quantiles_of_any_past_are_finite_never_negative_and_in_order(past, hours):
    found = quantiles(past, hours, LEVELS)
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
@given(arrays(np.float64, 200, elements=st.floats(0, 1e6)), st.sampled_from([1e-3, 1e3, 1e9]))
def test_a_forecast_in_another_unit_is_the_same_forecast(past, factor):
    scaled = quantiles(past * factor, 24, LEVELS)
    np.testing.assert_allclose(scaled, quantiles(past, 24, LEVELS) * factor, rtol=1e-6, atol=1e-6 * factor)


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
    assert quantiles(past, 24, LEVELS)[2] == 0


def test_a_daily_rhythm_is_followed_through_the_day():
    day = np.repeat([0.0, 10.0, 0.0], [8, 8, 8])
    past = np.tile(day, 14)
    night, work = (look_ahead(past[np.newaxis, :count], 8).middle[0] for count in (336, 320))
    assert night == pytest.approx(0, abs=20)
    assert work == pytest.approx(80, rel=0.1)


def test_an_hour_is_longer_or_shorter_by_its_part():
    ahead = use_ahead(np.full(100, 6.0), 0.5)
    assert (ahead.hours[-1], ahead.base[-1]) == (0.5, pytest.approx(3))


def test_changing_the_future_changes_no_digit_of_a_forecast(monkeypatch):
    monkeypatch.syspath_prepend(str(BACKTEST.parent))
    from trace_file import OURS, read_trace  # noqa: PLC0415 - found beside the script

    used = read_trace(OURS).used[:20]
    other = used.copy()
    other[:, 240:] = other[:, 240:] * 7 + 1_000
    for hours in (5, 24, 72):
        for row, changed in zip(used, other, strict=True):
            before, after = (quantiles(each[:240], hours, LEVELS) for each in (row, changed))
            assert (before == after).all()


def test_a_small_backtest_forecasts_the_same_whatever_comes_after_its_last_origin(monkeypatch):
    monkeypatch.syspath_prepend(str(BACKTEST.parent))
    from trace_file import OURS, origins, read_trace  # noqa: PLC0415 - same

    import run as backtest  # noqa: PLC0415 - found beside the script

    used = read_trace(OURS).used[:12]
    last = origins(used.shape[1], 24)[-1]
    changed = used.copy()
    changed[:, last:] = 123_456
    for name, before in backtest.conformals(used, 24).items():
        assert (backtest.conformals(changed, 24)[name][:-4] == before[:-4]).all()


def test_the_backtest_prints_its_tables_and_fails_where_a_target_is_missed(tmp_path):
    rows = [["client", *(f"h{hour}" for hour in range(336))]]
    rows += [[f"c{number}", *(number + 1 for _ in range(336))] for number in range(3)]
    data = tmp_path / "steady.csv"
    data.write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n", encoding="utf-8")
    found = subprocess.run([sys.executable, BACKTEST, data], capture_output=True, text=True, check=False)
    # A run rate foretells a steady use without any error: nothing can be better.
    assert found.returncode == 1, found.stderr
    assert found.stdout.count("h ahead") == 3
    assert "target(s) missed" in found.stdout


@pytest.mark.slow
def test_every_target_is_met_on_our_copy_of_the_trace():
    found = subprocess.run([sys.executable, BACKTEST], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    page = (BACKTEST.parents[2] / "docs" / "forecast.md").read_text(encoding="utf-8")
    for line in found.stdout.splitlines():
        if line.startswith("  tokenworth"):
            for figure in (word for word in line.split() if word.startswith("0.")):
                assert f"| {figure} " in page
