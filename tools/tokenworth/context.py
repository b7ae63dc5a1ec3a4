"""What a tool may ask of the world, as Protocols only; `wiring` builds the concrete ones.

A tool is `async def name(request, context) -> Answer`. Everything that is not in the request (the price
list, the assumptions in force, the clock) reaches it through here, so a family never imports another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from tokenworth.work import UNWATCHED, Report, Work, cores

if TYPE_CHECKING:
    from tokenworth.assumptions import Assumptions
    from tokenworth.budgets import (
        Amount,
        Budget,
        BudgetChange,
        BudgetState,
        BudgetUse,
        Grant,
        HoldRequest,
        Settlement,
    )

__all__ = [
    "Caller",
    "Clock",
    "Context",
    "Cost",
    "Ledger",
    "LedgerSource",
    "LocalUse",
    "LoggedUse",
    "ObservedUse",
    "OfficialQuota",
    "PathPoint",
    "PersonMonths",
    "Price",
    "PriceChange",
    "PriceList",
    "PricePath",
    "PriceSchedule",
    "StaffUse",
    "UnitCosts",
    "UnitPrices",
    "UnitStep",
    "UseHistory",
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request costs.

    Attributes:
        usd: exact; None when unpriced, which is never zero.
        tokens: everything that was sent and made, cached or not.
        model: the model as the price list calls it, or as it was sent when unpriced.
        reason: why there is no price, for people; None when there is one.
    """

    usd: Decimal | None
    tokens: int
    model: str
    reason: str | None = None


class PriceList(Protocol):
    """Knows what a model costs; None means unpriced, which is never zero."""

    async def ready(self) -> None:
        """Read its files now, off the event loop; at once when it has."""
        ...

    def cost_of_usage(self, model: str, usage: Mapping[str, Any], at: datetime, provider: str | None = None) -> Cost:
        """What a request cost at its time.

        Args:
            model: as people and logs write it.
            usage: the usage object of an API's response, or plain counts such as `input_tokens`,
                `cache_write_5m_tokens`, `cache_write_1h_tokens`, `cache_read_tokens` and `output_tokens`, each token
                named once.
            at: when it ran.
            provider: who billed it, when that is known.

        Raises:
            InvalidInputError: the usage object has no count that can be read.
        """
        ...

    def alternatives(self, model: str, at: datetime) -> Sequence[str]:
        """Models that somebody who uses this one might use instead, in no particular order."""
        ...

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
class UnitStep:
    """What one unit costs in prompts of at least a size, in 10^-18 USD; None where no source prices it.

    Attributes:
        prompt_tokens_min: the whole request pays this step when its prompt, cached parts included, is as large.
        web_search: a search; everything else is a token.
    """

    prompt_tokens_min: int
    input: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    cache_read: int | None
    output: int | None
    web_search: int | None


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What a model's units cost in a span of time, `since_ms` to before `until_ms`; the smallest prompts come first."""

    since_ms: int
    until_ms: int
    steps: tuple[UnitStep, ...]


class UnitPrices(Protocol):
    """The same prices for whoever has very many requests to price."""

    def version(self) -> str:
        """Names the list: another version may know other prices."""
        ...

    def unit_costs(self, model: str, at_ms: int) -> UnitCosts | None:
        """What a model's units cost around a moment, exactly as `PriceList.cost_of_usage` counts; None is unpriced."""
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

    async def ready(self) -> None:
        """Read its files now, off the event loop; at once when it has."""
        ...

    def coming_changes(self, model: str, after: datetime) -> Sequence[PriceChange] | None:
        """Announced changes of a model's price, earliest first; None where the model is not known."""
        ...


@dataclass(frozen=True, slots=True)
class UseSeen:
    """Real use over a span of days.

    Attributes:
        usd: what was spent, by provider and model; both are "" where only the sum is known.
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


class UseHistory(Protocol):
    """What the caller's budgets were charged over time, one of them at a time, by name."""

    async def use_of(self, budget: str, until: datetime) -> BudgetUse | None:
        """One budget up to a moment; None where the caller has none of that name.

        Raises:
            LedgerError: the ledger cannot be read.
        """
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


@dataclass(frozen=True, slots=True)
class LoggedUse:
    """What the logs of agent tools on this machine say was used.

    Attributes:
        usd: at list prices, of what has one; None when nothing of it has.
        unpriced_messages: model calls that are in no dollar figure.
    """

    usd: Decimal | None
    tokens: int
    unpriced_messages: int


@dataclass(frozen=True, slots=True)
class OfficialQuota:
    """How much of a subscription's quota is used, as its provider told the agent tool.

    Attributes:
        resets_at: when it starts anew; None where it was not said.
        seen_at: when it was told.
    """

    agent: str
    window_minutes: int
    used_percent: float
    resets_at: datetime | None
    seen_at: datetime


