"""What a tool may ask of the world, as Protocols only; `wiring` builds the concrete ones.

A tool is `async def name(request, context) -> Answer`. Everything that is not in the request (the price
list, the assumptions in force, the clock) reaches it through here, so a family never imports another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenworth.assumptions import Assumptions

__all__ = ["Clock", "Context", "Price", "PriceList"]


@dataclass(frozen=True, slots=True)
class Price:
    """What a grant's tokens cost: USD per million, and who says so."""

    usd_per_million: Decimal
    source: str
    as_of: datetime | None


class PriceList(Protocol):
    """Knows what a model costs; None means unpriced, which is never zero."""

    def blended_usd_per_million(self, model: str, at: datetime) -> Price | None:
        """The price of a typical mix of a model's input and output tokens at a moment."""
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
