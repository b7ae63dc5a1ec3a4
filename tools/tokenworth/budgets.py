"""What a ledger is asked and what it answers, as plain values: budgets, periods, amounts, holds, balances.

Money is integer nano-USD (10^-9 USD), tokens are whole, moments are integer milliseconds since 1970 in UTC. Used by
burn, and by whoever asks `context.ledger`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Final, Literal

__all__ = [
    "BUDGET_ID",
    "BUDGET_ID_CHARACTERS_MAX",
    "NANO",
    "NOTHING",
    "UNITS",
    "Amount",
    "Balance",
    "Budget",
    "BudgetChange",
    "BudgetState",
    "BudgetUse",
    "Expiry",
    "Grant",
    "HoldRequest",
    "Level",
    "Period",
    "Refusal",
    "Settlement",
    "Unit",
    "WeeksUsed",
    "nano_usd",
    "usd",
]

BUDGET_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._:@|+~/-]*$"
BUDGET_ID_CHARACTERS_MAX: Final = 128
NANO: Final = 10**9
Unit = Literal["usd", "tokens"]
UNITS: Final[tuple[Unit, Unit]] = ("usd", "tokens")
PeriodKind = Literal["once", "day", "week", "month", "rolling"]
Expiry = Literal["charge", "release"]
RefusedFor = Literal["limit", "unpriced", "uncounted"]


def nano_usd(amount: Decimal, *, up: bool) -> int:
    """Exact dollars as nano-USD, rounded once: up for what is held, half to even for what was spent."""
    return int((amount * NANO).to_integral_value(ROUND_CEILING if up else ROUND_HALF_EVEN))


def usd(nano: int) -> Decimal:
    """Nano-USD as exact dollars."""
    return Decimal(nano).scaleb(-9)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in both units; None where it is not known, which is never zero."""

    nano_usd: int | None = None
    tokens: int | None = None

    def of(self, unit: Unit) -> int | None:
        """The amount in one unit."""
        return self.nano_usd if unit == "usd" else self.tokens


NOTHING: Final = Amount(0, 0)


