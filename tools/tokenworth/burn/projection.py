"""Where a budget stands in its period, where it ends, and when it runs out: from its own hours of use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tokenworth.budgets import BudgetState, Unit, usd
from tokenworth.burn.alerts import DAY_MS, HOUR_MS, spent_within
from tokenworth.burn.ledger.periods import nominal_ms
from tokenworth.burn.models import Pace
from tokenworth.burn.opened import moment

if TYPE_CHECKING:
    from tokenworth.burn.forecast.exhaustion import UseAhead

__all__ = ["HISTORY_MS", "HISTORY_STEP_MS", "Spends", "limited_unit", "project"]

Spends = Sequence[tuple[int, int, int]]

# Two weeks: the last one says what comes, the one before how far off that would have been.
HISTORY_MS: Final = 14 * DAY_MS
# Hours are counted back from now, so charges are asked for in quarters of an hour.
HISTORY_STEP_MS: Final = HOUR_MS // 4
# A fiftieth of a month is half a day: before that, a run rate says more about the first hours than about the month.
SHARE_MIN: Final = 0.02
RUN_RATE: Final = "used so far over the share of the period gone"
RECENT: Final = "run rate of the last {window}"
TOO_LITTLE: Final = "too little history to forecast ({hours} of 24 hours): {instead}"
RUNS_OUT: Final = ("exhausted_p10", "exhausted_p50", "exhausted_p90")
FORECAST: Final = "P10/P50/P90 from yesterday, last week and the present pace, over {hours} hours of its own history"


def limited_unit(state: BudgetState) -> Unit | None:
    """The unit to speak in: of the budget's own limit, else of a limit above it; USD first; None without any."""
    for unit in ("usd", "tokens"):
        if state.own.budget.limit(unit) is not None:
            return unit
    return next((unit for unit in ("usd", "tokens") if state.left(unit) is not None), None)


def project(state: BudgetState, unit: Unit, history: Spends) -> Pace:
    """A budget's pace in one unit: settled spending against its cap, the end of its period, and when it runs out.

    Args:
        history: what was charged in the last `HISTORY_MS`, by `HISTORY_STEP_MS`: moment, nano-USD, tokens.
    """
    from tokenworth.burn.forecast.exhaustion import (  # noqa: PLC0415 - numpy, for those who ask for a pace
        HISTORY_HOURS_MIN,
        use_ahead,
    )

    pace = _run_rate(state, unit)
    past = _by_hour(state.now_ms, unit, history)
    ends_ms = state.own.ends_ms
    reach_ms = nominal_ms(state.own.budget.period) if ends_ms is None else ends_ms - state.now_ms
    if len(past) < HISTORY_HOURS_MIN or reach_ms <= 0:
        return pace.model_copy(update={"method": TOO_LITTLE.format(hours=len(past), instead=pace.method)})
    import numpy as np  # noqa: PLC0415 - see above

    ahead = use_ahead(np.array(past), reach_ms / HOUR_MS)
    told: dict[str, object] = dict(zip(RUNS_OUT, _exhausted(state, unit, past, ahead), strict=True))
    if ends_ms is not None:
        spent = state.own.balance.spent_nano_usd if unit == "usd" else state.own.balance.spent_tokens
        told |= {
            "projected_low": _plain(spent + float(ahead.low[-1]), unit),
            "projected_end": _plain(spent + float(ahead.base[-1]), unit),
            "projected_high": _plain(spent + float(ahead.top[-1]), unit),
        }
    return pace.model_copy(update={**told, "method": FORECAST.format(hours=len(past))})


def _exhausted(
    state: BudgetState, unit: Unit, past: Sequence[float], ahead: UseAhead
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """The moments at which what is left runs out, None where it lasts; nothing to run out without a limit or left."""
    left = state.left(unit)
    if left is None or left <= 0:
        return (None, None, None)
    room = ahead.hours * 0.0 + left
    own = state.own
    if own.budget.period.kind == "rolling" and own.balance.left(unit) == left:
        window = nominal_ms(own.budget.period) // HOUR_MS
        room += [_left_the_window(past, window, float(hours)) for hours in ahead.hours]
    early, middle, late = (
        None if hours is None else moment(state.now_ms + round(hours * HOUR_MS)) for hours in ahead.passes(room)
    )
    return early, middle, late


def _left_the_window(past: Sequence[float], window_hours: int, hours: float) -> float:
    """What was used so long ago that a rolling window has let go of it by then."""
    oldest, newest = len(past) - window_hours, len(past) - window_hours + int(hours)
    return sum(past[max(oldest, 0) : max(newest, 0)])


def _by_hour(now_ms: int, unit: Unit, history: Spends) -> list[float]:
    """Use by hour back from now, the latest last, from the first that had any; corrections make no hour negative."""
    which = 1 if unit == "usd" else 2
    found: dict[int, float] = {}
    for spend in history:
        if spend[which]:
            ago = max(now_ms - spend[0] - HISTORY_STEP_MS // 2, 0) // HOUR_MS
            found[ago] = found.get(ago, 0.0) + spend[which]
    if not found:
        return []
    return [max(found.get(ago, 0.0), 0.0) for ago in range(max(found), -1, -1)]


def _run_rate(state: BudgetState, unit: Unit) -> Pace:
    level = state.own
    spent = level.balance.spent_nano_usd if unit == "usd" else level.balance.spent_tokens
    window_ms = min(nominal_ms(level.budget.period), DAY_MS)
    lasts = _lasts_hours(state, unit, window_ms)
    method = RECENT.format(window="day" if window_ms == DAY_MS else f"{window_ms // HOUR_MS} hours")
    if level.starts_ms is None or level.ends_ms is None:
        return Pace(unit=unit, lasts_hours=lasts, method=method)
    gone = (state.now_ms - level.starts_ms) / (level.ends_ms - level.starts_ms)
    cap = level.balance.cap(unit)
    early = gone < SHARE_MIN
    return Pace(
        unit=unit,
        share_of_period_gone=round(gone, 4),
        pace_ratio=round(spent / cap / gone, 3) if cap and cap > 0 and not early else None,
        projected_end=None if early else _plain(spent / gone, unit),
        lasts_hours=lasts,
        method=method if early else RUN_RATE,
    )


def _lasts_hours(state: BudgetState, unit: Unit, window_ms: int) -> float | None:
    left, recent = state.left(unit), spent_within(state, unit, window_ms)
    if left is None or left <= 0 or recent <= 0:
        return None
    return round(left / recent * window_ms / HOUR_MS, 1)


def _plain(value: float, unit: Unit) -> float:
    return round(float(usd(round(value))), 4) if unit == "usd" else round(value)
