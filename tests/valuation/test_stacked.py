"""Terms of many offers as one: what is alike stays a number, what differs becomes a column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tokenworth.valuation.grants import TokenTerms
from tokenworth.valuation.pay import PayTerms, ShareTerms, TaxYears
from tokenworth.valuation.stacked import shape_of, stacked, stacked_draws, stacked_taxes
from tokenworth.valuation.tax_curve import TaxCurve, TaxCurves, curves_by_row, flat_curve
from tokenworth.valuation.vesting import VestingYear

YEARS = 4
TERMS = PayTerms(base=(200_000.0,) * YEARS, bonus_target=(20_000.0,) * YEARS, other=(0.0,) * YEARS)
TOKENS = TokenTerms(budget_usd=(12_000.0,) * YEARS)
SHARES = ShareTerms(tuple(VestingYear(25_000.0, year + 0.5) for year in range(YEARS)), (1e5, 7.5e4, 5e4, 2.5e4))


def test_numbers_that_differ_become_a_column_and_others_stay():
    other = replace(TERMS, base=(150_000.0, 160_000.0, 170_000.0, 180_000.0))
    both = stacked([TERMS, other])
    assert both.base[1].tolist() == [[200_000.0], [160_000.0]]
    assert both.bonus_target == TERMS.bonus_target
    assert both.horizon_years == YEARS


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": TOKENS},
        {"shares": (SHARES,)},
        {"bonus_target": (0.0,) * YEARS},
        {"bonus_guaranteed": True},
        {"clawback_years": 2.0},
        {"contractor": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_terms_that_take_another_path_have_another_shape(change):
    assert shape_of(replace(TERMS, **change)) != shape_of(TERMS)


@pytest.mark.parametrize(
    "change",
    [{"periods_per_year": 12}, {"carries": True}, {"cash_out": 0.5}, {"denomination": "model"}, {"kept_months": 12.0}],
    ids=lambda change: next(iter(change)),
)
def test_grants_that_take_another_path_have_another_shape(change):
    assert shape_of(replace(TOKENS, **change)) != shape_of(TOKENS)


def test_terms_that_differ_in_their_amounts_have_one_shape():
    more = replace(TERMS, base=(1.0,) * YEARS, bonus_target=(2.0,) * YEARS)
    assert shape_of(more) == shape_of(TERMS)
    assert shape_of(replace(TOKENS, budget_usd=(5.0,) * YEARS, carry_cap_usd=7.0)) == shape_of(TOKENS)
    later = replace(SHARES, vesting=tuple(VestingYear(9.0, year + 0.7) for year in range(YEARS)))
    assert shape_of(later) == shape_of(SHARES)


def test_draws_that_all_share_are_one_row_and_others_a_row_or_a_value_each():
    shared, own = np.array([1.0, 2.0, 3.0]), np.array([7.0])
    assert stacked_draws([shared, shared]).tolist() == [[1.0, 2.0, 3.0]]
    assert stacked_draws([shared, own]).tolist() == [[1.0, 2.0, 3.0], [7.0, 7.0, 7.0]]
    assert stacked_draws([own, np.array([8.0])]).tolist() == [[7.0], [8.0]]


def test_every_row_is_taxed_by_its_own_curve():
    curves = [flat_curve(0.2), flat_curve(0.4), flat_curve(0.2)]
    rows = curves_by_row(curves)
    assert isinstance(rows, TaxCurves)
    wages = np.array([[100.0, 200.0]])
    for name in ("tax_on", "net_of", "wages_netting"):
        found = getattr(rows, name)(wages)
        assert found.tolist() == [getattr(curve, name)(wages[0]).tolist() for curve in curves]
    assert rows.tax_on(100.0) == pytest.approx(np.array([[20.0], [40.0], [20.0]]), rel=1e-9)


def test_rows_of_equal_curves_need_one():
    assert isinstance(curves_by_row([flat_curve(0.3), flat_curve(0.3)]), TaxCurve)
    employee = TaxYears((flat_curve(0.3),), (flat_curve(0.3),))
    contractor = TaxYears((flat_curve(0.4),), (flat_curve(0.3),))
    both = stacked_taxes([employee, contractor])
    assert isinstance(both.pay[0], TaxCurves)
    assert isinstance(both.salary[0], TaxCurve)
