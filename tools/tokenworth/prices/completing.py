"""Names of sellers and models that begin with, or hold, what somebody has typed so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tokenworth.context import Context
from tokenworth.prices.answering import prices_of
from tokenworth.prices.sellers import MAKERS, seller_named

__all__ = ["models_like", "sellers_like"]

TYPED_MAX: Final = 200


async def sellers_like(typed: str, context: Context) -> list[str]:
    """Sellers that the price list knows, makers of models first."""
    known = (await prices_of(context)).snapshot.models
    makers = [seller for seller in MAKERS if seller in known]
    return _like(typed, [*makers, *sorted(seller for seller in known if seller not in MAKERS)])


async def models_like(seller: str, typed: str, context: Context) -> list[str]:
    """Ids that a seller has prices for; none where the seller is unknown."""
    prices = await prices_of(context)
    return _like(typed, sorted(prices.snapshot.models.get(seller_named(seller), ())))


def _like(typed: str, names: Iterable[str]) -> list[str]:
    """What begins with the text before what only holds it."""
    wanted = typed.strip().lower()[:TYPED_MAX]
    holding = [name for name in names if wanted in name]
    return sorted(holding, key=lambda name: not name.startswith(wanted))
