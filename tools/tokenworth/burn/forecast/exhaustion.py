"""When what is left runs out: the moment at which each quantile of the use ahead passes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tokenworth.burn.forecast.spread import quantiles

__all__ = ["HISTORY_HOURS_MIN", "HORIZON_HOURS_MAX", "UseAhead", "use_ahead"]

Array = NDArray[np.float64]

# Before a day is over, nothing tells a busy hour from a busy day.
HISTORY_HOURS_MIN: Final = 24
HORIZON_HOURS_MAX: Final = 31 * 24
STEPS: Final = 14
LEVELS: Final = np.array([0.1, 0.5, 0.8, 0.9])


@dataclass(frozen=True, slots=True)
class UseAhead:
    """Quantiles of the use up to each of some hours ahead.

    Attributes:
        hours: hours from now, rising, starting with 0.
        low, base, high: the use by then, P10, P50 and P90; never falling with time.
        top: the upper end of the 80% interval, whose lower end is `low`: P90, or P80 where even P10 is nothing.
    """

    hours: Array
    low: Array
    base: Array
    high: Array
    top: Array

    def passes(self, room: Array) -> tuple[float | None, float | None, float | None]:
        """Hours until use passes what there is room for, early, middling and late: P10, P50, P90 of the time.

        Args:
            room: what may be used up to each of `hours`; None in the answer where it lasts beyond the last of them.
        """
        return (
            _crossing(self.hours, self.high - room),
            _crossing(self.hours, self.base - room),
            _crossing(self.hours, self.low - room),
        )


def use_ahead(past: Array, hours: float) -> UseAhead:
    """The use of the coming hours.

    Args:
        past: amounts of use by hour since the first was seen, the latest last; not empty.
        hours: how far ahead, above 0; at most `HORIZON_HOURS_MAX` are looked at.
    """
    last = min(hours, float(HORIZON_HOURS_MAX))
    whole = np.unique(np.geomspace(1, max(last, 1), STEPS).astype(int))
    at = quantiles(past, whole.tolist(), LEVELS)
    at = np.maximum.accumulate(np.vstack([np.zeros(len(LEVELS)), at]), axis=0)
    ends = np.append(0.0, whole)
    steps = np.unique(np.append(ends[ends < last], last))
    # Less than an hour ahead takes its part of the hour; a part of an hour beyond the last whole one goes on as before.
    rate = (at[-1] - at[-2]) / (ends[-1] - ends[-2])
    beyond: Array = np.maximum(steps - ends[-1], 0)
    paths: list[Array] = [np.interp(steps, ends, at[:, each]) + beyond * rate[each] for each in range(len(LEVELS))]
    low, base, upper, high = paths
    return UseAhead(steps, low, base, high, np.where(low > 0, high, upper))


def _crossing(hours: Array, over: Array) -> float | None:
    above = np.flatnonzero(over >= 0)
    if len(above) == 0:
        return None
    first = int(above[0])
    if first == 0:
        return 0.0
    before, after = over[first - 1], over[first]
    part = 1.0 if after == before else -before / (after - before)
    return float(hours[first - 1] + part * (hours[first] - hours[first - 1]))
