"""Puts a budget and all above it together for whoever looks: the present period's figures, and when they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tokenworth.budgets import Amount, Balance, Budget, BudgetState, Level
from tokenworth.burn.ledger.desk import Desk, Source
from tokenworth.burn.ledger.periods import recent_ms, slot_ms

__all__ = ["Readable", "state_of"]


class Readable(Source, Protocol):
    """What must be read of a store to show a budget, besides what a desk needs."""

    def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time: moment, nano-USD, tokens."""
        ...

    def observed(self, budget: str, period_ms: int) -> Mapping[str, Amount]:
        """What logs and reports saw in a period, by source."""
        ...

    def model_spends(self, budget: str, first_ms: int, last_ms: int) -> Sequence[tuple[str, int, int]]:
        """What was charged for each model in the periods that start in a span of time: model, nano-USD, tokens."""
        ...


def state_of(readable: Readable, budgets: dict[str, Budget], budget: str, now_ms: int) -> BudgetState:
    """A budget and all above it at a moment.

    Raises:
        InvalidInputError: an unknown budget.
    """
    desk = Desk(now_ms, budgets, readable)
    chain = desk.chain(budget)
    own = chain[0].period
    span = desk.span(chain[0])
    return BudgetState(
        now_ms=now_ms,
        chain=[_level(desk, readable, each) for each in chain],
        spends=readable.spends(budget, now_ms - recent_ms(own), slot_ms(own)),
        slot_ms=slot_ms(own),
        by_model=readable.model_spends(budget, span.counted_from_ms, span.start_ms),
    )


def _level(desk: Desk, readable: Readable, budget: Budget) -> Level:
    span = desk.span(budget)
    calendar = span.end_ms is not None
    return Level(
        budget=budget,
        balance=_window(desk, budget) if budget.period.kind == "rolling" else desk.here(budget),
        starts_ms=span.start_ms if calendar else None,
        ends_ms=span.end_ms,
        observed=readable.observed(budget.id, span.start_ms),
    )


def _window(desk: Desk, budget: Budget) -> Balance:
    """A rolling window's pieces as one balance."""
    span = desk.span(budget)
    total = Balance(budget.id, span.start_ms, limit_nano_usd=budget.limit_nano_usd, limit_tokens=budget.limit_tokens)
    for each in desk.balances_from(budget.id, span.counted_from_ms):
        total.spent_nano_usd += each.spent_nano_usd
        total.spent_tokens += each.spent_tokens
        total.held_nano_usd += each.held_nano_usd
        total.held_tokens += each.held_tokens
        total.unpriced_tokens += each.unpriced_tokens
    return total
