"""A person's own months against an assumption: closed forms and integrals worked out here, not by the code."""

from __future__ import annotations

import math
import statistics
from statistics import NormalDist

import numpy as np
import pytest

from tokenworth.valuation.credibility import MonthUsed, credible_level, credible_swings, own_swings
from tokenworth.valuation.spread import Spread

# ln 4 on either side, so that both sides are one normal.
EVEN = Spread(1_500.0, 6_000.0, 24_000.0, "lognormal")
SWINGS = Spread(0.4, 0.7, 1.0, "triangular")
Z90 = NormalDist().inv_cdf(0.9)
SD = math.log(4) / Z90


def months(*amounts, limited=()):
    return [MonthUsed(float(usd), place in limited) for place, usd in enumerate(amounts)]


def level(found):
    """The middle and the standard deviation of a lognormal, on the log scale, from its percentiles."""
    spread = found.spread
    assert spread.distribution == "lognormal"
    assert math.log(spread.high / spread.base) == pytest.approx(math.log(spread.base / spread.low))
    return math.log(spread.base), math.log(spread.high / spread.base) / Z90


@pytest.mark.parametrize("count", [1, 3, 12])
def test_the_level_is_the_normal_normal_mean_on_the_log_scale(count):
    sigma = 0.7
    found = credible_level(EVEN, months(*[2_000] * count), sigma)
    noise = math.log(1 + (math.exp(sigma**2) - 1) / count)
    precision = 1 / SD**2 + 1 / noise
    mean = (math.log(6_000) / SD**2 + (math.log(24_000) + noise / 2) / noise) / precision
    assert level(found) == pytest.approx((mean, precision**-0.5))
    assert found.weight == pytest.approx(1 / noise / precision)


def test_no_month_changes_nothing_and_a_year_of_them_nearly_all():
    assert credible_level(EVEN, [], 0.7).spread == EVEN
    year = credible_level(EVEN, months(*[50] * 12), 0.7)
    assert year.spread.base == pytest.approx(600, rel=0.2)
    assert year.weight > 0.9
    assert credible_level(EVEN, months(50), 0.7).spread.base > 1_200


def test_months_of_nothing_count_in_the_level():
    half = credible_level(EVEN, months(1_000, 0, 1_000, 0), 0.7)
    assert half == credible_level(EVEN, months(500, 500, 500, 500), 0.7)
    assert credible_level(EVEN, months(0, 0), 0.7).spread == EVEN


def _integrated(bound, sd, noise):
    """Mean and standard deviation of the assumed normal times Phi((x - bound)/sqrt(noise)), by the trapezoid rule."""
    x = np.linspace(math.log(6_000) - 12 * sd, math.log(6_000) + 12 * sd, 200_001)
    above = np.array([0.5 * math.erfc(-(each - bound) / math.sqrt(2 * noise)) for each in x.tolist()])
    density = np.exp(-((x - math.log(6_000)) ** 2) / (2 * sd**2)) * above
    mean = float((x * density).sum() / density.sum())
    return mean, math.sqrt(float(((x - mean) ** 2 * density).sum() / density.sum()))


@pytest.mark.parametrize(("usd", "count"), [(100, 1), (600, 3), (2_000, 12)])
def test_what_a_limit_cut_is_a_bound_from_below(usd, count):
    found = credible_level(EVEN, months(*[usd] * count, limited=range(count)), 0.7)
    noise = math.log(1 + (math.exp(0.49) - 1) / count)
    mean, sd = _integrated(math.log(12 * usd) + noise / 2, SD, noise)
    middle, above = math.log(found.spread.base), math.log(found.spread.high / found.spread.base) / Z90
    assert (middle, above) == pytest.approx((mean, sd), rel=1e-6)
    assert found.weight == 0.0


