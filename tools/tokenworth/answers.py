"""What every request and answer is built from: one strict model, exact types, two channels that each stand alone."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from tokenworth.money import Money, dollars, parse_fraction, parse_money, parse_tokens
from tokenworth.plain_text import plain_text

__all__ = [
    "DRAWS_DEFAULT",
    "LISTING_KEY",
    "ONE_LINE",
    "OVERRIDES_SCHEMA",
    "SEED_DEFAULT",
    "Answer",
    "Defaulted",
    "Detail",
    "Draws",
    "Fraction",
    "MoneyField",
    "Overrides",
    "Part",
    "Question",
    "Request",
    "Seed",
    "Strict",
    "TokenCount",
    "UsdRange",
    "ask_next_in_words",
    "listed_as",
    "three_in_words",
]

Detail = Literal["concise", "full"]
Overrides = dict[str, float | dict[str, float]]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
Draws = Annotated[int, Field(ge=1000, le=200_000)]
SEED_DEFAULT: Final = 1
DRAWS_DEFAULT: Final = 20_000
LISTING_KEY: Final = "listing"
OVERRIDES_SCHEMA: Final[dict[str, Any]] = {"type": "object"}


def _plain(value: Money) -> str:
    number = f"{value.number:f}"
    return number if value.currency is None else f"{value.currency} {number}"


MoneyField = Annotated[
    Money,
    BeforeValidator(parse_money),
    PlainSerializer(_plain, return_type=str),
    WithJsonSchema({"type": ["number", "string"], "examples": ["375k"]}),
]
TokenCount = Annotated[
    int, BeforeValidator(parse_tokens), WithJsonSchema({"type": ["integer", "string"], "examples": ["5M"]})
]


def _one_line(value: object) -> object:
    return " ".join(plain_text(value).split()) if isinstance(value, str) else value


ONE_LINE: Final = BeforeValidator(_one_line)
"""Marks the name that somebody gives to a thing of theirs: kept on one line, and visible. Stands after its limits."""

Fraction = Annotated[
    Decimal,
    BeforeValidator(parse_fraction),
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": ["number", "string"], "examples": [0.15]}),
]


def listed_as(schema: dict[str, Any]) -> dict[str, Any]:
    """How tool listings show a field: `Field(json_schema_extra=listed_as({"type": "object"}))`.

    For what is too long to list, or is spelled out in another tool. Refusals still name what is inside, which
    `WithJsonSchema` would hide from them.
    """
    return {LISTING_KEY: schema}


class Strict(BaseModel):
    """A model that takes nothing it does not know and converts nothing silently."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Request(Strict):
    """What a tool is asked."""


class Part(Strict):
    """A piece of an answer."""


class UsdRange(Part):
    """P10, P50 and P90, whole USD."""

    p10_usd: int
    p50_usd: int
    p90_usd: int


class Question(Part):
    """A question whose answer would move the result, and where the answer goes."""

    ask: str
    field: str
    worth_usd: int


class Defaulted(Part):
    """Something not said, what was taken in its place, and the results (P50) it may cause."""

    field: str
    taken: str | None
    low_usd: int
    high_usd: int


class Answer(Strict):
    """What a tool says: `text` for people and plain clients, `data` for programs; each stands alone."""

    headline: str

    @abstractmethod
    def text(self) -> str:
        """The whole answer in words, under 800 tokens when concise."""

    def data(self) -> dict[str, Any]:
        """The whole answer as JSON values; what was not asked for is left out."""
        return self.model_dump(mode="json", exclude_none=True)


def three_in_words(values: UsdRange) -> str:
    """P10 / P50 / P90."""
    return f"{dollars(values.p10_usd)} / {dollars(values.p50_usd)} / {dollars(values.p90_usd)}"


def ask_next_in_words(questions: list[Question]) -> list[str]:
    """The questions as lines, the most telling first; never none, since contracts always hold more than was said."""
    if not questions:
        return ["Ask next: is there anything in the contract that was not said here?"]
    first, *rest = questions
    lines = [f"Ask next: {first.ask} (worth {dollars(first.worth_usd)} of range; send as {first.field})"]
    return lines + [f"Then: {q.ask} ({dollars(q.worth_usd)}; {q.field})" for q in rest]
