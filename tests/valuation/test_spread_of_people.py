"""Inequality, fitted distributions, a provider's revenue, raises at a cost, and figures for reading aloud."""

from __future__ import annotations

from math import erf, exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.assumptions.benchmarks import PUBLISHED, published_use
from tokenworth.money import brief_dollars, significant
from tokenworth.valuation.inequality import gini, gini_of_groups, percentile_ratio
from tokenworth.valuation.lognormal_fit import from_amounts, from_mean_and_percentile, from_percentiles
from tokenworth.valuation.provider_revenue import paid_by_employer, split_revenue

amounts = st.lists(st.floats(0, 1e9), min_size=1, max_size=40)


def test_textbook_ginis():
    assert gini(np.array([5.0, 5.0, 5.0])) == 0.0
    assert gini(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(0.25)
    assert gini(np.array([0.0, 0.0, 0.0, 8.0])) == pytest.approx(0.75)
    assert gini(np.zeros(3)) == 0.0


@pytest.mark.parametrize("sigma", [0.5, 1.4])
def test_the_gini_of_a_lognormal_is_erf_of_half_its_sigma(sigma):
    values = np.exp(sigma * np.random.default_rng(2).standard_normal(400_000))
    assert gini(values) == pytest.approx(erf(sigma / 2.0), abs=0.01)


@given(amounts, st.floats(1e-3, 1e3))
def test_a_gini_lies_between_0_and_1_and_has_no_unit(values, scale):
    found = gini(np.array(values))
    assert 0.0 <= found <= 1.0
    assert gini(scale * np.array(values)) == pytest.approx(found, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(1, 5)), min_size=1, max_size=10))
def test_groups_are_as_uneven_as_their_people_written_out(groups):
    values, counts = (np.array(column, dtype=float) for column in zip(*groups, strict=True))
    written_out = np.repeat(values, counts.astype(int))
    assert gini_of_groups(values, counts) == pytest.approx(gini(written_out), abs=1e-9)


def test_percentile_ratios_and_what_has_none():
    assert percentile_ratio(np.arange(101.0)) == pytest.approx(1.8)
    assert percentile_ratio(np.zeros(4)) is None


def test_two_percentiles_are_met_exactly():
    fitted = from_percentiles({0.5: 100.0, 0.9: 800.0})
    median = fitted.mean * exp(-(fitted.log_sd**2) / 2.0)
    assert median == pytest.approx(100.0)
    assert median * exp(1.2815515655446004 * fitted.log_sd) == pytest.approx(800.0)


def test_three_percentiles_are_met_as_well_as_a_lognormal_can():
    fitted = from_percentiles({0.5: 100.0, 0.9: 800.0, 0.99: 3_000.0})
    assert 1.4 < fitted.log_sd < 1.7


def test_a_mean_and_a_percentile_are_met_exactly():
    fitted = from_mean_and_percentile(400.0, 0.9, 800.0)
    median = fitted.mean * exp(-(fitted.log_sd**2) / 2.0)
    assert median * exp(1.2815515655446004 * fitted.log_sd) == pytest.approx(800.0)


@pytest.mark.parametrize("p90", [399.0, 1_000.0])
def test_a_percentile_that_no_lognormal_of_that_mean_has_is_refused(p90):
    with pytest.raises(ValueError, match=r"1 to 2\.27 times the mean"):
        from_mean_and_percentile(400.0, 0.9, p90)


def test_percentiles_that_fall_are_refused():
    with pytest.raises(ValueError, match="higher percentiles"):
        from_percentiles({0.5: 100.0, 0.9: 80.0})


def test_observed_amounts_keep_their_mean_with_those_who_use_nothing():
    fitted = from_amounts(np.array([0.0, 0.0, 10.0, 1_000.0]))
    assert fitted.mean == pytest.approx(252.5)
    assert fitted.log_sd == pytest.approx(np.log(10.0))
    assert from_amounts(np.zeros(3)).mean == 0.0


def test_published_spreads_say_between_whom():
    found = {name: published_use(name) for name in PUBLISHED}
    assert "companies not people" in found["ramp"].what
    assert found["ramp"].ratio == "p90/p50 54x"
    assert found["claude_code"].ratio == "p90 2.3x the mean"
    assert found["claude_code"].month.mean == pytest.approx(200.0)


def test_a_commitment_is_owed_and_only_use_beyond_it_is_hoped_for():
    split = split_revenue(np.array([10.0, 30.0]), 20.0)
    assert split.guaranteed == 20.0
    assert split.expected_beyond == pytest.approx(5.0)
    assert paid_by_employer(np.array([10.0, 30.0]), 20.0).tolist() == [20.0, 30.0]


def test_without_a_promise_nothing_is_guaranteed():
    split = split_revenue(np.array([10.0, 30.0]), 0.0)
    assert (split.guaranteed, split.expected_beyond) == (0.0, pytest.approx(20.0))


@pytest.mark.parametrize(
    ("amount", "printed"),
    [(0, "$0"), (19.6, "$20"), (999, "$999"), (999.6, "$1.00k"), (892_200, "$892k"), (1_928_000, "$1.93M"),
     (60_000_000, "$60.0M"), (2.5e9, "$2.50B"), (-41_499, "-$41.5k")],
)  # fmt: skip
def test_amounts_are_printed_for_reading_aloud(amount, printed):
    assert brief_dollars(amount) == printed


@given(st.floats(0, 1e15))
def test_four_digits_are_kept_and_no_more(amount):
    found = significant(amount)
    assert found == pytest.approx(amount, rel=5.01e-4, abs=0.5)
    assert len(str(found).rstrip("0")) <= 4
