"""How far off a forecast may be: its own past errors beside those measured on other users of the same activity.

The shipped errors are in spread.json, which says where they are from and which script made it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tokenworth.burn.forecast.witnesses import WEEK_HOURS, Outlook, Pasts

__all__ = ["ERROR_MAX", "Learnt", "errors", "quantiles"]

Array = NDArray[np.float64]

ERROR_MAX: Final = 2.0
OWN_STEP_HOURS: Final = 2
# Windows that overlap tell little anew: so many hours at least are one window's worth of evidence.
OWN_WINDOW_HOURS_MIN: Final = 5
# How many windows of one's own weigh as much as all the shipped errors.
OWN_EQUAL_WINDOWS: Final = 10.0


def errors(outlook: Outlook, used: Array) -> Array:
    """How far use was from the middle, in sizes, cut at `ERROR_MAX`; 0 where there is no size."""
    off = used - outlook.middle
    with np.errstate(over="ignore"):  # what is too many sizes to tell is cut like all that is beyond
        sizes = np.divide(off, outlook.size, out=np.zeros_like(off), where=outlook.size > 0)
    return sizes.clip(-ERROR_MAX, ERROR_MAX)


@dataclass(frozen=True)
class Learnt:
    """Errors of other users: activities x quantiles of error for each of some horizons, rising."""

    hours: Array
    errors: Array

    def at(self, hours: int) -> Array:
        """Between those of the horizons measured; beyond the last, those of the last."""
        place = float(np.interp(math.log(hours), np.log(self.hours), range(len(self.hours))))
        below = int(place)
        above = min(below + 1, len(self.hours) - 1)
        answer: Array = self.errors[below] + (place - below) * (self.errors[above] - self.errors[below])
        return answer


def quantiles(past: Array, ahead: Sequence[int], levels: Array, learnt: Learnt | None = None) -> Array:
    """Hours ahead x levels: quantiles of the use until then; never falling with the level, never negative.

    Args:
        past: amounts of use by hour, the latest last, all that is known.
        ahead: how many hours ahead, each at least 1.
        levels: between 0 and 1, rising.
        learnt: errors of other users than the shipped ones.
    """
    # Now, an hour ago, two hours ago and so on, each seen only from the week before it.
    pasts = Pasts(sliding_window_view(past, min(len(past), WEEK_HOURS))[::-1])
    total = np.concatenate([[0.0], np.cumsum(past)])
    return np.array([_quantiles(pasts, total, hours, levels, learnt or _shipped()) for hours in ahead])


def _quantiles(pasts: Pasts, total: Array, hours: int, levels: Array, learnt: Learnt) -> Array:
    now = len(total) - 1
    ago = np.concatenate([[0], np.arange(hours, now - WEEK_HOURS + 1, OWN_STEP_HOURS)])
    outlook = pasts.ahead(hours, ago)
    # What is ahead of now is not known: its error is no error.
    used = total[np.minimum(now - ago + hours, now)] - total[now - ago]
    own = errors(outlook, used)[1:][outlook.activity[1:] == outlook.activity[0]]
    shipped = learnt.at(hours)[outlook.activity[0]]
    windows = len(own) * OWN_STEP_HOURS / max(hours, OWN_WINDOW_HOURS_MIN)
    weight = windows / (windows + OWN_EQUAL_WINDOWS)
    seen = np.concatenate([shipped, own])
    weights = np.concatenate(
        [np.full(len(shipped), (1 - weight) / len(shipped)), np.full(len(own), weight / max(len(own), 1))]
    )
    order = np.argsort(seen, kind="stable")
    heard = np.cumsum(weights[order]) - weights[order] / 2
    return _amounts(outlook, np.interp(levels, heard, seen[order]), levels)


def _amounts(outlook: Outlook, error: Array, levels: Array) -> Array:
    """The amounts at some quantiles of error, for one row; the median is the middle, whatever the errors' own is."""
    around = np.where(levels < 0.5, np.minimum(error, 0), np.maximum(error, 0))
    answer: Array = np.maximum(outlook.middle[0] + outlook.size[0] * np.where(levels == 0.5, 0, around), 0)
    return answer


@cache
def _shipped() -> Learnt:
    data = json.loads((files("tokenworth.burn.forecast") / "spread.json").read_text(encoding="utf-8"))
    rows = data["horizons"]
    return Learnt(np.array([each["hours"] for each in rows], dtype=float), np.array([each["errors"] for each in rows]))
