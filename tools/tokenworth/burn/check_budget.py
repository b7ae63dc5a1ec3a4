"""The tool an agent asks before and during a task: what is left, how fast it goes, and whether the next call fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokenworth.budgets import NANO, UNITS, BudgetState, Level, Unit, nano_usd, usd
from tokenworth.burn.affordable import affordable
from tokenworth.burn.alerts import DAY_MS, burn_alerts
from tokenworth.burn.by_model import MODELS_SHOWN, spent_by_model
from tokenworth.burn.likely import HOLDS_READ
from tokenworth.burn.local_use import no_budget_yet, official_quotas, seen_locally
from tokenworth.burn.models import (
    Affordable,
    BudgetChecked,
    BurnAlert,
    CheckBudgetRequest,
    LimitAbove,
    ObservedUse,
    OfficialQuota,
    Pace,
)
from tokenworth.burn.opened import dollars_of, ledger_of, moment, period_in_words, prices_of, unit_in_words
from tokenworth.burn.projection import HISTORY_MS, HISTORY_STEP_MS, Spends, limited_unit, project
from tokenworth.context import Context, Ledger
from tokenworth.errors import InvalidInputError

__all__ = ["check_budget"]

LIMITS_SHOWN: Final = 3


async def check_budget(request: CheckBudgetRequest, context: Context) -> BudgetChecked:
    """A budget as it stands now, its pace, its alerts, and whether a planned call fits.

    Raises:
        InvalidInputError: an unknown budget.
        LedgerError: the ledger cannot answer.
    """
    ledger = await ledger_of(context)
    # Logs are the caller's own: they say nothing of a budget that is named, which may be anybody's.
    local_use = context.local_use if request.budget is None else None
    today: list[ObservedUse] = []
    try:
        state = await ledger.state(request.budget or context.caller.budget)
    except InvalidInputError:
        if local_use is None:
            raise
        return await no_budget_yet(context, local_use, most=_most(request, MODELS_SHOWN))
    quotas: list[OfficialQuota] = []
    if local_use is not None:
        state, today = await seen_locally(local_use, ledger, state)
        quotas = await official_quotas(local_use, context.clock())
    level, unit = state.own, limited_unit(state)
    pace = None if unit is None else project(state, unit, await _history(ledger, state))
    alerts = [] if unit is None else burn_alerts(state, unit)
    plan = None
    if request.planned is not None:
        holds = await ledger.planned_holds(level.budget.id, HOLDS_READ)
        plan = affordable(request.planned, state, await prices_of(context), context.clock(), holds)
    balance = level.balance
    carried = level.budget.period.rolls_over
    return BudgetChecked(
        headline=_headline(state, unit, pace, plan),
        budget=level.budget.id,
        period=period_in_words(level.budget),
        starts_at=moment(level.starts_ms),
        ends_at=moment(level.ends_ms),
        limit_usd=dollars_of(level.budget.limit_nano_usd),
        limit_tokens=level.budget.limit_tokens,
        carried_usd=usd(balance.carry_nano_usd) if carried and balance.limit_nano_usd is not None else None,
        carried_tokens=balance.carry_tokens if carried and balance.limit_tokens is not None else None,
        spent_usd=usd(balance.spent_nano_usd),
        spent_tokens=balance.spent_tokens,
        held_usd=usd(balance.held_nano_usd),
        held_tokens=balance.held_tokens,
        left_usd=dollars_of(state.left("usd")),
        left_tokens=state.left("tokens"),
        unpriced_tokens=balance.unpriced_tokens or None,
        pace=pace,
        alerts=alerts,
        observed=[*_observed(level), *today],
        by_model=spent_by_model(state, most=_most(request, MODELS_SHOWN)),
        quotas=quotas or None,
        limits=_limits(state, most=_most(request, LIMITS_SHOWN)),
        planned=plan,
        do_next=_do_next(state, unit, pace, alerts, plan),
        as_of=moment(state.now_ms) or context.clock(),
    )


def _most(request: CheckBudgetRequest, concise: int) -> int | None:
    return None if request.detail == "full" else concise


async def _history(ledger: Ledger, state: BudgetState) -> Spends:
    """What the forecast is made from: two weeks of charges, across periods."""
    return await ledger.spends(state.own.budget.id, state.now_ms - HISTORY_MS, HISTORY_STEP_MS)


def _headline(state: BudgetState, unit: Unit | None, pace: Pace | None, plan: Affordable | None) -> str:
    level = state.own
    name = level.budget.id
    if unit is None:
        spent = f"{unit_in_words(level.balance.spent_nano_usd, 'usd')} and {level.balance.spent_tokens:,} tokens"
        return f"{name}: {spent} spent; nothing limits it."
    left = state.left(unit) or 0
    standing = f"{unit_in_words(left, unit)} left" if left >= 0 else f"{unit_in_words(-left, unit)} in debt"
    tightest = _tightest(state, unit)
    where = "" if tightest.budget.id == name else f" (the limit is {tightest.budget.id}'s)"
    ends = moment(level.ends_ms)
    until = f" until {ends:%Y-%m-%d %H:%M} UTC" if ends is not None else ""
    going = f", burning at {pace.pace_ratio:.2f}x the even pace" if pace and pace.pace_ratio is not None else ""
    fit = "" if plan is None else f" The planned call {_fit_in_words(plan)}."
    return f"{name}: {standing}{where}{until}{going}.{fit}"


def _fit_in_words(plan: Affordable) -> str:
    if plan.answer == "only_if":
        return f"fits only if {plan.condition}"
    if plan.answer == "unpriced":
        return f"has no known price ({plan.condition}), so a USD limit refuses it"
    return "fits" if plan.answer == "fits" else "does not fit"


def _do_next(
    state: BudgetState, unit: Unit | None, pace: Pace | None, alerts: Sequence[BurnAlert], plan: Affordable | None
) -> str:
    """One sentence: the most pressing thing to do."""
    if unit is None:
        return "Set a limit with set_budget."
    left = state.left(unit) or 0
    if left <= 0:
        return "Stop: nothing more is granted; settle open holds, wait for the next period, or ask for a higher limit."
    if plan is not None and plan.answer in ("does_not_fit", "unpriced"):
        return "Do not start the planned call; plan a smaller one, or ask for a higher limit."
    even = _even_rate(state, unit, left)
    if even is not None and (_ends_early(pace) or any(alert.severity == "page" for alert in alerts)):
        ways = [f"slow down to {even} to last the period"]
        if plan is not None and plan.cheapest_that_fits is not None and plan.cheapest_usd is not None:
            most = unit_in_words(nano_usd(plan.cheapest_usd, up=True), "usd")
            ways.append(f"switch to {plan.cheapest_that_fits} for at most {most}")
        said = "; ".join([*ways, f"or ask for {_more(state, unit, pace, left)}"])
        return f"{said[0].upper()}{said[1:]}."
    if alerts:
        return f"Slow down: at the present rate what is left lasts {_hours(pace)}."
    return "Go on: hold each call's worst case with reserve_budget, and settle it with its usage."


def _ends_early(pace: Pace | None) -> bool:
    """It is as likely as not to run out; while there is no forecast, it goes faster than the even pace."""
    if pace is None:
        return False
    if pace.projected_low is None:
        return pace.pace_ratio is not None and pace.pace_ratio > 1
    return pace.exhausted_p50 is not None


def _more(state: BudgetState, unit: Unit, pace: Pace | None, left: int) -> str:
    """What the period is projected to use beyond what there is."""
    balance = state.own.balance
    spent = balance.spent_nano_usd if unit == "usd" else balance.spent_tokens
    end = None if pace is None else pace.projected_end
    missing = 0.0 if end is None else end - _plain(spent + left, unit)
    if missing <= 0:
        return "a higher limit"
    return f"{unit_in_words(round(missing * (NANO if unit == 'usd' else 1)), unit)} more"


def _hours(pace: Pace | None) -> str:
    lasts = None if pace is None else pace.lasts_hours
    return "not long" if lasts is None else f"{lasts:g} hours"


def _even_rate(state: BudgetState, unit: Unit, left: int) -> str | None:
    """What is left, spread over what remains of the period."""
    ends_ms = state.own.ends_ms
    if ends_ms is None or ends_ms <= state.now_ms:
        return None
    days = (ends_ms - state.now_ms) / DAY_MS
    if days >= 1:
        return f"{unit_in_words(int(left / days), unit)} a day"
    return f"{unit_in_words(int(left / days / 24), unit)} an hour"


def _tightest(state: BudgetState, unit: Unit) -> Level:
    lefts = [(left, level) for level in state.chain if (left := level.balance.left(unit)) is not None]
    return min(lefts, key=lambda each: each[0])[1]


def _limits(state: BudgetState, most: int | None) -> list[LimitAbove]:
    """Every limit of the chain, the tightest first."""
    found: list[tuple[int, LimitAbove]] = []
    for level in state.chain:
        balance = level.balance
        for unit in UNITS:
            cap, left = balance.cap(unit), balance.left(unit)
            if cap is None or left is None:
                continue
            spent, held = (
                (balance.spent_nano_usd, balance.held_nano_usd)
                if unit == "usd"
                else (balance.spent_tokens, balance.held_tokens)
            )
            shown = LimitAbove(
                budget=level.budget.id,
                unit=unit,
                limit=_plain(cap, unit),
                spent=_plain(spent, unit),
                held=_plain(held, unit),
                left=_plain(left, unit),
                period=period_in_words(level.budget),
            )
            found.append((left, shown))
    return [shown for _, shown in sorted(found, key=lambda each: each[0])[:most]]


def _plain(value: int, unit: Unit) -> float:
    return float(usd(value)) if unit == "usd" else value


def _observed(level: Level) -> list[ObservedUse]:
    balance = level.balance
    return [
        ObservedUse(
            source=source,
            usd=dollars_of(seen.nano_usd),
            tokens=seen.tokens,
            gap_usd=None if seen.nano_usd is None else usd(seen.nano_usd - balance.spent_nano_usd),
            gap_tokens=None if seen.tokens is None else seen.tokens - balance.spent_tokens,
        )
        for source, seen in level.observed.items()
    ]
