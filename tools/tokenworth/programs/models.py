"""What plan_program is asked and what it answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tokenworth.answers import (
    ONE_LINE,
    OVERRIDES_SCHEMA,
    SEED_DEFAULT,
    Answer,
    Detail,
    Fraction,
    MoneyField,
    Overrides,
    Part,
    Question,
    Request,
    Seed,
    Strict,
    UsdRange,
    listed_as,
)
from tokenworth.assumptions.used import AssumptionUsed
from tokenworth.money import Money

__all__ = [
    "MONTHS_MAX",
    "PEOPLE_MAX",
    "Defaulted",
    "Design",
    "DesignWorth",
    "Exhaustion",
    "GrantTerms",
    "Group",
    "GroupSpread",
    "Lever",
    "PlanProgramRequest",
    "PooledBudget",
    "ProgramPlan",
    "ProviderContract",
    "Revenue",
    "Risk",
    "Scenario",
    "SetAside",
    "Spread",
    "TaxExposure",
    "TokenUse",
    "has_budget",
]

MONTHS_MAX: Final = 60
PEOPLE_MAX: Final = 100_000
Design = Literal["cash", "stipend", "grant", "pool"]
CENT: Final = Decimal("0.01")
DRAWS_DEFAULT: Final = 2_000
INTEGER: Final[dict[str, Any]] = {"type": "integer"}
GROUPS_LISTING: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "headcount"],
        "description": "also per_month | per_year | share_of_pay, pay, growth, use: monthly USD if unlimited, "
        "{mean, p90} | {p50, p90} | {published: claude_code | ramp} | {ledger: team}",
    },
}
TERMS_LISTING: Final = (
    "counted_in: dollars | tokens, personal_share, taxed: no | personal_use | face, tax_paid_by_employer, state, "
    "marginal_rate"
)
RISK_LISTING: Final = "prices, use: {name: change a year}, correlation, safety"


def _fields(names: str) -> dict[str, Any]:
    """How an object of a few fields is listed."""
    return {"type": "object", "description": names}


def _in_usd(amount: Money) -> Money:
    if amount.currency not in (None, "USD"):
        raise ValueError("programmes are planned in USD; convert the amount")
    if 0 < amount.number < CENT:
        raise ValueError("less than a cent; send 0 or at least 0.01")
    return amount


def _above_zero(amount: Money) -> Money:
    if amount.number == 0:
        raise ValueError("must be above 0; leave it out if it is not known")
    return amount


Usd = Annotated[MoneyField, AfterValidator(_in_usd)]
PositiveUsd = Annotated[Usd, AfterValidator(_above_zero)]
YearlyChange = Annotated[float, Field(ge=-0.99, le=10)]
Scenarios = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=24), ONE_LINE], YearlyChange], Field(min_length=1, max_length=5)
]


class TokenUse(Strict):
    """What people of a group would use in a month with no limit in the way, USD at list price.

    One of: a mean (with p90 if known), p50 with p90, a published distribution, or what the ledger has seen.
    """

    mean: PositiveUsd | None = None
    p50: PositiveUsd | None = None
    p90: PositiveUsd | None = None
    p99: PositiveUsd | None = None
    published: Literal["claude_code", "ramp"] | None = None
    ledger: Annotated[str, Field(min_length=1, max_length=80)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.mean, self.p50, self.published, self.ledger]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("send exactly one of mean, p50 (with p90), published or ledger, such as mean: 400")
        if self.p50 is not None and self.p90 is None:
            raise ValueError("p50 needs p90 beside it, such as p50: 120, p90: 900")
        if (self.p90 is not None and self.mean is None and self.p50 is None) or (
            self.p99 is not None and self.p50 is None
        ):
            raise ValueError("p90 goes with mean or p50, and p99 with p50 and p90")
        return self


class Group(Strict):
    """People with the same budget and alike in use; amounts in USD."""

    name: Annotated[str, Field(min_length=1, max_length=40), ONE_LINE]
    headcount: Annotated[int, Field(ge=1, le=PEOPLE_MAX)]
    per_month: Usd | None = None
    per_year: Usd | None = None
    share_of_pay: Fraction | None = None
    pay: PositiveUsd | None = None
    use: TokenUse | None = None
    growth: Annotated[float, Field(ge=-0.9, le=5)] = 0.0

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        said = [name for name in ("per_month", "per_year", "share_of_pay") if getattr(self, name) is not None]
        if len(said) > 1:
            raise ValueError(f"send one budget per person (found {' and '.join(said)}), such as per_month: 500")
        if self.share_of_pay is not None and self.pay is None:
            raise ValueError("share_of_pay needs pay, such as pay: 300000")
        return self


class ProviderContract(Strict):
    """What the employer has agreed with its provider; the commitment is at contract prices, after the discount."""

    discount: Fraction | None = None
    commitment_per_year: Usd | None = None
    prepaid: bool = False

    @model_validator(mode="after")
    def _one_promise(self) -> Self:
        if self.prepaid and self.commitment_per_year is not None:
            raise ValueError("prepaid budgets are paid in full already; drop commitment_per_year or prepaid")
        return self


class GrantTerms(Strict):
    """What everyone's tokens are counted in, what of them may be used for oneself, and how and where that is taxed."""

    counted_in: Literal["dollars", "tokens"] = "dollars"
    personal_share: Fraction | None = None
    taxed: Literal["no", "personal_use", "face"] = "personal_use"
    tax_paid_by_employer: bool = False
    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    marginal_rate: Fraction | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.tax_paid_by_employer and self.taxed == "no":
            raise ValueError("the tokens are not taxed, so the employer pays no tax on them; drop one of the two")
        return self


