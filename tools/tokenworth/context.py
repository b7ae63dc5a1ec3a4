"""What a tool may ask of the world, as Protocols only; `wiring` builds the concrete ones.

A tool is `async def name(request, context) -> Answer`. Everything that is not in the request (the price
list, the assumptions in force, the clock) reaches it through here, so a family never imports another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenworth.assumptions import Assumptions

__all__ = ["Clock", "Context", "PathPoint", "Price", "PriceList", "PricePath"]


@dataclass(frozen=True, slots=True)
class Price:
    """What a grant's tokens cost: USD per million, and who says so."""

    usd_per_million: Decimal
    source: str
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class PathPoint:
    """From a day on, what a typical mix of a model's tokens cost, in USD per million."""

    day: date
    model: str
    usd_per_million: Decimal


@dataclass(frozen=True, slots=True)
class PricePath:
    """How a price has moved, with the data it was measured from.

    Attributes:
        yearly_change: from the first price to the last, spread over the time up to the moment asked about, as a share
            a year (-0.45 is 45% down); None for under a year.
    """

    name: str
    method: str
    source: str
    points: tuple[PathPoint, ...]
    yearly_change: float | None


class PriceList(Protocol):
    """Knows what a model costs; None means unpriced, which is never zero."""

    def blended_usd_per_million(self, model: str, at: datetime) -> Price | None:
        """The price of a typical mix of a model's input and output tokens at a moment."""
        ...

    def retires_on(self, model: str) -> date | None:
        """The day on which calls to a model stop working, as announced; None when nobody has said one."""
        ...

    def model_path(self, model: str, until: datetime) -> PricePath | None:
        """A model's own prices up to a moment."""
        ...

    def flagship_path(self, vendor: str, until: datetime) -> PricePath | None:
        """The prices of what a vendor sold as its flagship."""
        ...

    def capability_path(self, name: str, until: datetime) -> PricePath | None:
        """The cheapest price of a capability class at each date."""
        ...


class Clock(Protocol):
    """The only way a tool learns the time."""

    def __call__(self) -> datetime:
        """Now, aware and in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """All that a tool may use besides its request.

    Attributes:
        assumptions: every default in force, the caller's file already laid over the shipped ones.
        clock: the time.
        prices: the price list, or None while there is none.
    """

    assumptions: Assumptions
    clock: Clock
    prices: PriceList | None = None
