"""Normals by the hundred million are as normal, and as independent, as those of numpy."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from tokenworth.valuation.bulk_normals import BulkNormals
from tokenworth.valuation.draws import substream

COUNT = 1_000_000


@pytest.fixture(scope="module")
def drawn():
    normals = BulkNormals(substream(1, "normals"), COUNT)
    return normals.take(COUNT).astype(np.float64)


def test_their_distribution_is_the_standard_normal(drawn):
    ordered = np.sort(drawn)[:: COUNT // 2_000]
    standard = NormalDist()
    expected = np.array([standard.cdf(value) for value in ordered])
    furthest = np.abs(expected - np.arange(len(ordered)) / len(ordered)).max()
    # Kolmogorov and Smirnov: beyond 1.95/sqrt(n) once in a thousand.
    assert furthest < 1.95 / np.sqrt(COUNT) + 1.0 / len(ordered)


def test_their_first_four_moments_are_0_1_0_3(drawn):
    moments = [float((drawn**power).mean()) for power in (1, 2, 3, 4)]
    assert moments == pytest.approx([0.0, 1.0, 0.0, 3.0], abs=0.03)


@pytest.mark.parametrize("beyond", [3.0, 4.0])
def test_their_tails_are_as_heavy_as_they_should_be(drawn, beyond):
    expected = 2.0 * NormalDist().cdf(-beyond) * COUNT
    found = int((np.abs(drawn) > beyond).sum())
    assert abs(found - expected) < 4.0 * np.sqrt(expected)


def test_the_two_of_a_pair_are_independent_in_value_and_in_size(drawn):
    first, second = drawn[: COUNT // 2], drawn[COUNT // 2 :]
    for a, b in ((first, second), (first**2, second**2), (np.abs(first), second)):
        assert abs(float(np.corrcoef(a, b)[0, 1])) < 5.0 / np.sqrt(COUNT / 2)


def test_any_count_up_to_the_prepared_one_may_be_taken():
    normals = BulkNormals(substream(1, "normals"), 7)
    taken = [normals.take(count).copy() for count in (7, 1, 4)]
    assert [len(values) for values in taken] == [7, 1, 4]
    assert len(set(np.concatenate(taken).tolist())) == 12


def test_the_same_substream_gives_the_same_numbers():
    first, again = [BulkNormals(substream(5, "people"), 10).take(10).copy() for _ in range(2)]
    other = BulkNormals(substream(5, "others"), 10).take(10)
    assert (first == again).all()
    assert not np.isin(first, other).any()
