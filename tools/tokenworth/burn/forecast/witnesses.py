"""The middle of a forecast: what yesterday, last week and the present pace each say, and a cautious choice among them.

Measured against run rates, moving averages, Holt-Winters and their medians in docs/forecast.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_HOURS", "WEEK_HOURS", "Outlook", "look_ahead"]

Array = NDArray[np.float64]
Count = NDArray[np.intp]
DAY_HOURS: Final = 24
WEEK_HOURS: Final = 168

# Few and round: docs/forecast.md says on what they were chosen.
NEAR_HOURS: Final = 3
NEAR_FADES_HOURS: Final = 12.0
LEVEL_HALF_LIFE_HOURS: Final = 12.0
PROFILE_HALF_LIFE_HOURS: Final = 48.0
PROFILE_SHRINK: Final = 0.2
CAUTION_HOURS: Final = 72.0
CAUTION_MAX: Final = 0.5
# The size that errors are measured in: how much days differ, with this much of the witnesses' and of the week's mean.
WITNESSES_IN_SIZE: Final = 0.3
WEEK_IN_SIZE: Final = 0.1
# With fewer days to compare, days are taken to differ by as much as a whole one.
DAYS_COMPARED_MIN: Final = 3


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a past says about the coming hours; one figure for each row.

    Attributes:
        middle: the use that is as likely to be passed as not.
        size: what errors are measured in; 0 where nothing was used in the past week.
        activity: 0 nothing in the last day, 1 in under half of its hours, 2 in under all of them, 3 in all.
    """

    middle: Array
    size: Array
    activity: Count


def look_ahead(past: Array, hours: int) -> Outlook:
    """The use of the coming hours.

    Args:
        past: rows x hours, amounts of use, the latest hour last; only the last 168 are looked at.
        hours: how many hours ahead, at least 1.

    The middle lies between the median of the witnesses and the least of them, nearer to the least the further ahead:
    use is skewed, so what is as likely as not is below what is expected, and regimes end.
    """
    week = past[:, -WEEK_HOURS:]
    witnesses = [_present(week, hours)]
    if week.shape[1] >= DAY_HOURS:
        witnesses.append(_again(week[:, -DAY_HOURS:], hours))
    if week.shape[1] == WEEK_HOURS:
        witnesses.append(_again(week, hours))
    said = np.stack(witnesses)
    caution = min(hours / (hours + CAUTION_HOURS), CAUTION_MAX)
    middle = (1 - caution) * np.median(said, axis=0) + caution * said.min(axis=0)
    size = WITNESSES_IN_SIZE * said.mean(axis=0) + hours * (_days_differ(week) + WEEK_IN_SIZE * week.mean(axis=1))
    return Outlook(middle, size, _activity(week))


def _again(cycle: Array, hours: int) -> Array:
    """What a cycle of hours comes to when it repeats from its start."""
    whole, rest = divmod(hours, cycle.shape[1])
    answer: Array = whole * cycle.sum(axis=1) + cycle[:, :rest].sum(axis=1)
    return answer


def _present(week: Array, hours: int) -> Array:
    """The pace of the last three hours, set free of the time of day, fading into that of the last half day."""
    count = week.shape[1]
    profile = _profile(week)
    clock = [hour % DAY_HOURS for hour in range(max(count - NEAR_HOURS, 0), count)]
    near = week[:, -NEAR_HOURS:].sum(axis=1) / profile[:, clock].sum(axis=1)
    far = _fading_mean(week, LEVEL_HALF_LIFE_HOURS)
    whole, rest = divmod(hours, DAY_HOURS)
    ahead = np.arange(min(hours, 4 * DAY_HOURS))
    share = np.exp(-(ahead + 0.5) / NEAR_FADES_HOURS)
    by_hour = profile[:, (count + np.arange(DAY_HOURS)) % DAY_HOURS]
    settled = whole * by_hour.sum(axis=1) + by_hour[:, :rest].sum(axis=1)
    answer: Array = far * settled + (near - far) * (share * by_hour[:, ahead % DAY_HOURS]).sum(axis=1)
    return answer


def _profile(week: Array) -> Array:
    """Rows x 24, the shape of the day, around 1; flat with less than a day, or nothing, to see it in."""
    count = week.shape[1]
    if count < DAY_HOURS:
        return np.ones((len(week), DAY_HOURS))
    weights = np.zeros((count, DAY_HOURS))
    weights[np.arange(count), np.arange(count) % DAY_HOURS] = _fading(count, PROFILE_HALF_LIFE_HOURS)
    by_hour = week @ (weights / weights.sum(axis=0))
    mean = by_hour.mean(axis=1, keepdims=True)
    shape = np.divide(by_hour, mean, out=np.ones_like(by_hour), where=mean > 0)
    answer: Array = (1 - PROFILE_SHRINK) * shape + PROFILE_SHRINK
    return answer


def _fading_mean(week: Array, half_life_hours: float) -> Array:
    weights = _fading(week.shape[1], half_life_hours)
    answer: Array = week @ (weights / weights.sum())
    return answer


def _fading(count: int, half_life_hours: float) -> Array:
    """Weights that halve every so many hours into the past."""
    return 0.5 ** (np.arange(count - 1, -1, -1) / half_life_hours)


def _days_differ(week: Array) -> Array:
    """The standard deviation of the days' hourly means."""
    days = week.shape[1] // DAY_HOURS
    by_day = week[:, week.shape[1] - days * DAY_HOURS :].reshape(len(week), days, DAY_HOURS)
    answer: Array = week.mean(axis=1) if days < DAYS_COMPARED_MIN else by_day.mean(axis=2).std(axis=1)
    return answer


def _activity(week: Array) -> Count:
    active = (week[:, -DAY_HOURS:] > 0).mean(axis=1)
    found: Count = np.sum([active > 0, active >= 0.5, active >= 1], axis=0)
    return found
