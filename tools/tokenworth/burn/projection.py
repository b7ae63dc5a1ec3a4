"""Where a budget stands in its period, and where it ends if it goes on as it has: a run rate, and nothing cleverer."""

from __future__ import annotations

from typing import Final

from tokenworth.budgets import BudgetState, Unit, usd
from tokenworth.burn.alerts import DAY_MS, HOUR_MS, spent_within
from tokenworth.burn.ledger.periods import nominal_ms
from tokenworth.burn.models import Pace

__all__ = ["limited_unit", "project"]

# A fiftieth of a month is half a day: before that, a run rate says more about the first hours than about the month.
SHARE_MIN: Final = 0.02
METHOD: Final = "run rate: used so far over the share of the period gone"
RECENT: Final = "run rate of the last {window}"


def limited_unit(state: BudgetState) -> Unit | None:
    """The unit to speak in: of the budget's own limit, else of a limit above it; USD first; None without any."""
    for unit in ("usd", "tokens"):
        if state.own.budget.limit(unit) is not None:
            return unit
    return next((unit for unit in ("usd", "tokens") if state.left(unit) is not None), None)


def project(state: BudgetState, unit: Unit) -> Pace:
    """A budget's pace in one unit: settled spending against its cap, and how long what is left lasts."""
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
        method=method if early else METHOD,
    )


def _lasts_hours(state: BudgetState, unit: Unit, window_ms: int) -> float | None:
    left, recent = state.left(unit), spent_within(state, unit, window_ms)
    if left is None or left <= 0 or recent <= 0:
        return None
    return round(left / recent * window_ms / HOUR_MS, 1)


def _plain(value: float, unit: Unit) -> float:
    return round(float(usd(round(value))), 4) if unit == "usd" else round(value)
