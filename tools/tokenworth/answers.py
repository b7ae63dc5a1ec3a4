"""What every request and answer is built from: one strict model, exact types, two channels that each stand alone."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from tokenworth.money import Money, parse_fraction, parse_money, parse_tokens

__all__ = [
    "LISTING_KEY",
    "Answer",
    "Detail",
    "Fraction",
    "MoneyField",
    "Part",
    "Request",
    "Strict",
    "TokenCount",
    "listed_as",
]

LISTING_KEY: Final = "listing"

Detail = Literal["concise", "full"]


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


class Answer(Strict):
    """What a tool says: `text` for people and plain clients, `data` for programs; each stands alone."""

    headline: str

    @abstractmethod
    def text(self) -> str:
        """The whole answer in words, under 800 tokens when concise."""

    def data(self) -> dict[str, Any]:
        """The whole answer as JSON values; what was not asked for is left out."""
        return self.model_dump(mode="json", exclude_none=True)
