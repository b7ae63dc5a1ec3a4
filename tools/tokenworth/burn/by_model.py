"""What a budget was charged for each model in its present period; the rows add up to what was spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tokenworth.budgets import BudgetState, usd
from tokenworth.burn.models import ModelUse

__all__ = ["MODELS_SHOWN", "largest_first", "spent_by_model"]

MODELS_SHOWN: Final = 3
MODELS_MAX: Final = 50


def spent_by_model(state: BudgetState, *, most: int | None) -> list[ModelUse]:
    """The budget's own models, the largest first, with what named none as one row; the first `most`, or all."""
    balance = state.own.balance
    named = [ModelUse(model=model, usd=usd(nano), tokens=tokens) for model, nano, tokens in state.by_model]
    unnamed = ModelUse(
        model=None,
        usd=usd(balance.spent_nano_usd) - sum(row.usd for row in named),
        tokens=balance.spent_tokens - sum(row.tokens for row in named),
    )
    return largest_first([*named, unnamed], most=most)


def largest_first(rows: Iterable[ModelUse], *, most: int | None) -> list[ModelUse]:
    """Rows that hold something by dollars, then tokens; beyond what anybody reads, all others are one row."""
    ordered = sorted(
        (row for row in rows if row.usd or row.tokens),
        key=lambda row: (row.usd, row.tokens, row.model or ""),
        reverse=True,
    )
    if most is not None:
        return ordered[:most]
    return ordered if len(ordered) <= MODELS_MAX else [*ordered[:MODELS_MAX], _others(ordered[MODELS_MAX:])]


def _others(rows: Sequence[ModelUse]) -> ModelUse:
    return ModelUse(
        model=f"{len(rows)} others",
        usd=sum((row.usd for row in rows), usd(0)),
        tokens=sum(row.tokens for row in rows),
    )
