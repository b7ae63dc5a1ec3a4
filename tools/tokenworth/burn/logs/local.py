"""What this machine's agents used, for whoever may see it: satisfies `context.LocalUse`; read when first asked for."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from anyio import to_thread

from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.location import history_path
from tokenworth.burn.logs.report import quotas, rows, use_since
from tokenworth.burn.logs.scan import scan
from tokenworth.context import LoggedUse, OfficialQuota, UnitPrices
from tokenworth.errors import HistoryUnusableError

__all__ = ["LocalLogs"]

T = TypeVar("T")

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

    async def by_model(self, since: date) -> Sequence[tuple[str, LoggedUse]]:
        """What was used of each model since a day began in UTC, by what was read before.

        Raises:
            HistoryUnusableError: as for `use_since`.
        """
        return await to_thread.run_sync(self._read, partial(_by_model, since))

    async def quotas(self) -> Sequence[OfficialQuota]:
        """Official quotas as they were last told, by what was read before.

        Raises:
            HistoryUnusableError: as for `use_since`.
        """
        return await to_thread.run_sync(self._read, _quotas)

    def _read(self, read: Callable[[History], T]) -> T:
        with closing(History(history_path(self._home))) as history:
            try:
                return read(history)
            except sqlite3.Error as error:
                raise _unusable(error) from None

    def _use_since(self, moments: tuple[datetime, ...]) -> tuple[LoggedUse, ...]:
        with closing(History(history_path(self._home))) as history:
            try:
                scan(history, self._prices, str(self._home or Path.home()), os.environ)
                return tuple(_logged(history, moment) for moment in moments)
            except sqlite3.Error as error:
                raise _unusable(error) from None


def _unusable(error: sqlite3.Error) -> HistoryUnusableError:
    return HistoryUnusableError(f"it cannot be used now ({error.sqlite_errorname})")


def _by_model(since: date, history: History) -> list[tuple[str, LoggedUse]]:
    found: dict[str, LoggedUse] = {}
    for row in rows(history, ("model",), UTC, since):
        before = found.get(row.model or "", LoggedUse(None, 0, 0))
        usd = before.usd if row.usd is None else row.usd + (before.usd or 0)
        found[row.model or ""] = LoggedUse(
            usd, before.tokens + sum(row.tokens), before.unpriced_messages + row.unpriced
        )
    return list(found.items())


def _quotas(history: History) -> list[OfficialQuota]:
    return [
        OfficialQuota(
            agent,
            quota.window_minutes,
            quota.used_percent,
            None if quota.resets_at_s is None else datetime.fromtimestamp(quota.resets_at_s, UTC),
            datetime.fromtimestamp(quota.seen_at_ms // 1000, UTC),
        )
        for agent, told in quotas(history).items()
        for quota in told
    ]


def _logged(history: History, moment: datetime) -> LoggedUse:
    pico_usd, tokens, messages, unpriced = use_since(history, (moment - EPOCH) // MILLISECOND)
    usd = None if messages and messages == unpriced else Decimal(pico_usd).scaleb(PICO)
    return LoggedUse(usd, tokens, unpriced)
