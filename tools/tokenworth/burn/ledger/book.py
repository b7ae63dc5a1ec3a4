"""The ledger as tools use it: names and keys in, plain answers out, over either store."""

from __future__ import annotations

from collections.abc import Sequence

from tokenworth.budgets import Amount, Budget, BudgetChange, BudgetState, Grant, HoldRequest, Settlement
from tokenworth.burn.ledger.entries import entry_id, id_of_hold
from tokenworth.burn.ledger.operations import Observe, Record, Reserve, Settle
from tokenworth.burn.ledger.set_limits import SetBudget
from tokenworth.burn.ledger.store import Store

__all__ = ["Book"]


class Book:
    """A ledger over one store; see `context.Ledger` for what each method promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def set_budget(self, change: BudgetChange) -> tuple[Budget, bool]:
        """Create a budget or change one; the budget, and whether it is new."""
        return await self._store.submit(SetBudget(change))

    async def reserve(self, request: HoldRequest) -> Grant:
        """Hold a worst case on a budget and all above it, or on none."""
        return await self._store.submit(Reserve(entry_id(request.key, self._store.salt), request))

    async def settle(
        self, hold: str, amount: Amount, asked: str, within: str = "", model: str | None = None
    ) -> Settlement:
        """Charge what a hold came to, once; nothing is a release."""
        return await self._store.submit(Settle(id_of_hold(hold), amount, asked, within, model))

    async def record(self, budget: str, amount: Amount, key: str, asked: str, model: str | None = None) -> Settlement:
        """Charge a use that nothing was held for."""
        return await self._store.submit(Record(entry_id(key, self._store.salt), budget, amount, asked, model))

    async def observe(self, budget: str, source: str, amount: Amount) -> None:
        """Keep what a log or report says was used in the present period."""
        await self._store.submit(Observe(budget, source, amount))

    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it, as it stands."""
        return await self._store.state(budget)

    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets."""
        return await self._store.budgets()

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time: moment, nano-USD, tokens."""
        return await self._store.spends(budget, since_ms, step_ms)

    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """What planned holds on a budget came to, the latest first: model, nano-USD held, nano-USD charged."""
        return await self._store.planned_holds(budget, most)

    async def news(self) -> int:
        """A number that differs once anything was written, by whichever process."""
        return await self._store.news()

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires; None when there is none."""
        return await self._store.next_expiry_in_ms()

    async def close(self) -> None:
        """Finish what was asked and let go of the store."""
        await self._store.close()
