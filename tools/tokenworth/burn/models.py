"""What the budget tools are asked and what they answer."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_serializer, model_validator

from tokenworth.answers import Answer, Detail, Part, Request, Strict, TokenCount
from tokenworth.budgets import BUDGET_ID, BUDGET_ID_CHARACTERS_MAX, Period, nano_usd
from tokenworth.money import parse_money, parse_tokens

__all__ = [
    "Affordable",
    "BudgetChecked",
    "BudgetReserved",
    "BudgetSet",
    "BurnAlert",
    "CheckBudgetRequest",
    "LimitAbove",
    "ModelUse",
    "ObservedUse",
    "OfficialQuota",
    "Pace",
    "PeriodSpec",
    "PlannedCall",
    "RecordUsageRequest",
    "ReservationSettled",
    "ReserveBudgetRequest",
    "SetBudgetRequest",
    "SettleReservationRequest",
    "UsageRecorded",
    "nano_of",
]

AMOUNT_USD_MAX: Final = 10_000_000
LIMIT_USD_MAX: Final = 1_000_000_000
TOKENS_MAX: Final = 10**15
REMOVED: Final = "none"
WINDOW: Final = re.compile(r"([1-9][0-9]{0,4})([hd])")
WINDOW_S_MAX: Final = 366 * 86_400
USAGE_HINT: Final = (
    'Send the usage object of a response with its model, such as {"model": "claude-opus-5-5", "input_tokens": 1000, '
    '"output_tokens": 200}, or {"usd": 0.12} or {"tokens": 5000}'
)


def _dollars(value: object, most: int) -> Decimal:
    money = parse_money(value)
    if money.currency not in (None, "USD"):
        raise ValueError("budgets are kept in USD. Convert the amount, such as 0.25")
    if money.number > most:
        raise ValueError(f"more than ${most:,}, too large to be real. Send USD, such as 0.25")
    return money.number


def _amount_usd(value: object) -> Decimal:
    return _dollars(value, AMOUNT_USD_MAX)


def _cap_usd(value: object) -> Decimal:
    return _dollars(value, LIMIT_USD_MAX)


def _limit_usd(value: object) -> Decimal | str:
    return REMOVED if value == REMOVED else _dollars(value, LIMIT_USD_MAX)


def _limit_tokens(value: object) -> int | str:
    return REMOVED if value == REMOVED else parse_tokens(value)


def _period(value: object) -> object:
    return {"every": value} if isinstance(value, str) else value


NUMBER_OR_TEXT: Final[dict[str, Any]] = {"type": ["number", "string"]}
Usd = Annotated[
    Decimal,
    BeforeValidator(_amount_usd),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(NUMBER_OR_TEXT),
]
Tokens = Annotated[TokenCount, Field(le=TOKENS_MAX)]
UsdOut = Annotated[Decimal, PlainSerializer(float, return_type=float)]
BudgetId = Annotated[str, Field(pattern=BUDGET_ID, max_length=BUDGET_ID_CHARACTERS_MAX)]
Key = Annotated[str, Field(min_length=1, max_length=200, description="made by you, such as a UUID")]
Usage = Annotated[dict[str, Any], Field(min_length=1, max_length=60), WithJsonSchema({"type": "object"})]


class PeriodSpec(Strict):
    """When a budget starts anew, and what becomes of what is left.

    Attributes:
        rollover_cap_usd, rollover_cap_tokens: the most that moves from one period to the next.
    """

    every: str
    timezone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"
    unused: Literal["expires", "rolls_over"] = "expires"
    rollover_cap_usd: (
        Annotated[Decimal, BeforeValidator(_cap_usd), PlainSerializer(str), WithJsonSchema(NUMBER_OR_TEXT)] | None
    ) = None
    rollover_cap_tokens: Tokens | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.every not in ("once", "day", "week", "month"):
            found = WINDOW.fullmatch(self.every)
            if found is None or _window_s(found) > WINDOW_S_MAX:
                raise ValueError('send "once", "day", "week", "month", or a rolling window such as "5h" or "7d"')
        if self.unused == "rolls_over" and self.every not in ("day", "week", "month"):
            raise ValueError('"unused": "rolls_over" goes with day, week or month; leave it out')
        if self.unused != "rolls_over" and (self.rollover_cap_usd, self.rollover_cap_tokens) != (None, None):
            raise ValueError('a rollover cap goes with "unused": "rolls_over"; send both, or neither')
        return self

    def period(self) -> Period:
        """The period as the ledger keeps it."""
        if self.every in ("once", "day", "week", "month"):
            return Period(
                self.every,  # type: ignore[arg-type]  # checked
                self.timezone,
                None,
                self.unused == "rolls_over",
                nano_of(self.rollover_cap_usd, up=False),
                self.rollover_cap_tokens,
            )
        found = WINDOW.fullmatch(self.every)
        return Period("rolling", "UTC", 0 if found is None else _window_s(found))


def _window_s(found: re.Match[str]) -> int:
    return int(found[1]) * (3_600 if found[2] == "h" else 86_400)


class PlannedCall(Strict):
    """A call that is planned, at its worst: the whole prompt and the ceiling of the output, in tokens a call."""

    model: Annotated[str, Field(min_length=1, max_length=200)]
    provider: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    input_tokens: Tokens = 0
    output_tokens: Tokens = Field(default=0, description="the ceiling (max_tokens)")
    calls: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class SetBudgetRequest(Request):
    """A budget to create, or a limit to lower."""

    budget: BudgetId
    limit_usd: Annotated[Decimal | str, BeforeValidator(_limit_usd), WithJsonSchema(NUMBER_OR_TEXT)] | None = None
    limit_tokens: Annotated[int | str, BeforeValidator(_limit_tokens), WithJsonSchema(NUMBER_OR_TEXT)] | None = None
    period: Annotated[PeriodSpec, BeforeValidator(_period), WithJsonSchema({"type": ["string", "object"]})] | None = (
        Field(
            default=None,
            description="once (default), day, week, month, a rolling window such as 5h or 7d, "
            "or {every, timezone, unused: expires | rolls_over, rollover_cap_usd | rollover_cap_tokens}",
        )
    )
    parent: BudgetId | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if self.limit_usd is not None and self.limit_tokens is not None:
            raise ValueError("send limit_usd or limit_tokens, not both; a second call adds the other")
        return self


class ReserveBudgetRequest(Request):
    """A worst case to hold before work starts."""

    budget: BudgetId
    usd: Usd | None = None
    tokens: Tokens | None = None
    planned: PlannedCall | None = None
    key: Key
    hold_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(default=60, description="then it is charged")
    on_expiry: Literal["charge", "release"] = "charge"

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.planned is None) == (self.usd is None and self.tokens is None):
            raise ValueError(
                "send usd, tokens (or both), or planned, such as usd: 0.25 or "
                'planned: {"model": "claude-opus-5-5", "input_tokens": 20000, "output_tokens": 4000}'
            )
        return self


class SettleReservationRequest(Request):
    """What a hold came to."""

    hold: Annotated[str, Field(min_length=1, max_length=100)]
    usd: Usd | None = None
    tokens: Tokens | None = None
    usage: Usage | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.usage is None) == (self.usd is None and self.tokens is None):
            raise ValueError("send usd, tokens (or both), or usage; usd: 0 releases the hold")
        return self


class RecordUsageRequest(Request):
    """A use that nothing was held for."""

    budget: BudgetId
    usage: Usage
    key: Key


class CheckBudgetRequest(Request):
    """What is left, how fast it goes, and whether a planned call fits."""

    budget: BudgetId | None = Field(default=None, description="your own when left out")
    planned: PlannedCall | None = None
    detail: Detail = "concise"


class BudgetSet(Answer):
    """A budget as it is now."""

    budget: str
    created: bool
    limit_usd: UsdOut | None = None
    limit_tokens: int | None = None
    period: str
    parent: str | None = None
    left_usd: UsdOut | None = None
    left_tokens: int | None = None

    def text(self) -> str:
        """The answer in words."""
        return self.headline


class BudgetReserved(Answer):
    """Whether a worst case is held; `left_*` is what the tightest limit still allows."""

    granted: bool
    hold: str | None = None
    held_usd: UsdOut | None = None
    held_tokens: int | None = None
    left_usd: UsdOut | None = None
    left_tokens: int | None = None
    expires_at: datetime | None = None
    refused_by: str | None = None
    reason: str | None = None
    do_next: str

    def text(self) -> str:
        """The answer in words."""
        return f"{self.headline} {self.do_next}"


class ReservationSettled(Answer):
    """What was charged, and what is left."""

    charged_usd: UsdOut | None = None
    charged_tokens: int | None = None
    left_usd: UsdOut | None = None
    left_tokens: int | None = None
    over_hold_usd: UsdOut | None = None
    over_hold_tokens: int | None = None
    late: bool = False
    notes: list[str]

    def text(self) -> str:
        """The answer in words."""
        return " ".join([self.headline, *(f"{note}." for note in self.notes)])


class UsageRecorded(ReservationSettled):
    """What was charged without a hold, and what is left."""


class Pace(Part):
    """How fast a budget goes, in the unit of its limit.

    Attributes:
        share_of_period_gone: 0 to 1.
        pace_ratio: share of the limit used over share of the period gone; 1 ends exactly at the limit.
        projected_end: used at the end of the period, as likely more as less; USD or tokens. With too little history,
            what it comes to if it goes on as so far.
        projected_low, projected_high: four times in five it ends between them.
        exhausted_p10, exhausted_p50, exhausted_p90: when nothing is left: one time in ten by the first, as likely
            before as after the second, nine times in ten by the third; None where it lasts the period.
        method: how it was projected, or that there is too little history to.
        lasts_hours: until nothing is left at the rate of the last day (or of what there is of it).
    """

    unit: Literal["usd", "tokens"]
    share_of_period_gone: float | None = None
    pace_ratio: float | None = None
    projected_low: float | None = None
    projected_end: float | None = None
    projected_high: float | None = None
    exhausted_p10: datetime | None = None
    exhausted_p50: datetime | None = None
    exhausted_p90: datetime | None = None
    lasts_hours: float | None = None
    method: str


class BurnAlert(Part):
    """A budget that burns too fast over a long and a short window at once.

    Attributes:
        burn_rate: how many times faster than would use up the limit exactly, over the long window.
        share_of_limit: of the limit, that the long window took.
    """

    severity: Literal["page", "ticket"]
    burn_rate: float
    threshold: float
    long_window: str
    short_window: str
    share_of_limit: float


class LimitAbove(Part):
    """One limit of the budget or above it."""

    budget: str
    unit: Literal["usd", "tokens"]
    limit: float
    spent: float
    held: float
    left: float
    period: str


class ObservedUse(Part):
    """What a log or report saw in this period, beside what was spent here; the two are never added."""

    source: str
    usd: UsdOut | None = None
    tokens: int | None = None
    gap_usd: UsdOut | None = None
    gap_tokens: int | None = None


class ModelUse(Part):
    """What was charged for one model in this period; None is all that named none."""

    model: str | None
    usd: UsdOut
    tokens: int

    @model_serializer(mode="plain")
    def _with_its_null(self) -> dict[str, str | float | int | None]:
        return {"model": self.model, "usd": float(self.usd), "tokens": self.tokens}


class Affordable(Part):
    """Whether a planned call fits.

    Attributes:
        answer: "only_if" says in `condition` what would make it fit.
        worst_usd, worst_tokens: what reserve_budget would hold.
        cheapest_that_fits: the cheapest alternative that fits, with its worst case.
        likely_low_usd, likely_usd, likely_high_usd: P10, P50 and P90, from what planned holds came to before.
        likely_from: what they are taken from, or why there are none.
    """

    answer: Literal["fits", "does_not_fit", "only_if", "unpriced"]
    worst_usd: UsdOut | None = None
    worst_tokens: int
    condition: str | None = None
    cheapest_that_fits: str | None = None
    cheapest_usd: UsdOut | None = None
    likely_low_usd: UsdOut | None = None
    likely_usd: UsdOut | None = None
    likely_high_usd: UsdOut | None = None
    likely_from: str | None = None


class OfficialQuota(Part):
    """How much of an agent's official quota is used, as its provider told it last; never part of the budget."""

    agent: str
    window: str
    used_percent: float
    resets_at: datetime | None = None
    seen_at: datetime


class BudgetChecked(Answer):
    """What is left, how fast it goes, and what to do about it."""

    budget: str
    period: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    limit_usd: UsdOut | None = None
    limit_tokens: int | None = None
    carried_usd: UsdOut | None = None
    carried_tokens: int | None = None
    spent_usd: UsdOut
    spent_tokens: int
    held_usd: UsdOut
    held_tokens: int
    left_usd: UsdOut | None = None
    left_tokens: int | None = None
    unpriced_tokens: int | None = None
    pace: Pace | None = None
    alerts: list[BurnAlert]
    observed: list[ObservedUse]
    by_model: list[ModelUse] = Field(default_factory=list[ModelUse])
    quotas: list[OfficialQuota] | None = None
    limits: list[LimitAbove]
    planned: Affordable | None = None
    do_next: str
    as_of: datetime

    def text(self) -> str:
        """The answer in words."""
        from tokenworth.burn.words import checked_in_words  # noqa: PLC0415 - words stand apart from numbers

        return checked_in_words(self)


def nano_of(amount: Decimal | None, *, up: bool) -> int | None:
    """An amount in nano-USD, None when it was not sent."""
    return None if amount is None else nano_usd(amount, up=up)
