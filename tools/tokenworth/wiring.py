"""The one place that builds the concrete context from settings; no family imports it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tokenworth.assumptions import load_assumptions
from tokenworth.context import Caller, Context
from tokenworth.prices.first_use import PricesOnFirstUse

if TYPE_CHECKING:
    from tokenworth.burn.ledger.book import Book
    from tokenworth.burn.ledger.sqlite_store import Sync

__all__ = ["build_context", "default_prices_folder"]


def build_context(
    *,
    assumptions_file: Path | None = None,
    prices_folder: Path | None = None,
    ledger: str | None = None,
    ledger_sync: Sync = "normal",
    caller: Caller | None = None,
) -> Context:
    """The context that the server, the command line and scripts use.

    Args:
        assumptions_file: TOML laid over the shipped defaults.
        prices_folder: where refreshed prices are kept; a folder in the user's cache when not given.
        ledger: a SQLite file or a postgresql:// address; a file in the user's data folder when not given.
        ledger_sync: what a SQLite ledger's answers survive: the process ("normal"), or power loss too ("full").
        caller: who asks; by default nobody in particular, who may not raise limits.

    Raises:
        DataUnreadableError, InvalidInputError: the file cannot be used.
    """
    prices = PricesOnFirstUse(default_prices_folder if prices_folder is None else prices_folder.expanduser)
    return Context(
        assumptions=load_assumptions(assumptions_file),
        clock=_utc_now,
        prices=prices,
        price_schedule=prices,
        ledger=_LedgerAt(ledger, ledger_sync),
        caller=caller or Caller(),
    )


def default_prices_folder() -> Path:
    """Where refreshed prices are kept for this user."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - most calls need no folder

    return user_cache_path("tokenworth", appauthor=False) / "prices"


class _LedgerAt:
    """Opens the ledger on first use, once, and imports nothing of it before."""

    def __init__(self, address: str | None, sync: Sync) -> None:
        self._address = address
        self._sync: Sync = sync
        self._opened: Book | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> Book:
        """The ledger."""
        async with self._opening:
            if self._opened is None:
                from tokenworth.burn.ledger.opening import open_ledger  # noqa: PLC0415 - most calls need no ledger

                self._opened = await open_ledger(self._address, sync=self._sync)
            return self._opened

    async def close(self) -> None:
        """Close it if it was opened."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()


def _utc_now() -> datetime:
    return datetime.now(UTC)
