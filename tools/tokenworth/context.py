"""What a tool may ask of the world, as Protocols only; `wiring` builds the concrete ones.

A tool is `async def name(request, context) -> Answer`. Everything that is not in the request (the price
list, the assumptions in force, the clock) reaches it through here, so a family never imports another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenworth.assumptions import Assumptions

__all__ = [
    "Clock",
    "Context",
    "ObservedUse",
    "PathPoint",
    "PersonMonths",
    "Price",
    "PriceChange",
    "PriceList",
    "PricePath",
    "PriceSchedule",
    "StaffUse",
    "UseSeen",
]


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


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A change of a model's price that is already announced.

    Attributes:
        at: when it takes effect.
        change: of the price of a typical mix of input and output; 0.1 is a rise of 10%.
    """

    model: str
    at: datetime
    change: Decimal
    source: str


class PriceSchedule(Protocol):
    """Knows which prices are already scheduled to change."""

    def coming_changes(self, model: str, after: datetime) -> Sequence[PriceChange] | None:
        """Announced changes of a model's price, earliest first; None where the model is not known."""
        ...


@dataclass(frozen=True, slots=True)
class UseSeen:
    """Real use over a span of days.

    Attributes:
        usd: what was spent, by provider and model.
        days: how long was looked at.
        source: where it was seen, in words.
    """

    usd: Mapping[tuple[str, str], Decimal]
    days: int
    source: str

    @property
    def usd_per_year(self) -> Decimal:
        """All of it, at the same pace for a year."""
        return sum(self.usd.values(), Decimal(0)) * 365 / max(self.days, 1)


class ObservedUse(Protocol):
    """What a ledger of real use has seen; it takes the place of guesses."""

    async def use_seen(self, until: datetime) -> UseSeen | None:
        """Use up to a moment; None where nothing was recorded."""
        ...


@dataclass(frozen=True, slots=True)
class PersonMonths:
    """What the people of a team used, one amount for each person and month, USD at list price, and who says so."""

    usd: Sequence[Decimal]
    source: str


class StaffUse(Protocol):
    """What the ledger knows of a team, nobody named."""

    async def person_months(self, team: str, until: datetime) -> PersonMonths | None:
        """A team's use up to a moment; None where the team is unknown or nothing was recorded."""
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
        price_schedule: announced price changes, or None while nobody keeps them.
        observed_use: the ledger of real use, or None without one.
        staff_use: the same by team, or None without one.
    """

    assumptions: Assumptions
    clock: Clock
    prices: PriceList | None = None
    price_schedule: PriceSchedule | None = None
    observed_use: ObservedUse | None = None
    staff_use: StaffUse | None = None
