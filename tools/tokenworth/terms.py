"""What people sign, and who signs: an offer and its parts as the contract says them, and nothing filled in.

Every field that may be absent is None (or empty) until someone says it; defaults live in `assumptions`, so that an
answer can list what was not said. Used by offers, lock-in, programmes and burn.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tokenworth.answers import ONE_LINE, Fraction, MoneyField, Strict, TokenCount, listed_as
from tokenworth.money import Money

__all__ = ["Bonus", "Clawback", "EquityGrant", "Months", "Offer", "Person", "SignOn", "TokenGrant", "Vesting"]

Months = Annotated[int, Field(ge=0, le=120)]
AMOUNT_OR_PARTS: Final[dict[str, Any]] = {"type": ["number", "string", "object"]}


GRANT_AMOUNTS: Final = (
    "per_year",
    "per_month",
    "total",
    "share_of_base",
    "tokens_per_year",
    "tokens_per_month",
    "tokens_total",
)


class Bonus(Strict):
    """A yearly bonus: a target amount, or a share of base."""

    target: MoneyField | None = None
    target_share: Fraction | None = None
    guaranteed: bool = False

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.target is None) == (self.target_share is None):
            raise ValueError("send either target (an amount) or target_share (a share of base), not both")
        return self


class SignOn(Strict):
    """A one-off payment at the start, and how it may be claimed back."""

    amount: MoneyField
    clawback_months: Months = 0
    clawback: Literal["pro_rata", "full"] = "pro_rata"


class Clawback(Strict):
    """Something paid that may be claimed back from whoever leaves early."""

    what: Literal["sign_on", "relocation", "tuition", "other"] = "other"
    amount: MoneyField
    months: Annotated[int, Field(ge=1, le=120)]
    paid_months_ago: Months | None = None
    terms: Literal["pro_rata", "full"] = "pro_rata"


def _bonus_parts(value: object) -> object:
    return {"target": value} if isinstance(value, int | float | str) else value


def _sign_on_parts(value: object) -> object:
    return {"amount": value} if isinstance(value, int | float | str) else value


class Vesting(Strict):
    """When a grant is earned: straight-line over months, or one share a year."""

    months: Annotated[int, Field(ge=1, le=120)] | None = None
    cliff_months: Months | None = None
    every_months: Literal[1, 3, 6, 12] = 3
    yearly: list[Fraction] | None = Field(default=None, min_length=1, max_length=10)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.yearly is not None:
            if self.months is not None or self.cliff_months is not None:
                raise ValueError("send either yearly shares or months with a cliff, not both")
            if abs(sum(self.yearly, Decimal(0)) - 1) > Decimal("0.001"):
                raise ValueError("yearly shares must add up to 1, such as [0.05, 0.15, 0.4, 0.4]")
        elif self.months is not None and (self.cliff_months or 0) > self.months:
            raise ValueError("the cliff lies after the end of vesting; send cliff_months of at most months")
        return self


class EquityGrant(Strict):
    """Listed shares (RSU), private shares, or options on either (ISO, NSO): exactly one of `value` and `shares`.

    `value` is what the offer says; with `last_round_price` it is counted at that price, not at the fair-market one.
    A grant of options is of a private company unless `market_price` says what a listed share costs.
    """

    kind: Literal["rsu", "private_shares", "iso", "nso"]
    value: MoneyField | None = None
    shares: Annotated[int, Field(ge=1, le=10**10)] | None = None
    market_price: MoneyField | None = Field(default=None, description="listed share, now")
    price_409a: MoneyField | None = None
    last_round_price: MoneyField | None = None
    preferences_ahead: MoneyField | None = Field(default=None, description="paid before common")
    strike: MoneyField | None = None
    expiry_years: Annotated[int, Field(ge=1, le=15)] | None = None
    post_termination_months: Annotated[int, Field(ge=0, le=180)] | None = None
    early_exercise: bool | None = None
    discount_method: Literal["certainty_equivalent", "chaffe", "finnerty"] = "certainty_equivalent"
    vesting: Vesting = Field(default_factory=Vesting)
    refresh_per_year: MoneyField | None = None

    @property
    def is_option(self) -> bool:
        """Whether shares must be bought at a strike."""
        return self.kind in ("iso", "nso")

    @property
    def is_private(self) -> bool:
        """Whether the shares cannot be sold before the company's exit."""
        return self.kind == "private_shares" or (self.is_option and self.market_price is None)

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.value is None) == (self.shares is None):
            raise ValueError("send either value (an amount) or shares (a count), not both, such as value: 200000")
        if self.shares is not None and not self.is_option and self._advertised_price() is None:
            wanted = "price_409a or last_round_price" if self.is_private else "market_price"
            raise ValueError(f"a count of shares needs {wanted}, the price of one")
        return self

    @model_validator(mode="after")
    def _fields_of_its_kind(self) -> Self:
        fields = type(self).model_fields
        wrong = [name for name in _NOT_OF_KIND[self.kind] if getattr(self, name) != fields[name].default]
        if wrong:
            raise ValueError(f"{wrong[0]} does not go with {self.kind}; leave it out")
        if self.market_price is not None and (
            self.price_409a is not None or self.last_round_price is not None or self.preferences_ahead is not None
        ):
            raise ValueError("market_price is a listed share's; a private company has price_409a and last_round_price")
        prices = (self.market_price, self.price_409a, self.last_round_price, self.strike)
        if any(price is not None and price.number <= 0 for price in prices):
            raise ValueError("a price or strike must be above 0")
        return self

    @model_validator(mode="after")
    def _options_have_a_strike(self) -> Self:
        if self.is_option and self.strike is None:
            raise ValueError("options need strike, the price at which one share may be bought")
        vesting_months = self.vesting.months or 12 * len(self.vesting.yearly or ())
        if self.expiry_years is not None and vesting_months > 12 * self.expiry_years:
            raise ValueError("the options expire before they have vested; send an expiry_years after the last vest")
        return self

    def _advertised_price(self) -> Money | None:
        return self.last_round_price or self.market_price or self.price_409a


