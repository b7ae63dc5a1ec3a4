"""The employer's half of what explain_lock_in is asked and answers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokenworth.answers import ONE_LINE, Fraction, MoneyField, Part, Strict, UsdRange

__all__ = [
    "ComingPrice",
    "Commitment",
    "CommitmentOutcome",
    "EmployerLockIn",
    "EmployerPosition",
    "ExitRight",
    "Feature",
    "ProviderSpend",
    "SecondSource",
    "ShareRange",
    "Spend",
    "SwitchItem",
]

Name = Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]


class Spend(Strict):
    """What goes to one provider (and model) in a year, USD."""

    provider: Name
    model: Name | None = None
    per_year: MoneyField


class Commitment(Strict):
    """Spend promised to a provider for a discount, USD a year."""

    provider: Name
    per_year: MoneyField
    discount: Fraction
    months_left: Annotated[int, Field(ge=1, le=120)] = 12
    termination_fee: MoneyField | None = None


class Feature(Strict):
    """Something used that another provider does not offer in the same form."""

    what: Literal["caching", "fine_tune", "proprietary_tool", "format", "prompt", "embedding_index", "other"]
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    hours_each: Annotated[float, Field(ge=0, le=10_000)] | None = None

    @model_validator(mode="after")
    def _hours_known(self) -> Self:
        if self.what == "other" and self.hours_each is None:
            raise ValueError("other features have no usual hours; send hours_each, such as 20")
        return self


class EmployerPosition(Strict):
    """Where an employer stands with its AI providers; spend is read from the ledger where it is not given."""

    spend: list[Spend] | None = Field(default=None, min_length=1, max_length=100)
    commitments: list[Commitment] = Field(default_factory=list[Commitment], max_length=20)
    features: list[Feature] | None = Field(default=None, max_length=50)
    region: Literal["EU", "other"] | None = None
    spend_growth: Annotated[float, Field(ge=-0.9, le=10)] | None = None
    engineer_hour_usd: MoneyField | None = None
    horizon_months: Annotated[int, Field(ge=1, le=120)] | None = None


class ProviderSpend(Part):
    """One provider's part of the spend."""

    provider: str
    per_year_usd: int
    share: float


class CommitmentOutcome(Part):
    """One commitment against uncertain demand, means, USD a year.

    Attributes:
        unused_usd: paid for and not used, after the discount.
        exposure_usd: that over the rest of the term, and the termination fee.
        best_usd: the commitment of least expected cost.
        saves_usd: expected cost a year less that of the best.
    """

    provider: str
    committed_usd: int
    discount: float
    chance_unused: float
    unused_usd: int
    exposure_usd: int
    best_usd: int
    saves_usd: int


class SwitchItem(Part):
    """One job in leaving the largest provider."""

    what: str
    count: int | None = None
    hours: int
    usd: int


class ExitRight(Part):
    """A right to leave that does not depend on the contract, and the article it stands in."""

    right: str
    applies_from: str
    in_force: bool | None = None
    article: str | None = None


class ComingPrice(Part):
    """An announced price change of a model in use."""

    model: str
    on: str
    change: float
    usd_per_year: int
    source: str


class ShareRange(Part):
    """P10, P50 and P90 of a share."""

    p10: float
    p50: float
    p90: float


class SecondSource(Part):
    """What a second provider costs to keep, and what it leaves of the lock-in."""

    steps: list[str] | None = None
    one_off_usd: int
    per_year_usd: int
    ceiling_after: float


class EmployerLockIn(Part):
    """How hard an employer is locked to its providers.

    Attributes:
        concentration: Herfindahl-Hirschman index of spend by provider, 10,000 for one provider.
        price_rise_ceiling: the lasting price rise that is still cheaper than leaving the largest provider.
        coming_prices: announced changes; None where no price list says.
    """

    spend_usd: int
    providers: list[ProviderSpend]
    concentration: int
    concentration_reading: str | None = None
    largest: str
    switching: UsdRange
    switching_hours: int
    switching_items: list[SwitchItem]
    price_rise_ceiling: ShareRange
    horizon_months: int
    commitments: list[CommitmentOutcome]
    exit_law: str | None = None
    exit_rights: list[ExitRight]
    coming_prices: list[ComingPrice] | None
    coming_prices_said: str
    second_source: SecondSource
