"""Cheap hours follow the seller's clock, week and country."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tokenworth.prices.observations import TimeWindow
from tokenworth.prices.schedules import _inside, discount, schedules_of

NOW = schedules_of("deepseek", "deepseek-flash")


def cheap(text):
    return discount(NOW, datetime.fromisoformat(text)) is not None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-24T00:59:59Z", True),
        ("2026-11-24T01:00:00Z", False),
        ("2026-11-24T03:59:59Z", False),
        ("2026-11-24T04:00:00Z", True),
        ("2026-11-24T06:00:00Z", False),
        ("2026-11-24T10:00:00Z", True),
        ("2026-11-21T02:00:00Z", True),  # Saturday
        ("2026-11-22T07:00:00Z", True),  # Sunday
        ("2026-09-30T17:00:00Z", True),  # night of the 30th in UTC, already national day in Beijing
        ("2026-10-07T09:59:00Z", True),  # the holiday's last day
        ("2026-10-08T09:59:00Z", False),
        ("2026-11-24T09:00:00+08:00", False),  # 01:00 UTC, written in Beijing
    ],
)
def test_peak_is_on_weekdays_that_are_no_holiday_in_china(moment, expected):
    assert cheap(moment) is expected


def test_there_was_no_schedule_before_it_was_announced():
    assert discount(NOW, datetime(2026, 8, 16, 15, 59, tzinfo=UTC)) is None


def test_a_year_whose_holidays_are_not_on_file_is_told():
    assert NOW[0].unsure_at(datetime(2027, 3, 1, tzinfo=UTC))
    assert not NOW[0].unsure_at(datetime(2026, 3, 1, tzinfo=UTC))


def test_a_window_that_wraps_belongs_to_the_weekday_on_which_it_starts():
    friday_night = TimeWindow(22 * 60, 2 * 60, (5,))
    friday = datetime(2026, 11, 27, tzinfo=UTC)
    assert _inside(friday_night, friday + timedelta(hours=23))
    assert _inside(friday_night, friday + timedelta(hours=25))
    assert not _inside(friday_night, friday + timedelta(hours=1))
    assert not _inside(friday_night, friday + timedelta(hours=26))


def test_midnight_to_midnight_is_the_whole_day():
    assert all(_inside(TimeWindow(0, 0), datetime(2026, 11, 24, hour, 30, tzinfo=UTC)) for hour in range(24))