def test_a_limit_that_was_met_never_makes_the_level_lower():
    for usd in (1, 10, 100, 1_000, 100_000):
        cut = credible_level(EVEN, months(usd, usd, limited=(0, 1)), 0.7)
        assert cut.spread.base >= EVEN.base
    free = credible_level(EVEN, months(100, 100), 0.7)
    assert credible_level(EVEN, months(100, 100, 100, limited=(2,)), 0.7).spread.base > free.spread.base


def test_a_month_in_which_nothing_was_left_to_use_says_nothing():
    assert credible_level(EVEN, months(900, 0, 0, limited=(1, 2)), 0.7) == credible_level(EVEN, months(900), 0.7)


def test_a_wide_side_and_a_narrow_one_keep_their_slopes():
    uneven = Spread(5_000.0, 6_000.0, 24_000.0, "lognormal")
    down, up = (credible_level(uneven, months(usd), 0.7) for usd in (50, 5_000))
    assert down.weight < 0.1
    assert up.weight > 0.6
    assert credible_level(uneven, months(500), 1e-9).spread.base == pytest.approx(6_000, rel=1e-6)


@pytest.mark.parametrize("fixed", [Spread(9.0, 9.0, 9.0, "fixed"), Spread(0.0, 0.0, 5.0, "triangular")])
def test_what_is_fixed_or_nothing_is_not_learnt_from(fixed):
    assert credible_level(fixed, months(1_000), 0.7).spread == fixed


def test_a_range_from_zero_can_be_learnt_from():
    found = credible_level(Spread(0.0, 6_000.0, 24_000.0, "triangular"), months(*[100] * 12), 0.7)
    assert 1_000 < found.spread.base < 1_500


def test_swings_are_the_variance_of_logs_around_their_own_trend():
    logs = [5.0, 6.0, 5.5, 6.5, 7.0]
    slope, start = statistics.linear_regression(range(5), logs)
    residuals = [each - start - slope * place for place, each in enumerate(logs)]
    found = own_swings(months(*map(math.exp, logs)))
    assert (found.variance, found.freedom) == pytest.approx((sum(each**2 for each in residuals) / 3, 3))


def test_growth_is_no_swing():
    assert own_swings(months(*(100 * 1.13**place for place in range(12)))).variance == pytest.approx(0, abs=1e-12)


def test_months_of_nothing_swing_as_the_lognormal_of_the_same_mean_and_variance_does():
    # Half the months 0 and half $800: mean 400, variance 400^2, so ln(1 + 1).
    found = own_swings(months(*[800, 0] * 6))
    assert found.variance == pytest.approx(math.log(2))
    assert found.freedom == 4


def test_what_a_limit_cut_is_no_swing():
    free = [300, 500, 400, 800]
    assert own_swings(months(*free, 100, 100, limited=(4, 5))) == own_swings(months(*free))


def test_swings_are_shrunk_by_their_degrees_of_freedom():
    own = own_swings(months(*[100, 900] * 6))
    assert own.freedom == 10
    found = credible_swings(SWINGS, own)
    assert found.base == pytest.approx(math.sqrt((6 * 0.49 + 10 * own.variance) / 16))
    narrower = math.sqrt(6 / 16)
    assert found.low == pytest.approx(found.base * (1 - narrower * 3 / 7))
    assert found.high == pytest.approx(found.base * (1 + narrower * 3 / 7))


@pytest.mark.parametrize("few", [[], [500], [500, 700], [0, 0, 500, 700]], ids=str)
def test_too_few_months_say_nothing_of_swings(few):
    assert credible_swings(SWINGS, own_swings(months(*few))) == SWINGS


def test_both_find_the_truth_in_many_months():
    drawn = np.random.default_rng(5).standard_normal(2_000)
    used = months(*(1_500 * np.exp(0.9 * drawn - 0.9**2 / 2)))
    swings = credible_swings(SWINGS, own_swings(used))
    assert swings.base == pytest.approx(0.9, abs=0.05)
    assert credible_level(EVEN, used, swings.base).spread.base == pytest.approx(18_000, rel=0.06)
