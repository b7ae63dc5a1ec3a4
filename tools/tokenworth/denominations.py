"""What a grant's tokens are priced at and how that price moves: from the price list, where the contract is silent.

A grant counted in tokens is worth what its model, its vendor's flagship or its class of ability costs, as long as that
is sold. Everything taken from the list is told in a note, with who says so and as of when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import inf
from typing import Final

from tokenworth.assumptions import Measured
from tokenworth.context import Context, Price, PriceList, PricePath
from tokenworth.errors import NotPricedError
from tokenworth.terms import Offer
from tokenworth.valuation.grants import PRICE_CHANGE, RETIREMENT_HAZARD

__all__ = ["Denominated", "denominate", "ready_prices"]

DAYS_PER_YEAR: Final = 365.25
NOT_PRICED: Final = (
    "offer.tokens.usd_per_million: tokens are worth what they cost, and this price is not known. "
    "Send the blended USD per million tokens of what the grant is counted in, such as 6.00; "
    "unknown is never taken as zero"
)


@dataclass(frozen=True, slots=True)
class Denominated:
    """What a grant is counted in.

    Attributes:
        usd_per_million: what a typical mix of it costs today, USD per million tokens.
        lasts_years: from the start of the grant until it is announced to be withdrawn; infinite where nobody has
            announced that, 0 where the day has passed.
        measured: what the list measured of it, by the name of the assumption that it stands in for.
        notes: what was taken from the list, for people.
    """

    usd_per_million: float = 1.0
    lasts_years: float = inf
    measured: dict[str, Measured] = field(default_factory=dict[str, Measured])
    notes: tuple[str, ...] = ()


async def ready_prices(offers: Iterable[Offer], context: Context) -> None:
    """Have the price list read, off the event loop, if any of the offers has tokens to price."""
    if context.prices is not None and any(offer.tokens and offer.tokens.counted is not None for offer in offers):
        await context.prices.ready()


def denominate(offer: Offer, context: Context, months_served: int = 0) -> Denominated:
    """What the offer's tokens are priced at, how that price moves, and until when they can be used.

    Args:
        months_served: how long ago the grant started.

    Raises:
        NotPricedError: neither the contract nor the list says what they cost.
    """
    grant = offer.tokens
    if grant is None or grant.counted is None or grant.of is None or grant.name is None:
        return Denominated()
    now = context.clock()
    stated = None if grant.usd_per_million is None else float(grant.usd_per_million.number)
    if context.prices is None:
        return Denominated(_known(stated))
    path = _path(context.prices, grant.of, grant.name, now)
    listed = _listed(context.prices, grant.name, path, now)
    notes: list[str] = []
    measured: dict[str, Measured] = {}
    if stated is None and listed is not None:
        notes.append(f"tokens priced at ${_plain(listed.usd_per_million)} per million: {listed.source}{_as_of(listed)}")
    # Nothing is known of prices after the list was recorded, and so the same list measures the same every day.
    until = now if listed is None or listed.as_of is None else min(now, listed.as_of)
    path = path and _path(context.prices, grant.of, grant.name, until)
    if path is not None and path.yearly_change is not None:
        measured[PRICE_CHANGE[grant.of]] = _measured(path, until)
        notes.append(_moved(path, path.yearly_change, until))
    lasts = inf
    retires = context.prices.retires_on(grant.name) if grant.of == "model" else None
    if retires is not None:
        lasts = max((retires - _start(offer, now)).days / DAYS_PER_YEAR + months_served / 12.0, 0.0)
        # A date that is known takes the place of the chance of one.
        measured[RETIREMENT_HAZARD] = Measured(0.0, f"announced to stop on {retires}", f"{until:%Y-%m}", certain=True)
        stops = "is to stop" if retires > now.date() else "was to stop"
        notes.append(f"{grant.name} {stops} working on {retires}: its tokens are worth nothing after that")
    price = stated if stated is not None or listed is None else float(listed.usd_per_million)
    return Denominated(_known(price), lasts, measured, tuple(notes))


def _known(usd_per_million: float | None) -> float:
    if usd_per_million is None:
        raise NotPricedError(NOT_PRICED)
    return usd_per_million


def _path(prices: PriceList, of: str, name: str, until: datetime) -> PricePath | None:
    """How the price of a model, a vendor's flagship or a class of ability has moved."""
    paths = {"model": prices.model_path, "flagship": prices.flagship_path, "capability": prices.capability_path}
    return paths[of](name, until)


def _listed(prices: PriceList, name: str, path: PricePath | None, now: datetime) -> Price | None:
    """Today's price of what the path has come to, or of a model of that name where there is no path."""
    return prices.blended_usd_per_million(name if path is None else path.points[-1].model, now)


def _measured(path: PricePath, until: datetime) -> Measured:
    return Measured(path.yearly_change or 0.0, f"{path.name}, {path.method}; {path.source}", f"{until:%Y-%m}")


def _moved(path: PricePath, change: float, until: datetime) -> str:
    first = path.points[0].day
    moved = f"{path.name} moved by {change:+.0%} a year" if change else f"the price of {path.name} has not moved"
    return f"{moved} from {first} to {until:%Y-%m-%d}: taken to go on, within a wide range ({path.source})"


def _start(offer: Offer, now: datetime) -> date:
    return now.date() if offer.start_year is None else max(now.date(), date(offer.start_year, 1, 1))


def _as_of(price: Price) -> str:
    return "" if price.as_of is None else f", as of {price.as_of:%Y-%m-%d}"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
