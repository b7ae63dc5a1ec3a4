"""What a tool may ask of the world, as Protocols only; `wiring` builds the concrete ones.

A tool is `async def name(request, context) -> Answer`. Everything that is not in the request (the price
list, the assumptions in force, the clock) reaches it through here, so a family never imports another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenworth.assumptions import Assumptions

__all__ = ["Clock", "Context", "PersonMonths", "Price", "PriceList", "StaffUse"]


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


@dataclass(frozen=True, slots=True)
class PersonMonths:
    """What the people of a team used, one amount for each person and month, USD at list price, and who says so."""

    usd: Sequence[Decimal]
    source: str


class StaffUse(Protocol):
    """Knows what people have used, as the ledger has it."""

    def person_months(self, team: str) -> PersonMonths | None:
        """A team's use, nobody named; None where the team is unknown or nothing is recorded yet."""
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
        staff_use: what people have used, or None while nothing records it.
    """

    assumptions: Assumptions
    clock: Clock
    prices: PriceList | None = None
    staff_use: StaffUse | None = None
