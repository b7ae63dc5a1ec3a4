"""Seats, reserved capacity and standing discounts, as dated facts; and promotions, which are prices with an end."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

__all__ = ["Plan", "Promotion", "plans_at", "promotion_of"]

Kind = Literal["seat", "provisioned", "reserved", "discount"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One thing that a seller sells other than by the token.

    Attributes:
        usd: per `per`; None where it is a multiple of token prices or no price is public.
        included_usd: usage at API prices that a month of it includes, where the seller says so.
        multiple: for discounts, of the standard token prices.
        date: when the fact was read at `source`.
    """

    seller: str
    id: str
    name: str
    kind: Kind
    usd: Decimal | None
    per: str | None
    included_usd: Decimal | None
    multiple: Decimal | None
    starts_on: date | None
    ends_on: date | None
    source: str
    date: str
    note: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """A price that the seller calls temporary; `until` is the last day for which it is confirmed."""

    seller: str
    models: frozenset[str]
    starts_on: date | None
    until: date
    plain: str
    source: str

    def lapsed_at(self, moment: datetime) -> bool:
        """Whether the confirmed time is over."""
        return moment.astimezone(UTC).date() > self.until


def plans_at(moment: datetime) -> list[Plan]:
    """Every plan that is sold at a moment."""
    day = moment.astimezone(UTC).date()
    return [
        plan
        for plan in _plans()
        if (plan.starts_on is None or plan.starts_on <= day) and (plan.ends_on is None or day < plan.ends_on)
    ]


def promotion_of(seller: str, model: str, moment: datetime) -> Promotion | None:
    """The promotion that a model's price at a moment is, or was until it lapsed."""
    day = moment.astimezone(UTC).date()
    for promotion in _promotions():
        if (
            promotion.seller == seller
            and model in promotion.models
            and (promotion.starts_on is None or promotion.starts_on <= day)
        ):
            return promotion
    return None


def _read(name: str, table: str) -> list[dict[str, Any]]:
    text = files("tokenworth.prices.data").joinpath(name).read_text(encoding="utf-8")
    return cast("list[dict[str, Any]]", tomllib.loads(text)[table])


@lru_cache(maxsize=1)
def _plans() -> tuple[Plan, ...]:
    return tuple(
        Plan(
            seller=one["seller"],
            id=one["id"],
            name=one["name"],
            kind=one["kind"],
            usd=_decimal(one.get("usd")),
            per=one.get("per"),
            included_usd=_decimal(one.get("included_usd")),
            multiple=_decimal(one.get("multiple")),
            starts_on=one.get("from"),
            ends_on=one.get("until"),
            source=one["source"],
            date=one["date"],
            note=one.get("note", ""),
        )
        for one in _read("plans.toml", "plan")
    )


@lru_cache(maxsize=1)
def _promotions() -> tuple[Promotion, ...]:
    return tuple(
        Promotion(
            seller=one["seller"],
            models=frozenset(one["models"]),
            starts_on=one.get("from"),
            until=one["until"],
            plain=one["plain"],
            source=one["source"],
        )
        for one in _read("promotions.toml", "promotion")
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
