"""Reads what is needed to show a budget from PostgreSQL, with leases put back into the budgets they were taken from."""

from __future__ import annotations

from collections.abc import Sequence

from tokenworth.budgets import Amount, Balance, BudgetState
from tokenworth.burn.ledger.desk import Desk
from tokenworth.burn.ledger.leases import give_back
from tokenworth.burn.ledger.periods import recent_ms, slot_ms, span_at
from tokenworth.burn.ledger.postgres_rows import Fetched, Rows
from tokenworth.burn.ledger.state import state_of

__all__ = ["read_state"]


class _Snapshot(Fetched):
    """Rows read for one budget at one moment."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: list[tuple[int, int, int]] = []
        self.seen: dict[tuple[str, int], dict[str, Amount]] = {}
        self.by_model: list[tuple[str, int, int]] = []

    def spends(self, budget: str, since_ms: int, step_ms: int) -> list[tuple[int, int, int]]:
        """What was charged; read for this budget, moment and step alone."""
        del budget, since_ms, step_ms
        return self.spent

    def model_spends(self, budget: str, first_ms: int, last_ms: int) -> list[tuple[str, int, int]]:
        """What was charged for each model; read for this budget and span alone."""
        del budget, first_ms, last_ms
        return self.by_model

    def observed(self, budget: str, period_ms: int) -> dict[str, Amount]:
        """What logs and reports saw in a period."""
        return self.seen.get((budget, period_ms), {})


async def read_state(rows: Rows, budget: str, now_ms: int) -> BudgetState:
    """A budget and all above it, out of one snapshot of the database.

    Raises:
        InvalidInputError: an unknown budget.
    """
    budgets = await rows.budgets()
    snapshot = _Snapshot()
    chain = Desk(now_ms, budgets, snapshot).chain(budget)
    for each in chain:
        span = span_at(each.period, now_ms)
        for balance in _together(await rows.all_shards(each.id, span.counted_from_ms)):
            snapshot.balances[balance.budget, balance.period_ms, 0] = balance
        snapshot.seen[each.id, span.start_ms] = await rows.observed(each.id, span.start_ms)
        if each.period.rolls_over and (each.id, span.start_ms, 0) not in snapshot.balances:
            before = await rows.latest_before(each.id, span.start_ms)
            if before is not None:
                snapshot.before[each.id] = before
    period = chain[0].period
    snapshot.spent = await rows.spends(budget, now_ms - recent_ms(period), slot_ms(period))
    span = span_at(period, now_ms)
    snapshot.by_model = await rows.model_spends(budget, span.counted_from_ms, span.start_ms)
    return state_of(snapshot, budgets, budget, now_ms)


def _together(balances: Sequence[Balance]) -> list[Balance]:
    """Each period's balance as it would be with every lease given back."""
    mains = {each.period_ms: each for each in balances if not each.shard}
    for leased in balances:
        if leased.shard and leased.period_ms in mains:
            give_back(mains[leased.period_ms], leased)
    return list(mains.values())
