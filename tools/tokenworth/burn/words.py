"""The answer to check_budget in words: the headline, then the figures behind it, each line on its own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tokenworth.budgets import nano_usd
from tokenworth.burn.opened import unit_in_words
from tokenworth.money import percent

if TYPE_CHECKING:
    from datetime import datetime

    from tokenworth.burn.models import (
        Affordable,
        BudgetChecked,
        BurnAlert,
        LimitAbove,
        ModelUse,
        ObservedUse,
        OfficialQuota,
        Pace,
    )

__all__ = ["checked_in_words"]


def checked_in_words(answer: BudgetChecked) -> str:
    """The whole answer to check_budget."""
    spent = f"{_usd(answer.spent_usd)} and {answer.spent_tokens:,} tokens"
    held = f"{_usd(answer.held_usd)} and {answer.held_tokens:,} tokens"
    lines = [answer.headline, "", f"Spent {spent}; held {held}. Period: {answer.period}."]
    if answer.unpriced_tokens:
        lines.append(f"{answer.unpriced_tokens:,} tokens had no price and are in no dollar figure.")
    if any(row.model is not None for row in answer.by_model):
        lines.append(f"By model: {'; '.join(map(_model, answer.by_model))}.")
    lines += [_limit(limit) for limit in answer.limits]
    if answer.pace is not None:
        lines += _pace(answer.pace)
    lines += [_alert(alert) for alert in answer.alerts]
    lines += [_observed(seen) for seen in answer.observed]
    lines += [_quota(quota) for quota in answer.quotas or ()]
    if answer.planned is not None and answer.planned.worst_usd is not None:
        lines.append(_planned(answer.planned))
    lines += [answer.do_next, f"As of {answer.as_of:%Y-%m-%d %H:%M:%S} UTC."]
    return "\n".join(lines)


def _model(row: ModelUse) -> str:
    return f"{row.model or 'none named'} {_usd(row.usd)} and {row.tokens:,} tokens"


def _limit(limit: LimitAbove) -> str:
    spent, held, left, cap = (
        _either(value, limit.unit) for value in (limit.spent, limit.held, limit.left, limit.limit)
    )
    return f"- {limit.budget} ({limit.period}): {left} left of {cap}; {spent} spent, {held} held"


def _pace(pace: Pace) -> list[str]:
    told: list[str] = []
    if pace.share_of_period_gone is not None:
        told.append(f"{percent(pace.share_of_period_gone, places=1)} of the period is gone")
    if pace.projected_end is not None:
        told.append(f"on this course {_either(pace.projected_end, pace.unit)} by its end{_between(pace)}")
    if pace.exhausted_p10 is not None:
        told.append(f"what is left runs out {_runs_out(pace.exhausted_p10, pace.exhausted_p50, pace.exhausted_p90)}")
    if pace.lasts_hours is not None:
        told.append(f"what is left lasts {pace.lasts_hours:,g} hours at the recent rate")
    return [f"{'; '.join(told)} ({pace.method})."] if told else []


def _between(pace: Pace) -> str:
    if pace.projected_low is None or pace.projected_high is None:
        return ""
    return f" ({_either(pace.projected_low, pace.unit)} to {_either(pace.projected_high, pace.unit)})"


def _runs_out(early: datetime, middle: datetime | None, late: datetime | None) -> str:
    """P10, P50 and P90 of the moment, each a minute of UTC or that it lasts."""
    said = [
        f"{name} {moment:%m-%d %H:%M}" if moment is not None else f"{name} not in this period"
        for name, moment in (("P10", early), ("P50", middle), ("P90", late))
    ]
    return f"{', '.join(said)} UTC"


def _alert(alert: BurnAlert) -> str:
    return (
        f"{alert.severity}: burning {alert.burn_rate:g}x over {alert.long_window} and still over {alert.short_window} "
        f"(alert from {alert.threshold:g}x); {percent(alert.share_of_limit, places=1)} of the limit went in that time."
    )


def _planned(plan: Affordable) -> str:
    worst = f"Planned, at worst: {_usd(plan.worst_usd or Decimal(0))} and {plan.worst_tokens:,} tokens"
    if plan.likely_low_usd is None or plan.likely_usd is None or plan.likely_high_usd is None:
        return f"{worst}; {plan.likely_from}." if plan.likely_from is not None else f"{worst}."
    low, middle, high = map(_usd, (plan.likely_low_usd, plan.likely_usd, plan.likely_high_usd))
    return f"{worst}; likely {low} to {high}, {middle} in the middle ({plan.likely_from})."


def _quota(quota: OfficialQuota) -> str:
    anew = "" if quota.resets_at is None else f", anew at {quota.resets_at:%m-%d %H:%M} UTC"
    return (
        f"Official quota of {quota.agent}, {quota.window}: {quota.used_percent:g}% used{anew} "
        f"(told {quota.seen_at:%m-%d %H:%M} UTC; no part of this budget)."
    )


def _observed(seen: ObservedUse) -> str:
    figure = "an unknown amount" if seen.usd is None else _usd(seen.usd)
    gap = "" if seen.gap_usd is None else f", {_usd(seen.gap_usd)} more than was charged here"
    if seen.gap_usd is not None and seen.gap_usd < 0:
        gap = f", {_usd(-seen.gap_usd)} less than was charged here"
    return f"Observed by {seen.source}: {figure}{gap} (shown beside, never added)."


def _usd(amount: Decimal) -> str:
    return unit_in_words(nano_usd(amount, up=False), "usd")


def _either(value: float, unit: str) -> str:
    return _usd(Decimal(str(value))) if unit == "usd" else f"{value:,.0f} tokens"
