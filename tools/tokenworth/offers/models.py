"""What value_offer and compare_offers are asked and what they answer."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema

from tokenworth.answers import Answer, Detail, Fraction, MoneyField, Part, Request, Strict
from tokenworth.terms import Offer

__all__ = [
    "AssumptionUsed",
    "Career",
    "CompareOffersRequest",
    "ComponentValue",
    "Defaulted",
    "Equalizer",
    "Face",
    "Flip",
    "Lever",
    "OfferComparison",
    "OfferValue",
    "Overrides",
    "Pairwise",
    "PayRange",
    "PayValue",
    "Person",
    "Question",
    "Ranked",
    "TokensExplained",
    "ValueOfferRequest",
    "YearRange",
]

Overrides = dict[str, float | dict[str, float]]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
Draws = Annotated[int, Field(ge=1000, le=200_000)]
SEED_DEFAULT: Final = 1
DRAWS_DEFAULT: Final = 20_000
OVERRIDES_SCHEMA: Final[dict[str, Any]] = {"type": "object"}
OFFER_LIKE_SCHEMA: Final[dict[str, Any]] = {"type": "array", "minItems": 2, "maxItems": 10, "items": {"type": "object"}}


class Person(Strict):
    """Facts about the person that move the value; each replaces a default. Amounts in USD."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    filing: Literal["single", "mfj"] | None = None
    marginal_rate: Fraction | None = None
    household_income: MoneyField | None = None
    token_use_per_year: MoneyField | None = None
    own_token_spend_per_year: MoneyField | None = None
    work_tools_per_year: MoneyField | None = None
    funded_anyway: Fraction | None = None
    outside_wealth: MoneyField | None = None


class ValueOfferRequest(Request):
    """One offer to value."""

    offer: Offer
    person: Person = Field(default_factory=Person)
    overrides: Annotated[Overrides, WithJsonSchema(OVERRIDES_SCHEMA)] = Field(
        default_factory=dict, description="assumption name to number or {low, base, high}"
    )
    detail: Detail = "concise"
    seed: Seed = SEED_DEFAULT
    draws: Draws = DRAWS_DEFAULT


class CompareOffersRequest(Request):
    """Two to ten offers to rank for one person."""

    offers: Annotated[list[Offer], Field(min_length=2, max_length=10), WithJsonSchema(OFFER_LIKE_SCHEMA)]
    person: Annotated[Person, WithJsonSchema({"type": "object"})] = Field(default_factory=Person)
    overrides: Annotated[Overrides, WithJsonSchema(OVERRIDES_SCHEMA)] = Field(default_factory=dict)
    detail: Detail = "concise"
    seed: Seed = SEED_DEFAULT
    draws: Draws = DRAWS_DEFAULT


class PayRange(Part):
    """P10, P50 and P90, whole USD."""

    p10_usd: int
    p50_usd: int
    p90_usd: int


class YearRange(PayRange):
    """One year's pay value, if still employed then; years count from 1."""

    year: int


class Face(Part):
    """What the offer says, averaged over four years, USD a year."""

    total_usd: int
    token_share: float
    by_component_usd: dict[str, int] | None = None
    by_year_usd: list[int] | None = None


class PayValue(PayRange):
    """What it is worth, as the level yearly gross salary of equal present value."""

    mean_usd: int | None = None
    per_hour_p50_usd: int | None = None
    present_value_p50_usd: int
    present_value: PayRange | None = None
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


class Question(Part):
    """A question whose answer would move the result, and where the answer goes."""

    ask: str
    field: str
    worth_usd: int


class Lever(Part):
    """A term to negotiate, and what it adds on average, USD a year."""

    ask_for: str
    gain_usd: int


class Defaulted(Part):
    """Something not said, what was taken in its place, and the pay values (P50) it may cause."""

    field: str
    taken: str | None
    low_usd: int
    high_usd: int


class AssumptionUsed(Part):
    """One assumption behind the numbers."""

    name: str
    low: float | None = None
    base: float
    high: float | None = None
    origin: str | None = None
    source: str | None = None


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


class Ranked(PayRange):
    """One offer's place, by expected pay value; regret is what choosing it costs on average against the best."""

    label: str
    rank: int
    face_usd: int
    mean_usd: int | None = None
    chance_best: float
    regret_usd: int | None = None


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
    """Which of several offers is worth most, how surely, and what would change that."""

    ranking: list[Ranked]
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
