"""How far off a forecast may be: its own past errors beside those measured on other users of the same activity.

The shipped errors are in spread.json, which says where they are from and which script made it.
"""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tokenworth.burn.forecast.witnesses import WEEK_HOURS, Outlook, look_ahead

__all__ = ["ERROR_MAX", "errors", "quantiles"]

Array = NDArray[np.float64]

ERROR_MAX: Final = 2.0
# Errors are widened the further ahead, as the past has fewer windows of that length to have erred in.
TWICE_AS_WIDE_HOURS: Final = 400
WIDENED_HOURS_MAX: Final = 96
OWN_STEP_HOURS: Final = 2
# Windows that overlap tell little anew: so many hours at least are one window's worth of evidence.
OWN_WINDOW_HOURS_MIN: Final = 5
# How many windows of one's own weigh as much as all the shipped errors.
OWN_EQUAL_WINDOWS: Final = 20.0


def errors(outlook: Outlook, used: Array) -> Array:
    """How far use was from the middle, in sizes, cut at `ERROR_MAX`; 0 where there is no size."""
    off = used - outlook.middle
    return np.divide(off, outlook.size, out=np.zeros_like(off), where=outlook.size > 0).clip(-ERROR_MAX, ERROR_MAX)


def quantiles(past: Array, hours: int, levels: Array) -> Array:
    """Quantiles of the use of the coming hours; one for each level, never falling with the level, never negative.

    Args:
        past: amounts of use by hour, the latest last, all that is known.
        hours: how many hours ahead.
        levels: between 0 and 1, rising.
    """
    outlook = look_ahead(past[np.newaxis], hours)
    shipped = _shipped(hours)[outlook.activity[0]]
    own = _own(past, hours, int(outlook.activity[0]))
    windows = len(own) * OWN_STEP_HOURS / max(hours, OWN_WINDOW_HOURS_MIN)
    weight = windows / (windows + OWN_EQUAL_WINDOWS)
    seen = np.concatenate([shipped, own])
    weights = np.concatenate(
        [np.full(len(shipped), (1 - weight) / len(shipped)), np.full(len(own), weight / max(len(own), 1))]
    )
    order = np.argsort(seen, kind="stable")
    heard = np.cumsum(weights[order]) - weights[order] / 2
    wider = 1 + min(hours, WIDENED_HOURS_MAX) / TWICE_AS_WIDE_HOURS
    return _amounts(outlook, wider * np.interp(levels, heard, seen[order]), levels)


def _amounts(outlook: Outlook, error: Array, levels: Array) -> Array:
    """The amounts at some quantiles of error, for one row; the median is the middle, whatever the errors' own is."""
    around = np.where(levels < 0.5, np.minimum(error, 0), np.maximum(error, 0))
    answer: Array = np.maximum(outlook.middle[0] + outlook.size[0] * np.where(levels == 0.5, 0, around), 0)
    return answer


def _own(past: Array, hours: int, activity: int) -> Array:
    """One's own errors at past moments of like activity, each from the week before it alone."""
    count = len(past)
    moments = np.arange(count - hours, WEEK_HOURS - 1, -OWN_STEP_HOURS)
    if len(moments) == 0:
        return np.zeros(0)
    then = look_ahead(sliding_window_view(past, WEEK_HOURS)[moments - WEEK_HOURS], hours)
    total = np.concatenate([[0.0], np.cumsum(past)])
    answer: Array = errors(then, total[moments + hours] - total[moments])[then.activity == activity]
    return answer


def _shipped(hours: int) -> Array:
    """Activities x quantiles of error, between those of the horizons measured; beyond the last, those of the last."""
    horizons, table = _table()
    place = float(np.interp(math.log(hours), np.log(horizons), range(len(horizons))))
    below = int(place)
    above = min(below + 1, len(horizons) - 1)
    answer: Array = table[below] + (place - below) * (table[above] - table[below])
    return answer


@cache
def _table() -> tuple[Array, Array]:
    data = json.loads((files("tokenworth.burn.forecast") / "spread.json").read_text(encoding="utf-8"))
    return np.array([each["hours"] for each in data["horizons"]], dtype=float), np.array(
        [each["errors"] for each in data["horizons"]]
    )
