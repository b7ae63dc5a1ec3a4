"""Hours of the day, weekdays and public holidays at which a seller charges less."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from tokenworth.prices.observations import METERS, Meter, TimeWindow

__all__ = ["Holidays", "Schedule", "discount", "schedules_of"]

EVERY_DAY: Final = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Holidays:
    """A country's public holidays by its own calendar, known for a range of dates."""

    utc_offset: timedelta
    dates: frozenset[date]
    covers_from: date
    covers_through: date


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """One seller's rule; each is its own, so that a row can be kept for it.

    Attributes:
        models: ids that it is for; empty for all of the seller's.
        starts_at, ends_at: half open, aware and in UTC; None for unbounded.
        windows: the hours named by the rule: the dear ones when `names_peak`, else the cheap ones.
        multiplier: on every token rate in the cheap hours, where no `rates` are printed for them.
        rates: the printed rates of the cheap hours, USD per million tokens.
        plain: the rule in a phrase, for people.
    """

    seller: str
    models: frozenset[str]
    starts_at: datetime | None
    ends_at: datetime | None
    windows: tuple[TimeWindow, ...]
    names_peak: bool
    multiplier: Decimal
    rates: tuple[tuple[Meter, Decimal], ...]
    plain: str
    source: str
    holidays: Holidays | None

    def cheap_at(self, moment: datetime) -> bool:
        """Whether the cheap price holds at a moment."""
        named = any(_inside(window, moment) for window in self.windows)
        if self.names_peak:
            return not named or self._on_holiday(moment)
        return named

    def unsure_at(self, moment: datetime) -> bool:
        """Whether the moment lies outside the years whose public holidays are known."""
        if self.holidays is None:
            return False
        day = (moment + self.holidays.utc_offset).date()
        return not self.holidays.covers_from <= day <= self.holidays.covers_through

    def _on_holiday(self, moment: datetime) -> bool:
        return self.holidays is not None and (moment + self.holidays.utc_offset).date() in self.holidays.dates


def schedules_of(seller: str, model: str) -> tuple[Schedule, ...]:
    """The seller's rules that are for a model."""
    return tuple(one for one in _schedules() if one.seller == seller and (not one.models or model in one.models))


def discount(schedules: tuple[Schedule, ...], moment: datetime) -> Schedule | None:
    """The rule that makes a moment (aware) cheaper, or None at the full price."""
    instant = moment.astimezone(UTC)
    for schedule in schedules:
        started = schedule.starts_at is None or schedule.starts_at <= instant
        if started and (schedule.ends_at is None or instant < schedule.ends_at) and schedule.cheap_at(instant):
            return schedule
    return None


def _inside(window: TimeWindow, moment: datetime) -> bool:
    minute, weekday = moment.hour * 60 + moment.minute, moment.isoweekday()
    start, end = window.from_minute, window.to_minute
    if start < end:
        return start <= minute < end and weekday in window.weekdays
    yesterday = 7 if weekday == 1 else weekday - 1
    return (minute >= start and weekday in window.weekdays) or (minute < end and yesterday in window.weekdays)


@lru_cache(maxsize=1)
def _schedules() -> tuple[Schedule, ...]:
    text = files("tokenworth.prices.data").joinpath("schedules.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    calendars = {name: _holidays(entry) for name, entry in data["holidays"].items()}
    return tuple(_schedule(entry, calendars) for entry in data["schedule"])


def _schedule(entry: dict[str, Any], calendars: dict[str, Holidays]) -> Schedule:
    names_peak = "peak_utc" in entry
    hours = cast("list[str]", entry["peak_utc"] if names_peak else entry["off_peak_utc"])
    days = tuple(cast("list[int]", entry.get("peak_weekdays") or EVERY_DAY))
    return Schedule(
        seller=entry["seller"],
        models=frozenset(entry["models"]),
        starts_at=entry.get("from"),
        ends_at=entry.get("until"),
        windows=tuple(_window(span, days) for span in hours),
        names_peak=names_peak,
        multiplier=Decimal(entry.get("multiplier", 1)),
        rates=tuple((meter, Decimal(entry["rates"][meter])) for meter in METERS if meter in entry.get("rates", ())),
        plain=entry["plain"],
        source=entry["source"],
        holidays=calendars.get(entry.get("holidays", "")),
    )


def _window(span: str, days: tuple[int, ...]) -> TimeWindow:
    start, _, end = span.partition("-")
    return TimeWindow(_minute(start), _minute(end), days)


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _holidays(entry: dict[str, Any]) -> Holidays:
    return Holidays(
        utc_offset=timedelta(hours=entry["utc_offset_hours"]),
        dates=frozenset(date.fromisoformat(day) for day in entry["dates"]),
        covers_from=entry["covers_from"],
        covers_through=entry["covers_through"],
    )
