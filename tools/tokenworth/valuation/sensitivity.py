"""Which unknown matters: what knowing it would take off the range, or add to the choice, in dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tokenworth.valuation.arrays import Array, as_array

__all__ = [
    "one_at_a_time",
    "percentiles",
    "percentiles_by_row",
    "value_of_knowing",
    "width_of",
    "width_of_readings",
    "width_removed",
]


def percentiles(values: Array) -> tuple[float, float, float]:
    """P10, P50 and P90 of draws, between neighbours linearly."""
    low, middle, high = percentiles_by_row(values).tolist()
    return low, middle, high


def percentiles_by_row(values: Array) -> Array:
    """P10, P50 and P90 of the last axis, on a new last axis."""
    # numpy sorts floats faster than it selects from them, and one sort serves all three.
    in_order = np.sort(values, axis=-1)
    last = in_order.shape[-1] - 1
    places = np.array((0.1, 0.5, 0.9)) * last
    below = places.astype(np.intp)
    low, high = in_order[..., below], in_order[..., np.minimum(below + 1, last)]
    return as_array((high - low) * (places - below) + low)


def width_of(values: Array) -> float:
    """P90 less P10."""
    low, high = np.percentile(values, (10.0, 90.0))
    return float(high - low)


def width_removed(values: Array, parameter: Array, *, slices: int) -> float:
    """How much narrower P10-P90 becomes on average once the parameter is known; not below 0.

    The draws are sorted by the parameter and cut into slices of equal count; within a slice it is all but known.
    """
    known = _sliced(values, parameter, slices)
    lows, highs = np.percentile(known, (10.0, 90.0), axis=1)
    return max(width_of(values) - float((highs - lows).mean()), 0.0)


def width_of_readings(readings: Sequence[Array]) -> float:
    """How much narrower P10-P90 becomes on average once it is known which of several readings holds, each as likely."""
    return max(width_of(np.concatenate(readings)) - float(np.mean([width_of(values) for values in readings])), 0.0)


def one_at_a_time(p: Mapping[str, Array], ends: Mapping[str, tuple[float, float]], draws: int) -> dict[str, Array]:
    """Draws with two rows for each parameter in turn: row 2i has the i-th at its low, row 2i + 1 at its high."""
    varied = dict(p)
    for place, (name, (low, high)) in enumerate(ends.items()):
        rows = np.repeat(np.broadcast_to(p[name], (1, draws)), 2 * len(ends), axis=0)
        rows[2 * place], rows[2 * place + 1] = low, high
        varied[name] = rows
    return varied


def value_of_knowing(values: Array, parameter: Array, *, slices: int) -> float:
    """Expected value of partial perfect information about one parameter when choosing among rows of `values`.

    E[max over choices of E[V | parameter]] - max over choices of E[V] (Raiffa and Schlaifer 1961), the inner
    expectation taken within slices of the draws sorted by the parameter.

    Args:
        values: one row a choice, one column a draw.
    """
    best_now = values.mean(axis=1).max()
    by_slice = np.stack([_sliced(row, parameter, slices).mean(axis=1) for row in values])
    return max(float(by_slice.max(axis=0).mean() - best_now), 0.0)


def _sliced(values: Array, parameter: Array, slices: int) -> Array:
    order = np.argsort(parameter, kind="stable")
    usable = len(order) // slices * slices
    return values[order[:usable]].reshape(slices, -1)
