"""The middle of a forecast: what yesterday, last week and the present pace each say, and a cautious choice among them.

Measured against run rates, moving averages, Holt-Winters and their medians in docs/forecast.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_HOURS", "WEEK_HOURS", "Outlook", "Pasts"]

Array = NDArray[np.float64]
Count = NDArray[np.intp]
DAY_HOURS: Final = 24
WEEK_HOURS: Final = 168

# Few and round: docs/forecast.md says on what they were chosen.
NOW_FADES_HOURS: Final = 18.0
LEVEL_HALF_LIFE_HOURS: Final = 12.0
PROFILE_HALF_LIFE_HOURS: Final = 48.0
PROFILE_SHRINK: Final = 0.2
# Witnesses are heard for each half day ahead: who is right about tonight need not be about tomorrow.
HEARD_HOURS: Final = 12
CAUTION_HOURS: Final = 48.0
CAUTION_MAX: Final = 0.5
# The standard deviation of the days, over their mean, from which on caution is whole.
DAYS_DIFFER_MUCH: Final = 0.5
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


class Pasts:
    """What there is to know of some pasts, whatever hours ahead are asked for."""

    def __init__(self, past: Array) -> None:
        """Looks back.

        Args:
            past: rows x hours, amounts of use, the latest hour last; only the last 168 are looked at.
        """
        self._week = past[:, -WEEK_HOURS:]
        self._profile = _profile(self._week)
        self._mean = self._week.mean(axis=1)
        self._level = _fading_mean(self._week, LEVEL_HALF_LIFE_HOURS)
        # The last hour, set free of the time of day.
        self._now = self._week[:, -1] / self._profile[:, (self._week.shape[1] - 1) % DAY_HOURS]
        self._differ = _days_differ(self._week)
        self._activity = _activity(self._week)

    def ahead(self, hours: int, rows: Count) -> Outlook:
        """The use of the coming hours.

        Args:
            hours: how many, at least 1.
            rows: of which pasts.

        For each half day ahead, the middle lies between the median of the witnesses and the least of them, nearer to
        the least the further ahead and the more the days differ: use is skewed, so what is as likely as not is below
        what is expected, and busy spells end.
        """
        starts = np.arange(0, hours, HEARD_HOURS)
        said = np.add.reduceat(self._witnesses(np.arange(hours), rows), starts, axis=2)
        caution = _caution((starts + np.append(starts[1:], hours)) / 2)
        caution = np.minimum(self._differ[rows] / DAYS_DIFFER_MUCH, 1)[:, np.newaxis] * caution
        middle = ((1 - caution) * np.median(said, axis=0) + caution * said.min(axis=0)).sum(axis=1)
        days = hours * self._mean[rows] * (self._differ[rows] + WEEK_IN_SIZE)
        return Outlook(middle, WITNESSES_IN_SIZE * said.sum(axis=2).mean(axis=0) + days, self._activity[rows])

    def _witnesses(self, ahead: Count, rows: Count) -> Array:
        """Witnesses x rows x hours ahead: the present pace, yesterday, last week."""
        week, count = self._week[rows], self._week.shape[1]
        share = np.exp(-(ahead + 0.5) / NOW_FADES_HOURS)
        level = self._level[rows, np.newaxis]
        pace = level + (self._now[rows, np.newaxis] - level) * share
        said = [pace * self._profile[rows][:, (count + ahead) % DAY_HOURS]]
        if count >= DAY_HOURS:
            said.append(week[:, count - DAY_HOURS + ahead % DAY_HOURS])
        if count == WEEK_HOURS:
            said.append(week[:, ahead % WEEK_HOURS])
        return np.stack(said)


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
    """The standard deviation of the days over their mean; 1 where there is too little to tell."""
    days = week.shape[1] // DAY_HOURS
    if days < DAYS_COMPARED_MIN:
        return np.ones(len(week))
    by_day = week[:, week.shape[1] - days * DAY_HOURS :].reshape(len(week), days, DAY_HOURS).mean(axis=2)
    mean = by_day.mean(axis=1)
    answer: Array = np.divide(by_day.std(axis=1), mean, out=np.ones_like(mean), where=mean > 0)
    return answer


def _caution(hours_ahead: Array) -> Array:
    return np.minimum(hours_ahead / (hours_ahead + CAUTION_HOURS), CAUTION_MAX)


def _activity(week: Array) -> Count:
    active = (week[:, -DAY_HOURS:] > 0).mean(axis=1)
    found: Count = np.sum([active > 0, active >= 0.5, active >= 1], axis=0)
    return found
