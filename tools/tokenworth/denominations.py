"""What a grant counted in tokens is counted in: its price today, how that has moved, and when a model retires.

All of it comes from the price list in the context; what the caller states goes first.
"""

from __future__ import annotations

import math
from typing import Final

from tokenworth.assumptions import Assumptions
from tokenworth.context import Context, PricePath
from tokenworth.errors import NotPricedError
from tokenworth.terms import Offer, TokenGrant

__all__ = ["measured_price_change", "price_notes", "usd_per_million_of", "years_until_retirement"]

CHANGE: Final = {
    "model": "price_change_model",
    "flagship": "price_change_flagship",
    "capability": "price_change_capability",
}
DAYS_PER_YEAR: Final = 365.25


def usd_per_million_of(grant: TokenGrant, context: Context) -> float:
    """Today's price of a million tokens of what the grant is counted in, USD, at the usual mix.

    Raises:
        NotPricedError: neither the caller nor the price list says it.
    """
    if grant.usd_per_million is not None:
        return float(grant.usd_per_million.number)
    if grant.of == "model":
        known = context.prices and context.prices.blended_usd_per_million(grant.name or "", context.clock())
        price = known.usd_per_million if known else None
    else:
        path = _path(grant, context)
        price = path.points[-1].usd_per_million if path is not None else None
    if price is None:
        raise NotPricedError(
            "offer.tokens.usd_per_million: tokens are worth what they cost, and this price is not known. "
            "Send the blended USD per million tokens of what the grant is counted in, such as 6.00; "
            "unknown is never taken as zero"
        )
    return float(price)


def measured_price_change(offer: Offer, assumptions: Assumptions, context: Context) -> Assumptions:
    """The assumptions with the measured yearly change of the grant's own price in the middle of its range.

    The shipped range stays, widened where the measured change lies outside it: the past is one path of many.
    """
    grant = offer.tokens
    path = _path(grant, context) if grant is not None and grant.of is not None else None
    if grant is None or grant.of is None or path is None or path.yearly_change is None:
        return assumptions
    name = CHANGE[grant.of]
    entry, change = assumptions[name], path.yearly_change
    if entry.origin != "default":
        return assumptions
    measured = {"low": min(entry.low, change), "base": change, "high": max(entry.high, change)}
    return assumptions.replaced({name: measured}, field="price list", origin="observed")


def years_until_retirement(offer: Offer, context: Context) -> float:
    """Years until the named model retires, as announced; infinite where nothing is announced or no model is named."""
    grant = offer.tokens
    if grant is None or grant.of != "model" or grant.name is None or context.prices is None:
        return math.inf
    day = context.prices.retires_on(grant.name)
    return math.inf if day is None else max((day - context.clock().date()).days / DAYS_PER_YEAR, 0.0)


def price_notes(offer: Offer, context: Context) -> tuple[str, ...]:
    """What a reader must know of the prices used, in plain words."""
    grant = offer.tokens
    if grant is None or grant.of is None or grant.name is None:
        return ()
    notes: list[str] = []
    if grant.usd_per_million is None:
        price = usd_per_million_of(grant, context)
        notes.append(f"{grant.name} priced at ${price:,.2f} a million tokens (3 in to 1 out) from the price list")
    path = _path(grant, context)
    if path is not None and path.yearly_change is not None:
        notes.append(f"its price has moved {path.yearly_change:+.0%} a year ({path.name})")
    if math.isfinite(years_until_retirement(offer, context)) and context.prices is not None:
        notes.append(f"{grant.name} is announced to retire on {context.prices.retires_on(grant.name)}")
    return tuple(notes)


def _path(grant: TokenGrant, context: Context) -> PricePath | None:
    if context.prices is None or grant.name is None:
        return None
    now = context.clock()
    if grant.of == "model":
        return context.prices.model_path(grant.name, now)
    if grant.of == "flagship":
        return context.prices.flagship_path(grant.name, now)
    return context.prices.capability_path(grant.name, now)