_OF_OPTIONS: Final = ("strike", "expiry_years", "post_termination_months", "early_exercise")
_OF_PRIVATE_COMPANIES: Final = ("price_409a", "last_round_price", "preferences_ahead")
_NOT_OF_KIND: Final = {
    "rsu": (*_OF_OPTIONS, *_OF_PRIVATE_COMPANIES, "discount_method"),
    "private_shares": (*_OF_OPTIONS, "market_price"),
    "iso": ("discount_method", "refresh_per_year"),
    "nso": ("discount_method", "refresh_per_year"),
}


class TokenGrant(Strict):
    """AI tokens as part of pay: how much, of what, for what, and what becomes of what is left.

    Exactly one amount. Money amounts are in the offer's currency; counts of tokens need to say what of.
    """

    per_year: MoneyField | None = None
    per_month: MoneyField | None = None
    total: MoneyField | None = Field(default=None, description="one lump")
    share_of_base: Fraction | None = None
    tokens_per_year: TokenCount | None = None
    tokens_per_month: TokenCount | None = None
    tokens_total: TokenCount | None = None
    of: Literal["model", "flagship", "capability"] | None = None
    name: str | None = Field(
        default=None, min_length=1, max_length=120, description="the model, vendor or capability tokens are counted in"
    )
    usd_per_million: MoneyField | None = None
    years: Annotated[int, Field(ge=1, le=10)] | None = None
    unused: Literal["expires", "rolls_over", "cash_out"] | None = None
    rollover_cap: MoneyField | None = None
    cash_out_share: Fraction | None = None
    personal_share: Fraction | None = Field(default=None, description="usable for yourself: 0 work only, 1 all")
    models: Literal["any", "one_provider", "one_model"] | None = None
    on_leaving: Literal["lost", "kept", "portable"] | None = None
    kept_months: Annotated[int, Field(ge=1, le=120)] | None = None
    taxed: Literal["no", "personal_use", "face"] | None = None
    tax_paid_by_employer: bool = False
    prepaid: bool = False

    @property
    def counted(self) -> int | None:
        """The count of tokens, where the grant is one."""
        counts = (self.tokens_per_year, self.tokens_per_month, self.tokens_total)
        return next((count for count in counts if count is not None), None)

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        said = [name for name in GRANT_AMOUNTS if getattr(self, name) is not None]
        if len(said) != 1:
            found = f"found {' and '.join(said)}" if said else "found none"
            raise ValueError(f"send exactly one amount ({found}), such as per_year: 100000")
        if self.counted is not None and self.of is None:
            raise ValueError('a count of tokens needs "of": "model", "flagship" or "capability"')
        if self.counted is not None and self.name is None:
            raise ValueError("a count of tokens needs the name of the model, vendor or capability it is counted in")
        if self.counted is None and self.of is not None:
            raise ValueError('"of" goes with a count of tokens; a grant in money is in USD credits, leave it out')
        return self

    @model_validator(mode="after")
    def _rights_agree(self) -> Self:
        if self.rollover_cap is not None and self.unused != "rolls_over":
            raise ValueError('rollover_cap needs "unused": "rolls_over"')
        if (self.cash_out_share is not None) != (self.unused == "cash_out"):
            raise ValueError('"unused": "cash_out" and cash_out_share go together, such as cash_out_share: 0.5')
        if (self.kept_months is not None) != (self.on_leaving == "kept"):
            raise ValueError('"on_leaving": "kept" and kept_months go together, such as kept_months: 12')
        if self.tax_paid_by_employer and self.taxed == "no":
            raise ValueError("the grant is not taxed, so the employer pays no tax on it; drop one of the two")
        return self


