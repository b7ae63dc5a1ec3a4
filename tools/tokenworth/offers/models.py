"""What value_offer and compare_offers are asked and what they answer."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from tokenworth.answers import (
    DRAWS_DEFAULT,
    OVERRIDES_SCHEMA,
    SEED_DEFAULT,
    Answer,
    Defaulted,
    Detail,
    Draws,
    Overrides,
    Part,
    Question,
    Request,
    Seed,
    UsdRange,
    listed_as,
)
from tokenworth.assumptions.used import AssumptionUsed
from tokenworth.terms import Offer, Person

__all__ = [
    "Career",
    "CompareOffersRequest",
    "ComponentValue",
    "Equalizer",
    "Face",
    "Flip",
    "Lever",
    "OfferComparison",
    "OfferValue",
    "OptionsExplained",
    "Pairwise",
    "PayValue",
    "Ranked",
    "TokensExplained",
    "ValueOfferRequest",
    "YearRange",
]

OFFERS_LISTING: Final[dict[str, Any]] = {"type": "array", "minItems": 2, "maxItems": 10, "items": {"type": "object"}}


class ValueOfferRequest(Request):
    """One offer to value."""

    offer: Offer
    person: Person = Field(default_factory=Person)
    overrides: Overrides = Field(
        default_factory=dict,
        description="assumption name to number or {low, base, high}",
        json_schema_extra=listed_as(OVERRIDES_SCHEMA),
    )
    detail: Detail = "concise"
    seed: Seed = SEED_DEFAULT
    draws: Draws = DRAWS_DEFAULT


class CompareOffersRequest(Request):
    """Two to ten offers to rank for one person."""

    offers: list[Offer] = Field(min_length=2, max_length=10, json_schema_extra=listed_as(OFFERS_LISTING))
    person: Person = Field(default_factory=Person, json_schema_extra=listed_as({"type": "object"}))
    overrides: Overrides = Field(default_factory=dict, json_schema_extra=listed_as(OVERRIDES_SCHEMA))
    detail: Detail = "concise"
    seed: Seed = SEED_DEFAULT
    draws: Draws = DRAWS_DEFAULT


class YearRange(UsdRange):
    """One year's pay value, if still employed then; years count from 1."""

    year: int


class Face(Part):
    """What the offer says, averaged over four years, USD a year."""

    total_usd: int
    token_share: float
    by_component_usd: dict[str, int] | None = None
    by_year_usd: list[int] | None = None


class PayValue(UsdRange):
    """What it is worth, as the level yearly gross salary of equal present value."""

    mean_usd: int | None = None
    per_hour_p50_usd: int | None = None
    present_value_p50_usd: int
    present_value: UsdRange | None = None
    by_year: list[YearRange] | None = None


class ComponentValue(Part):
    """One part of the offer, USD a year, as gross salary; P10 and P90 are left out where nothing is uncertain."""

    name: str
    face_usd: int
    p10_usd: int | None
    p50_usd: int
    p90_usd: int | None


class TokensExplained(Part):
    """From the tokens advertised to what they are worth; means, USD a year."""

    advertised_usd: int
    used_usd: int
    yours_usd: int
    as_salary_p50_usd: int
    cents_on_the_dollar: int
    work_only_as_salary_usd: int | None = None
    half_yours_as_salary_usd: int | None = None
    employer_cost_usd: int
    compared: str | None = None


class OptionsExplained(Part):
    """What the options cost the company if all of what vests in four years vests, at the grant, USD.

    Attributes:
        company_cost_usd: by the lattice of Hull and White.
        black_scholes_usd: by Black-Scholes at the expected life.
    """

    options: int
    company_cost_usd: int
    black_scholes_usd: int
    expected_life_years: float


class Lever(Part):
    """A term to negotiate, and what it adds on average, USD a year."""

    ask_for: str
    gain_usd: int


class Career(Part):
    """Career value: apart from pay value, optional and of low confidence; USD a year."""

    p50_usd: int
    implied_output_multiple: float


class OfferValue(Answer):
    """What one offer is worth.

    Attributes:
        waterfall: from face to pay value (P50), USD a year, in order; the steps sum to the difference.
        tornado: pay value (P50) with an assumption at its low and at its high, widest first.
    """

    label: str | None = None
    face: Face
    pay: PayValue
    components: list[ComponentValue]
    tokens: TokensExplained | None = None
    options: OptionsExplained | None = None
    waterfall: dict[str, int]
    tornado: dict[str, tuple[int, int]]
    next_questions: list[Question]
    levers: list[Lever]
    defaulted: list[Defaulted]
    defaulted_count: int
    assumptions: list[AssumptionUsed]
    assumptions_used: int
    career: Career | None = None
    employer_cost_usd: int | None = None
    tax: str
    tax_source: str | None = None
    notes: list[str]
    seed: int
    draws: int

    def text(self) -> str:
        """The answer in words and short lists."""
        from tokenworth.offers.words import offer_in_words  # noqa: PLC0415 - words stand apart from numbers

        return offer_in_words(self)


class Ranked(UsdRange):
    """One offer's place, by expected pay value; regret is what choosing it costs on average against the best."""

    label: str
    rank: int
    face_usd: int
    mean_usd: int | None = None
    chance_best: float
    regret_usd: int | None = None
    face_by_year_usd: list[int] | None = None
    by_year: list[YearRange] | None = None


class Pairwise(Part):
    """How often one offer beats another on common draws, and the year from which the one behind is ahead."""

    first: str
    second: str
    chance_first_better: float
    crossover_year: int | None = None
    ahead_later: str | None = None


class Equalizer(Part):
    """What an offer would need to equal the first-ranked: more salary a year, or a sign-on without clawback."""

    label: str
    salary_usd: int
    sign_on_usd: int


class Flip(Part):
    """A fact that would change which offer ranks first."""

    assumption: str
    winner_at_low: str
    winner_at_high: str


class OfferComparison(Answer):
    """Which of several offers is worth most, how surely, and what would change that.

    Attributes:
        lead_usd: how far the first is ahead of the next on average, USD a year.
        tornado: the lead over the best of the others with an assumption at its low and at its high, widest first; below
            zero another offer is first.
    """

    ranking: list[Ranked]
    lead_usd: int | None = None
    tornado: dict[str, tuple[int, int]] | None = None
    pairwise: list[Pairwise]
    equalizers: list[Equalizer]
    flips: list[Flip]
    next_questions: list[Question]
    defaulted: list[str]
    assumptions: list[AssumptionUsed]
    assumptions_used: int
    notes: list[str]
    seed: int
    draws: int

    def text(self) -> str:
        """The answer in words and short lists."""
        from tokenworth.offers.words import comparison_in_words  # noqa: PLC0415 - words stand apart from numbers

        return comparison_in_words(self)