class LocalUse(Protocol):
    """Knows what agent tools on this machine used, from their own logs; never asked for somebody elsewhere."""

    async def use_since(self, moments: tuple[datetime, ...]) -> tuple[LoggedUse, ...]:
        """What was used since each of several moments, up to now.

        Raises:
            HistoryUnusableError: what was read before is kept in a file that cannot be used.
        """
        ...

    async def by_model(self, since: date) -> Sequence[tuple[str, LoggedUse]]:
        """What was used of each model since a day began in UTC, by what was read before.

        Raises:
            HistoryUnusableError: it cannot be used.
        """
        ...

    async def quotas(self) -> Sequence[OfficialQuota]:
        """Official quotas as they were last told, by what was read before.

        Raises:
            HistoryUnusableError: it cannot be used.
        """
        ...


class Clock(Protocol):
    """The only way a tool learns the time."""

    def __call__(self) -> datetime:
        """Now, aware and in UTC."""
        ...


class Ledger(Protocol):
    """Budgets that cannot be overspent by whoever holds before working; see `tokenworth.budgets` for the values."""

    async def set_budget(self, change: BudgetChange) -> tuple[Budget, bool]:
        """Create a budget or change one; the budget, and whether it is new.

        Raises:
            InvalidInputError, NotAllowedError: it cannot be set so, or not by this caller.
        """
        ...

    async def reserve(self, request: HoldRequest) -> Grant:
        """Hold a worst case on a budget and all above it, or on none of them.

        Raises:
            InvalidInputError: an unknown budget, or a key that came with another request.
        """
        ...

    async def settle(
        self, hold: str, amount: Amount, asked: str, within: str = "", model: str | None = None
    ) -> Settlement:
        """Charge what a hold came to, once; nothing is a release. `asked` is the request, canonical.

        Args:
            within: what the id of the hold's budget must begin with; any other hold is an unknown one.
            model: that was used; None is the one that the hold was planned for, if any.

        Raises:
            InvalidInputError: an unknown hold, or one settled with another request.
        """
        ...

    async def record(self, budget: str, amount: Amount, key: str, asked: str, model: str | None = None) -> Settlement:
        """Charge a use that nothing was held for; of a model, where the use names one.

        Raises:
            InvalidInputError: an unknown budget, or a key that came with another request.
        """
        ...

    async def observe(self, budget: str, source: str, amount: Amount) -> None:
        """Keep what a log or report says was used in the present period, in place of what it said before.

        Raises:
            InvalidInputError: an unknown budget.
        """
        ...

    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it, as it stands.

        Raises:
            InvalidInputError: an unknown budget.
        """
        ...

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time: moment, nano-USD, tokens, oldest first."""
        ...

    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """What planned holds on a budget came to, the latest settled first: model, nano-USD held, nano-USD charged."""
        ...

    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets, in order."""
        ...

    async def news(self) -> int:
        """A number that differs once anything was written, by whichever process; what expires by itself is not news."""
        ...

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires, whoever's; under 0 for one that nobody looked at, None for none.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        ...


class LedgerSource(Protocol):
    """Opens the ledger when it is first asked for."""

    def is_there(self) -> bool:
        """Whether there is one already: opening one that is not makes it."""
        ...

    async def open(self) -> Ledger:
        """The ledger, always the same one.

        Raises:
            LedgerError: it cannot be opened.
        """
        ...

    async def close(self) -> None:
        """Finish what was asked of it; does nothing when it was never opened."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        budget: the caller's own budget.
        may_raise_limits: the command line, or a token with the scope budgets:admin.
        tenant: whose budgets and holds there are for this caller; None for this machine's own user, who has them all.
    """

    budget: str = "default"
    may_raise_limits: bool = False
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """All that a tool may use besides its request.

    Attributes:
        assumptions: every default in force, the caller's file already laid over the shipped ones.
        clock: the time.
        prices: the price list, or None while there is none.
        price_schedule: announced price changes, or None while nobody keeps them.
        observed_use: the ledger of real use, which may be taken unasked, or None without one.
        staff_use: the same by team, or None without one.
        use_history: the same by budget, for whoever names one, or None without one.
        ledger: where budgets are kept, or None when there is none.
        caller: who asks.
        report: tells whoever asked how far a long call has come, or None where nobody wants to know.
        work: what a computation checks between its parts; `off_the_loop` puts it there.
        computations_max: how many computations may run at a time; the first of an event loop says so for all of it.
    """

    assumptions: Assumptions
    clock: Clock
    prices: PriceList | None = None
    price_schedule: PriceSchedule | None = None
    observed_use: ObservedUse | None = None
    staff_use: StaffUse | None = None
    use_history: UseHistory | None = None
    ledger: LedgerSource | None = None
    local_use: LocalUse | None = None
    caller: Caller = field(default_factory=Caller)
    report: Report | None = None
    work: Work = UNWATCHED
    computations_max: int = field(default_factory=cores)
