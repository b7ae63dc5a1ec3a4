"""The balance of a token grant that rolls over, month by month, and what of it is lost on leaving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tokenworth.valuation.arrays import Array, as_array
from tokenworth.valuation.grants import PRICE_CHANGE, TokenTerms
from tokenworth.valuation.price_paths import price_ratio
from tokenworth.valuation.usage import use_with_carry

__all__ = ["lost_on_leaving", "monthly_balances"]


def monthly_balances(
    terms: TokenTerms,
    budget_by_month: Sequence[float],
    p: Mapping[str, Array],
    swings: Sequence[Array],
    start: Array,
) -> Array:
    """Run a grant that rolls over forward from now.

    Args:
        terms: the contract; its cap and what the grant is counted in and how long, from now, apply.
        budget_by_month: granted at the start of months 1, 2, ..., USD at today's price.
        p: draws of the parameters, by name.
        swings: demand over its level, one array for each month of the year; the same each year.
        start: balance today.

    Returns:
        Balance after each month's grant and use, USD of that month, one row a month from 0 (now).
    """
    wanted = p["demand_usd_year"] / 12.0
    growth = 1.0 + p["demand_growth"]
    price, step, floor = np.ones(()), None, np.zeros(())
    if terms.denomination != "usd":
        step = price_ratio(p[PRICE_CHANGE[terms.denomination]], 1.0 / 12.0)
    if terms.denomination == "capability":
        floor = np.minimum(p["price_floor_capability"] / terms.usd_per_million, 1.0)
    left = as_array(start)
    rows = [left]
    for month, budget in enumerate(budget_by_month):
        if month > 0 and month % 12 == 0:
            wanted = wanted * growth
        if step is not None:
            moved = np.maximum(price * step, floor)
            left, price = left * (moved / price), moved
        demand = (wanted * swings[month % 12])[np.newaxis]
        left = use_with_carry(demand, budget * price, left, terms.carry_cap_usd).left
        if month + 1 > 12.0 * terms.lasts_years:
            left = np.zeros_like(left)
        rows.append(left)
    return np.stack(np.broadcast_arrays(*rows))


def lost_on_leaving(terms: TokenTerms, balances: Array, p: Mapping[str, Array]) -> Array:
    """Of each month's balance, what the contract takes back: nothing that is portable, or used up while it is kept."""
    if terms.kept_months <= 0.0:
        return balances
    if np.isinf(terms.kept_months):
        return np.zeros_like(balances)
    monthly = p["demand_usd_year"] / 12.0
    wanted = np.stack([monthly * (1.0 + p["demand_growth"]) ** (month // 12) for month in range(len(balances))])
    return np.maximum(balances - wanted * terms.kept_months, 0.0)
