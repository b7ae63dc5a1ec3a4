"""Whether a planned call fits into what is left: it does, it does not, or only if something about it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tokenworth.budgets import Amount, BudgetState, Unit
from tokenworth.burn.likely import Holds, with_likely_cost
from tokenworth.burn.models import Affordable, PlannedCall
from tokenworth.burn.opened import dollars_of, unit_in_words
from tokenworth.burn.priced import Priced, worst_case
from tokenworth.context import PriceList

__all__ = ["affordable"]

UNITS: Final[tuple[Unit, Unit]] = ("usd", "tokens")


def affordable(
    planned: PlannedCall, state: BudgetState, prices: PriceList | None, at: datetime, holds: Holds = ()
) -> Affordable:
    """A planned call's worst case against the tightest limits, and its likely cost by what planned `holds` came to."""
    left = Amount(state.left("usd"), state.left("tokens"))
    priced = worst_case(planned, prices, at)
    plan = _against(left, planned, priced, prices, at)
    return with_likely_cost(plan, priced.nano_usd, priced.model, holds)


def _against(left: Amount, planned: PlannedCall, priced: Priced, prices: PriceList | None, at: datetime) -> Affordable:
    tokens = priced.tokens or 0
    worst_usd = dollars_of(priced.nano_usd)
    if priced.nano_usd is None and left.nano_usd is not None:
        return Affordable(answer="unpriced", worst_tokens=tokens, condition=priced.unpriced_reason)
    if _fits(priced, left):
        return Affordable(answer="fits", worst_usd=worst_usd, worst_tokens=tokens)
    cheapest = _cheapest(planned, left, prices, at)
    condition = _condition(planned, left, prices, at)
    if cheapest is not None:
        other = f"on {cheapest[0]}, at most {unit_in_words(cheapest[1], 'usd')}"
        condition = other if condition is None else f"{condition}, or {other}"
    return Affordable(
        answer="does_not_fit" if condition is None else "only_if",
        worst_usd=worst_usd,
        worst_tokens=tokens,
        condition=condition,
        cheapest_that_fits=None if cheapest is None else cheapest[0],
        cheapest_usd=None if cheapest is None else dollars_of(cheapest[1]),
    )


def _fits(priced: Priced, left: Amount) -> bool:
    return all(
        (room := left.of(unit)) is None or ((cost := priced.amount.of(unit)) is not None and cost <= room)
        for unit in UNITS
    )


def _condition(planned: PlannedCall, left: Amount, prices: PriceList | None, at: datetime) -> str | None:
    """The highest output ceiling that fits, None when not even no output does."""
    low, high = 0, planned.output_tokens
    if not _fits(worst_case(_with_output(planned, 0), prices, at), left):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(worst_case(_with_output(planned, middle), prices, at), left):
            low = middle
        else:
            high = middle
    return f"the output stays within {low:,} tokens a call" if low else None


def _with_output(planned: PlannedCall, output_tokens: int) -> PlannedCall:
    return planned.model_copy(update={"output_tokens": output_tokens})


def _cheapest(planned: PlannedCall, left: Amount, prices: PriceList | None, at: datetime) -> tuple[str, int] | None:
    """The cheapest alternative whose worst case fits, with that in nano-USD."""
    found: list[tuple[int, str]] = []
    for model in prices.alternatives(planned.model, at) if prices is not None else ():
        other = planned.model_copy(update={"model": model, "provider": None})
        priced = worst_case(other, prices, at)
        if priced.nano_usd is not None and _fits(priced, left):
            found.append((priced.nano_usd, model))
    if not found:
        return None
    nano, model = min(found)
    return model, nano
