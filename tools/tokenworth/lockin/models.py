"""What explain_lock_in is asked and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from tokenworth.answers import (
    DRAWS_DEFAULT,
    ONE_LINE,
    OVERRIDES_SCHEMA,
    SEED_DEFAULT,
    Answer,
    Defaulted,
    Detail,
    Draws,
    Fraction,
    MoneyField,
    Overrides,
    Part,
    Question,
    Request,
    Seed,
    Strict,
    UsdRange,
)
from tokenworth.assumptions.used import AssumptionUsed
from tokenworth.lockin.employer_models import EmployerLockIn, EmployerPosition
from tokenworth.terms import Clawback, Months, Offer, Person
from tokenworth.valuation.retention import Grade

__all__ = [
    "CURVE_MONTHS",
    "Artefact",
    "Cliff",
    "ExplainLockInRequest",
    "LeavingCost",
    "Lever",
    "LockInExplained",
    "OtherOffer",
    "OtherOutcome",
    "PersonLockIn",
    "Position",
    "Ratchet",
    "Term",
    "VestLeft",
    "VestedOptions",
]

CURVE_MONTHS: Final = 48
OBJECT: Final[dict[str, Any]] = {"type": "object"}
INTEGER: Final[dict[str, Any]] = {"type": "integer"}
POSITION_LISTING: Final = (
    "{contract (an offer), months_served, clawbacks: [{what, amount, months, paid_months_ago, terms}], options: "
    "{value, strike_cost, window_months, tax_on_exercise, listed}, vesting_left: [{in_months, value}], unspent_tokens, "
    "account: employer | own, built: [{what, count, hours_each, portability, held_by: account | ip | format}], "
    "other_offer: {pay_per_year, sign_on, tokens_per_year, gap_months}, leave_in_months}"
)
EMPLOYER_LISTING: Final = (
    "{spend: [{provider, model, per_year}], commitments: [{provider, per_year, discount, months_left}], "
    "features: [{what: caching | fine_tune | proprietary_tool | format | prompt | embedding_index, count}], region: EU}"
)


class VestLeft(Strict):
    """A vest that is still to come, at today's price."""

    in_months: Annotated[int, Field(ge=1, le=120)]
    value: MoneyField
    kind: Literal["rsu", "private_shares"] = "rsu"


class VestedOptions(Strict):
    """Options that have vested and are not exercised.

    `value` is what the shares are worth above the strike; `tax_on_exercise` what exercising would bring forward.
    """

    value: MoneyField
    strike_cost: MoneyField | None = None
    tax_on_exercise: MoneyField | None = None
    window_months: Months | None = None
    listed: bool = False


class Artefact(Strict):
    """Something built with the employer's tokens: prompts, agents, evaluations, fine-tunes.

    `held_by` says what keeps it from going along: the employer's account, ownership, or a format of one provider.
    """

    what: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    hours_each: Annotated[float, Field(ge=0, le=10_000)]
    portability: Fraction | None = None
    held_by: Literal["account", "ip", "format"] | None = None


class OtherOffer(Strict):
    """The job to go to, as far as it is known; `pay_per_year` is all its pay as salary, as value_offer tells it."""

    pay_per_year: MoneyField | None = None
    sign_on: MoneyField | None = None
    tokens_per_year: MoneyField | None = None
    gap_months: Annotated[float, Field(ge=0, le=24)] | None = None
    same_tools: bool | None = None


class Position(Strict):
    """Where a person stands: the contract, what has been served of it, and what would be left behind."""

    contract: Offer
    months_served: Months | None = None
    vesting_left: list[VestLeft] | None = Field(default=None, max_length=120)
    clawbacks: list[Clawback] = Field(default_factory=list[Clawback], max_length=10)
    options: VestedOptions | None = None
    unspent_tokens: MoneyField | None = None
    account: Literal["employer", "own"] | None = None
    built: list[Artefact] | None = Field(default=None, max_length=50)
    other_offer: OtherOffer | None = None
    leave_in_months: Annotated[int, Field(ge=0, le=CURVE_MONTHS)] = 0