class Risk(Strict):
    """Scenarios in place of ours (name to change a year), how much use moves together, and what counts as safe."""

    prices: Scenarios | None = None
    use: Scenarios | None = None
    correlation: Fraction | None = None
    safety: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95


class SetAside(Strict):
    """What the employer has set aside at contract prices: for all months, or for each year."""

    total: PositiveUsd | None = None
    per_year: PositiveUsd | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.total is None) == (self.per_year is None):
            raise ValueError("send either total (for all months) or per_year, such as total: 2000000")
        return self


class PlanProgramRequest(Request):
    """A token programme: who gets how much, and what the employer has promised its provider."""

    groups: list[Group] = Field(min_length=1, max_length=50, json_schema_extra=listed_as(GROUPS_LISTING))
    months: int = Field(
        default=36, ge=1, le=MONTHS_MAX, json_schema_extra=listed_as({"type": "integer", "default": 36})
    )
    budget: SetAside | None = Field(default=None, json_schema_extra=listed_as(_fields("total | per_year")))
    pooled: bool = False
    contract: ProviderContract = Field(
        default_factory=ProviderContract,
        json_schema_extra=listed_as(_fields("discount, commitment_per_year | prepaid")),
    )
    terms: GrantTerms = Field(default_factory=GrantTerms, json_schema_extra=listed_as(_fields(TERMS_LISTING)))
    risk: Risk = Field(default_factory=Risk, json_schema_extra=listed_as(_fields(RISK_LISTING)))
    overrides: Overrides = Field(default_factory=dict, json_schema_extra=listed_as(OVERRIDES_SCHEMA))
    detail: Detail = "concise"
    seed: Seed = Field(default=SEED_DEFAULT, json_schema_extra=listed_as(INTEGER))
    draws: int = Field(default=DRAWS_DEFAULT, ge=200, le=20_000, json_schema_extra=listed_as(INTEGER))

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        names = [group.name for group in self.groups]
        if len(set(names)) < len(names):
            raise ValueError("two groups have the same name; give each its own")
        if (self.contract.prepaid or self.pooled) and not all(map(has_budget, self.groups)):
            raise ValueError("prepaid and pooled need a budget per person in every group, such as per_month: 500")
        return self


def has_budget(group: Group) -> bool:
    """Whether the group's people have a budget at all."""
    return any(amount is not None for amount in (group.per_month, group.per_year, group.share_of_pay))


class Exhaustion(Part):
    """When the budget runs out; a month is left out where it is not within the horizon."""

    budget_usd: int
    chance_overspend: float
    chance_never: float | None = None
    p10_month: int | None = None
    p50_month: int | None = None
    p90_month: int | None = None


