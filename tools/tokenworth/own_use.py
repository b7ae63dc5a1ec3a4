"""What a person really used, out of a budget that they name, in place of a guess about it.

Only what is asked for by name is looked up, and only among the caller's own budgets. It is weighed against what was
assumed (`valuation.credibility`); what the caller states about use goes before it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from tokenworth.assumptions import Assumptions, Observed
from tokenworth.budgets import BudgetUse
from tokenworth.context import Context
from tokenworth.errors import InvalidInputError, LedgerError
from tokenworth.money import dollars, percent
from tokenworth.terms import Person
from tokenworth.valuation.credibility import MonthUsed, credible_level, credible_swings, own_swings
from tokenworth.valuation.spread import Spread

__all__ = ["informed", "notes_on_use", "own_use", "use_asked_for"]

FIELD: Final = "person.token_use_from_budget"
DEMAND: Final = "demand_usd_year"
SWINGS: Final = "demand_sigma_month"
# Four weeks as a part of a month, a twelfth of 365 days.
MONTHS_PER_SPAN: Final = Decimal(28 * 12) / 365


async def use_asked_for(person: Person, context: Context) -> BudgetUse | None:
    """The use of the budget that the person names; None where none is named.

    Raises:
        InvalidInputError: the caller has no such budget.
        LedgerError: the ledger cannot be read.
    """
    budget = person.token_use_from_budget
    if budget is None:
        return None
    use = None if context.use_history is None else await context.use_history.use_of(budget, context.clock())
    if use is None:
        raise InvalidInputError(
            FIELD, "no budget of yours has that id", "Send the id that check_budget shows, or leave it out"
        )
    return use


async def own_use(context: Context) -> BudgetUse | None:
    """The use of the caller's own budget, for whoever may take it unasked; None where there is none worth telling."""
    if context.use_history is None:
        return None
    try:
        use = await context.use_history.use_of(context.caller.budget, context.clock())
    except LedgerError:
        return None  # a guess serves where the ledger cannot
    return use if use is not None and any(span.usd > 0 for span in use.weeks) else None


def informed(assumptions: Assumptions, use: BudgetUse | None, at: datetime) -> Assumptions:
    """Assumptions with what a budget's charges say of demand and its swings from month to month.

    What is assumed of both is what the charges are weighed against; what an assumptions file fixes stays.
    """
    if use is None or not any(span.usd > 0 for span in use.weeks):
        return assumptions
    months = [MonthUsed(float(span.usd / MONTHS_PER_SPAN), span.limited) for span in use.weeks]
    assumed = {name: assumptions[name].spread() for name in (DEMAND, SWINGS)}
    swings = credible_swings(assumed[SWINGS], own_swings(months))
    level = credible_level(assumed[DEMAND], months, swings.base)
    found = {DEMAND: _rounded(level.spread), SWINGS: _rounded(swings)}
    said = f"your budget {use.budget}: {_charged(use)}"
    weighed = f"weighs {percent(level.weight)} against the default" if level.weight else "the least you would use"
    sources = {DEMAND: f"{said}; {weighed}", SWINGS: said}
    return assumptions.with_observed(
        {
            name: Observed(spread, sources[name], at.date().isoformat())
            for name, spread in found.items()
            if spread != assumed[name]
        }
    )


def notes_on_use(use: BudgetUse | None, assumptions: Assumptions) -> tuple[str, ...]:
    """What a reader must know of a budget's use, and what was made of it, in plain words."""
    if use is None:
        return ()
    budget, demand = f"budget {use.budget}", assumptions[DEMAND]
    if not use.weeks:
        return (f"{budget} has {_days(use)} of use: under four weeks say too little, so the default stands",)
    if demand.origin != "observed":
        if any(span.usd > 0 for span in use.weeks):
            return (f"{budget} shows {_charged(use)}; what you state about use goes before it",)
        return (f"{budget} shows no use in dollars in {_days(use)}, so the default stands",)
    level = f"{dollars(demand.base)} a year (P10 {dollars(demand.low)}, P90 {dollars(demand.high)})"
    notes = [f"your use is taken from {demand.source}: {level}"]
    limited = sum(span.limited for span in use.weeks)
    if limited:
        notes.append(
            f"in {limited} of {len(use.weeks)} four-week spans of {budget} a limit was nearly used up: "
            "what was used there counts as the least that you would use"
        )
    return tuple(notes)


def _charged(use: BudgetUse) -> str:
    mean = sum((span.usd for span in use.weeks), Decimal(0)) / len(use.weeks) / MONTHS_PER_SPAN
    return f"{_days(use)}, {dollars(mean)} a month"


def _days(use: BudgetUse) -> str:
    return f"{use.days} day{'' if use.days == 1 else 's'}"


def _rounded(spread: Spread) -> Spread:
    """Four digits: the rest would claim to be known."""
    low, base, high = (float(f"{value:.4g}") for value in (spread.low, spread.base, spread.high))
    return Spread(low, base, high, spread.distribution)
