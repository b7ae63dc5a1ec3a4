"""One tenant's view of a ledger that many share: its ids, keys and holds, and nobody else's.

Every id gets the tenant's prefix on the way in and loses it on the way out, here and nowhere else. What belongs to
another tenant is what does not exist: no answer tells the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tokenworth.budgets import Amount, Budget, BudgetChange, BudgetState, Grant, HoldRequest, Level, Settlement
from tokenworth.context import Ledger, LedgerSource

__all__ = ["SHARED", "TenantLedger", "TenantLedgers", "escaped"]

NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9._:@|+-]")
SHARED: Final = "a shared budget above"
"""What a tenant reads in place of the id of a budget above its own that the operator set."""


def escaped(name: str) -> str:
    """A tenant's or subject's name as part of an id: no two names have the same, and none has a slash."""
    return NOT_IN_IDS.sub(lambda found: "".join(f"~{byte:02x}" for byte in found[0].encode()), name)


class TenantLedgers:
    """Opens one tenant's view of the ledger that a source opens; closing it is left to the source's owner."""

    def __init__(self, source: LedgerSource, tenant: str) -> None:
        self._source = source
        self._tenant = tenant

    def is_there(self) -> bool:
        """Whether the shared ledger is."""
        return self._source.is_there()

    async def open(self) -> Ledger:
        """The tenant's view.

        Raises:
            LedgerError: the ledger cannot be opened.
        """
        return TenantLedger(await self._source.open(), self._tenant)

    async def close(self) -> None:
        """Nothing: others share it."""


class TenantLedger:
    """A ledger as one tenant sees it; see `context.Ledger` for what each method promises."""

    def __init__(self, ledger: Ledger, tenant: str) -> None:
        self._ledger = ledger
        self._prefix = f"{escaped(tenant)}/"

    async def set_budget(self, change: BudgetChange) -> tuple[Budget, bool]:
        """Create a budget or change one; a parent is one of the tenant's own."""
        parent = None if change.parent is None else self._inside(change.parent)
        budget, created = await self._ledger.set_budget(
            replace(change, budget=self._inside(change.budget), parent=parent)
        )
        return self._seen(budget), created

    async def reserve(self, request: HoldRequest) -> Grant:
        """Hold a worst case; the key is the tenant's own too."""
        grant = await self._ledger.reserve(
            replace(request, budget=self._inside(request.budget), key=self._inside(request.key))
        )
        if grant.refusal is None:
            return grant
        return replace(grant, refusal=replace(grant.refusal, budget=self._outside(grant.refusal.budget)))

    async def settle(
        self, hold: str, amount: Amount, asked: str, within: str = "", model: str | None = None
    ) -> Settlement:
        """Charge what one of the tenant's holds came to."""
        return await self._ledger.settle(hold, amount, asked, self._inside(within), model)

    async def record(self, budget: str, amount: Amount, key: str, asked: str, model: str | None = None) -> Settlement:
        """Charge a use that nothing was held for."""
        return await self._ledger.record(self._inside(budget), amount, self._inside(key), asked, model)

    async def observe(self, budget: str, source: str, amount: Amount) -> None:
        """Keep what a log or report says was used in the present period."""
        await self._ledger.observe(self._inside(budget), source, amount)

    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it; those above that are not the tenant's have no name."""
        state = await self._ledger.state(self._inside(budget))
        return replace(state, chain=[self._level(level) for level in state.chain])

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time."""
        return await self._ledger.spends(self._inside(budget), since_ms, step_ms)

    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """What planned holds on a budget came to."""
        return await self._ledger.planned_holds(self._inside(budget), most)

    async def budgets(self) -> Sequence[str]:
        """The ids of the tenant's budgets."""
        return [self._outside(each) for each in await self._ledger.budgets() if each.startswith(self._prefix)]

    async def news(self) -> int:
        """A number that differs once anything was written, by whichever tenant; what, is not told."""
        return await self._ledger.news()

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires, of whichever tenant; whose, is not told."""
        return await self._ledger.next_expiry_in_ms()

    def _inside(self, name: str) -> str:
        return self._prefix + name

    def _outside(self, budget: str) -> str:
        return budget.removeprefix(self._prefix) if budget.startswith(self._prefix) else SHARED

    def _seen(self, budget: Budget) -> Budget:
        parent = None if budget.parent is None else self._outside(budget.parent)
        return replace(budget, id=self._outside(budget.id), parent=parent)

    def _level(self, level: Level) -> Level:
        budget = self._seen(level.budget)
        return replace(level, budget=budget, balance=replace(level.balance, budget=budget.id))
