"""Periods against the calendar: days of 23 and 25 hours, months of every length, weeks that begin on Monday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth.budgets import Period
from tokenworth.burn.ledger.periods import next_change_ms, periods_between, slot_ms, span_at
from tokenworth.errors import InvalidInputError

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"]
HOUR_MS = 3_600_000


def ms(text):
    return int(datetime.fromisoformat(text).timestamp()) * 1000


@pytest.mark.parametrize(
    ("kind", "zone", "now", "start", "hours"),
    [
        ("day", "UTC", "2026-05-20T12:00+00:00", "2026-05-20T00:00+00:00", 24),
        ("day", "Europe/Berlin", "2026-03-29T12:00+02:00", "2026-03-29T00:00+01:00", 23),
        ("day", "Europe/Berlin", "2026-10-25T23:59+01:00", "2026-10-25T00:00+02:00", 25),
        ("day", "America/New_York", "2026-03-08T23:00-04:00", "2026-03-08T00:00-05:00", 23),
        ("day", "Asia/Kolkata", "2026-05-20T00:00+05:30", "2026-05-20T00:00+05:30", 24),
        ("day", "Australia/Lord_Howe", "2026-10-04T12:00+11:00", "2026-10-04T00:00+10:30", 23.5),
        # Clocks went from 24:00 to 01:00: the day began at one.
        ("day", "America/Sao_Paulo", "2018-11-04T12:00-02:00", "2018-11-04T01:00-02:00", 23),
        ("week", "Europe/Berlin", "2026-03-29T12:00+02:00", "2026-03-23T00:00+01:00", 167),
        ("week", "UTC", "2026-05-18T00:00+00:00", "2026-05-18T00:00+00:00", 168),
        ("month", "UTC", "2028-02-29T12:00+00:00", "2028-02-01T00:00+00:00", 29 * 24),
        ("month", "Europe/Berlin", "2026-03-31T23:59+02:00", "2026-03-01T00:00+01:00", 31 * 24 - 1),
        ("month", "UTC", "2026-12-31T23:59+00:00", "2026-12-01T00:00+00:00", 31 * 24),
    ],
)
def test_a_calendar_period_begins_and_ends_at_its_zone_s_midnights(kind, zone, now, start, hours):
    span = span_at(Period(kind, zone), ms(now))
    assert span.start_ms == ms(start)
    assert (span.end_ms - span.start_ms) / HOUR_MS == hours


@given(
    st.datetimes(*(datetime.fromisoformat(day) for day in ("2000-01-01", "2037-12-31"))),
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from(ZONES),
)
def test_every_moment_lies_in_one_period_and_periods_follow_each_other_without_a_gap(moment, kind, zone):
    now_ms = int(moment.replace(tzinfo=UTC).timestamp()) * 1000
    period = Period(kind, zone)
    span = span_at(period, now_ms)
    assert span.start_ms <= now_ms < span.end_ms
    assert span_at(period, span.end_ms).start_ms == span.end_ms
    assert span_at(period, span.end_ms - 1).start_ms == span.start_ms
    assert datetime.fromtimestamp(span.start_ms / 1000, ZoneInfo(zone)).date() <= moment.date() + timedelta(days=1)


def test_periods_are_counted_across_changes_of_the_clocks():
    berlin = Period("day", "Europe/Berlin")
    first, last = span_at(berlin, ms("2026-03-20T12:00+01:00")), span_at(berlin, ms("2026-04-03T12:00+02:00"))
    assert periods_between(berlin, first.start_ms, last.start_ms) == 14
    assert periods_between(berlin, last.start_ms, last.start_ms) == 0


def test_a_grant_given_once_has_one_period_for_ever():
    early, late = span_at(Period(), ms("2000-01-01T00:00+00:00")), span_at(Period(), ms("2037-01-01T00:00+00:00"))
    assert early == late
    assert early.end_ms is None


@given(st.integers(60, 366 * 86_400), st.integers(10**12, 2 * 10**12))
def test_a_rolling_window_counts_all_of_its_length_and_at_most_a_sixtieth_more(window_s, now_ms):
    span = span_at(Period("rolling", "UTC", window_s), now_ms)
    piece_ms = max(window_s * 1000 // 60, 1000)
    assert span.start_ms <= now_ms < span.start_ms + piece_ms
    oldest_ms = now_ms - span.counted_from_ms
    assert window_s * 1000 <= oldest_ms + piece_ms
    assert oldest_ms < window_s * 1000 + piece_ms


def test_charges_are_kept_finely_enough_for_the_shortest_alert_window():
    for kind, seconds in (("month", 60), ("week", 14), ("day", 2)):
        assert slot_ms(Period(kind)) == seconds * 1000


def test_an_unknown_zone_is_refused():
    with pytest.raises(InvalidInputError, match="no time zone has that name"):
        span_at(Period("day", "../etc/passwd"), 0)


@given(st.integers(1_000_000_000_000, 2_000_000_000_000), st.integers(1, 10_000_000))
def test_between_two_changes_of_a_rolling_window_the_same_pieces_count_and_then_one_less(now_ms, window_s):
    period = Period("rolling", window_s=window_s)
    change_ms = next_change_ms(period, now_ms)
    counted = span_at(period, now_ms).counted_from_ms
    assert now_ms < change_ms
    assert span_at(period, change_ms - 1).counted_from_ms == counted
    assert span_at(period, change_ms).counted_from_ms > counted


def test_a_calendar_budget_changes_when_its_period_ends_and_a_grant_never_by_itself():
    assert next_change_ms(Period("day", "Europe/Berlin"), ms("2026-03-29T12:00+02:00")) == ms("2026-03-30T00:00+02:00")
    assert next_change_ms(Period("once"), ms("2026-03-29T12:00+02:00")) is None
