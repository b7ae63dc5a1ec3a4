"""The normal distribution against the C library's own error function."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.valuation.normal import normal_cdf, normal_density


def by_the_c_library(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@given(st.floats(-40, 40))
def test_the_distribution_is_that_of_the_c_library(x):
    assert abs(float(normal_cdf(x)) - by_the_c_library(x)) < 1e-15


@given(st.floats(-20, -1))
def test_small_tails_keep_their_digits(x):
    assert float(normal_cdf(x)) == pytest.approx(by_the_c_library(x), rel=1e-10)


def test_many_points_are_right_together():
    x = np.linspace(-9, 9, 200_001)
    expected = np.array([by_the_c_library(z) for z in x.tolist()])
    assert np.abs(normal_cdf(x) - expected).max() < 1e-15


def test_the_ends_are_certain():
    assert normal_cdf(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]
    assert float(normal_cdf(0.0)) == 0.5


def test_the_density_at_zero_is_one_over_the_root_of_two_pi():
    assert float(normal_density(0.0)) == pytest.approx(0.3989422804014327, rel=1e-15)
