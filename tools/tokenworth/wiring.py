"""The one place that builds the concrete context from settings; no family imports it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tokenworth.context import Caller, Context, LedgerSource, LoggedUse, OfficialQuota, PersonMonths, UseSeen
from tokenworth.errors import TokenworthError
from tokenworth.prices.first_use import PricesOnFirstUse, local_prices, prices_folder_in_use
from tokenworth.work import cores

if TYPE_CHECKING:
    from tokenworth.budgets import BudgetUse
    from tokenworth.burn.ledger.book import Book
    from tokenworth.burn.ledger.real_use import LedgerUse
    from tokenworth.burn.ledger.sqlite_store import Sync

__all__ = ["build_context", "context_of_caller", "context_on_network", "local_prices", "prices_folder_in_use"]


def build_context(
    *,
    assumptions_file: Path | None = None,
    prices_folder: Path | None = None,
    ledger: str | None = None,
    ledger_sync: Sync = "normal",
    caller: Caller | None = None,
    local_logs: bool = False,
    computations_max: int | None = None,
) -> Context:
    """The context that the server, the command line and scripts use.

    Args:
        assumptions_file: TOML laid over the shipped defaults.
        prices_folder: where refreshed prices are kept; a folder in the user's cache when not given.
        ledger: a SQLite file or a postgresql:// address; a file in the user's data folder when not given.
        ledger_sync: what a SQLite ledger's answers survive: the process ("normal"), or power loss too ("full").
        caller: who asks; by default nobody in particular, who may not raise limits.
        local_logs: whoever asks is this machine's user, and may know what its agents used.
        computations_max: how many calls compute at a time; one for each core when not given.

    Raises:
        DataUnreadableError, InvalidInputError: the file cannot be used.
    """
    from tokenworth.assumptions import load_assumptions  # noqa: PLC0415 - reading logs assumes nothing

    prices = local_prices(prices_folder)
    source, caller = _LedgerAt(ledger, ledger_sync), caller or Caller()
    use = _UseOnFirstUse(source, caller.budget)
    return Context(
        assumptions=load_assumptions(assumptions_file),
        clock=_utc_now,
        prices=prices,
        price_schedule=prices,
        observed_use=use,
        staff_use=use,
        use_history=use,
        ledger=source,
        caller=caller,
        local_use=_LocalLogsOnFirstUse(prices) if local_logs else None,
        computations_max=computations_max or cores(),
    )


def context_on_network(context: Context) -> Context:
    """What a network server may use of a context: nothing unasked of its user, and not what this machine's logs say."""
    return replace(context, observed_use=None, staff_use=None, local_use=None)


def context_of_caller(context: Context, caller: Caller) -> Context:
    """A shared context as one caller may use it: a tenant has a ledger of its own in the shared one."""
    ledger = context.ledger
    if ledger is None or caller.tenant is None:
        return replace(context, caller=caller)
    from tokenworth.burn.ledger.tenancy import TenantLedgers  # noqa: PLC0415 - stdio has no tenants

    own = TenantLedgers(ledger, caller.tenant)
    return replace(context, caller=caller, ledger=own, use_history=_UseOnFirstUse(own, caller.budget))


class _LocalLogsOnFirstUse:
    """Reads this machine's logs when somebody asks, and imports nothing for it before."""

    def __init__(self, prices: PricesOnFirstUse) -> None:
        self._prices = prices

    async def use_since(self, moments: tuple[datetime, ...]) -> tuple[LoggedUse, ...]:
        """What was used since each of several moments."""
        from tokenworth.burn.logs.local import LocalLogs  # noqa: PLC0415 - most calls need no logs

        return await LocalLogs(self._prices).use_since(moments)

    async def by_model(self, since: date) -> Sequence[tuple[str, LoggedUse]]:
        """What was used of each model since a day began in UTC."""
        from tokenworth.burn.logs.local import LocalLogs  # noqa: PLC0415 - as above

        return await LocalLogs(self._prices).by_model(since)

    async def quotas(self) -> Sequence[OfficialQuota]:
        """Official quotas as they were last told."""
        from tokenworth.burn.logs.local import LocalLogs  # noqa: PLC0415 - as above

        return await LocalLogs(self._prices).quotas()


class _LedgerAt:
    """Opens the ledger on first use, once, and imports nothing of it before."""

    def __init__(self, address: str | None, sync: Sync) -> None:
        self._address = address
        self._sync: Sync = sync
        self._opening: asyncio.Task[Book] | None = None

    async def open(self) -> Book:
        """The ledger; whoever leaves meanwhile does not stop its opening, for others wait for it too."""
        if self._opening is None:
            from tokenworth.burn.ledger.opening import open_ledger  # noqa: PLC0415 - most calls need no ledger

            self._opening = asyncio.create_task(open_ledger(self._address, sync=self._sync))
            self._opening.add_done_callback(self._forget_failure)
        return await asyncio.shield(self._opening)

    def _forget_failure(self, opening: asyncio.Task[Book]) -> None:
        if opening.cancelled() or opening.exception() is not None:
            self._opening = None  # whoever asks next tries again

    def is_there(self) -> bool:
        """Whether there is a ledger already; a database is where its address says."""
        from tokenworth.burn.ledger.opening import POSTGRES, ledger_file  # noqa: PLC0415 - most calls need no ledger

        if self._address is not None and self._address.startswith(POSTGRES):
            return True
        return ledger_file(self._address).is_file()

    async def close(self) -> None:
        """Close it if it was opened."""
        opening, self._opening = self._opening, None
        if opening is None:
            return
        try:
            opened = await opening
        except TokenworthError:
            return  # whoever asked for it was told
        await opened.close()


class _UseOnFirstUse:
    """What the ledger saw of real use; imports nothing before it is asked."""

    def __init__(self, source: LedgerSource, budget: str) -> None:
        self._source = source
        self._budget = budget

    async def use_seen(self, until: datetime) -> UseSeen | None:
        """Use up to a moment."""
        return await self._use().use_seen(until)

    async def use_of(self, budget: str, until: datetime) -> BudgetUse | None:
        """One budget's use up to a moment."""
        return await self._use().use_of(budget, until)

    async def person_months(self, team: str, until: datetime) -> PersonMonths | None:
        """A team's use up to a moment."""
        return await self._use().person_months(team, until)

    def _use(self) -> LedgerUse:
        from tokenworth.burn.ledger.real_use import LedgerUse  # noqa: PLC0415 - most calls need no ledger

        return LedgerUse(self._source, self._budget)


def _utc_now() -> datetime:
    return datetime.now(UTC)