class Offer(Strict):
    """A job offer or contract. Only `base` is needed; amounts are a year, in `currency`, as this job pays them."""

    label: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE] | None = None
    base: MoneyField
    bonus: Annotated[Bonus | None, BeforeValidator(_bonus_parts)] = Field(
        default=None,
        description="target amount, or {target_share, guaranteed}",
        json_schema_extra=listed_as(AMOUNT_OR_PARTS),
    )
    sign_on: Annotated[SignOn | None, BeforeValidator(_sign_on_parts)] = Field(
        default=None,
        description="amount, or {amount, clawback_months, clawback: pro_rata | full}",
        json_schema_extra=listed_as(AMOUNT_OR_PARTS),
    )
    other_annual: MoneyField | None = None
    tokens: TokenGrant | None = None
    equity: list[EquityGrant] = Field(default_factory=list[EquityGrant], max_length=10)
    employment: Literal["employee", "contractor"] = "employee"
    fte: Annotated[Fraction, Field(gt=0)] | None = Field(default=None, description="share of full-time hours")
    start_year: Annotated[int, Field(ge=2025, le=2035)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    fx: MoneyField | None = Field(default=None, description="USD per unit of currency")

    @model_validator(mode="after")
    def _incentive_options_are_for_employees(self) -> Self:
        if self.employment == "contractor" and any(grant.kind == "iso" for grant in self.equity):
            raise ValueError('incentive options (iso) go to employees only; a contractor\'s options are "nso"')
        return self

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        for path, amount in _money_in(self, ""):
            expected = "USD" if path in ("fx", "tokens.usd_per_million") else self.currency
            if amount.currency is not None and amount.currency != expected:
                raise ValueError(
                    f"{path} is marked {amount.currency} but must be in {expected}; "
                    "set currency (with fx, USD per unit) or convert the amount"
                )
        if self.currency != "USD" and (self.fx is None or self.fx.number == 0):
            raise ValueError(f"currency {self.currency} needs fx, the USD that one {self.currency} buys, such as 1.08")
        if self.currency == "USD" and self.fx is not None and self.fx.number != 1:
            raise ValueError("fx goes with another currency; for USD leave it out")
        return self


class Person(Strict):
    """Facts about the person that move the value; each replaces a default. Amounts in USD."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    locality: Annotated[str, Field(pattern=r"^[A-Z]{2,8}$")] | None = Field(default=None, description="NYC")
    filing: Literal["single", "mfj"] | None = None
    marginal_rate: Fraction | None = None
    household_income: MoneyField | None = None
    token_use_per_year: MoneyField | None = None
    token_use_from_budget: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    own_token_spend_per_year: MoneyField | None = None
    work_tools_per_year: MoneyField | None = None
    funded_anyway: Fraction | None = None
    outside_wealth: MoneyField | None = None


def _money_in(part: Strict, prefix: str) -> Iterator[tuple[str, Money]]:
    """Every amount below a part, with its path as the caller writes it."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Money):
            yield prefix + name, value
        elif isinstance(value, Strict):
            yield from _money_in(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                if isinstance(item, Strict):
                    yield from _money_in(item, f"{prefix}{name}.{index}.")