@dataclass(frozen=True, slots=True)
class Period:
    """When a budget starts anew.

    Attributes:
        kind: "once" never does; "rolling" looks back `window_s` at every moment.
        timezone: the IANA name of the zone whose midnights bound a calendar period.
        window_s: of a rolling budget, in seconds.
        rolls_over: what is left, or overspent, of a calendar period moves to the next one.
        cap_nano_usd, cap_tokens: the most that may move from one period to the next; None is all that is left.
    """

    kind: PeriodKind = "once"
    timezone: str = "UTC"
    window_s: int | None = None
    rolls_over: bool = False
    cap_nano_usd: int | None = None
    cap_tokens: int | None = None

    def cap(self, unit: Unit) -> int | None:
        """The most of one unit that may move from one period to the next."""
        return self.cap_nano_usd if unit == "usd" else self.cap_tokens


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget as it was set; no limit in a unit means that the unit is counted and not limited."""

    id: str
    parent: str | None = None
    period: Period = field(default_factory=Period)
    limit_nano_usd: int | None = None
    limit_tokens: int | None = None

    def limit(self, unit: Unit) -> int | None:
        """The limit of one unit."""
        return self.limit_nano_usd if unit == "usd" else self.limit_tokens


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """What is to become of a budget; None leaves as it is, and a new budget gets the defaults.

    Attributes:
        limit: the new limit in `unit`; None removes it, and without a `unit` nothing is said of limits.
        may_raise: whoever asks may also raise or remove a limit, and move a budget to another period or parent.
    """

    budget: str
    unit: Unit | None = None
    limit: int | None = None
    period: Period | None = None
    parent: str | None = None
    may_raise: bool = False


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A worst case to hold.

    Attributes:
        key: made by the caller; the same key and request get the same answer, whenever they come.
        asked: the request in the caller's own terms, canonical; two requests are the same when this is.
        expires_in_s: how long the hold stays when nobody settles it.
        on_expiry: what then becomes of it.
        model: of the planned call whose worst case it is; None where the amount was not planned from one.
    """

    budget: str
    amount: Amount
    key: str
    asked: str
    expires_in_s: int = 3_600
    on_expiry: Expiry = "charge"
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a hold was not granted.

    Attributes:
        budget: whose limit it was, the one asked or one above it.
        reason: "limit" is reached; the amount is "unpriced" against a USD limit or "uncounted" against a token limit.
    """

    budget: str
    unit: Unit
    reason: RefusedFor


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to a hold; `left` is what the tightest limit still allows, None in a unit that nothing limits."""

    granted: bool
    hold: str | None
    left: Amount
    refusal: Refusal | None = None
    expires_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was charged for a settled hold or a recorded use, and what is left; `late` is after the hold expired."""

    charged: Amount
    left: Amount
    over_hold: Amount = NOTHING
    late: bool = False


@dataclass(slots=True)
class Balance:
    """One budget's figures in one period.

    Attributes:
        period_ms: when the period starts; part of the key.
        shard: 0, or the lease of a slice of the budget that one server grants from; part of the key.
        limit_nano_usd, limit_tokens: in force in this period.
        carry_nano_usd, carry_tokens: what earlier periods left (or overspent), for budgets that roll over.
        spent_nano_usd, spent_tokens: settled, recorded, or charged on expiry.
        held_nano_usd, held_tokens: in holds that are open.
        unpriced_tokens: used at a price that nobody knew; in no dollar figure.
        headroom_nano_usd, headroom_tokens: how much more could have been carried, by the cap on rolling over when the
            period began; what is beyond the cap, and lost, is negative. None without a cap.
    """

    budget: str
    period_ms: int
    shard: int = 0
    limit_nano_usd: int | None = None
    limit_tokens: int | None = None
    carry_nano_usd: int = 0
    carry_tokens: int = 0
    spent_nano_usd: int = 0
    spent_tokens: int = 0
    held_nano_usd: int = 0
    held_tokens: int = 0
    unpriced_tokens: int = 0
    headroom_nano_usd: int | None = None
    headroom_tokens: int | None = None

    def used(self, unit: Unit) -> int:
        """Spent and held together."""
        if unit == "usd":
            return self.spent_nano_usd + self.held_nano_usd
        return self.spent_tokens + self.held_tokens

    def cap(self, unit: Unit) -> int | None:
        """The limit with what was carried into the period."""
        if unit == "usd":
            return None if self.limit_nano_usd is None else self.limit_nano_usd + self.carry_nano_usd
        return None if self.limit_tokens is None else self.limit_tokens + self.carry_tokens

    def carry(self, unit: Unit, left_over: int, most: int | None) -> None:
        """Begin with what earlier periods left, up to a cap; a debt is carried whole."""
        carried = left_over if most is None else min(left_over, most)
        headroom = None if most is None else most - left_over
        if unit == "usd":
            self.carry_nano_usd, self.headroom_nano_usd = carried, headroom
        else:
            self.carry_tokens, self.headroom_tokens = carried, headroom

    def carry_less(self, unit: Unit, used: int) -> int:
        """Earlier periods turn out to have used more (or less, when negative); how much less is carried for it."""
        carried, headroom = (
            (self.carry_nano_usd, self.headroom_nano_usd)
            if unit == "usd"
            else (self.carry_tokens, self.headroom_tokens)
        )
        most = None if headroom is None else carried + max(headroom, 0)
        self.carry(unit, carried + self.lost(unit) - used, most)
        return carried - (self.carry_nano_usd if unit == "usd" else self.carry_tokens)

    def lost(self, unit: Unit) -> int:
        """What earlier periods left beyond the cap."""
        headroom = self.headroom_nano_usd if unit == "usd" else self.headroom_tokens
        return 0 if headroom is None else max(-headroom, 0)

    def left(self, unit: Unit) -> int | None:
        """What can still be held; negative is debt; None without a limit."""
        cap = self.cap(unit)
        return None if cap is None else cap - self.used(unit)


@dataclass(frozen=True, slots=True)
class Level:
    """One budget of a chain as it stands.

    Attributes:
        balance: the current period's, or the window's sums for a rolling budget.
        starts_ms, ends_ms: the period; None where it has no such end.
        observed: what logs and provider reports saw in this period, by source; never part of `balance`.
    """

    budget: Budget
    balance: Balance
    starts_ms: int | None
    ends_ms: int | None
    observed: Mapping[str, Amount] = field(default_factory=dict[str, Amount])


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget with all above it, at one moment of the store's clock; the budget itself comes first.

    Attributes:
        spends: what was charged to the budget in (moment, nano-USD, tokens), oldest first, summed by `slot_ms`.
        by_model: what of the budget's present period named a model: model, nano-USD, tokens, in no order.
    """

    now_ms: int
    chain: Sequence[Level]
    spends: Sequence[tuple[int, int, int]]
    slot_ms: int
    by_model: Sequence[tuple[str, int, int]] = ()

    @property
    def own(self) -> Level:
        """The budget that was asked for."""
        return self.chain[0]

    def left(self, unit: Unit) -> int | None:
        """What the tightest limit of the chain still allows, negative in debt; None when nothing limits."""
        lefts = [left for level in self.chain if (left := level.balance.left(unit)) is not None]
        return min(lefts, default=None)


@dataclass(frozen=True, slots=True)
class WeeksUsed:
    """What a budget was charged in four weeks, USD; `limited` when a limit was met, and more may have been wanted."""

    usd: Decimal
    limited: bool


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What one budget was charged.

    Attributes:
        budget: its id.
        days: since its first charge, at most a year.
        weeks: the whole spans of four weeks up to the moment, the earliest first; what came before them is left out.
    """

    budget: str
    days: int
    weeks: Sequence[WeeksUsed]