class Scenario(Part):
    """Spend over the horizon if prices and use per person change so; `promised_usd` is if all budgets were used up."""

    price_change: float | None = None
    use_growth: float | None = None
    spend_p50_usd: int
    promised_usd: int | None = None
    chance_overspend: float | None = None
    p50_month: int | None = None


class PooledBudget(Part):
    """A month's budget in the first year at equal safety: everyone's own, or one for all."""

    safety: float
    individual_usd: int
    pooled_usd: int
    pooled_share: float
    square_root_rule_share: float


class DesignWorth(Part):
    """Ways to spend the same employer dollar, by design.

    Attributes:
        worth_per_dollar: what it is worth to staff, in salary.
        tokens_per_dollar: tokens used, at list price.
        tax_per_dollar: what staff and employer owe on it.
    """

    worth_per_dollar: dict[Design, float]
    tokens_per_dollar: dict[Design, float]
    tax_per_dollar: dict[Design, float] | None = None


class TaxExposure(Part):
    """Tax a year on the programme's first-year use, all people together, USD; `if_face_usd` is if taxed at face."""

    imputed_usd: int
    employee_usd: int
    employer_usd: int
    if_face_usd: int


class Revenue(Part):
    """The provider's first year: budgets at list price, and what becomes of them.

    The parts sum to the budgets, unless more is owed than they come to.

    Attributes:
        guaranteed_usd: owed whatever is used: committed or prepaid.
        hoped_for_usd: expected beyond that, E[min(D, B)] at contract prices less what is owed.
        discount_usd: the difference between list and contract prices.
        not_expected_usd: neither owed nor expected.
    """

    allocated_usd: int
    discount_usd: int
    guaranteed_usd: int
    hoped_for_usd: int
    not_expected_usd: int


class GroupSpread(Part):
    """One group in the first year: use within budget per person and year, and how unevenly it is spread."""

    group: str
    people: int
    used_usd: int
    gini: float
    p90_over_p50: float | None = None


class Spread(Part):
    """How unevenly use is spread among staff.

    Attributes:
        gini: of what people use within their budgets; `wanted_gini` of what they would use without them.
        gini_between_groups: what would remain if everyone used what their group does on average.
        published: other spreads to hold it against, each with between whom it is.
        divide: mean use of the group that uses most over that of the one that uses least.
    """

    gini: float
    p90_over_p50: float | None = None
    wanted_gini: float | None = None
    gini_between_groups: float
    divide: float | None = None
    most: str | None = None
    least: str | None = None
    groups: list[GroupSpread] | None = None
    published: list[str]


class Lever(Part):
    """A change to the programme and what it does: USD a year saved, or gained by employees."""

    change: str
    usd_year: int
    for_whom: Literal["employer", "employees"]
    chance_overspend: float | None = None


class Defaulted(Part):
    """Something not said, and what was taken in its place."""

    field: str
    taken: str


class ProgramPlan(Answer):
    """Whether a token programme can last, what it costs, and what it is worth to whom.

    Attributes:
        paid_by_month: what the employer has paid by the end of each month, counted from 1; concise answers keep the
            ends of years.
        scenarios: by name, such as "falling prices, expected use".
        tax: by design, at the employer cost of the grant.
        month_p50_usd: what each month costs by itself.
    """

    people: int
    months: int
    paid_by_month: dict[str, UsdRange]
    month_p50_usd: list[int] | None = None
    exhaustion: Exhaustion | None = None
    scenarios: dict[str, Scenario]
    pooling: PooledBudget | None = None
    designs: DesignWorth | None = None
    revenue: Revenue
    spread: Spread
    tax: dict[Design, TaxExposure]
    tax_basis: str
    levers: list[Lever]
    next_questions: list[Question]
    defaulted: list[Defaulted]
    assumptions: list[AssumptionUsed]
    assumptions_used: int
    sources: list[str] | None = None
    notes: list[str]
    seed: int
    draws: int

    def text(self) -> str:
        """The answer in words and short lists."""
        from tokenworth.programs.words import plan_in_words  # noqa: PLC0415 - words stand apart from numbers

        return plan_in_words(self)
