"""The small interface behind which a ledger is kept: do one operation durably, show a budget, close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from tokenworth.budgets import BudgetState
from tokenworth.burn.ledger.operations import Operation

__all__ = ["Store"]

T = TypeVar("T")


class Store(Protocol):
    """A place where a ledger is kept. Every method may be called from any task at any time."""

    @property
    def salt(self) -> bytes:
        """What keeps the ids of this ledger's entries from being guessed; never leaves the process."""
        ...

    async def submit(self, operation: Operation[T]) -> T:
        """Do one operation, alone or among others, and answer once it is durable.

        Raises:
            TokenworthError: what the operation refuses.
            LedgerError: the store cannot do it now, or at all.
        """
        ...

    async def state(self, budget: str) -> BudgetState:
        """A budget with all above it, as one consistent picture.

        Raises:
            InvalidInputError: an unknown budget.
            LedgerError: the store cannot be read.
        """
        ...

    async def budgets(self) -> Sequence[str]:
        """The ids of all budgets, in order."""
        ...

    async def spends(self, budget: str, since_ms: int, step_ms: int) -> Sequence[tuple[int, int, int]]:
        """What was charged to a budget since a moment, by steps of time: moment, nano-USD, tokens, oldest first.

        Charges are kept by `periods.slot_ms`, a minute of a month, so a finer step is empty in between.
        """
        ...

    async def planned_holds(self, budget: str, most: int) -> Sequence[tuple[str, int, int]]:
        """The latest holds on a budget that were planned from a call and settled, the last first: model, nano-USD held,
        nano-USD charged.
        """
        ...

    async def news(self) -> int:
        """A number that differs once anything was written, by whichever process; cheap enough to ask all the time.

        Raises:
            LedgerError: the store cannot be read.
        """
        ...

    async def next_expiry_in_ms(self) -> int | None:
        """How long until the next open hold expires, whoever's; under 0 for one that nobody looked at, None for none.

        Raises:
            LedgerError: the store cannot be read.
        """
        ...

    async def close(self) -> None:
        """Finish what was submitted and let go of everything; nothing may be asked afterwards."""
        ...
