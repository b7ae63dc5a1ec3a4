"""What this machine's agents used, for whoever may see it: satisfies `context.LocalUse`; read when first asked for."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from anyio import to_thread

from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.location import history_path
from tokenworth.burn.logs.report import use_since
from tokenworth.burn.logs.scan import scan
from tokenworth.context import LoggedUse, UnitPrices
from tokenworth.errors import HistoryUnusableError

__all__ = ["LocalLogs"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
PICO: Final = -12


class LocalLogs:
    """The logs of one home, and their history.

    Args:
        prices: what prices them.
        home: whose; the user's own when None.
    """

    def __init__(self, prices: UnitPrices, home: Path | None = None) -> None:
        self._prices = prices
        self._home = home

    async def use_since(self, moments: tuple[datetime, ...]) -> tuple[LoggedUse, ...]:
        """What was used since each of several moments, the logs being read up to now.

        Raises:
            HistoryUnusableError: the history is newer than this version, or another kind of file.
        """
        return await to_thread.run_sync(self._use_since, moments)

    def _use_since(self, moments: tuple[datetime, ...]) -> tuple[LoggedUse, ...]:
        with closing(History(history_path(self._home))) as history:
            try:
                scan(history, self._prices, str(self._home or Path.home()), os.environ)
                return tuple(_logged(history, moment) for moment in moments)
            except sqlite3.Error as error:
                raise HistoryUnusableError(f"it cannot be used now ({error.sqlite_errorname})") from None


def _logged(history: History, moment: datetime) -> LoggedUse:
    pico_usd, tokens, messages, unpriced = use_since(history, (moment - EPOCH) // MILLISECOND)
    usd = None if messages and messages == unpriced else Decimal(pico_usd).scaleb(PICO)
    return LoggedUse(usd, tokens, unpriced)
