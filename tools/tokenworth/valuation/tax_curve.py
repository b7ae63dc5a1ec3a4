"""Tax on wages as one invertible piecewise-linear curve, and the salary that is worth the same after tax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tokenworth.valuation.arrays import Array, Numeric, as_array
from tokenworth.valuation.brackets import WAGES_MAX

__all__ = [
    "AnyTaxCurve",
    "TaxCurve",
    "TaxCurves",
    "curve_through",
    "curves_by_row",
    "flat_curve",
    "gross_salary_equivalent",
    "gross_up",
]

# Interpolation measures from the lower knot, so a near one keeps small negative amounts exact.
BELOW_ZERO: Final = (-WAGES_MAX, -1e7)
# Where the law takes more than this of the next unit of pay (a cliff, New York's recapture at $1.08 million), the
# curve takes this much and catches up: net pay must rise with wages, or no salary could be called equivalent.
SLOPE_MAX: Final = 0.98


class AnyTaxCurve(Protocol):
    """Tax on wages both ways: one curve for all of them, or one a row."""

    def tax_on(self, wages: Numeric) -> Array:
        """Tax on wages of any shape."""
        ...

    def net_of(self, wages: Numeric) -> Array:
        """Wages after tax."""
        ...

    def wages_netting(self, net: Numeric) -> Array:
        """The wages that leave `net` after tax."""
        ...


@dataclass(frozen=True, slots=True)
class TaxCurve:
    """Tax as a continuous piecewise-linear function of wages, with slope below 1 everywhere, so that it inverts.

    Attributes:
        wages: knots, ascending.
        tax: tax at the knots.
    """

    wages: Array
    tax: Array

    def tax_on(self, wages: Numeric) -> Array:
        """Tax on wages of any shape."""
        return as_array(np.interp(as_array(wages), self.wages, self.tax))

    def net_of(self, wages: Numeric) -> Array:
        """Wages after tax."""
        return as_array(as_array(wages) - self.tax_on(wages))

    def wages_netting(self, net: Numeric) -> Array:
        """The wages that leave `net` after tax: the inverse of `net_of`."""
        return as_array(np.interp(as_array(net), self.wages - self.tax, self.wages))

    def scaled(self, factor: float) -> Self:
        """The same curve in another currency: `factor` units of it for one of this."""
        return type(self)(self.wages * factor, self.tax * factor)


@dataclass(frozen=True, slots=True)
class TaxCurves:
    """One curve for each row of wages, whose first axis is the rows; those of one curve are looked up together.

    Attributes:
        rows: how many there are.
        groups: each curve with the rows it holds for.
    """

    rows: int
    groups: tuple[tuple[TaxCurve, NDArray[np.intp]], ...]

    def tax_on(self, wages: Numeric) -> Array:
        """Tax on wages, one row each."""
        return self._by_group(wages, TaxCurve.tax_on)

    def net_of(self, wages: Numeric) -> Array:
        """Wages after tax, one row each."""
        return self._by_group(wages, TaxCurve.net_of)

    def wages_netting(self, net: Numeric) -> Array:
        """The wages that leave `net` after tax, one row each."""
        return self._by_group(net, TaxCurve.wages_netting)

    def _by_group(self, values: Numeric, look_up: Callable[[TaxCurve, Numeric], Array]) -> Array:
        given = as_array(values)
        given = np.broadcast_to(given, np.broadcast_shapes(given.shape, (self.rows, 1)))
        found = np.empty(given.shape)
        for curve, rows in self.groups:
            found[rows] = look_up(curve, given[rows])
        return found


def curves_by_row(curves: Sequence[TaxCurve]) -> AnyTaxCurve:
    """The curves of many rows as one; simply the curve where all rows have the same."""
    if all(curve is curves[0] for curve in curves):
        return curves[0]
    found: dict[bytes, tuple[TaxCurve, list[int]]] = {}
    for row, curve in enumerate(curves):
        found.setdefault(curve.wages.tobytes() + curve.tax.tobytes(), (curve, []))[1].append(row)
    if len(found) == 1:
        return curves[0]
    return TaxCurves(len(curves), tuple((curve, np.array(rows)) for curve, rows in found.values()))


def curve_through(wages: Array, tax: Array) -> TaxCurve:
    """The curve through knots from zero wages up, its slope held to at most 0.98; no tax below zero wages.

    A benefit can cost more than it brings, so wages below zero are met.
    """
    wages, tax = _gently(wages, tax)
    untaxed = np.zeros(len(BELOW_ZERO))
    return TaxCurve(np.concatenate([BELOW_ZERO, wages]), np.concatenate([untaxed, tax]))


def flat_curve(marginal_rate: float) -> TaxCurve:
    """The caller's one marginal rate, for places without tables here."""
    wages = np.array([*BELOW_ZERO, 0.0, WAGES_MAX])
    return TaxCurve(wages, marginal_rate * wages)


def gross_salary_equivalent(
    curve: AnyTaxCurve, wages: Numeric, worth: Numeric, imputed: Numeric, *, as_salary: AnyTaxCurve | None = None
) -> Array:
    """The change in gross salary that leaves the same as a benefit with its tax does.

    Solves `worth - [Tax(Y + I) - Tax(Y)] = G - [Tax(Y + G) - Tax(Y)]` for G, which can be negative.

    Args:
        curve: how this job's pay is taxed.
        wages: Y, all other wages of the year.
        worth: W, what the benefit is worth after tax.
        imputed: I, the income it is taxed as.
        as_salary: how the salary it is compared with is taxed; the same curve if None. With another curve (a
            contractor's pay told as an employee's salary) the answer is the whole salary less `wages`.
    """
    paid = as_array(wages)
    net = as_array(worth) + paid - curve.tax_on(paid + as_array(imputed))
    return (as_salary or curve).wages_netting(net) - paid


def gross_up(curve: AnyTaxCurve, wages: Numeric, imputed: Numeric) -> Array:
    """What the employer pays so that a taxed benefit costs the employee nothing, the tax on that payment included.

    Solves `X = Tax(Y + I + X) - Tax(Y)` for X, with Y the other wages and I the income the benefit is taxed as.
    """
    paid, taxed = as_array(wages), as_array(imputed)
    return as_array(curve.wages_netting(curve.net_of(paid) + taxed) - paid - taxed)


def _gently(wages: Array, tax: Array) -> tuple[Array, Array]:
    """The knots of the highest curve that is nowhere above this one and nowhere steeper than the limit."""
    if (np.diff(tax) <= SLOPE_MAX * np.diff(wages)).all():
        return wages, tax
    knots: list[tuple[float, float]] = [(float(wages[0]), float(tax[0]))]
    for left, right, below, above in zip(wages[:-1], wages[1:], tax[:-1], tax[1:], strict=True):
        at = knots[-1][1]
        reach = at + SLOPE_MAX * (right - left)
        if reach < above:
            knots.append((float(right), float(reach)))
            continue
        if at < below:
            # Behind, and catching up within this stretch.
            run = (below - at) / (SLOPE_MAX - (above - below) / (right - left))
            knots.append((float(left + run), float(at + SLOPE_MAX * run)))
        knots.append((float(right), float(above)))
    x, y = np.array(knots).T
    return as_array(x), as_array(y)