class ExplainLockInRequest(Request):
    """Either a person's position or an employer's."""

    position: Annotated[
        Position | None, Field(json_schema_extra={"listing": OBJECT | {"description": POSITION_LISTING}})
    ] = None
    employer: Annotated[
        EmployerPosition | None, Field(json_schema_extra={"listing": OBJECT | {"description": EMPLOYER_LISTING}})
    ] = None
    person: Annotated[Person, WithJsonSchema(OBJECT)] = Field(default_factory=Person)
    overrides: Annotated[Overrides, WithJsonSchema(OVERRIDES_SCHEMA)] = Field(default_factory=dict)
    detail: Detail = "concise"
    seed: Annotated[Seed, Field(json_schema_extra={"listing": INTEGER})] = SEED_DEFAULT
    draws: Annotated[Draws, Field(json_schema_extra={"listing": INTEGER})] = DRAWS_DEFAULT

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.position is None) == (self.employer is None):
            raise ValueError("send either position (a person's) or employer, not both")
        return self


class LeavingCost(UsdRange):
    """What leaving costs, in gross-salary dollars."""

    mean_usd: int


class Term(Part):
    """One cause of the cost; means, so that they add up. `share` is null where nothing is lost at all."""

    mean_usd: int
    share: float | None


class Cliff(Part):
    """A day that makes leaving cheaper: mean cost of leaving the day before and the day after."""

    in_months: int
    what: str
    before_usd: int
    after_usd: int


class Ratchet(Part):
    """The bar that the tokens set, and pay for what used to be an hour's output once it is expected."""

    implied_output_multiple: float
    hourly_usd: int
    hourly_if_expected_usd: int
    hourly_if_all_expected_usd: int


class Lever(Part):
    """A change to ask for and the mean dollars by which it makes leaving cheaper."""

    ask_for: str
    frees_usd: int


class OtherOutcome(UsdRange):
    """The other offer less the cost of leaving: sign-on, and four years of the raise at present value."""

    chance_better_off: float
    raise_present_value_usd: int | None = None


class PersonLockIn(Part):
    """What leaving costs a person.

    Attributes:
        curve: by months from now, P10, P50 and P90 of leaving then.
        cheapest: in each year ahead, the month in which leaving costs least, and the P50 then.
        token_caused_share: of the cost, through forfeited tokens, compute, artefacts and learning other AI tools.
    """

    leave_in_months: int
    cost: LeavingCost
    annual_cash_usd: int
    grade: Grade
    grade_cut_offs: dict[Grade, float]
    terms: dict[str, Term]
    token_caused_usd: int
    token_caused_share: float | None
    curve: dict[int, tuple[int, int, int]]
    cliffs: list[Cliff]
    cheapest: dict[int, int]
    break_even_sign_on_usd: int
    other_offer: OtherOutcome | None = None
    compute_list_cost_usd: int | None = None
    ratchet: Ratchet | None = None


class LockInExplained(Answer):
    """Who is locked to whom, how hard, and what would loosen it; one of `person` and `employer`."""

    person: PersonLockIn | None = None
    employer: EmployerLockIn | None = None
    levers: list[Lever]
    next_questions: list[Question]
    defaulted: list[Defaulted]
    tornado: dict[str, tuple[int, int]]
    assumptions: list[AssumptionUsed]
    assumptions_used: int
    notes: list[str]
    seed: int
    draws: int

    def text(self) -> str:
        """The answer in words and short lists."""
        from tokenworth.lockin.words import lock_in_in_words  # noqa: PLC0415 - words stand apart from numbers

        return lock_in_in_words(self)

    def data(self) -> dict[str, Any]:
        """The answer as JSON values; a share of nothing is null, and stays visible as such."""
        found = super().data()
        if self.person is not None:
            found["person"].setdefault("token_caused_share", None)
            for term in found["person"]["terms"].values():
                term.setdefault("share", None)
        return found
