"""What the logs of this machine's agents say, beside a budget: since its period began, and today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from tokenworth.budgets import Amount, BudgetState, nano_usd
from tokenworth.burn.alerts import MINUTE_MS, duration_in_words
from tokenworth.burn.by_model import largest_first
from tokenworth.burn.models import BudgetChecked, ModelUse, ObservedUse, OfficialQuota
from tokenworth.burn.opened import moment
from tokenworth.context import Context, Ledger, LocalUse, LoggedUse
from tokenworth.errors import HistoryUnusableError

__all__ = ["no_budget_yet", "official_quotas", "seen_locally"]

SOURCE: Final = "local agent logs"
TODAY: Final = "local agent logs, today (UTC)"


async def seen_locally(
    local_use: LocalUse, ledger: Ledger, state: BudgetState
) -> tuple[BudgetState, list[ObservedUse]]:
    """Tell the ledger what was seen in the period of the caller's own budget; its state with that, and today's use.

    A history that cannot be used says nothing: the budget's own figures stand without it.
    """
    level = state.own
    now = moment(state.now_ms) or datetime.fromtimestamp(0, UTC)
    began = moment(level.starts_ms) or datetime.fromtimestamp(0, UTC)
    try:
        in_period, today = await local_use.use_since((began, _midnight(now)))
    except HistoryUnusableError:
        return state, []
    nano = None if in_period.usd is None else nano_usd(in_period.usd, up=False)
    await ledger.observe(level.budget.id, SOURCE, Amount(nano, in_period.tokens))
    return await ledger.state(level.budget.id), [_today(today)]


async def no_budget_yet(context: Context, local_use: LocalUse, *, most: int | None) -> BudgetChecked:
    """The answer to somebody who has no budget: today's use, as the logs have it.

    Args:
        context: who asks, and when.
        local_use: the logs.
        most: how many models to name, None for all.

    Raises:
        HistoryUnusableError: the history cannot be used.
    """
    now = context.clock()
    (today,) = await local_use.use_since((_midnight(now),))
    spent = "unpriced" if today.usd is None else f"${today.usd:,.2f} at list prices"
    name = context.caller.budget
    return BudgetChecked(
        headline=f"{name}: no budget yet. Today your agents used {today.tokens:,} tokens, {spent}, by their logs.",
        budget=name,
        period="once",
        spent_usd=Decimal(0),
        spent_tokens=0,
        held_usd=Decimal(0),
        held_tokens=0,
        alerts=[],
        observed=[_today(today)],
        by_model=largest_first(map(_used, await local_use.by_model(now.astimezone(UTC).date())), most=most),
        quotas=await official_quotas(local_use, now) or None,
        limits=[],
        do_next="Set a limit with set_budget.",
        as_of=now,
    )


async def official_quotas(local_use: LocalUse, now: datetime) -> list[OfficialQuota]:
    """The official quotas whose window is still the one that was spoken of; none where the history cannot be used."""
    try:
        told = await local_use.quotas()
    except HistoryUnusableError:
        return []
    return [
        OfficialQuota(
            agent=quota.agent,
            window=duration_in_words(quota.window_minutes * MINUTE_MS),
            used_percent=quota.used_percent,
            resets_at=quota.resets_at,
            seen_at=quota.seen_at,
        )
        for quota in told
        if (quota.resets_at or quota.seen_at + timedelta(minutes=quota.window_minutes)) > now
    ]


def _used(model: tuple[str, LoggedUse]) -> ModelUse:
    name, use = model
    return ModelUse(model=name, usd=use.usd or Decimal(0), tokens=use.tokens)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _today(use: LoggedUse) -> ObservedUse:
    return ObservedUse(source=TODAY, usd=use.usd, tokens=use.tokens)
