"""Many offers in one pass: their terms as one, each number that differs a column with a row an offer.

The formulas broadcast, so columns flow through `value_pay` as numbers do, and every element goes through the same
operations in the same order as it would alone: an offer's digits do not depend on what it is stacked with.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

import numpy as np

from tokenworth.valuation.arrays import Array
from tokenworth.valuation.pay import TaxYears
from tokenworth.valuation.tax_curve import AnyTaxCurve, TaxCurve, curves_by_row

__all__ = ["shape_of", "stacked", "stacked_draws", "stacked_taxes"]

Terms = TypeVar("Terms")

# Numbers that the formulas branch on beyond being zero or not; contracts hold few different ones.
BRANCHED_ON: Final = frozenset({"clawback_years", "kept_months", "cash_out"})


def shape_of(part: Hashable, name: str = "") -> Hashable:
    """What terms must have in common to be stacked: all but their numbers, and which of these are zero."""
    if isinstance(part, float) and name not in BRANCHED_ON:
        return part > 0.0
    if isinstance(part, tuple):
        return tuple([shape_of(each, name) for each in cast("tuple[Hashable, ...]", part)])
    if is_dataclass(part):
        return (type(part), *[shape_of(getattr(part, field), field) for field in _fields(part)])
    return part


def stacked(parts: Sequence[Terms]) -> Terms:
    """Terms of one shape as one: a number that all share stays a number, another becomes a column.

    A column is typed as the number in whose place it stands: the formulas take both.
    """
    first = parts[0]
    if all(part is first for part in parts):
        return first
    if isinstance(first, float):
        return first if all(part == first for part in parts) else cast("Terms", np.array(parts)[:, np.newaxis])
    if isinstance(first, tuple):
        rows = zip(*cast("Sequence[tuple[object, ...]]", parts), strict=True)
        return cast("Terms", tuple([stacked(row) for row in rows]))
    if is_dataclass(first):
        whole = {name: stacked([getattr(part, name) for part in parts]) for name in _fields(first)}
        return cast("Terms", replace(cast("Any", first), **whole))
    return first


def stacked_draws(rows: Sequence[Array]) -> Array:
    """Draws of one parameter for many offers: one row where all share them, else a row (or one value) an offer."""
    first = rows[0]
    if all(row is first for row in rows):
        return first[np.newaxis]
    return np.stack(np.broadcast_arrays(*rows))


def stacked_taxes(taxes: Sequence[TaxYears]) -> TaxYears:
    """How each row's pay is taxed, year by year."""

    def by_year(each: Sequence[tuple[AnyTaxCurve, ...]]) -> tuple[AnyTaxCurve, ...]:
        return tuple(curves_by_row(cast("Sequence[TaxCurve]", year)) for year in zip(*each, strict=True))

    pay = by_year([years.pay for years in taxes])
    same = all(years.salary is years.pay for years in taxes)
    return TaxYears(pay, pay if same else by_year([years.salary for years in taxes]))


def _fields(part: object) -> tuple[str, ...]:
    return _fields_of(cast("Hashable", type(part)))


@lru_cache(maxsize=32)
def _fields_of(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("Any", kind)))
