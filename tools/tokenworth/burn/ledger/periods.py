"""When a budget's periods begin and end: midnights of a named zone (DST included), or a window that moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokenworth.budgets import Period
from tokenworth.errors import InvalidInputError

__all__ = [
    "ONCE_MS",
    "WINDOW_BUCKETS",
    "Span",
    "next_change_ms",
    "nominal_ms",
    "periods_between",
    "recent_ms",
    "slot_ms",
    "span_at",
    "zone_named",
]

ONCE_MS: Final = 0
# A rolling window is counted in this many pieces: a charge leaves it after the window and at most one piece more.
WINDOW_BUCKETS: Final = 60
DAY_MS: Final = 86_400_000
NOMINAL_MS: Final = {"day": DAY_MS, "week": 7 * DAY_MS, "month": 30 * DAY_MS, "once": 30 * DAY_MS}
# Fine enough for the shortest alert window, a 43,200th of the period: a minute of a month.
SLOTS: Final = 43_200
_latest: Final[dict[tuple[str, str], tuple[int, int]]] = {}


@dataclass(frozen=True, slots=True)
class Span:
    """One period, [start, end) in milliseconds; a grant that is given once has no end.

    Attributes:
        start_ms: of a rolling budget, the start of the piece that charges fall into now.
        counted_from_ms: the first start that still counts; earlier than `start_ms` only for rolling budgets.
    """

    start_ms: int
    end_ms: int | None
    counted_from_ms: int


def span_at(period: Period, now_ms: int) -> Span:
    """The period that a moment lies in."""
    if period.kind == "once":
        return Span(ONCE_MS, None, ONCE_MS)
    if period.kind == "rolling":
        piece = _piece_ms(period)
        start = now_ms // piece * piece
        # A piece counts until its youngest charge is a whole window old.
        return Span(start, None, (now_ms - nominal_ms(period) - piece) // piece * piece + piece)
    start, end = _calendar(period.kind, period.timezone, now_ms)
    return Span(start, end, start)


def next_change_ms(period: Period, now_ms: int) -> int | None:
    """The first later moment at which something else counts though nobody writes: the period's end, or when the oldest
    piece leaves a rolling window; None for a grant given once.
    """
    if period.kind != "rolling":
        return span_at(period, now_ms).end_ms
    piece = _piece_ms(period)
    return now_ms + piece - (now_ms - nominal_ms(period)) % piece


def periods_between(period: Period, earlier_ms: int, later_ms: int) -> int:
    """How many calendar periods begin after the one that starts at `earlier_ms`, up to that of `later_ms`."""
    count = 0
    while earlier_ms < later_ms:
        end = span_at(period, earlier_ms).end_ms
        if end is None or end > later_ms:
            break
        earlier_ms = end
        count += 1
    return count


def nominal_ms(period: Period) -> int:
    """How long a period usually is: what alert windows are scaled to. A month, and a grant given once, are 30 days."""
    if period.kind == "rolling":
        return (period.window_s or 1) * 1000
    return NOMINAL_MS[period.kind]


def slot_ms(period: Period) -> int:
    """How finely a budget's charges are kept over time."""
    return max(nominal_ms(period) // SLOTS // 1000, 1) * 1000


def recent_ms(period: Period) -> int:
    """How far back an answer looks: the longest alert window, a tenth of the period, and what there is of a day."""
    nominal = nominal_ms(period)
    return max(nominal // 10, min(nominal, DAY_MS))


def zone_named(name: str) -> ZoneInfo:
    """The time zone with an IANA name.

    Raises:
        InvalidInputError: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInputError(
            "period.timezone", "no time zone has that name", 'Send an IANA name such as "Europe/Berlin" or "UTC"'
        ) from None


def _piece_ms(period: Period) -> int:
    return max(nominal_ms(period) // WINDOW_BUCKETS, 1000)


@lru_cache(maxsize=1024)
def _day_bounds(kind: str, timezone: str, year: int, month: int, day: int) -> tuple[int, int]:
    zone = zone_named(timezone)
    first = datetime(year, month, day)  # noqa: DTZ001 - a local calendar day; the zone is put to midnight below
    if kind == "week":
        first -= timedelta(days=first.weekday())
        last = first + timedelta(days=7)
    elif kind == "month":
        first = first.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1)
    else:
        last = first + timedelta(days=1)
    return _midnight_ms(first, zone), _midnight_ms(last, zone)


def _calendar(kind: str, timezone: str, now_ms: int) -> tuple[int, int]:
    # Nearly every moment lies in the period that was asked for last, and dates cost more than comparing.
    latest = _latest.get((kind, timezone))
    if latest is not None and latest[0] <= now_ms < latest[1]:
        return latest
    local = datetime.fromtimestamp(now_ms / 1000, zone_named(timezone))
    bounds = _latest[kind, timezone] = _day_bounds(kind, timezone, local.year, local.month, local.day)
    return bounds


def _midnight_ms(day: datetime, zone: ZoneInfo) -> int:
    """The first moment of a local day: where clocks skip midnight, the moment of the jump; where it comes twice, the
    first.
    """
    return int(datetime.combine(day.date(), time(), tzinfo=zone).astimezone(UTC).timestamp()) * 1000
