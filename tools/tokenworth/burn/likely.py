"""What a planned call is likely to cost: the share of their worst case that a budget's own planned holds came to."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles
from typing import Final

from tokenworth.burn.models import Affordable
from tokenworth.burn.opened import dollars_of
from tokenworth.money import percent

__all__ = ["HOLDS_READ", "Holds", "with_likely_cost"]

Holds = Sequence[tuple[str, int, int]]
"""Model, nano-USD held, nano-USD charged; the latest first."""

HOLDS_READ: Final = 200
# From nine on, the tenth part below and above lies within what was seen: the quantile p has rank p (n + 1).
HOLDS_MIN: Final = 9


def with_likely_cost(plan: Affordable, worst_nano_usd: int | None, model: str | None, holds: Holds) -> Affordable:
    """The plan with P10, P50 and P90 of its cost, or with why there is none.

    Args:
        plan: says whether the worst case fits.
        worst_nano_usd: that worst case; None without a price.
        model: the planned call's, as the price list calls it.
        holds: what planned holds came to. Those on the same model are taken where there are enough, else all.
    """
    if worst_nano_usd is None:
        return plan
    same = [hold for hold in holds if hold[0] == model]
    taken, on = (same, f" on {model}") if len(same) >= HOLDS_MIN else (holds, "")
    if len(taken) < HOLDS_MIN:
        told = f"too little history for a likely cost: {len(taken)} of {HOLDS_MIN} planned holds settled"
        return plan.model_copy(update={"likely_from": told})
    tenths = quantiles([charged / held for _, held, charged in taken], n=10)
    low, middle, high = tenths[0], tenths[4], tenths[8]
    return plan.model_copy(
        update={
            "likely_low_usd": dollars_of(round(worst_nano_usd * low)),
            "likely_usd": dollars_of(round(worst_nano_usd * middle)),
            "likely_high_usd": dollars_of(round(worst_nano_usd * high)),
            "likely_from": f"your last {len(taken)} planned calls{on} came to {percent(low)} to {percent(high)} "
            "of their worst case, four times in five",
        }
    )
