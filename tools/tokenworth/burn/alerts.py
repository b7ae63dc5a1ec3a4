"""Multi-window burn-rate alerts: a budget that goes too fast over a long window and still does over a short one.

Factors and windows are those of Google's SRE workbook, "Alerting on SLOs", table 5-8, made for 30 days; here they are
rescaled to the budget's own period: https://sre.google/workbook/alerting-on-slos/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tokenworth.budgets import BudgetState, Unit
from tokenworth.burn.ledger.periods import nominal_ms
from tokenworth.burn.models import BurnAlert

__all__ = ["DAY_MS", "HOUR_MS", "MINUTE_MS", "burn_alerts", "duration_in_words", "spent_within"]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
WORKBOOK_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class _Rule:
    severity: Literal["page", "ticket"]
    factor: float
    long_ms: int
    short_ms: int


RULES: Final = (
    _Rule("page", 14.4, HOUR_MS, 5 * MINUTE_MS),
    _Rule("page", 6.0, 6 * HOUR_MS, 30 * MINUTE_MS),
    _Rule("ticket", 1.0, 3 * DAY_MS, 6 * HOUR_MS),
)


def burn_alerts(state: BudgetState, unit: Unit) -> list[BurnAlert]:
    """The alerts that a budget's own limit gives rise to now, the most urgent first; none without a limit."""
    limit = state.own.budget.limit(unit)
    if not limit:
        return []
    period_ms = nominal_ms(state.own.budget.period)
    found: list[BurnAlert] = []
    for rule in RULES:
        long_ms = max(rule.long_ms * period_ms // WORKBOOK_MS, state.slot_ms)
        short_ms = max(rule.short_ms * period_ms // WORKBOOK_MS, state.slot_ms)
        in_long = spent_within(state, unit, long_ms)
        long_rate = in_long / limit * (period_ms / long_ms)
        short_rate = spent_within(state, unit, short_ms) / limit * (period_ms / short_ms)
        if min(long_rate, short_rate) >= rule.factor:
            found.append(
                BurnAlert(
                    severity=rule.severity,
                    burn_rate=round(long_rate, 2),
                    threshold=rule.factor,
                    long_window=duration_in_words(long_ms),
                    short_window=duration_in_words(short_ms),
                    share_of_limit=round(in_long / limit, 4),
                )
            )
    return found


def spent_within(state: BudgetState, unit: Unit, window_ms: int) -> int:
    """What was charged in the last `window_ms`, to within one slot of time; corrections may take from it."""
    since_ms = state.now_ms - window_ms
    which = 1 if unit == "usd" else 2
    return max(sum(spend[which] for spend in state.spends if spend[0] + state.slot_ms > since_ms), 0)


def duration_in_words(length_ms: int) -> str:
    """A length of time in its largest whole unit: "3 d", "6 h", "5 min", "10 s"."""
    for size_ms, name in ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min")):
        if length_ms >= size_ms and length_ms % size_ms == 0:
            return f"{length_ms // size_ms} {name}"
    return f"{round(length_ms / 1000, 1):g} s"
